"""``fanji-station burn``: checks everything that needs no programmer, then burns."""

from __future__ import annotations

from station.bench import check_bench
from station.cli.arguments import Typed
from station.cli.burn_terminal import BurnTerminal
from station.cli.exits import Exit, of_refusal, of_verdict
from station.cli.json_lines import JsonLines
from station.config.bench_file import BenchFile, read_bench_file
from station.config.settings import Settings, read_settings
from station.ic_programmer.image import load_image
from station.ic_programmer.job import STAGES, BurnJob
from station.ic_programmer.target import read_targets
from station.link.clock import SystemClock
from station.model.burn_record import ImageRef, ProgrammerRef
from station.model.errors import OperatorError, StationError
from station.model.ids import new_id
from station.outbox.state_cache import StateCache, unit_of
from station.playing.burn_entries import BurnFinished, BurnStarted
from station.playing.burning import BurnOrder, burn_order
from station.playing.events import Refused
from station.playing.order import operator_name


def burn_chip(typed: Typed) -> Exit:
    """Burn one IC and show it; the exit code says the result."""
    watcher: JsonLines | BurnTerminal = JsonLines() if typed.events else BurnTerminal()
    try:
        order = _order(typed)
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
    targets = read_targets()
    target = targets.get(typed.target)
    if target is None:
        raise OperatorError(f"no target {typed.target!r}; there are: {', '.join(targets)}")
    image = load_image(typed.image, target.size_bytes, base=typed.base, keeps_holes=typed.keep_holes)
    job = BurnJob(image, target)
    return BurnOrder(settings, bench, job, _start(typed, settings, bench, job), clock)


def _start(typed: Typed, settings: Settings, bench: BenchFile, job: BurnJob) -> BurnStarted:
    at = SystemClock().utc()
    row = bench.programmers.get(typed.programmer)
    if row is None:
        known = ", ".join(bench.programmers) or "none"
        raise OperatorError(f"no programmer {typed.programmer!r} at this bench; there are: {known}")
    state = StateCache(settings.cached_state).valid_at(at)
    image = job.image
    return BurnStarted(
        burn_id=new_id(at),
        at=at,
        kind="ad_hoc",
        order=None,
        unit=unit_of(typed.unit, state) if typed.unit else None,
        operator=operator_name(typed.operator),
        programmer=ProgrammerRef(row.name, "", row.sockets[0]),
        target=job.target.name,
        image=ImageRef(image.name, image.version, image.sha256, image.size_bytes),
        station_id=bench.station_id,
        bench_sha256=bench.sha256,
        stages=STAGES,
    )
