"""The steps of power on a unit that is a few lines: what is still on its way, and a restart nobody saw, never pass."""

from __future__ import annotations

import math
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field

import pytest

from station.model.errors import DutError
from station.model.reading import Reading, Statement, TextReading
from station.runner.conditions import Conditions
from station.runner.measure import AnyReading
from station.runner.step import Step
from station.sequences.steps import power, sounding_supply, supply_ends, switching_off
from tests.station.runner.bench_pieces import START, CountingClock

CONDITIONS = {"nominal_supply": 14.4, "supply_limit": 3.0, "acc_limit": 0.5, "supply_window": 0.3, "hold": 10.0} | {
    "lowest_supply": 9.0,
    "highest_supply": 16.0,
    "audio_volume": 40.0,
    "load_resistance": 4.0,
    "audio_settling": 0.05,
    "longest_boot": 6.0,
    "longest_remote_off": 3.0,
    "remote_off_below": 1.0,
    "fader_silent": -40.0,
}
READ_S = 0.02


@dataclass
class Curve:
    """An ammeter, or a multimeter on any point: a value that is a function of the time."""

    clock: CountingClock
    unit: str
    at: Callable[[float], float]
    is_overload: bool = False

    def read_a(self, range_a: float) -> Reading:
        self.clock.wait(READ_S)
        value = self.at(self.clock.now())
        return Reading(value, self.unit, "dmm", f"{value:E}", START, self.is_overload)

    def read_v(self, point: str, range_v: float) -> Reading:
        return self.read_a(range_v)


@dataclass
class Output:
    """A supply's output; ``volts_v`` is what it was set to."""

    volts_v: float = 14.4
    on_set: Callable[[float], None] = lambda volts_v: None
    on_switched: Callable[[bool], None] = lambda is_on: None

    def set(self, voltage_v: float, limit_a: float) -> None:
        self.volts_v = voltage_v
        self.on_set(voltage_v)

    def switch_on(self) -> None:
        self.on_switched(True)

    def switch_off(self) -> None:
        self.on_switched(False)


@dataclass
class Unit:
    """Its port: it booted at ``booted_at``."""

    clock: CountingClock
    booted_at: float = 0.0
    is_silent: bool = False
    written: list[tuple[str, str]] = field(default_factory=list)

    def uptime_s(self) -> float:
        if self.is_silent:
            raise DutError("the unit does not answer")
        return self.clock.now() - self.booted_at

    def write(self, item: str, value: str) -> None:
        self.written.append((item, value))

    def read(self, item: str) -> TextReading:
        return TextReading("", "dut", START)

    def is_ready(self) -> bool:
        return not self.is_silent


@dataclass
class Sounding:
    """An analyser on four outputs of 20 times the generator's level, times ``share`` of the time."""

    clock: CountingClock
    share: Callable[[str], float]
    level_v: float = 0.0

    def generate(self, frequency_hz: float, level_v: float) -> None:
        self.level_v = level_v

    def read_tone_v(self, channel: str, frequency_hz: float) -> Reading:
        self.clock.wait(READ_S)
        return Reading(20 * self.level_v * self.share(channel), "V", "analyser", "", START)

    def steady(self) -> AbstractContextManager[None]:
        return nullcontext()


def play(step: Step, clock: CountingClock, **roles: object) -> tuple[dict[str, AnyReading], str]:
    """What the step measures, and how it says that the unit is at fault."""
    found: dict[str, AnyReading] = {}
    conditions = Conditions(step.name, {name: CONDITIONS[name] for name in step.declaration.uses})
    injected = {"clock": clock, "conditions": conditions, "measure": found.__setitem__}
    try:
        step.function(**{name: injected[name] for name in step.injected}, **roles)
    except DutError as error:
        return found, str(error)
    return found, ""


def idle(at: Callable[[float], float], is_overload: bool = False) -> tuple[Reading, str]:
    clock = CountingClock()
    found, told = play(power.idle_current, clock, current=Curve(clock, "A", at, is_overload), dut=Unit(clock))
    reading = found["idle_current"]
    assert isinstance(reading, Reading)
    return reading, told


def test_a_current_that_falls_through_its_limits_is_recorded_where_it_comes_to_rest() -> None:
    reading, told = idle(lambda now: 0.10 + 0.5 * math.exp(-now / 0.3))
    assert told == ""
    assert reading.value == pytest.approx(0.10, rel=0.02)


def test_a_current_after_its_boot_peak_is_recorded_steady() -> None:
    reading, told = idle(lambda now: 0.41 + max(0.0, 0.2 - now / 5))
    assert (reading.value, told) == (pytest.approx(0.41), "")


@pytest.mark.parametrize(
    "at",
    [lambda now: 0.41 + 0.02 * math.sin(40 * now), lambda now: 0.6 - 0.05 * now, lambda now: 0.41 + 0.01 * now],
)
def test_a_current_that_is_never_steady_is_recorded_and_no_pass(at: Callable[[float], float]) -> None:
    reading, told = idle(at)
    assert math.isfinite(reading.value)
    assert "idle_current is not steady after 4 s" in told


def test_an_overload_is_recorded_as_one_in_time() -> None:
    reading, told = idle(lambda now: 9.9e37, is_overload=True)
    assert reading.is_overload
    assert "not steady" in told


def test_a_supply_that_rises_to_its_voltage_is_recorded_when_it_has_it() -> None:
    clock = CountingClock()
    meter = Curve(clock, "V", lambda now: 14.4 * (1 - math.exp(-now / 0.1)))
    found, told = play(power.power_up, clock, supply=Output(), acc=Output(), meter=meter)
    reading = found["supply_voltage"]
    assert isinstance(reading, Reading)
    assert (reading.value, told) == (pytest.approx(14.4, rel=0.005), "")
    assert clock.now() < power.SETTLE_S


@pytest.mark.parametrize(("name", "step"), [("under", supply_ends.undervoltage), ("over", supply_ends.overvoltage)])
@pytest.mark.parametrize(
    ("booted_again_after_s", "is_silent", "has_run_on"),
    [(None, False, True), (2.0, False, False), (9.9, False, False), (None, True, False)],
)
def test_a_restart_during_a_hold_longer_than_the_unit_had_run_is_seen(
    name: str, step: Step, booted_again_after_s: float | None, is_silent: bool, has_run_on: bool
) -> None:
    clock = CountingClock(5.0)
    unit = Unit(clock, booted_at=3.0)

    def changed(volts_v: float) -> None:
        if booted_again_after_s is not None:
            unit.booted_at = 5.0 + booted_again_after_s
        unit.is_silent = is_silent

    supply = Output(on_set=changed)
    meter = Curve(clock, "V", lambda now: supply.volts_v)
    found, told = play(step, clock, supply=supply, meter=meter, dut=unit)
    statement = found[f"is_running_after_{name}voltage"]
    assert told == ""
    assert not isinstance(statement, Reading | TextReading)
    assert statement.is_so is has_run_on
    assert supply.volts_v == 14.4


def change_at(step: Step, share_while_there: Callable[[str, float], float]) -> float:
    """How the sound is said to change at an end of the supply, by what the outputs do some seconds after it began."""
    clock = CountingClock()
    unit, there = Unit(clock, booted_at=-20.0), [math.inf]

    def changed(volts_v: float) -> None:
        there[0] = clock.now() if volts_v != 14.4 else math.inf

    def share(channel: str) -> float:
        since = clock.now() - there[0]
        return share_while_there(channel, since) if since >= 0 else 1.0

    supply = Output(on_set=changed)
    meter = Curve(clock, "V", lambda now: supply.volts_v)
    audio = Sounding(clock, share)
    found, told = play(step, clock, supply=supply, meter=meter, dut=unit, audio=audio)
    (reading,) = (found[name] for name in found if name.endswith("_sound"))
    assert isinstance(reading, Reading)
    assert (told, audio.level_v, supply.volts_v) == ("", 0.0, 14.4)
    return reading.value


@pytest.mark.parametrize("step", [sounding_supply.undervoltage, sounding_supply.overvoltage])
def test_sound_that_goes_on_for_the_whole_hold_does_not_change(step: Step) -> None:
    assert change_at(step, lambda channel, since: 1.0) == pytest.approx(0.0, abs=1e-9)


@pytest.mark.parametrize("step", [sounding_supply.undervoltage, sounding_supply.overvoltage])
def test_an_output_that_drops_out_softens_or_grows_during_the_hold_is_heard(step: Step) -> None:
    assert change_at(step, lambda channel, since: 0.0 if channel == "rear_left" and since > 9.0 else 1.0) < -100.0
    assert change_at(step, lambda channel, since: 0.0 if 3.0 < since < 7.0 else 1.0) < -100.0
    assert change_at(step, lambda channel, since: 2.0 if channel == "front_right" else 1.0) == pytest.approx(
        6.02, abs=0.1
    )


def test_an_output_that_was_dead_before_is_not_said_to_have_changed() -> None:
    clock = CountingClock()
    supply = Output()
    meter = Curve(clock, "V", lambda now: supply.volts_v)
    audio = Sounding(clock, lambda channel: 1e-6 * clock.now() if channel == "rear_left" else 1.0)
    found, _ = play(sounding_supply.undervoltage, clock, supply=supply, meter=meter, dut=Unit(clock), audio=audio)
    reading = found["undervoltage_sound"]
    assert isinstance(reading, Reading)
    assert reading.value == pytest.approx(0.0, abs=1e-9)


def acc_off_after(remote_s: float, left: float) -> tuple[float, bool]:
    """Delay and silence of a unit whose remote falls after ``remote_s``, and which has ``left`` of its sound then."""
    clock = CountingClock()
    acc, off_at = Output(), [math.inf]
    acc.on_switched = lambda is_on: off_at.__setitem__(0, math.inf if is_on else clock.now())
    meter = Curve(clock, "V", lambda now: 14.1 if now - off_at[0] < remote_s or now < off_at[0] else 0.1)
    audio = Sounding(clock, lambda channel: left if clock.now() >= off_at[0] else 1.0)
    found, told = play(switching_off.acc_off, clock, acc=acc, meter=meter, dut=Unit(clock), audio=audio)
    assert (told, audio.level_v) == ("", 0.0)
    delay, is_silent = found["remote_off_delay"], found["is_silent_after_acc_off"]
    assert isinstance(delay, Reading)
    assert isinstance(is_silent, Statement)
    return delay.value, is_silent.is_so


def test_after_acc_is_off_the_remote_falls_and_the_outputs_are_silent() -> None:
    assert acc_off_after(0.3, 0.0) == (pytest.approx(0.3, abs=0.1), True)


def test_a_remote_that_stays_on_has_the_longest_delay_and_an_output_that_plays_on_is_not_silent() -> None:
    assert acc_off_after(100.0, 0.02) == (pytest.approx(3.0, abs=0.1), False)
