"""The steps of the vehicle's bus with real drivers on a bench in a box, whose clock is modelled."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from station.bench import make_safe, open_bench
from station.config.bench_file import read_bench_file
from station.model.clock import Clock, wait_until
from station.model.errors import DutError
from station.model.roles import HeadUnit, Supply
from station.model.run_record import RunRecord
from station.runner.conditions import Conditions
from station.runner.entries import MadeSafe
from station.runner.play import Scene, play
from station.runner.record import record_of
from station.runner.step import Step, step
from station.sequences.steps import bus
from tests.can_benches import RESTLESS, TROUBLED, UNIT, can_world
from tests.conftest import Bench, start_bench
from tests.modelled_clock import ModelledClock
from tests.station.runner.bench_pieces import ListedJournal, TickingOperator, plan_of, row, start_of

NO_VEHICLE = "0" * 17
CONDITIONS = {
    "nominal_supply": (14.4, "V"),
    "supply_limit": (3.0, "A"),
    "undervoltage": (9.0, "V"),
    "longest_boot": (6.0, "s"),
    "longest_network_wake": (1.0, "s"),
    "longest_network_sleep": (4.0, "s"),
    "network_silence": (0.3, "s"),
    "longest_reset": (2.0, "s"),
    "code_return": (0.5, "s"),
}
LIMITS = {
    "network_sleep": row("network_sleep", "between", unit="s", low=1.5, high=2.5),
    "network_wake": row("network_wake", unit="s", high=0.5),
    "part_number": row("part_number", "one_of", expected=["FJN7-8601-A"]),
    "diagnostic_firmware": row("diagnostic_firmware", "one_of", expected=["2.1.0"]),
    "diagnostic_serial": row("diagnostic_serial", "one_of", expected=[UNIT]),
    "map_version": row("map_version", "one_of", expected=["2026.1"]),
    "vehicle": row("vehicle", "one_of", expected=[NO_VEHICLE]),
    "codes_on_arrival": row("codes_on_arrival", "matches", expected=[".*"]),
    "trouble_codes": row("trouble_codes", "one_of", expected=["none"]),
}


@step(
    zh="开机",
    en="Start",
    deadline_s=30,
    energises=True,
    uses={"nominal_supply": "V", "supply_limit": "A", "undervoltage": "V", "longest_boot": "s"},
)
def start(supply: Supply, acc: Supply, dut: HeadUnit, clock: Clock, conditions: Conditions) -> None:
    """B+ and ACC on, the unit booted, and for a moment too little voltage, which leaves a trouble code."""
    for output in (supply, acc):
        output.set(conditions["nominal_supply"], conditions["supply_limit"])
        output.switch_on()
    clock.wait(3.0)
    if not wait_until(clock, dut.is_ready, clock.now() + conditions["longest_boot"], 0.25):
        raise DutError("the unit does not boot")
    supply.set(conditions["undervoltage"], conditions["supply_limit"])
    clock.wait(0.1)
    supply.set(conditions["nominal_supply"], conditions["supply_limit"])


@pytest.fixture(scope="module")
def box(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bench]:
    folder = tmp_path_factory.mktemp("bus")
    running = start_bench(can_world(folder), folder / "bench.toml", None)
    yield running
    running.stop()


def played(box: Bench, folder: Path, unit: str, steps: Sequence[Step]) -> RunRecord:
    """``steps`` in their order after ``start``, on ``unit``."""
    ordered: list[Step] = [start]
    for each in steps:
        ordered.append(each.following(ordered[-1]))
    names = {name for each in ordered for name in each.declaration.uses}
    body = "".join(LIMITS[name] for each in steps for name in each.declaration.measures)
    for name in sorted(names):
        value, unit_of = CONDITIONS[name]
        body += f'[conditions.{name}]\nvalue = {value}\nunit = "{unit_of}"\nsource = "this test"\n'
    for role in ("supply", "acc"):
        body += f'[supplies.{role}]\nhighest_voltage = "nominal_supply"\nhighest_current = "supply_limit"\n'
    plan = plan_of(folder, ordered, body)
    box.control("insert", unit=unit)
    clock, bench, journal = ModelledClock(box), read_bench_file(box.bench_file), ListedJournal()
    opened = open_bench(bench, clock)
    try:
        play(plan, Scene(opened.roles, opened.cal_due, TickingOperator(), clock), start_of(plan), journal)
    finally:
        opened.close()
    return record_of([*journal.entries, MadeSafe(make_safe(bench, clock), clock.utc())], clock.utc())


def values(record: RunRecord) -> dict[str, object]:
    return {taken.limit.name: taken.value for taken in record.measurements}


def messages(record: RunRecord) -> list[str]:
    return [f"{each.name}: {each.outcome} {each.message}" for each in record.steps if each.outcome != "PASS"]


def test_a_good_unit_passes_every_step(box: Bench, tmp_path: Path) -> None:
    steps = (bus.diagnostic_identity, bus.network_sleep, bus.network_wake, bus.reset_and_clear)
    record = played(box, tmp_path, UNIT, steps)
    assert (record.verdict, messages(record)) == ("PASS", []), values(record)
    assert len(values(record)) == 8


def test_the_order_of_sleep_and_wake_does_not_matter(box: Bench, tmp_path: Path) -> None:
    record = played(box, tmp_path, UNIT, (bus.network_wake, bus.network_sleep, bus.reset_and_clear))
    assert messages(record) == []
    assert values(record)["trouble_codes"] == "none"


def test_a_gateway_that_does_not_let_go_fails_sleep_and_is_never_woken(box: Bench, tmp_path: Path) -> None:
    record = played(box, tmp_path, RESTLESS, (bus.network_sleep, bus.network_wake, bus.trouble_codes))
    assert record.verdict == "FAIL"
    assert [taken.limit.name for taken in record.measurements if taken.outcome == "FAIL"] == ["network_sleep"]
    assert values(record).keys() == {"network_sleep", "trouble_codes"}
    assert "network_wake: FAIL the unit still sends network management 4 s after ACC was switched off" in messages(
        record
    )


def test_a_limit_that_is_longer_than_the_wait_passes_nobody(
    box: Bench, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(CONDITIONS, "longest_network_sleep", (1.5, "s"))
    record = played(box, tmp_path, RESTLESS, (bus.network_sleep,))
    assert record.verdict == "FAIL"
    assert messages(record) == ["network_sleep: FAIL the unit still sends network management after 1.5 s"]


def test_a_code_that_comes_back_fails_trouble_codes(box: Bench, tmp_path: Path) -> None:
    record = played(box, tmp_path, TROUBLED, (bus.trouble_codes,))
    assert (record.verdict, values(record)) == ("FAIL", {"trouble_codes": "9A4098"})


def test_what_is_stored_on_arrival_is_on_record_before_it_is_cleared(box: Bench, tmp_path: Path) -> None:
    record = played(box, tmp_path, UNIT, (bus.codes_on_arrival, bus.trouble_codes))
    assert record.verdict == "PASS", messages(record)
    assert values(record) == {"codes_on_arrival": "9B0116", "trouble_codes": "none"}


@pytest.mark.parametrize(("fault", "name"), [("old_map", "map_version"), ("wrong_serial", "diagnostic_serial")])
def test_what_the_control_unit_says_is_held_against_the_limits(
    box: Bench, tmp_path: Path, fault: str, name: str
) -> None:
    box.control("unit_fault", unit=UNIT, fault=fault)
    try:
        record = played(box, tmp_path, UNIT, (bus.diagnostic_identity,))
    finally:
        box.control("unit_fault", unit=UNIT, fault=fault, on=False)
    assert record.verdict == "FAIL"
    assert [taken.limit.name for taken in record.measurements if taken.outcome == "FAIL"] == [name]


def test_a_bus_without_a_unit_fails_and_blames_no_instrument(box: Bench, tmp_path: Path) -> None:
    box.control("fault", device="can", fault="refuse", on=True)
    try:
        record = played(box, tmp_path, UNIT, (bus.network_wake, bus.diagnostic_identity))
    finally:
        box.control("fault", device="can", fault="refuse", on=False)
    assert record.verdict == "FAIL"
    assert messages(record) == [
        "network_wake: FAIL the unit sends no network management within 1 s",
        "diagnostic_identity: FAIL the unit does not answer ReadDataByIdentifier F187 in time",
    ]
