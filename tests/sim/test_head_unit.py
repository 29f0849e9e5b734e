"""A head unit boots, sleeps, resets and dies by its volts and its image, as its data sheet says."""

from __future__ import annotations

import pytest

from fixtures.sim.chip_kind import chip_kinds
from fixtures.sim.device import SimClock
from fixtures.sim.head_unit import HeadUnit, State
from fixtures.sim.nor import Nor
from fixtures.sim.service_port import ServicePort
from fixtures.sim.unit_traits import draw_traits, unit_faults

SERIALS = [f"FJR1261{number:05}" for number in range(300)]


def make_unit(*faults: str, serial: str = "FJR126110003") -> HeadUnit:
    unit = HeadUnit(serial, "1.4.2", 1, Nor(chip_kinds()["W25Q64JV"], bytes(8), SimClock()))
    for fault in faults:
        unit.set_fault(fault, True)
    return unit


def play(unit: HeadUnit, seconds: float, b_plus_v: float, acc_v: float, start: float = 0.0) -> float:
    """Let time pass in steps of a millisecond; returns when it ended."""
    for step in range(int(seconds * 1000) + 1):
        unit.step(start + step / 1000, b_plus_v, acc_v)
    return start + seconds


def ask(unit: HeadUnit, line: bytes, uptime_s: float = 1.5) -> bytes:
    session = ServicePort(lambda: (unit, unit.since + uptime_s)).connect()
    return b"".join(reply.data for reply in session.receive(line))


def test_a_unit_boots_about_two_seconds_after_acc() -> None:
    unit = make_unit()
    play(unit, unit.traits.boot_s - 0.01, 14.4, 14.4)
    assert unit.state is State.BOOTING
    play(unit, 0.02, 14.4, 14.4, unit.traits.boot_s - 0.01)
    assert unit.state is State.AWAKE
    assert unit.uptime_s(unit.traits.boot_s + 0.5) == pytest.approx(0.5)


def test_without_acc_a_unit_sleeps_and_its_current_decays_to_the_quiescent_one() -> None:
    unit = make_unit()
    play(unit, 1.0, 14.4, 0.0)
    assert unit.state is State.ASLEEP
    assert unit.current_a(unit.since, 14.4) == pytest.approx(0.1)
    assert unit.current_a(unit.since + 0.5, 14.4) == pytest.approx(0.1 * 0.368, rel=0.05)
    assert unit.current_a(unit.since + 10.0, 14.4) == pytest.approx(unit.traits.asleep_a)


def test_the_boot_current_rises_to_its_peak_and_falls_to_idle() -> None:
    unit = make_unit()
    play(unit, 0.0, 14.4, 14.4)
    assert unit.current_a(0.2, 14.4) == pytest.approx(unit.traits.boot_peak_a / 2)
    assert unit.current_a(0.4, 14.4) == pytest.approx(unit.traits.boot_peak_a)
    assert unit.current_a(unit.traits.boot_s, 14.4) == pytest.approx(unit.traits.idle_w / 14.4)


def test_an_awake_unit_draws_constant_power_between_9_and_16_volts() -> None:
    unit = make_unit()
    unit.memory.put("mute", "1")  # the noise of an untuned tuner takes microamperes
    play(unit, 3.0, 14.4, 14.4)
    assert unit.current_a(3.0, 9.0) * 9.0 == pytest.approx(unit.current_a(3.0, 16.0) * 16.0)
    assert unit.current_a(3.0, 8.0) == pytest.approx(unit.current_a(3.0, 9.0))


def test_rails_stand_while_acc_is_on_and_the_amplifier_only_while_awake() -> None:
    unit = make_unit()
    play(unit, 1.0, 14.4, 14.4)
    assert unit.rail_5v_v() == pytest.approx(5.02, rel=0.01)
    assert unit.rail_3v3_v() == pytest.approx(3.31, rel=0.01)
    assert unit.amp_remote_v(14.4) == 0.0
    play(unit, 2.0, 14.4, 14.4, 1.0)
    assert unit.amp_remote_v(14.4) == pytest.approx(14.15, abs=0.06)
    play(unit, 0.1, 14.4, 0.0, 3.0)
    assert (unit.rail_5v_v(), unit.rail_3v3_v(), unit.amp_remote_v(14.4)) == (0.0, 0.0, 0.0)


def test_a_dip_shorter_than_ten_milliseconds_is_survived_and_a_longer_one_resets() -> None:
    unit = make_unit()
    now = play(unit, 3.0, 14.4, 14.4)
    booted_at = unit.since
    now = play(unit, 0.008, 6.5, 14.4, now)
    now = play(unit, 0.1, 14.4, 14.4, now)
    assert unit.state is State.AWAKE and unit.since == booted_at
    now = play(unit, 0.020, 6.5, 14.4, now)
    assert unit.state is State.OFF
    play(unit, 3.0, 14.4, 14.4, now)
    assert unit.state is State.AWAKE and unit.since > booted_at


def test_over_voltage_switches_off() -> None:
    unit = make_unit()
    now = play(unit, 3.0, 14.4, 14.4)
    now = play(unit, 0.1, 16.7, 14.4, now)
    assert unit.state is State.AWAKE
    play(unit, 0.1, 17.3, 14.4, now)
    assert unit.state is State.OFF


def test_a_unit_that_browns_out_early_resets_at_9_5_volts() -> None:
    good, weak = make_unit(), make_unit("brown_out")
    for unit in (good, weak):
        now = play(unit, 3.0, 14.4, 14.4)
        play(unit, 0.1, 9.3, 14.4, now)
    assert (good.state, weak.state) == (State.AWAKE, State.OFF)


@pytest.mark.parametrize("fault", ["corrupt_image", "blank_nor"])
def test_a_unit_without_a_right_image_does_not_boot_but_draws_current(fault: str) -> None:
    unit = make_unit(fault)
    now = play(unit, 5.0, 14.4, 14.4)
    assert unit.state is State.DEAD
    assert unit.current_a(now, 14.4) == 0.12
    assert ask(unit, b"PING\n") == b""


def test_a_repaired_image_boots_at_the_next_power_up() -> None:
    unit = make_unit("corrupt_image")
    now = play(unit, 3.0, 14.4, 14.4)
    unit.set_fault("corrupt_image", False)
    now = play(unit, 0.1, 14.4, 0.0, now)
    play(unit, 3.0, 14.4, 14.4, now)
    assert unit.state is State.AWAKE


def test_the_service_port_answers_each_request_of_the_data_sheet() -> None:
    unit = make_unit()
    play(unit, 3.0, 14.4, 14.4)
    requests = b"PING\r\nGET serial\nGET model\nGET firmware\nGET uptime\nGET volume\nGET phones\nGET nothing\n"
    assert ask(unit, requests).split(b"\r\n")[:-1] == [
        *(b"OK", b"OK FJR126110003", b"OK FJ-R1", b"OK 1.4.2", b"OK 1500", b"OK 12", b"OK 0", b"ERR unknown")
    ]
    checksum, hardware = ask(unit, b"GET checksum\nGET hardware\n").splitlines()
    assert len(checksum) == len("OK 560010EB") and checksum.upper() == checksum
    assert hardware[3:] in (b"B", b"C", b"D")
    assert ask(unit, b"X" * 65 + b"\n") == b"ERR unknown\r\n"


def test_a_unit_off_booting_or_asleep_is_silent() -> None:
    unit = make_unit()
    assert ask(unit, b"PING\n") == b""
    play(unit, 1.0, 14.4, 14.4)
    assert ask(unit, b"PING\n") == b""
    play(unit, 0.1, 14.4, 0.0, 1.0)
    assert ask(unit, b"PING\n") == b""


def test_faults_are_seen_at_the_service_port() -> None:
    unit = make_unit("wrong_firmware", "phones_paired", "wrong_serial")
    play(unit, 3.0, 14.4, 14.4)
    assert ask(unit, b"GET firmware\nGET phones\nGET serial\n") == b"OK 1.3.9\r\nOK 2\r\nOK FJR126119999\r\n"
    unit.set_fault("dead_service_port", True)
    assert ask(unit, b"PING\n") == b""


def test_units_differ_but_stay_inside_the_tolerance_of_the_data_sheet() -> None:
    units = [draw_traits(serial, 1) for serial in SERIALS]
    assert len({unit.rail_5v_v for unit in units}) == len(units)
    assert all(abs(unit.boot_s / 2.0 - 1) <= 0.05 for unit in units)
    assert all(abs(unit.idle_w / (0.41 * 14.4) - 1) <= 0.04 for unit in units)
    assert all(abs(unit.asleep_a / 0.0021 - 1) <= 0.10 for unit in units)
    assert all(abs(unit.offset_front_left_v) <= 0.010 for unit in units)


def test_the_same_serial_is_the_same_unit_every_time() -> None:
    assert draw_traits(SERIALS[0], 1) == draw_traits(SERIALS[0], 1)
    assert draw_traits(SERIALS[0], 1) != draw_traits(SERIALS[0], 2)


@pytest.mark.parametrize("fault", sorted(unit_faults()))
def test_every_fault_of_the_catalogue_says_what_it_is_and_changes_the_unit(fault: str) -> None:
    good, bad = make_unit(), make_unit(fault)
    assert unit_faults()[fault].what
    assert bad.traits != good.traits or bad.nor.cells.sha256() != good.nor.cells.sha256()
    bad.set_fault(fault, False)
    assert bad.traits == good.traits and bad.nor.cells.sha256() == good.nor.cells.sha256()
