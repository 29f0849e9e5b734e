"""``fanji-station erase``: burns nothing into an IC: backed up, erased, read back, and on record as every burn is."""

from __future__ import annotations

import sys

from station.bench import check_bench
from station.cli.arguments import Typed
from station.cli.burn_command import show_burn, unordered
from station.cli.exits import Exit
from station.config.bench_file import read_bench_file
from station.config.settings import read_settings
from station.ic_programmer.chip_types import read_chip_types
from station.ic_programmer.image import blank_image
from station.ic_programmer.job import BurnJob, BurnOptions
from station.link.clock import SystemClock
from station.model.errors import OperatorError
from station.playing.burn_order import BurnOrder
from station.playing.burn_start import BurnPlace
from station.playing.chip_visit import region_of, target_of


def erase_chip(typed: Typed) -> Exit:
    """Erase one IC and show it; the exit code says the result."""
    return show_burn(typed, _order)


def _order(typed: Typed) -> BurnOrder:
    """What surrounds the region in its erase blocks is kept, as it is around an image."""
    settings, bench = read_settings(), read_bench_file(typed.bench)
    check_bench(bench)
    target = target_of(typed.target, read_chip_types())
    start, length = region_of(typed.region, target)
    if target.not_burned:
        raise OperatorError(f"a {target.name} cannot be erased here: {target.not_burned}")
    _require_meant(typed, length)
    options = BurnOptions(has_blank_check=False)  # the read-back is one
    job = BurnJob(blank_image(start, length, target.erased), target, options)
    place = BurnPlace(typed.operator, typed.programmer, typed.socket)
    return unordered(typed, place, bench, job, settings, SystemClock())


def _require_meant(typed: Typed, length: int) -> None:
    """The type is said once more, because nothing but the backup brings back what is erased."""
    said = typed.yes
    if not said and not typed.events and sys.stdin.isatty():
        sys.stdout.write(f"{length} bytes of a {typed.target} will be erased. Type its name again: ")
        sys.stdout.flush()
        said = sys.stdin.readline().strip()
    if said != typed.target:
        raise OperatorError(f"nothing was erased: say the type once more (--yes {typed.target})")
