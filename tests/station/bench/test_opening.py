"""A bench is opened whole and right, or not at all."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from station.bench import examine, open_bench
from station.config.bench_file import BenchFile, read_bench_file
from station.drivers.fj_service_port import FjServicePort
from station.drivers.hmp4040 import HmpOutput
from station.drivers.point_multimeter import PointMultimeter
from station.drivers.shunt_ammeter import ShuntAmmeter
from station.link.clock import SystemClock
from station.link.link import LinkState
from station.model.clock import wait_until
from station.model.errors import CommandRefused, ConfigError, LinkLost, LinkRefused, LinkTimeout, WrongIdentity
from tests.conftest import Bench

CLOCK = SystemClock()
StartBench = Callable[..., Bench]
SHUNTED = "shunt = { channel = 1, resistance_ohm = 1.0, highest_a = 1.0 }\n"


def changed(running: Bench, *changes: tuple[str, str]) -> BenchFile:
    text = running.bench_file.read_text(encoding="utf-8")
    for old, new in changes:
        assert old in text
        text = text.replace(old, new, 1)
    file = running.bench_file.with_name("changed.toml")
    file.write_text(text, encoding="utf-8")
    return read_bench_file(file)


def test_every_role_of_the_bench_file_can_be_played(bench: StartBench) -> None:
    running = bench()
    opened = open_bench(read_bench_file(running.bench_file), CLOCK)
    running.control("insert", unit="FJR126110003")
    supply, acc, meter, current, dut = (opened.roles[name] for name in ("supply", "acc", "meter", "current", "dut"))
    assert isinstance(supply, HmpOutput) and isinstance(acc, HmpOutput) and isinstance(meter, PointMultimeter)
    assert isinstance(current, ShuntAmmeter) and isinstance(dut, FjServicePort)
    supply.set(14.4, 2.0)
    acc.set(12.0, 0.5)
    supply.switch_on()
    acc.switch_on()
    assert wait_until(CLOCK, dut.is_ready, CLOCK.now() + 3.0, 0.01)
    assert dut.read("serial").value == "FJR126110003"
    assert supply.read_v().value == pytest.approx(14.4, abs=0.05)
    assert meter.read_v("rail_5v", 5.0).value == pytest.approx(5.02, rel=0.02)
    assert current.read_a(1.0).value == pytest.approx(supply.read_a().value, rel=0.1)
    assert opened.instrument_of["current"] == "dmm"
    next_year = datetime.now(UTC).date() + timedelta(days=365)
    assert opened.cal_due == {"psu": next_year, "dmm": next_year, "dut": None}
    opened.close()


def test_the_supply_refuses_what_it_cannot_deliver(bench: StartBench) -> None:
    opened = open_bench(read_bench_file(bench().bench_file), CLOCK, {"supply"})
    supply = opened.roles["supply"]
    assert isinstance(supply, HmpOutput)
    with pytest.raises(CommandRefused, match="-222"):
        supply.set(40.0, 1.0)
    opened.close()


def test_only_the_instruments_of_the_wanted_roles_are_opened(bench: StartBench) -> None:
    running = bench()
    running.control("fault", device="dmm", fault="refuse", on=True)
    opened = open_bench(read_bench_file(running.bench_file), CLOCK, {"supply", "dut"})
    assert set(opened.roles) == {"supply", "dut"}
    opened.close()


def test_a_dead_instrument_is_named_and_everything_is_closed(bench: StartBench) -> None:
    running = bench()
    running.control("fault", device="dmm", fault="refuse", on=True)
    with pytest.raises(LinkRefused, match="dmm: cannot be opened: Connection refused"):
        open_bench(read_bench_file(running.bench_file), CLOCK)


def test_swapped_addresses_are_told_with_both_identities(bench: StartBench) -> None:
    running = bench()
    psu, dmm = running.address["psu"], running.address["dmm"]
    swapped = changed(running, (psu, "tcp://spare:1"), (dmm, psu), ("tcp://spare:1", dmm))
    with pytest.raises(WrongIdentity) as caught:
        open_bench(swapped, CLOCK)
    said = str(caught.value)
    assert "expected ROHDE&SCHWARZ,HMP4040,103781" in said
    assert "found KEITHLEY INSTRUMENTS,MODEL DMM6500,04431029" in said
    assert "are the addresses of psu and dmm swapped?" in said


def test_a_stranger_is_told_with_both_identities(bench: StartBench) -> None:
    running = bench()
    running.control("fault", device="dmm", fault="wrong_identity", on=True, identity="ACME,DMM1,7,1.0")
    with pytest.raises(
        WrongIdentity, match=r"expected KEITHLEY INSTRUMENTS,MODEL DMM6500,04431029 .* found ACME,DMM1,7$"
    ):
        open_bench(read_bench_file(running.bench_file), CLOCK)


def test_an_answer_that_comes_late_is_never_the_value_of_a_later_reading(bench: StartBench) -> None:
    running = bench()
    opened = open_bench(read_bench_file(running.bench_file), CLOCK, {"supply"})
    supply = opened.roles["supply"]
    assert isinstance(supply, HmpOutput)
    supply.set(14.4, 1.0)
    supply.switch_on()
    running.control("fault", device="psu", fault="delay", on=True, seconds=2.5, count=1)
    with pytest.raises(LinkTimeout):
        supply.read_v()
    assert opened.links[0].state is LinkState.SUSPECT
    assert supply.read_a().value == pytest.approx(0.0, abs=0.01)
    assert supply.read_v().value == pytest.approx(14.4, abs=0.05)
    opened.close()


def test_an_answer_held_back_until_the_next_question_is_never_its_value(bench: StartBench) -> None:
    running = bench()
    opened = open_bench(read_bench_file(running.bench_file), CLOCK, {"supply"})
    supply = opened.roles["supply"]
    assert isinstance(supply, HmpOutput)
    supply.set(14.4, 1.0)
    supply.switch_on()
    running.control("fault", device="psu", fault="stale", on=True, count=1)
    with pytest.raises(LinkTimeout):
        supply.read_v()
    assert supply.read_a().value == pytest.approx(0.0, abs=0.01)
    opened.close()


def test_an_instrument_that_is_unplugged_is_lost_at_once(bench: StartBench) -> None:
    running = bench()
    opened = open_bench(read_bench_file(running.bench_file), CLOCK, {"meter"})
    meter = opened.roles["meter"]
    assert isinstance(meter, PointMultimeter)
    running.control("fault", device="dmm", fault="close", on=True)
    start = time.monotonic()
    with pytest.raises(LinkLost):
        meter.read_v("b_plus", 14.4)
    assert time.monotonic() - start < 0.5
    opened.close()


@pytest.mark.parametrize(
    ("old", "new", "field", "problem"),
    [
        (
            'driver = "hmp4040"',
            'driver = "hmp404"',
            "instruments.psu.driver",
            "no driver 'hmp404' (there are: hmp4040,",
        ),
        ('driver = "serprog"', 'driver = "ch341"', "programmers.prog.driver", "no programmer 'ch341'"),
        ("channel = 1\n", "channel = 5\n", "roles.supply.channel", "a hmp4040 has channels 1 to 4, not 5"),
        ("speaker_offset = 6", "speaker_offset = 11", "roles.meter.points.speaker_offset", "channels 1 to 10, not 11"),
        ("shunt = { channel = 7", "shunt = { channel = 0", "roles.current.shunt.channel", "channels 1 to 10, not 0"),
        ("channel = 1\n", SHUNTED, "roles.supply.shunt", "a role of a hmp4040 needs channel or points or current_of"),
        ("channel = 1\n", "", "roles.supply", "a role of a hmp4040 needs channel"),
        ('["acc", "supply"]', '["acc", "supply", "meter"]', "make_safe.order[2]", "'meter' is no supply"),
        ('["acc", "supply"]', '["acc"]', "roles.supply", "nothing would switch it off"),
        ('driver = "fj_service_port"', 'driver = "dmm6500"', "instruments.dut.identity", "this key is missing"),
    ],
)
def test_what_a_driver_cannot_do_is_refused_before_anything_is_opened(
    tmp_path: Path, old: str, new: str, field: str, problem: str
) -> None:
    template = (Path(__file__).parents[3] / "fixtures/benches/demo.bench.toml").read_text(encoding="utf-8")
    for number, name in enumerate(("psu", "dmm", "prog"), 1):
        template = template.replace(f"${{{name}}}", f"tcp://127.0.0.1:{number}")
    template = template.replace("${dut}", "serial:///dev/ttyNOWHERE").replace("${next_year}", "2099-01-01")
    assert old in template
    file = tmp_path / "bench.toml"
    file.write_text(template.replace(old, new, 1), encoding="utf-8")
    with pytest.raises(ConfigError) as caught:
        open_bench(read_bench_file(file), CLOCK)
    assert caught.value.field == field
    assert problem in caught.value.problem
    assert caught.value.line > 0


def test_examining_a_bench_names_what_is_wrong_with_each_part(bench: StartBench) -> None:
    running = bench()
    running.control("fault", device="prog", fault="refuse", on=True)
    running.control("fault", device="dmm", fault="wrong_identity", on=True)
    due = f"calibration_due = {read_bench_file(running.bench_file).instruments['psu'].calibration_due}"
    late = changed(running, (due, "calibration_due = 2020-01-31"))
    psu, dmm, dut, prog = examine(late, CLOCK)
    assert (psu.name, psu.found, psu.problem) == ("psu", psu.expected, "calibration was due on 2020-01-31")
    assert dmm.found == "NOBODY,NOTHING,0"
    assert "expected KEITHLEY" in dmm.problem
    assert (dut.found, dut.problem) == ("", "")
    assert prog.problem == "prog: cannot be opened: Connection refused"
    assert {report.evidence for report in (psu, dmm, dut, prog)} == {"simulated"}
