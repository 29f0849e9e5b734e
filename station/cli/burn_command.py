"""``fanji-station burn``: checks everything that needs no programmer, then burns."""

from __future__ import annotations

from collections.abc import Callable

from msgspec.structs import replace

from station.bench import check_bench
from station.cli.arguments import Typed
from station.cli.burn_terminal import BurnTerminal
from station.cli.exits import Exit, of_refusal, of_verdict
from station.cli.json_lines import JsonLines
from station.config.bench_file import BenchFile, read_bench_file
from station.config.settings import Settings, read_settings
from station.gates.burn_order import ask_image
from station.ic_programmer.chip_types import read_chip_types
from station.ic_programmer.image import base_in, load_image
from station.ic_programmer.job import BurnJob, BurnOptions
from station.ic_programmer.protection import require_settable
from station.ic_programmer.setting import parse_settings
from station.link.clock import SystemClock
from station.model.burn_record import ImageRef
from station.model.clock import Clock
from station.model.errors import OperatorError, StationError
from station.outbox.burn_state import read_burn_state
from station.outbox.state_cache import StateCache, unit_of
from station.playing.burn_entries import BurnFinished
from station.playing.burn_order import BurnOrder
from station.playing.burn_start import BurnPlace, burn_started
from station.playing.burning import burn_order
from station.playing.chip_visit import target_of
from station.playing.events import Refused


def burn_chip(typed: Typed) -> Exit:
    """Burn one IC and show it; the exit code says the result."""
    return show_burn(typed, _order)


def show_burn(typed: Typed, order_of: Callable[[Typed], BurnOrder]) -> Exit:
    """Play what was typed, to a person or as events; the exit code says the result."""
    watcher: JsonLines | BurnTerminal = JsonLines() if typed.events else BurnTerminal()
    try:
        order = order_of(typed)
    except StationError as error:
        watcher.tell(Refused.by(error))
        return of_refusal(error)
    try:
        result = burn_order(order, watcher)
    except StationError as error:
        watcher.tell(Refused.by(error))
        return Exit.ERROR
    return of_verdict(result.result) if isinstance(result, BurnFinished) else Exit.ERROR


def _order(typed: Typed) -> BurnOrder:
    settings, clock = read_settings(), SystemClock()
    bench = read_bench_file(typed.bench)
    check_bench(bench)
    place = BurnPlace(typed.operator, typed.programmer, typed.socket)
    if typed.order:
        from station.playing.ordered_burn import order_burn

        if typed.image is not None or typed.target or _options(typed) != BurnOptions():
            raise OperatorError("an order names its image, its target and its protection: leave them out")
        return order_burn(typed.order, typed.unit, place, bench, settings, clock)
    if typed.image is None or not typed.target:
        raise OperatorError("say what is burned: --order NO, or an image and --target")
    return _ad_hoc(typed, place, bench, settings, clock)


def _ad_hoc(typed: Typed, place: BurnPlace, bench: BenchFile, settings: Settings, clock: Clock) -> BurnOrder:
    """What nobody ordered: the image and the target were typed."""
    target, options = target_of(typed.target, read_chip_types()), _options(typed)
    require_settable(target, options.protection)
    base = typed.base or base_in(typed.image, target.base)
    image = load_image(typed.image, target.size_bytes, base=base, keeps_holes=typed.keep_holes)
    ask_image(read_burn_state(settings.cached_state), image.sha256)
    return unordered(typed, place, bench, BurnJob(image, target, options), settings, clock)


def _options(typed: Typed) -> BurnOptions:
    """What the burn does with the IC's protection."""
    return BurnOptions(
        lifts_protection=typed.unprotect or typed.erase_all_to_unlock,
        erases_all_to_unlock=typed.erase_all_to_unlock,
        protection=parse_settings(typed.protect),
        accepts_no_proof=typed.accept_no_proof,
    )


def unordered(
    typed: Typed, place: BurnPlace, bench: BenchFile, job: BurnJob, settings: Settings, clock: Clock
) -> BurnOrder:
    """``job`` for nobody's order, for the unit that was typed, if any."""
    at, image = clock.utc(), job.image
    ref = ImageRef(image.name, image.version, image.sha256, image.size_bytes)
    started = burn_started(place, bench, "ad_hoc", job.target.name, ref, at)
    if typed.unit:
        started = replace(started, unit=unit_of(typed.unit, StateCache(settings.cached_state).valid_at(at)))
    return BurnOrder(settings, bench, job, started, clock)
