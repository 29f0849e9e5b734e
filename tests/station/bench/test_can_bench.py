"""Network management and diagnostics on the bench in a box: what a spoilt line does to them, and a wrong bench file."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from station.bench import OpenBench, check_bench, examine, open_bench
from station.config.bench_file import read_bench_file
from station.drivers.can_network import CanNetwork
from station.drivers.fj_service_port import FjServicePort
from station.drivers.hmp4040 import HmpOutput
from station.drivers.uds import UdsTester
from station.link.clock import SystemClock
from station.model.clock import wait_until
from station.model.errors import ConfigError, DutError, LinkError, StationError
from tests.can_benches import BENCH, UNIT, can_world
from tests.conftest import Bench, start_bench

CLOCK = SystemClock()
IDENTITY = {0xF187: "FJN7-8601-A", 0xF189: "2.1.0", 0xF18C: UNIT, 0xF195: "2026.1"}
FAULTS: Mapping[str, Mapping[str, float]] = {"drop": {}, "delay": {"seconds": 0.4}, "stale": {}, "garbage": {}}
LONGEST_S = 3.6
"""P2* and "response pending" together, and 0.2 s."""


@pytest.fixture(scope="module")
def box(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bench]:
    folder = tmp_path_factory.mktemp("can")
    running = start_bench(can_world(folder), folder / "bench.toml", 0.0)
    yield running
    running.stop()


@pytest.fixture(scope="module")
def awake(box: Bench) -> Iterator[OpenBench]:
    """The unit in the jig, booted."""
    opened = open_bench(read_bench_file(box.bench_file), CLOCK)
    box.control("insert", unit=UNIT)
    for name in ("supply", "acc"):
        output = opened.roles[name]
        assert isinstance(output, HmpOutput)
        output.set(14.4, 3.0)
        output.switch_on()
    assert has_booted(opened)
    yield opened
    opened.close()


@pytest.fixture
def tester(box: Bench, awake: OpenBench) -> Iterator[UdsTester]:
    role = awake.roles["diagnostics"]
    assert isinstance(role, UdsTester)
    yield role
    for fault in (*FAULTS, "refuse"):
        box.control("fault", device="can", fault=fault, on=False)


def has_booted(opened: OpenBench) -> bool:
    dut = opened.roles["dut"]
    assert isinstance(dut, FjServicePort)
    return wait_until(CLOCK, dut.is_ready, CLOCK.now() + 5.0, 0.05)


def readings(tester: UdsTester, count: int = len(IDENTITY)) -> int:
    """How many of the texts were right; each is right or raises an error that says who must act, in time."""
    right = 0
    for identifier, text in list(IDENTITY.items())[:count]:
        start = time.monotonic()
        try:
            found = tester.read(identifier).value
        except LinkError as error:
            assert str(error).startswith("diagnostics: ")
        except DutError as error:
            assert f"{identifier:04X}" in str(error)
        else:
            assert found == text
            right += 1
        assert time.monotonic() - start < LONGEST_S
    return right


def recovers(tester: UdsTester) -> bool:
    return wait_until(CLOCK, lambda: readings(tester) == len(IDENTITY), CLOCK.now() + 10.0, 0.05)


def test_both_roles_share_one_channel_and_are_right(tester: UdsTester, awake: OpenBench) -> None:
    assert readings(tester) == len(IDENTITY)
    network = awake.roles["network"]
    assert isinstance(network, CanNetwork)
    assert network.wait_awake(2.0).value < 1.0


@pytest.mark.parametrize("fault", FAULTS)
def test_what_spoils_every_frame_is_an_error_and_is_over_when_the_fault_is(
    box: Bench, tester: UdsTester, fault: str
) -> None:
    box.control("fault", device="can", fault=fault, on=True, **FAULTS[fault])
    assert readings(tester, 2) == 0
    box.control("fault", device="can", fault=fault, on=False)
    assert recovers(tester)


@pytest.mark.parametrize("fault", FAULTS)
def test_what_spoils_some_frames_never_makes_a_wrong_text(box: Bench, tester: UdsTester, fault: str) -> None:
    box.control("fault", device="can", fault=fault, on=True, probability=0.15, **FAULTS[fault])
    readings(tester)
    box.control("fault", device="can", fault=fault, on=False)
    assert recovers(tester)


def test_a_unit_that_is_unplugged_is_silent_and_comes_back(box: Bench, tester: UdsTester, awake: OpenBench) -> None:
    network = awake.roles["network"]
    assert isinstance(network, CanNetwork)
    box.control("fault", device="can", fault="refuse", on=True)
    with pytest.raises(DutError, match="does not answer ReadDataByIdentifier F187 in time"):
        tester.read(0xF187)
    with pytest.raises(DutError, match="sends no network management"):
        network.wait_awake(0.3)
    box.control("fault", device="can", fault="refuse", on=False)
    assert recovers(tester)
    assert network.wait_awake(2.0).value < 2.0


def test_a_unit_sleeps_with_its_network_and_wakes_with_it(box: Bench, tester: UdsTester, awake: OpenBench) -> None:
    network, acc = awake.roles["network"], awake.roles["acc"]
    assert isinstance(network, CanNetwork) and isinstance(acc, HmpOutput)
    network.keep_awake(True)
    network.wait_awake(2.0)
    acc.switch_off()
    assert box.truth()["state"] == "awake"
    network.keep_awake(False)
    assert 0.0 < network.wait_asleep(5.0).value < 4.0
    assert box.truth()["state"] == "asleep"
    with pytest.raises(DutError):
        tester.read(0xF187)
    network.keep_awake(True)
    assert network.wait_awake(2.0).value < 2.0
    assert recovers(tester)
    network.keep_awake(False)
    acc.switch_on()
    assert has_booted(awake)


def test_a_factory_reset_by_diagnostics_unpairs_the_vehicle(tester: UdsTester) -> None:
    with pytest.raises(DutError, match="service not supported in active session"):
        tester.run_routine(0xFF00, 2.0)
    tester.enter_session(3)
    assert tester.run_routine(0xFF00, 2.0).value == "00"
    assert tester.read(0xF190).value == "0" * 17
    tester.clear_codes()
    assert tester.read_confirmed_codes() == ()


def test_two_benches_on_one_machine_do_not_hear_each_other(box: Bench, tester: UdsTester, tmp_path: Path) -> None:
    other = start_bench(can_world(tmp_path), tmp_path / "bench.toml", 0.0)
    try:
        assert other.address["can"] != box.address["can"]
        opened = open_bench(read_bench_file(other.bench_file), CLOCK, {"network", "diagnostics"})
        network, stranger = opened.roles["network"], opened.roles["diagnostics"]
        assert isinstance(network, CanNetwork) and isinstance(stranger, UdsTester)
        with pytest.raises(DutError):
            network.wait_awake(0.5)
        with pytest.raises(DutError):
            stranger.read(0xF187)
        opened.close()
    finally:
        other.stop()
    assert readings(tester) == len(IDENTITY)


def test_both_are_examined_without_a_word_on_the_bus(box: Bench, awake: OpenBench) -> None:
    reports = {report.name: report for report in examine(read_bench_file(box.bench_file), CLOCK)}
    for name in ("network", "diagnostics"):
        assert (reports[name].problem, reports[name].found) == ("", "")
        assert reports[name].address.startswith("can://")


@pytest.mark.parametrize(
    ("old", "new", "field", "problem"),
    [
        ("${can}&send=0x401&receive=0x420", "tcp://psu:5025", "network", "a can_network exchanges CAN frames"),
        ("${can}&send=0x7A0&receive=0x7A8", "serial:///dev/x", "diagnostics", "a uds exchanges CAN frames: write"),
        ('"${dut}"', '"${can}&send=0x1&receive=0x2"', "dut", "a fj_service_port exchanges bytes: write tcp://"),
        ("&send=0x7A0&receive=0x7A8", "&send=0x401&receive=0x420", "diagnostics", "network has the same address"),
        ("&send=0x7A0&receive=0x7A8", "&send=0x7A0", "diagnostics", "receive must be an identifier such as"),
        ("send=0x7A0&receive=0x7A8", "send=0x7A0&receive=0x20000000", "diagnostics", "at most 0x1FFFFFFF"),
        ("send=0x7A0&receive=0x7A8", "send=0x7A8&receive=0x7A8", "diagnostics", "the same identifier"),
        ("&send=0x7A0&receive", "&hop_limit=9&send=0x7A0&receive", "diagnostics", "hop_limit is no setting"),
        ("&send=0x7A0&receive", "&fd=&send=0x7A0&receive", "diagnostics", "fd is no setting"),
        ("&send=0x7A0&receive", "&send=0x1&send=0x7A0&receive", "diagnostics", "stands there twice"),
        ("&send=0x7A0&receive", "&fd=0&send=0x7A0&receive", "diagnostics", "network opens the same channel with"),
    ],
)
def test_an_address_that_does_not_fit_is_refused_with_file_line_and_field(
    tmp_path: Path, old: str, new: str, field: str, problem: str
) -> None:
    file, line = tmp_path / "bench.toml", BENCH[: BENCH.index(old)].count("\n") + 1
    text = BENCH.replace(old, new, 1).replace("${can}", "can://udp_multicast/239.74.1.2?port=5000")
    text = (
        text.replace("${psu}", "tcp://psu:1").replace("${dut}", "serial:///dev/y").replace("${next_year}", "2099-01-01")
    )
    file.write_text(text, encoding="utf-8")
    with pytest.raises(ConfigError) as caught:
        check_bench(read_bench_file(file))
    assert (caught.value.file, caught.value.line) == (str(file), line)
    assert caught.value.field == f"instruments.{field}.address"
    assert problem in caught.value.problem


def test_a_programmer_has_no_address_on_the_can(tmp_path: Path) -> None:
    file = tmp_path / "bench.toml"
    file.write_text(
        BENCH[: BENCH.index("[instruments.psu]")]
        + '[programmers.prog]\ndriver = "serprog"\naddress = "can://socketcan/can0?send=0x1&receive=0x2"\n'
        + 'sockets = ["clip-1"]\nlevel_v = 3.3\n',
        encoding="utf-8",
    )
    with pytest.raises(StationError, match="a serprog exchanges bytes"):
        check_bench(read_bench_file(file))
