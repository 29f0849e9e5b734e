"""The supply while the unit plays: what it draws, and at both ends neither a restart nor a change of the sound.

Steps for units whose line input and outputs are on the bench, beside B+ and a multimeter. Functional status class A of
ISO 16750-1: every function performs as designed during and after.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from station.analysis.decibel import times_of
from station.model.clock import Clock
from station.model.reading import Reading
from station.model.roles import Ammeter, AudioAnalyser, HeadUnit, Multimeter, Supply
from station.runner.conditions import Conditions
from station.runner.measure import Measure
from station.runner.step import step
from station.sequences.steps.line_input import REFERENCE_HZ, SETTING, SILENT_DB, Sound, extreme, line_input, ratio, sure
from station.sequences.steps.power import LONGEST_SETTLING_S, RANGE_V, measure_settled
from station.sequences.steps.supply_ends import ENDS, RunningUnit, Terminals

HELD_LEVEL_DB = -10.0
"""Against 1 W: four outputs at 0.1 W draw 0.07 A at 9 V and clip nowhere, so that the harness drops little."""
LISTEN_EVERY_S = 2.0


@step(
    zh="欠压",
    en="Undervoltage",
    deadline_s=60,
    uses={**ENDS, **SETTING, "lowest_supply": "V"},
    measures={"undervoltage_rail_5v": "V", "undervoltage_sound": "dB", "is_running_after_undervoltage": ""},
    takes_s=15,
)
def undervoltage(
    supply: Supply,
    meter: Multimeter,
    audio: AudioAnalyser,
    dut: HeadUnit,
    clock: Clock,
    conditions: Conditions,
    measure: Measure,
) -> None:
    """The unit runs and plays on at the lowest supply voltage."""
    terminals = Terminals(supply, meter, clock, conditions["supply_limit"], conditions["supply_window"])
    with line_input(audio, dut, clock, conditions) as sound:
        held = _held_at(conditions["lowest_supply"], terminals, sound, conditions)
        measure("undervoltage_rail_5v", meter.read_v("rail_5v", RANGE_V))
        measure("undervoltage_sound", held.change)
        measure("is_running_after_undervoltage", held.running.has_run_on())
        terminals.go_to(conditions["nominal_supply"])


@step(
    zh="过压",
    en="Overvoltage",
    deadline_s=60,
    uses={**ENDS, **SETTING, "highest_supply": "V"},
    measures={"overvoltage_rail_5v": "V", "overvoltage_sound": "dB", "is_running_after_overvoltage": ""},
    takes_s=15,
)
def overvoltage(
    supply: Supply,
    meter: Multimeter,
    audio: AudioAnalyser,
    dut: HeadUnit,
    clock: Clock,
    conditions: Conditions,
    measure: Measure,
) -> None:
    """The unit runs and plays on at the highest supply voltage."""
    terminals = Terminals(supply, meter, clock, conditions["supply_limit"], conditions["supply_window"])
    with line_input(audio, dut, clock, conditions) as sound:
        held = _held_at(conditions["highest_supply"], terminals, sound, conditions)
        measure("overvoltage_rail_5v", meter.read_v("rail_5v", RANGE_V))
        measure("overvoltage_sound", held.change)
        measure("is_running_after_overvoltage", held.running.has_run_on())
        terminals.go_to(conditions["nominal_supply"])


@step(
    zh="放音电流",
    en="Current at 1 W",
    deadline_s=30,
    is_alone=True,
    uses={**SETTING, "supply_limit": "A"},
    measures={"playing_current": "A"},
    takes_s=2,
)
def playing_current(
    current: Ammeter, audio: AudioAnalyser, dut: HeadUnit, clock: Clock, conditions: Conditions, measure: Measure
) -> None:
    """What the unit draws while its loudest output has 1 W into the load and the others play the same."""
    range_a = conditions["supply_limit"]
    with line_input(audio, dut, clock, conditions) as sound:
        sound.drive_reference()
        measure_settled("playing_current", lambda: current.read_a(range_a), LONGEST_SETTLING_S, clock, measure)


@dataclass(frozen=True, slots=True)
class _Held:
    """A unit that has been at an end of its supply: the largest change of its sound there."""

    running: RunningUnit
    change: Reading


def _held_at(volts_v: float, terminals: Terminals, sound: Sound, conditions: Conditions) -> _Held:
    """Play, go to ``volts_v``, and listen now and then until the hold is over; B+ stays there."""
    sound.play(REFERENCE_HZ, sound.drive_reference() * times_of(HELD_LEVEL_DB))
    before = _heard(sound.tones(REFERENCE_HZ))
    clock, running = sound.clock, RunningUnit.watched(sound.dut, sound.clock)
    terminals.go_to(volts_v)
    until, changes = clock.now() + conditions["hold"], list[Reading]()
    while not changes or clock.now() < until:
        clock.wait(min(LISTEN_EVERY_S, until - clock.now()))
        after = sound.tones(REFERENCE_HZ)
        changes += [ratio(after[channel], level) for channel, level in before.items()]
    overload = next((change for change in changes if change.is_overload), None)
    return _Held(running, overload or max(changes, key=lambda change: abs(change.value)))


def _heard(tones: Mapping[str, Reading]) -> dict[str, Reading]:
    """Those that are heard: an output that is dead has its own measurements."""
    least_v = sure(extreme(list(tones.values()), is_largest=True)) * times_of(SILENT_DB)
    return {channel: tone for channel, tone in tones.items() if sure(tone) >= least_v}
