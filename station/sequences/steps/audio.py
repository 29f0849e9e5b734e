"""Sound: power, distortion, noise, response, crosstalk, volume, mute and fader of a unit's four outputs.

Steps for any unit with a line input and four outputs on loads. Each begins with the unit on its line input, and ends
with the generator off; volume, fader and balance stay as it left them. Only one output is driven hard at a time, so
that B+ need not feed four. Method: IEC 60268-3, 14.6 (output power at rated distortion), 14.12, 14.13 (A-weighted
noise); car audio: a reference of 1 W into the load.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from itertools import pairwise

from msgspec.structs import replace

from station.analysis.decibel import ratio_db, times_of
from station.model.clock import Clock
from station.model.reading import Reading, Statement
from station.model.roles import AudioAnalyser, HeadUnit
from station.runner.conditions import Conditions
from station.runner.measure import Measure
from station.runner.step import step
from station.sequences.steps.line_input import (
    CHANNELS,
    EXPECTED_GAIN_DB,
    FADER_END,
    REFERENCE_HZ,
    REFERENCE_W,
    SETTING,
    SILENT_DB,
    Sound,
    extreme,
    line_input,
    ratio,
    sure,
)

NEIGHBOUR = {
    "front_left": "front_right",
    "front_right": "front_left",
    "rear_left": "rear_right",
    "rear_right": "rear_left",
}
POWER_STEPS = 8
"""Halvings of the range of level, in decibels, in which the power at the rated distortion is looked for: 0.06 dB."""
CROSSTALK_HZ = {"crosstalk_1khz": 1000.0, "crosstalk_10khz": 10000.0}
VOLUMES = (40, 35, 30, 25, 20, 15, 10, 5, 1)
"""From full volume to the lowest; a setting between them that changes nothing is missing in the next."""
BALANCE_VOLUMES = (25, 10)
"""Beside the plan's own: where the channels are compared, too."""


@step(
    zh="输出功率与失真",
    en="Output power and distortion",
    deadline_s=60,
    uses={**SETTING, "power_distortion": "%", "highest_power": "W"},
    measures={
        **{f"distortion_{channel}": "%" for channel in CHANNELS},
        **{f"power_{channel}": "W" for channel in CHANNELS},
    },
)
def output_power(audio: AudioAnalyser, dut: HeadUnit, clock: Clock, conditions: Conditions, measure: Measure) -> None:
    """Each output alone: THD+N at 1 W, then the power at the rated THD+N."""
    with line_input(audio, dut, clock, conditions) as sound:
        level_v = sound.drive_reference()
        outputs = sound.tones(REFERENCE_HZ)
        for channel in CHANNELS:
            sound.only(channel)
            gain = _gain(outputs[channel], level_v)
            sound.play(REFERENCE_HZ, sound.reference_v / gain)
            measure(f"distortion_{channel}", audio.read_thd_n(channel, REFERENCE_HZ))
            measure(f"power_{channel}", _power(sound, channel, gain, conditions))


@step(
    zh="噪声",
    en="Noise",
    deadline_s=20,
    uses=SETTING,
    measures={**{f"noise_{channel}": "dB" for channel in CHANNELS}, "residual_noise": "V"},
)
def output_noise(audio: AudioAnalyser, dut: HeadUnit, clock: Clock, conditions: Conditions, measure: Measure) -> None:
    """S/N of each output against 1 W, and what is left at volume 0; A-weighted."""
    with line_input(audio, dut, clock, conditions) as sound:
        sound.play(REFERENCE_HZ, 0.0)
        for channel, level in sound.weighted().items():
            measure(f"noise_{channel}", _below_reference(sound, level))
        sound.set(volume=0)
        measure("residual_noise", extreme(list(sound.weighted().values()), is_largest=True))


@step(
    zh="频率响应与声道平衡",
    en="Frequency response and channel balance",
    deadline_s=30,
    uses={**SETTING, "low_frequency": "Hz", "high_frequency": "Hz"},
    measures={
        "channel_balance": "dB",
        "response_low": "dB",
        "response_low_loudest": "dB",
        "response_high": "dB",
        "response_high_loudest": "dB",
    },
    takes_s=2,
)
def frequency_response(
    audio: AudioAnalyser, dut: HeadUnit, clock: Clock, conditions: Conditions, measure: Measure
) -> None:
    """Each output against itself at 1 kHz, at two frequencies: the softest and the loudest of them.

    Balance is the largest difference between two outputs at 1 kHz, of three settings of the volume.
    """
    with line_input(audio, dut, clock, conditions) as sound:
        level_v = sound.drive_reference()
        middle = sound.tones(REFERENCE_HZ)
        for name, condition in (("response_low", "low_frequency"), ("response_high", "high_frequency")):
            sound.play(conditions[condition], level_v)
            found = sound.tones(conditions[condition])
            against = [ratio(found[channel], middle[channel]) for channel in CHANNELS]
            measure(name, extreme(against, is_largest=False))
            measure(f"{name}_loudest", extreme(against, is_largest=True))
        sound.play(REFERENCE_HZ, level_v)
        differences = [_difference(middle)]
        for setting in BALANCE_VOLUMES:
            sound.set(volume=setting)
            differences.append(_difference(sound.tones(REFERENCE_HZ)))
        measure("channel_balance", extreme(differences, is_largest=True))


@step(zh="串扰", en="Crosstalk", deadline_s=20, uses=SETTING, measures=dict.fromkeys(CROSSTALK_HZ, "dB"))
def channel_crosstalk(
    audio: AudioAnalyser, dut: HeadUnit, clock: Clock, conditions: Conditions, measure: Measure
) -> None:
    """One side plays 1 W, the other is silenced by the balance: how loud it is against its neighbour, at worst."""
    with line_input(audio, dut, clock, conditions) as sound:
        level_v = sound.drive_reference()
        leaks: dict[str, list[Reading]] = {name: [] for name in CROSSTALK_HZ}
        for balance, silenced in ((-FADER_END, "right"), (FADER_END, "left")):
            sound.set(balance=balance)
            for name, frequency_hz in CROSSTALK_HZ.items():
                sound.play(frequency_hz, level_v)
                found = sound.tones(frequency_hz)
                victims = [channel for channel in CHANNELS if channel.endswith(silenced)]
                leaks[name] += [ratio(found[channel], found[NEIGHBOUR[channel]]) for channel in victims]
        for name, found_leaks in leaks.items():
            measure(name, extreme(found_leaks, is_largest=True))


@step(
    zh="音量与静音",
    en="Volume and mute",
    deadline_s=30,
    uses={**SETTING, "volume_step": "dB"},
    measures={"volume_range": "dB", "is_volume_monotone": "", "volume_law_error": "dB", "mute_attenuation": "dB"},
    takes_s=2,
)
def volume_control(audio: AudioAnalyser, dut: HeadUnit, clock: Clock, conditions: Conditions, measure: Measure) -> None:
    """The front left output at every fifth setting from full volume to the lowest; then what mute leaves of any output.

    The law's error is the largest between two of these settings, against the step in decibels that is due: a dead
    setting costs one whole step.
    """
    with line_input(audio, dut, clock, conditions, VOLUMES[0]) as sound:
        sound.drive_reference()
        open_to = sound.tones(REFERENCE_HZ)
        sound.set(mute=1)
        muted = sound.tones(REFERENCE_HZ)
        measure("mute_attenuation", extreme([ratio(open_to[channel], muted[channel]) for channel in CHANNELS], False))
        sound.set(mute=0)
        levels = [open_to["front_left"]]
        for setting in VOLUMES[1:]:
            sound.set(volume=setting)
            levels.append(audio.read_tone_v("front_left", REFERENCE_HZ))
        measure("volume_range", ratio(levels[0], levels[-1]))
        falls = [ratio(before, after) for before, after in pairwise(levels)]
        is_monotone = all(sure(fall) > 0 for fall in falls)
        measure("is_volume_monotone", Statement(is_monotone, levels[0].instrument, clock.utc()))
        dues = [(before - after) * conditions["volume_step"] for before, after in pairwise(VOLUMES)]
        errors = [replace(fall, value=abs(fall.value - due)) for fall, due in zip(falls, dues, strict=True)]
        measure("volume_law_error", extreme(errors, is_largest=True))


@step(
    zh="前后与左右平衡",
    en="Fader and balance",
    deadline_s=20,
    uses={**SETTING, "fader_playing": "dB", "fader_silent": "dB"},
    measures={"is_fader_right": ""},
)
def fader_balance(audio: AudioAnalyser, dut: HeadUnit, clock: Clock, conditions: Conditions, measure: Measure) -> None:
    """At each end of fader and balance exactly two outputs play: as loud as in the middle, the others silent."""
    with line_input(audio, dut, clock, conditions) as sound:
        sound.drive_reference()
        middle = sound.tones(REFERENCE_HZ)
        is_right = True
        ends = (("fader", 7, "front"), ("fader", -7, "rear"), ("balance", -7, "left"), ("balance", 7, "right"))
        for item, end, playing in ends:
            sound.set(**{"fader": 0, "balance": 0, item: end})
            found = sound.tones(REFERENCE_HZ)
            for channel in CHANNELS:
                softer_db = sure(ratio(found[channel], middle[channel]))
                is_playing = playing in channel.split("_")
                is_right &= (
                    softer_db >= conditions["fader_playing"] if is_playing else softer_db <= conditions["fader_silent"]
                )
        measure("is_fader_right", Statement(is_right, middle["front_left"].instrument, clock.utc()))


STEPS = (output_power, output_noise, frequency_response, channel_crosstalk, volume_control, fader_balance)


def _difference(outputs: Mapping[str, Reading]) -> Reading:
    """The loudest output over the softest."""
    levels = list(outputs.values())
    return ratio(extreme(levels, is_largest=True), extreme(levels, is_largest=False))


def _gain(output: Reading, level_v: float) -> float:
    """Volts out over volts in; at least what keeps the level that is fed within bounds where an output is dead."""
    return max(sure(output) / level_v, times_of(EXPECTED_GAIN_DB + SILENT_DB / 2))


def _power(sound: Sound, channel: str, gain: float, conditions: Conditions) -> Reading:
    """Watts into the load at the largest level found whose THD+N is not above the rated one; 0 where there is none."""
    resistance = conditions["load_resistance"]
    low_db = 20 * math.log10(sound.reference_v / gain)
    high_db = low_db + ratio_db(math.sqrt(conditions["highest_power"]), math.sqrt(REFERENCE_W))
    best: Reading | None = None
    for _ in range(POWER_STEPS):
        middle_db = (low_db + high_db) / 2
        sound.play(REFERENCE_HZ, times_of(middle_db))
        with sound.audio.steady():
            distortion = sound.audio.read_thd_n(channel, REFERENCE_HZ)
            tone = sound.audio.read_tone_v(channel, REFERENCE_HZ)
        if distortion.is_overload or tone.is_overload:
            return replace(tone, unit="W", is_overload=True)
        if distortion.value <= conditions["power_distortion"]:
            low_db, best = middle_db, tone
        else:
            high_db = middle_db
    sound.play(REFERENCE_HZ, 0.0)
    if best is None:
        return replace(tone, value=0.0, unit="W", raw=f"THD+N {distortion.value:.3g} % at the lowest level")
    return replace(best, value=best.value**2 / resistance, unit="W", raw=f"{best.value:.4f} V, {best.raw}")


def _below_reference(sound: Sound, level: Reading) -> Reading:
    """How far ``level`` is below what 1 W is."""
    raw = f"{level.value:.6g} V below {sound.reference_v:.6g} V"
    return replace(level, value=ratio_db(sound.reference_v, level.value), unit="dB", raw=raw)
