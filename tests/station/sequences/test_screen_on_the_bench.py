"""Keys, touch and screen with real drivers on a bench in a box: a good unit passes, each of its faults is caught."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from fixtures.sim.unit_traits import unit_faults
from station.bench import OpenBench, open_bench
from station.config.bench_file import read_bench_file
from station.model.errors import InstrumentError, LinkError
from station.model.roles import HeadUnit
from station.runner.play import Scene, play
from station.runner.record import record_of
from station.runner.step import Step
from station.sequences.steps import controls, screen
from tests.camera_benches import CAMERA, UNIT, booted, camera_box
from tests.conftest import Bench
from tests.modelled_clock import ModelledClock
from tests.station.runner.bench_pieces import SAFE, START, ListedJournal, MadeSafe, TickingOperator, plan_of, start_of
from tests.station.sequences.jig_roles import limits_of

STEPS = (
    controls.keys,
    controls.wheel,
    controls.illumination,
    controls.touch,
    screen.pixels,
    screen.evenness,
    screen.colours,
    screen.dimming,
    screen.reversing_camera,
)
CAUGHT_BY: Mapping[str, tuple[Step, ...]] = {
    "dead_key": (controls.keys,),
    "wheel_contact": (controls.wheel,),
    "loose_wheel": (controls.wheel,),
    "shorted_wheel": (controls.wheel,),
    "no_dimming": (controls.illumination, screen.dimming),
    "touch_off": (controls.touch,),
    "touch_bent": (controls.touch,),
    "dead_pixels": (screen.pixels,),
    "bright_pixel": (screen.pixels,),
    "dark_corner": (screen.evenness,),
    "half_dark": (screen.evenness,),
    "blind_camera_input": (screen.reversing_camera,),
    "slow_camera": (screen.reversing_camera,),
}
EVERYTHING = frozenset(name for step in STEPS for name in step.declaration.measures)


@pytest.fixture(scope="module")
def box(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bench]:
    running = camera_box(tmp_path_factory.mktemp("screen"), rate_hz=60.0)
    yield running
    running.stop()


@pytest.fixture(scope="module")
def dut(box: Bench) -> Iterator[HeadUnit]:
    with booted(box) as unit:
        yield unit


@pytest.fixture(scope="module")
def opened(box: Bench, dut: HeadUnit) -> Iterator[tuple[OpenBench, ModelledClock]]:
    clock = ModelledClock(box)
    bench = open_bench(read_bench_file(box.bench_file), clock, ("camera", "relays"))
    yield bench, clock
    bench.close()


def failed(
    tmp_path: Path, opened: tuple[OpenBench, ModelledClock], dut: HeadUnit, *steps: Step
) -> tuple[set[str], set[str]]:
    """The measurements that failed, and all that were taken."""
    bench, clock = opened
    plan = plan_of(tmp_path, steps, limits_of(*steps))
    roles = {**bench.roles, "dut": dut}
    scene = Scene({role: roles[role] for step in steps for role in step.roles}, {}, TickingOperator(), clock)
    journal = ListedJournal()
    play(plan, scene, start_of(plan), journal)
    record = record_of([*journal.entries, MadeSafe(SAFE, START)], clock.utc())
    assert record.failure is None, record.failure
    taken = {each.limit.name: each.outcome for each in record.measurements}
    return {name for name, outcome in taken.items() if outcome == "FAIL"}, set(taken)


def test_a_good_unit_passes_everything(tmp_path: Path, opened: tuple[OpenBench, ModelledClock], dut: HeadUnit) -> None:
    assert failed(tmp_path, opened, dut, *STEPS) == (set(), EVERYTHING)


@pytest.mark.parametrize("name", CAUGHT_BY)
def test_a_fault_fails_what_its_row_says_and_nothing_else(
    tmp_path: Path, box: Bench, opened: tuple[OpenBench, ModelledClock], dut: HeadUnit, name: str
) -> None:
    fault = unit_faults()[name]
    box.control("unit_fault", unit=UNIT, fault=name, on=True)
    try:
        found, taken = failed(tmp_path, opened, dut, *CAUGHT_BY[name])
    finally:
        box.control("unit_fault", unit=UNIT, fault=name, on=False)
    assert set(fault.must_fail) & taken, "nothing that has to catch it was measured"
    assert set(fault.must_fail) & taken <= found <= {*fault.must_fail, *fault.may_fail}


@pytest.mark.parametrize("fault", ["drop", "garbage"])
def test_a_camera_that_fails_is_an_error_of_the_station_by_name(
    tmp_path: Path, box: Bench, opened: tuple[OpenBench, ModelledClock], dut: HeadUnit, fault: str
) -> None:
    box.control("fault", device=CAMERA, fault=fault, on=True)
    try:
        with pytest.raises((LinkError, InstrumentError), match=f"{CAMERA}: "):
            opened[0].roles["camera"].take()  # type: ignore[attr-defined]
    finally:
        box.control("fault", device=CAMERA, fault=fault, on=False)
    assert failed(tmp_path, opened, dut, screen.evenness)[0] == set()
