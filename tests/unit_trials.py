"""Worlds with as many units as a trial wants, and units played one after the other: good ones and faulty ones."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

from fixtures.sim.unit_traits import UnitFault, unit_faults
from station.runner.plan import Plan
from tests.conftest import WORLDS, Bench, start_bench
from tests.product_play import Played, load, play_unit

WORLD_OF = {"FJ-R5": "radio", "FJ-N7": "navigation"}
PREFIX = {"FJ-R5": "FJR5261", "FJ-N7": "FJN7261"}
CAUGHT_BY_BOOT = {"dead_service_port", "corrupt_image", "blank_nor"}
"""The unit never answers: its boot step fails, and the measurement it owed is missing."""

CAUGHT_WITHOUT_A_VALUE = {"usb_stuck", "sd_stuck", "keeps_its_fix"}
"""What the unit says before anything is done to it is wrong already: the step fails without a measurement."""


@dataclass(frozen=True, slots=True)
class Trial:
    """What came of one unit, small enough to be handed from process to process."""

    serial: str
    verdict: str
    readings: dict[str, float]
    failed: frozenset[str]
    missing: frozenset[str]
    told: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Outcome:
    """Of a trial that must end in a certain way; ``wrong`` is empty where it did."""

    name: str
    wrong: str


def serials_of(product: str, count: int, first: int = 0) -> list[str]:
    """Serial numbers of units that the shipped worlds do not have; the world's seed and they make the units."""
    return [f"{PREFIX[product]}{50001 + number}" for number in range(first, first + count)]


@cache
def seed_of(product: str) -> int:
    """Of the product's shipped world."""
    world = WORLDS / f"{WORLD_OF[product]}.world.toml"
    return int(tomllib.loads(world.read_text(encoding="utf-8"))["world"]["seed"])


def write_world(folder: Path, product: str, serials: Sequence[str]) -> Path:
    """The shipped world of ``product`` with these units instead of its own, good ones all, in ``folder``."""
    shipped = WORLDS / f"{WORLD_OF[product]}.world.toml"
    devices = shipped.read_text(encoding="utf-8").partition("[units.")[0]
    devices = devices.replace('bench = "..', f'bench = "{WORLDS.parent}')
    units = "".join(f'[units.{serial}]\nproduct = "{product}"\n\n' for serial in serials)
    world = folder / shipped.name
    world.write_text(devices + units, encoding="utf-8")
    return world


@contextmanager
def trial_box(product: str, serials: Sequence[str]) -> Iterator[Bench]:
    """A bench in a box with these units, on the modelled clock."""
    with TemporaryDirectory(prefix="units-") as folder:
        box = start_bench(write_world(Path(folder), product, serials), Path(folder) / "bench.toml", None)
        try:
            yield box
        finally:
            box.stop()


def try_unit(box: Bench, plan: Plan, serial: str) -> Trial:
    """Play ``plan`` on the unit."""
    played = play_unit(box, plan, serial)
    measured = played.record.measurements
    readings = {taken.limit.name: taken.value for taken in measured if isinstance(taken.value, float)}
    told = "" if played.verdict == "PASS" else f"failed {sorted(played.failed)}; {played.explain()}"
    return Trial(serial, played.verdict, readings, frozenset(played.failed), frozenset(played.missing), told)


def try_good_units(product: str, serials: Sequence[str]) -> list[Trial]:
    """The whole plan on each unit, in a world of their own."""
    plan = load(product)
    with trial_box(product, serials) as box:
        return [try_unit(box, plan, serial) for serial in serials]


def faults_of(product: str) -> list[str]:
    """The catalogued faults that the product can have."""
    return [fault.name for fault in unit_faults().values() if product in fault.products]


def try_faults(product: str, names: Sequence[str]) -> list[Outcome]:
    """The whole plan on one unit with one fault after the other."""
    plan, [serial] = load(product), serials_of(product, 1)
    with trial_box(product, [serial]) as box:
        return [Outcome(f"{product} {name}", wrong_about_fault(box, plan, serial, name)) for name in names]


def wrong_about_fault(box: Bench, plan: Plan, serial: str, name: str) -> str:
    """What is not as the fault's row has it; measurements that ``plan`` does not take are left out."""
    fault = unit_faults()[name]
    box.control("unit_fault", unit=serial, fault=name, on=True)
    try:
        return _wrong_about(fault, play_unit(box, plan, serial), plan)
    finally:
        box.control("unit_fault", unit=serial, fault=name, on=False)


def _wrong_about(fault: UnitFault, played: Played, plan: Plan) -> str:
    must_fail = set(fault.must_fail) & {measurement.name for measurement in plan.planned_measurements()}
    if not must_fail:
        return "no measurement can catch it"
    if played.verdict != "FAIL":
        return f"{played.verdict}: {played.explain()}"
    if fault.name in CAUGHT_BY_BOOT:
        return "" if played.missing >= must_fail else f"not missing: {sorted(must_fail - played.missing)}"
    caught = played.failed | (played.missing if fault.name in CAUGHT_WITHOUT_A_VALUE else set())
    passed, besides = must_fail - caught, played.failed - must_fail - set(fault.may_fail)
    if passed or besides:
        return f"passed {sorted(passed)}, failed besides {sorted(besides)}: {played.explain()}"
    return ""
