"""A unit's four outputs do what the data sheet says of its amplifier, from gain and fader to noise and crosstalk."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import replace

import numpy as np
import pytest

from fixtures.sim.surroundings import Line, Programme, Surroundings, Tone
from fixtures.sim.unit.memory import Memory
from fixtures.sim.unit.part import Body
from fixtures.sim.unit.sound import CHANNELS, LOAD_OHM, Amplifier
from fixtures.sim.unit_traits import draw_traits
from fixtures.sim.waveform import Noise, Sound, a_weighted, samples

B_PLUS_V = 14.4
TYPICAL = {
    "gain_db": 26.0,
    "gain_front_left_db": 0.0,
    "gain_front_right_db": 0.0,
    "gain_rear_left_db": 0.0,
    "gain_rear_right_db": 0.0,
    "clip_drop_v": 1.6,
    "distortion": 0.0008,
    "noise_a_v": 0.00016,
    "residual_noise_a_v": 0.0001,
    "low_corner_hz": 15.0,
    "high_corner_hz": 30000.0,
    "crosstalk_db": -64.0,
}


class Unit:
    """An awake unit of typical figures on its line input."""

    def __init__(self, **traits: float | bool) -> None:
        self.body = Body(replace(draw_traits("FJR526110001", 1, "FJ-R5"), **{**TYPICAL, **traits}))  # type: ignore[arg-type]
        self.body.is_awake = True
        self.body.surroundings = Surroundings()
        self.memory = Memory(self.body)
        self.programme = Programme(Line(), Line())
        self.amplifier = Amplifier(self.body, self.memory, lambda _: self.programme)
        self.set(source="aux", volume=40)
        self.feed(1000.0, 0.1)

    def set(self, **items: int | str) -> None:
        for name, value in items.items():
            self.memory.put(name, str(value))

    def feed(self, frequency_hz: float, volts_v: float) -> None:
        self.body.surroundings.line_in = (Tone(frequency_hz, volts_v),)

    def outputs(self) -> Mapping[str, Sound]:
        return self.amplifier.outputs(0.0, B_PLUS_V)

    def volts(self, channel: str = "front_left", frequency_hz: float = 1000.0) -> float:
        tones = [tone for tone in self.outputs()[channel].tones if tone.frequency_hz == frequency_hz]
        return sum(tone.volts_v for tone in tones)

    def decibels(self, channel: str = "front_left", frequency_hz: float = 1000.0) -> float:
        return 20 * math.log10(max(self.volts(channel, frequency_hz), 1e-12) / 2.0)


def test_aux_is_amplified_by_26_db_at_full_volume_in_every_output() -> None:
    unit = Unit()
    assert [unit.volts(channel) for channel in CHANNELS] == [pytest.approx(2.0, rel=0.004)] * 4


@pytest.mark.parametrize("volume", [39, 30, 10, 1])
def test_each_step_of_volume_is_1_5_db(volume: int) -> None:
    unit = Unit()
    loudest = unit.decibels()
    unit.set(volume=volume)
    assert unit.decibels() - loudest == pytest.approx(-1.5 * (40 - volume), abs=0.01)


@pytest.mark.parametrize("setting", [{"volume": 0}, {"mute": 1}])
def test_volume_0_and_mute_leave_the_residual_noise_alone(setting: dict[str, int]) -> None:
    unit = Unit()
    unit.set(**setting)
    for sound in unit.outputs().values():
        assert sound.tones == ()
        assert a_weighted_v(sound) == pytest.approx(0.0001, rel=0.01)


def test_a_unit_that_is_not_awake_is_silent_and_draws_nothing_for_sound() -> None:
    unit = Unit()
    unit.body.is_awake = False
    assert all(sound.mean_square() == 0 for sound in unit.outputs().values())
    assert unit.amplifier.supply_a(0.0, B_PLUS_V) == 0.0


@pytest.mark.parametrize(
    ("item", "value", "softer"),
    [
        ("fader", 2, {"rear_left", "rear_right"}),
        ("fader", -2, {"front_left", "front_right"}),
        ("balance", 2, {"front_left", "rear_left"}),
        ("balance", -2, {"front_right", "rear_right"}),
    ],
)
def test_fader_and_balance_make_the_other_side_3_db_softer_a_step(item: str, value: int, softer: set[str]) -> None:
    unit = Unit()
    unit.set(**{item: value})
    for channel in CHANNELS:
        assert unit.decibels(channel) == pytest.approx(-6.0 if channel in softer else 0.0, abs=0.05)


def test_at_its_end_the_other_side_is_silent_but_for_the_crosstalk() -> None:
    unit = Unit()
    unit.set(fader=7)
    assert unit.volts("rear_left") == 0.0
    unit.set(fader=0, balance=-7)
    assert unit.decibels("front_right") == pytest.approx(-64.0, abs=0.05)


@pytest.mark.parametrize(("frequency_hz", "leak_db"), [(1000.0, -64.0), (5000.0, -64.0), (10000.0, -58.0)])
def test_crosstalk_grows_6_db_an_octave_above_5_khz(frequency_hz: float, leak_db: float) -> None:
    unit = Unit()
    unit.feed(frequency_hz, 0.1)
    unit.set(balance=7)
    against = unit.decibels("rear_left", frequency_hz) - unit.decibels("rear_right", frequency_hz)
    assert against == pytest.approx(leak_db, abs=0.01)


@pytest.mark.parametrize(
    ("frequency_hz", "response_db"), [(15.0, -3.01), (40.0, -0.57), (15000.0, -0.97), (30000.0, -3.01)]
)
def test_the_response_falls_3_db_at_15_hz_and_at_30_khz(frequency_hz: float, response_db: float) -> None:
    unit = Unit()
    unit.feed(frequency_hz, 0.1)
    assert unit.decibels(frequency_hz=frequency_hz) == pytest.approx(response_db, abs=0.02)


def test_the_third_harmonic_is_the_distortion() -> None:
    unit = Unit()
    assert unit.volts(frequency_hz=3000.0) / unit.volts() == pytest.approx(0.0008, rel=0.01)


def test_it_clips_1_6_v_below_b_plus_and_then_only_odd_harmonics_are_heard() -> None:
    unit = Unit()
    unit.feed(1000.0, 0.6)
    sound = replace(unit.outputs()["front_left"], noises=())
    wave = samples(sound, 0.0, 4096, 2_048_000.0, np.random.default_rng(1))
    assert np.abs(wave).max() == pytest.approx(B_PLUS_V - 1.6, rel=0.02)
    assert all(round(tone.frequency_hz / 1000) % 2 == 1 for tone in sound.tones if tone.volts_v > 1e-6)


def test_it_does_not_clip_just_below() -> None:
    unit = Unit()
    unit.feed(1000.0, 0.98 * (B_PLUS_V - 1.6) / math.sqrt(2) / 20)
    assert sorted({tone.frequency_hz for tone in unit.outputs()["front_left"].tones}) == [1000.0, 3000.0]


def test_the_output_stage_draws_the_output_power_over_0_6_and_b_plus() -> None:
    unit = Unit()
    watts = sum(sum(tone.volts_v**2 for tone in sound.tones) for sound in unit.outputs().values()) / LOAD_OHM
    assert watts == pytest.approx(4.0, rel=0.01)
    assert unit.amplifier.supply_a(0.0, B_PLUS_V) == pytest.approx(watts / 0.6 / B_PLUS_V, rel=0.001)


def a_weighted_v(sound: Sound, seconds: float = 2.0) -> float:
    """By a spectrum of its own."""
    wave = samples(replace(sound, tones=()), 0.0, round(seconds * 48000), 48000.0, np.random.default_rng(5))
    power = 2 * np.abs(np.fft.rfft(wave)) ** 2 / len(wave) ** 2
    lines = np.fft.rfftfreq(len(wave), 1 / 48000)
    return float(np.sqrt(np.sum(power[1:] * a_weighted(lines[1:]) ** 2)))


@pytest.mark.parametrize("volume", [40, 12])
def test_noise_is_0_16_mv_a_weighted_at_any_volume(volume: int) -> None:
    unit = Unit()
    unit.set(volume=volume)
    assert a_weighted_v(unit.outputs()["rear_right"]) == pytest.approx(0.00016, rel=0.01)


def test_noise_is_white_from_20_hz_to_20_khz_and_nothing_beyond() -> None:
    wave = samples(Sound((), (Noise(1.0),)), 0.0, 96000, 48000.0, np.random.default_rng(2))
    power = 2 * np.abs(np.fft.rfft(wave)) ** 2 / len(wave) ** 2
    lines = np.fft.rfftfreq(len(wave), 1 / 48000)
    assert power[lines > 20000].sum() == pytest.approx(0.0, abs=1e-20)
    low, high = power[(lines > 20) & (lines < 10010)].sum(), power[(lines > 10010) & (lines < 20000)].sum()
    assert (low, high) == (pytest.approx(0.5, rel=0.05), pytest.approx(0.5, rel=0.05))


def test_the_tuners_programme_is_heard_as_aux_would_be_each_side_its_own() -> None:
    unit = Unit()
    unit.programme = Programme(Line((Tone(1000.0, 0.1),)), Line((Tone(400.0, 0.05),), 0.01))
    unit.set(source="tuner")
    assert unit.volts("front_left") == pytest.approx(2.0, rel=0.004)
    assert unit.volts("rear_right", 400.0) == pytest.approx(1.0, rel=0.004)
    assert next(noise.volts_v for noise in unit.outputs()["rear_right"].noises) == pytest.approx(0.2, rel=0.003)


def test_swapped_speakers_are_front_left_and_rear_left() -> None:
    unit = Unit(has_swapped_speakers=True)
    unit.set(fader=7)
    heard = {channel for channel in CHANNELS if unit.volts(channel) > 1}
    assert heard == {"rear_left", "front_right"}


def test_a_tone_above_half_the_rate_does_not_come_back_as_another() -> None:
    wave = samples(Sound((Tone(30000.0, 1.0),)), 0.0, 4800, 48000.0, np.random.default_rng(1))
    assert not wave.any()
