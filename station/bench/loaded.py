"""A bench and its plans as they were read before anybody asked for them, and whether the disk still says so."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Iterable, Sequence
from pathlib import Path

import msgspec

from station.bench.checking import check_bench, driver_of
from station.bench.demands import check_demands
from station.bench.watched import check_watched
from station.config.based_on import read_with_base
from station.config.bench_file import BenchFile, read_bench_file
from station.config.toml_file import TomlFile
from station.model.clock import Clock
from station.model.errors import StationError
from station.runner.plan import Plan, check_roles
from station.sequences.catalogue import Product, load_plan, products
from station.system import Pipe, close_all, fork, read_some, wait_for, write_all

JUST_WRITTEN_NS = 50_000_000
"""A file system's clock may be so much behind: what was written that shortly before may have been read half old."""

Stamp = tuple[int, int, int]
"""Of a file: its number, its length, and when it was written; zeros where there is none."""


class Loaded:
    """``bench``, and every plan that can be played in some slot of it; no instrument is touched."""

    def __init__(self, file: Path, clock: Clock) -> None:
        """Raises ConfigError for a bench file that is wrong; what is wrong with a plan is said when it is asked for."""
        began_ns = time.time_ns()
        self._file = file
        self.bench = read_bench_file(file)
        self._benches = {slot: self.bench.for_slot(slot) for slot in self.bench.slots}
        known = products(self.bench.sequences_path)
        fitting = _fitting(known, self.bench, tuple(self._benches.values()))
        loaded = {name: _plan(name, self.bench) for name in fitting}
        self.plans = {name: plan for name, plan in loaded.items() if plan is not None}
        _import_drivers(self.bench, clock)
        self._fit = {
            (name, slot)
            for name, plan in self.plans.items()
            for slot in self._benches
            if _fits(plan, self._benches[slot])
        }
        self._read = {each: _stamp(each) for each in (str(file), *_files_of(known), *_own_modules())}
        self._is_settled = all(written_ns < began_ns - JUST_WRITTEN_NS for _, _, written_ns in self._read.values())
        self._catalogue = _catalogue(self.bench.sequences_path)

    def plan(self, product: str, sequences_path: Sequence[Path]) -> Plan:
        """The plan of ``product``, loaded from the disk only where it could not be loaded before.

        Raises what station.sequences.catalogue.load_plan raises.
        """
        plan = self.plans.get(product)
        return plan if plan is not None else load_plan(product, sequences_path)

    def bench_of(self, slot: str) -> BenchFile:
        """The bench as the slot has it, empty for the only one; raises OperatorError where there is none."""
        only = next(iter(self._benches)) if len(self._benches) == 1 else ""
        return self._benches.get(slot or only) or self.bench.for_slot(slot)

    def is_fit(self, plan: Plan, bench: BenchFile) -> bool:
        """Whether ``check_fit`` has found nothing wrong with these two, which were loaded here and are as they were."""
        is_own = plan is self.plans.get(plan.product) and bench is self._benches.get(bench.slot)
        return is_own and (plan.product, bench.slot) in self._fit

    def is_current(self, file: Path) -> bool:
        """Whether ``file`` is this bench file, and no file that was read has changed since, nor while it was read."""
        return (
            file == self._file
            and self._is_settled
            and _catalogue(self.bench.sequences_path) == self._catalogue
            and all(_stamp(each) == stamp for each, stamp in self._read.items())
        )


def check_fit(bench: BenchFile, plan: Plan) -> None:
    """Hold a plan against the bench of a slot, of which no instrument is touched; raises ConfigError or PlanError."""
    check_roles(plan, check_bench(bench), bench.file)
    check_demands(bench, plan.limits_file)
    check_watched(bench, plan)


def _fits(plan: Plan, bench: BenchFile) -> bool:
    try:
        check_fit(bench, plan)
    except StationError:  # whoever gives the order will be told
        return False
    return True


def _fitting(known: Sequence[Product], bench: BenchFile, slots: Sequence[BenchFile]) -> Sequence[str]:
    """The products that can be played in some slot: all, where that cannot be found out.

    Looked at by a process of its own, so that what the others import stays out of this one: a process ends the later
    the more memory it has, and outputs go off when the one that plays has ended.
    """
    names = [product.name for product in known]
    told = Pipe.new()

    def look() -> int:
        close_all(told.reading)
        plans = {name: plan for name in names if (plan := _plan(name, bench)) is not None}
        fitting = [name for name, plan in plans.items() if any(_fits(plan, slot) for slot in slots)]
        return 0 if write_all(told.writing, msgspec.json.encode(fitting)) else 1

    process = fork(look)
    close_all(told.writing)
    body = b""
    while chunk := read_some(told.reading):
        body += chunk
    close_all(told.reading)
    return names if wait_for(process) else msgspec.json.decode(body, type=list[str])


def _plan(product: str, bench: BenchFile) -> Plan | None:
    try:
        return load_plan(product, bench.sequences_path)
    except StationError:
        return None


def _import_drivers(bench: BenchFile, clock: Clock) -> None:
    """Have every driver and its libraries imported; a wrong row is told of when the bench is checked."""
    for row in bench.instruments.values():
        try:
            driver_of(bench, row).connect(row, clock, 1.0)
        except StationError:
            continue


def _files_of(known: Sequence[Product]) -> Iterable[str]:
    for product in known:
        yield str(product.code)
        yield str(product.limits)
        try:
            toml: TomlFile | None = read_with_base(product.limits)
        except StationError:
            continue
        while toml is not None:
            yield toml.file
            toml = toml.base


def _own_modules() -> Iterable[str]:
    house = __name__.partition(".")[0]
    for module in [module for name, module in sys.modules.items() if name.partition(".")[0] == house]:
        specification = module.__spec__
        if specification is not None and specification.origin is not None:
            yield specification.origin


def _catalogue(folders: Sequence[Path]) -> frozenset[tuple[Path, str]]:
    """The products in ``folders``, by the names of their files."""
    return frozenset((folder, name) for folder in folders for name in _names_in(folder) if name.endswith(".toml"))


def _names_in(folder: Path) -> Sequence[str]:
    try:
        return os.listdir(folder)  # noqa: PTH208 (asked while an order waits, and Paths take ten times as long)
    except OSError:
        return ()


def _stamp(file: str) -> Stamp:
    try:
        status = os.stat(file)  # noqa: PTH116 (a Path for each of some two hundred takes longer than looking)
    except OSError:
        return (0, 0, 0)
    return (status.st_ino, status.st_size, status.st_mtime_ns)
