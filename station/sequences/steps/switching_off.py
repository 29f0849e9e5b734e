"""ACC off while the unit plays: the amplifier remote falls and the outputs are silent; ACC on, and it is back.

For units with an amplifier remote on a multimeter, line input and outputs on the bench.
"""

from __future__ import annotations

from station.model.clock import Clock, wait_until
from station.model.errors import DutError
from station.model.reading import Reading, Statement
from station.model.roles import AudioAnalyser, HeadUnit, Multimeter, Supply
from station.runner.conditions import Conditions
from station.runner.measure import Measure
from station.runner.step import step
from station.sequences.steps.line_input import REFERENCE_HZ, SETTING, extreme, line_input, ratio, sure
from station.sequences.steps.power import POLL_S, RANGE_V

BOOT_POLL_S = 0.4
"""Estimate: a silent unit takes 0.15 s to be silent; nothing is timed here."""


@step(
    zh="关 ACC",
    en="ACC off",
    deadline_s=40,
    energises=True,
    uses={
        **SETTING,
        "nominal_supply": "V",
        "acc_limit": "A",
        "longest_boot": "s",
        "longest_remote_off": "s",
        "remote_off_below": "V",
        "fader_silent": "dB",
    },
    measures={"remote_off_delay": "s", "is_silent_after_acc_off": ""},
    takes_s=6,
)
def acc_off(
    acc: Supply,
    meter: Multimeter,
    audio: AudioAnalyser,
    dut: HeadUnit,
    clock: Clock,
    conditions: Conditions,
    measure: Measure,
) -> None:
    """From 1 W: how long the amplifier remote stays on, then what is left of each output."""
    with line_input(audio, dut, clock, conditions) as sound:
        sound.drive_reference()
        loudest = extreme(list(sound.tones(REFERENCE_HZ).values()), is_largest=True)
        acc.switch_off()
        measure("remote_off_delay", _remote_off_after(meter, clock, conditions))
        left = extreme([ratio(level, loudest) for level in sound.tones(REFERENCE_HZ).values()], is_largest=True)
        is_silent = sure(left) <= conditions["fader_silent"]
        measure("is_silent_after_acc_off", Statement(is_silent, left.instrument, clock.utc()))
        acc.set(conditions["nominal_supply"], conditions["acc_limit"])
        acc.switch_on()
        if not wait_until(clock, dut.is_ready, clock.now() + conditions["longest_boot"], BOOT_POLL_S):
            raise DutError(f"the unit does not answer {conditions['longest_boot']:g} s after ACC was off")


def _remote_off_after(meter: Multimeter, clock: Clock, conditions: Conditions) -> Reading:
    """Seconds from here until the line is low, or until that has taken too long."""
    started, seconds = clock.now(), 0.0
    while sure(meter.read_v("amp_remote", RANGE_V)) > conditions["remote_off_below"]:
        seconds = clock.now() - started
        if seconds >= conditions["longest_remote_off"]:
            break
        clock.wait(POLL_S)
    seconds = clock.now() - started
    return Reading(seconds, "s", "clock", f"{seconds:.3f}", clock.utc())
