"""A meter with one input measures the points of the jig through relays, one at a time, and never two together."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from station.bench import OpenBench, check_bench, open_bench
from station.config.bench_file import BenchFile, read_bench_file
from station.drivers.hmp4040 import HmpOutput
from station.drivers.modbus_relays import NamedRelays
from station.drivers.point_multimeter import PointMultimeter
from station.drivers.shunt_ammeter import ShuntAmmeter
from station.link.clock import SystemClock
from station.model.clock import wait_until
from station.model.errors import ConfigError, LinkError, LinkRefused, PlanError
from tests.conftest import Bench, start_bench
from tests.relay_benches import UNIT, relay_world

CLOCK = SystemClock()


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bench]:
    folder = tmp_path_factory.mktemp("relays")
    started = start_bench(relay_world(folder), folder / "bench.toml", 0.0)
    started.control("insert", unit=UNIT)
    yield started
    started.stop()


@pytest.fixture
def opened(running: Bench) -> Iterator[OpenBench]:
    """All roles open, the unit awake."""
    bench = open_bench(read_bench_file(running.bench_file), CLOCK)
    for name in ("supply", "acc"):
        supply = bench.roles[name]
        assert isinstance(supply, HmpOutput)
        supply.set(14.4, 2.0)
        supply.switch_on()
    yield bench
    bench.close()


def meter_of(bench: OpenBench) -> PointMultimeter:
    meter = bench.roles["meter"]
    assert isinstance(meter, PointMultimeter)
    return meter


def test_each_point_is_measured_through_its_own_relay(running: Bench, opened: OpenBench) -> None:
    meter, current = meter_of(opened), opened.roles["current"]
    assert isinstance(current, ShuntAmmeter)
    assert meter.read_v("b_plus", 14.4).value == pytest.approx(14.34, abs=0.02)
    assert running.truth()["relays"]["closed"] == [33]
    assert meter.read_v("rail_5v", 5.0).value == pytest.approx(5.02, rel=0.01)
    assert running.truth()["relays"]["closed"] == [35]
    assert current.read_a(1.0).value == pytest.approx(0.41, rel=0.1)
    assert running.truth()["relays"]["closed"] == [39]
    reading = meter.read_v("acc", 14.4)
    assert (reading.value, reading.instrument) == (pytest.approx(14.4, abs=0.02), "dmm")
    assert opened.instrument_of["meter"] == "dmm"


def test_the_relay_of_the_last_reading_stays_closed_and_is_not_switched_again(
    running: Bench, opened: OpenBench
) -> None:
    meter = meter_of(opened)
    meter.read_v("rail_3v3", 3.3)
    before = running.truth()["relays"]["changed_at"]
    assert meter.read_v("rail_3v3", 3.3).value == pytest.approx(3.31, rel=0.01)
    assert running.truth()["relays"] == {"closed": [36], "changed_at": before}


def test_the_lines_of_the_jig_are_switched_beside_the_points(running: Bench, opened: OpenBench) -> None:
    lines = opened.roles["lines"]
    assert isinstance(lines, NamedRelays)
    meter = meter_of(opened)
    meter.read_v("b_plus", 14.4)
    lines.close("illumination", "b_plus_interrupted")
    assert running.truth()["relays"]["closed"] == [1, 15, 33]
    assert meter.read_v("b_plus", 14.4).value == pytest.approx(0.0, abs=0.01)
    lines.open("b_plus_interrupted")
    assert meter.read_v("b_plus", 14.4).value == pytest.approx(14.34, abs=0.02)
    lines.open()
    assert running.truth()["relays"]["closed"] == [33]


def test_opening_the_bench_opens_every_relay_that_was_left_closed(running: Bench, opened: OpenBench) -> None:
    meter_of(opened).read_v("acc", 14.4)
    opened.close()
    assert running.truth()["relays"]["closed"] == [34]
    open_bench(read_bench_file(running.bench_file), CLOCK, {"meter"}).close()
    assert running.truth()["relays"]["closed"] == []


def test_a_point_that_is_not_wired_is_a_mistake_of_the_plan(opened: OpenBench) -> None:
    with pytest.raises(PlanError, match=r"wires no point 'rail_1v8' \(there are: b_plus, acc, rail_5v, rail_3v3\)"):
        meter_of(opened).read_v("rail_1v8", 1.8)


@pytest.mark.parametrize("fault", ["drop", "garbage"])
def test_a_board_that_does_not_answer_properly_is_named_and_nothing_is_read(
    running: Bench, opened: OpenBench, fault: str
) -> None:
    meter = meter_of(opened)
    meter.read_v("acc", 14.4)
    running.control("fault", device="matrix", fault=fault, on=True)
    try:
        with pytest.raises(LinkError, match="matrix: "):
            meter.read_v("b_plus", 14.4)
    finally:
        running.control("fault", device="matrix", fault=fault, on=False)

    def is_right() -> bool:
        try:
            return meter.read_v("rail_5v", 5.0).value == pytest.approx(5.02, rel=0.01)
        except LinkError:
            return False

    assert wait_until(CLOCK, is_right, CLOCK.now() + 8.0, 0.1)


@pytest.mark.parametrize(("meter", "board"), [("sdm3055", "has_echo = false"), ("dm3058e", "")])
def test_other_meters_and_a_board_without_the_diagnostics_function_serve_as_well(
    tmp_path: Path, meter: str, board: str
) -> None:
    running = start_bench(relay_world(tmp_path, meter, board), tmp_path / "bench.toml", 0.0)
    try:
        running.control("insert", unit=UNIT)
        opened = open_bench(read_bench_file(running.bench_file), CLOCK)
        supply = opened.roles["supply"]
        assert isinstance(supply, HmpOutput)
        supply.set(14.4, 2.0)
        supply.switch_on()
        assert meter_of(opened).read_v("b_plus", 14.4).value == pytest.approx(14.4, abs=0.03)
        assert meter_of(opened).read_v("acc", 14.4).value == pytest.approx(0.0, abs=0.01)
        opened.close()
    finally:
        running.stop()


def test_a_dead_board_is_told_when_the_bench_is_opened(tmp_path: Path) -> None:
    with pytest.raises(LinkRefused, match="matrix: cannot be opened"):
        open_bench(written(tmp_path), CLOCK, {"lines"})


def written(folder: Path, *changes: tuple[str, str]) -> BenchFile:
    """The bench file with made-up addresses and these changes."""
    relay_world(folder)
    text = (folder / "relays.template.toml").read_text(encoding="utf-8")
    for number, name in enumerate(("psu", "dmm", "matrix", "dut"), 1):
        text = text.replace(f"${{{name}}}", f"tcp://127.0.0.1:{number}")
    for old, new in changes:
        assert old in text
        text = text.replace(old, new, 1)
    file = folder / "bench.toml"
    file.write_text(text, encoding="utf-8")
    return read_bench_file(file)


MATRIX = 'relays = "matrix"\n'
WITHOUT = [(f"rail_3v3 = 36 }}\n{MATRIX}", "rail_3v3 = 36 }\n"), (f"10.0 }}\n{MATRIX}", "10.0 }\n")]


@pytest.mark.parametrize(
    ("changes", "field", "problem"),
    [
        ([(MATRIX, 'relays = "matrox"\n')], "roles.meter.relays", "no instrument 'matrox' in this file"),
        ([(MATRIX, 'relays = "psu"\n')], "roles.meter.relays", "psu is a hmp4040, which is no relay board"),
        ([("rail_5v = 35", "rail_5v = 49")], "roles.meter.points.rail_5v", "has coils 1 to 48, not 49"),
        ([("channel = 39", "channel = 0")], "roles.current.shunt.channel", "has coils 1 to 48, not 0"),
        ([("reverse = 2", "reverse = 33")], "roles.lines.points.reverse", "coil 33 of matrix is used by meter already"),
        ([("reverse = 2", "reverse = 49")], "roles.lines.points.reverse", "has channels 1 to 48, not 49"),
        (WITHOUT, "roles.meter.points.b_plus", "a 34461a has channels 1 to 1, not 33"),
        (WITHOUT[1:], "roles.current.shunt.channel", "a 34461a has channels 1 to 1, not 39"),
        (
            [WITHOUT[1], ("channel = 39", "channel = 1")],
            "roles.current.instrument",
            "dmm has one input, which is connected by the relays of matrix for meter",
        ),
        ([("channel = 1\n", f"channel = 1\n{MATRIX}")], "roles.supply.relays", "this role has neither"),
        (
            [('driver = "34461a"', 'driver = "dmm6500"')],
            "roles.meter.relays",
            "a dmm6500 is no multimeter with one input",
        ),
        ([('"lines", "acc"', '"meter", "acc"')], "make_safe.order[0]", "'meter' is no supply"),
    ],
)
def test_relays_that_cannot_do_what_a_role_needs_are_refused(
    tmp_path: Path, changes: list[tuple[str, str]], field: str, problem: str
) -> None:
    with pytest.raises(ConfigError) as caught:
        check_bench(written(tmp_path, *changes))
    assert caught.value.field == field
    assert problem in caught.value.problem
    assert caught.value.line > 0


def test_roles_of_one_meter_may_share_a_point(tmp_path: Path) -> None:
    bench = written(tmp_path, ("rail_3v3 = 36", "shunt = 39"))
    assert check_bench(bench)["current"] == "ammeter"


def test_a_meter_that_is_wired_to_one_point_needs_no_relays(tmp_path: Path) -> None:
    changes = [
        ("{ b_plus = 33, acc = 34, rail_5v = 35, rail_3v3 = 36 }", "{ b_plus = 1 }"),
        (f"1 }}\n{MATRIX}", "1 }\n"),
    ]
    bench = written(tmp_path, *changes, (f"10.0 }}\n{MATRIX}", "10.0 }\n"), ("channel = 39", "channel = 1"))
    assert check_bench(bench)["meter"] == "multimeter"
