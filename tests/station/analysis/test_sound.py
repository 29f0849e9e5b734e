"""Levels, tones and distortion of signals whose answer is known, to 0.1 dB, wherever a tone lies between two lines."""

from __future__ import annotations

import math

import numpy as np
import pytest
from numpy.typing import NDArray

from station.analysis.decibel import FLOOR_DB, ratio_db, times_of
from station.analysis.sound import (
    Record,
    a_weighting,
    frequency_hz,
    level_v,
    sinad_db,
    thd_n_percent,
    thd_percent,
    tone_seconds,
    tone_v,
)

RATE_HZ = 48000.0
A_TABLE = {
    20: -50.5, 25: -44.7, 31.5: -39.4, 40: -34.6, 50: -30.2, 63: -26.2, 80: -22.5, 100: -19.1, 125: -16.1, 160: -13.4,
    200: -10.9, 250: -8.6, 315: -6.6, 400: -4.8, 500: -3.2, 630: -1.9, 800: -0.8, 1000: 0.0, 1250: 0.6, 1600: 1.0,
    2000: 1.2, 2500: 1.3, 3150: 1.2, 4000: 1.0, 5000: 0.5, 6300: -0.1, 8000: -1.1, 10000: -2.5, 12500: -4.3,
    16000: -6.6, 20000: -9.3,
}  # fmt: skip
"""IEC 61672-1:2013, table 3: nominal frequency and design goal in dB."""


def sine(frequency: float, volts: float, seconds: float = 0.25, rate_hz: float = RATE_HZ) -> NDArray[np.float64]:
    times = np.arange(round(seconds * rate_hz)) / rate_hz
    return math.sqrt(2) * volts * np.sin(2 * math.pi * frequency * times + 0.7)


def white(volts: float, seconds: float = 4.0, seed: int = 3) -> NDArray[np.float64]:
    """White up to half the rate."""
    return np.random.default_rng(seed).normal(0.0, volts, round(seconds * RATE_HZ))


def record(volts: NDArray[np.float64], rate_hz: float = RATE_HZ) -> Record:
    return Record(volts, rate_hz)


def exact_hz(nominal: float) -> float:
    """The exact frequency that a nominal one of third octaves stands for (IEC 61672-1, 3.9)."""
    return 1000 * 10 ** (round(10 * math.log10(nominal / 1000)) / 10)


@pytest.mark.parametrize("nominal", A_TABLE)
def test_the_a_curve_is_the_standards_table(nominal: float) -> None:
    factor = float(a_weighting(np.array([exact_hz(nominal)]))[0])
    assert 20 * math.log10(factor) == pytest.approx(A_TABLE[nominal], abs=0.051)


@pytest.mark.parametrize("nominal", [40, 100, 1000, 3150, 10000, 16000])
def test_a_weighted_sine_has_the_tables_level(nominal: float) -> None:
    level = level_v(record(sine(exact_hz(nominal), 1.0, 0.5)), is_a_weighted=True)
    assert ratio_db(level, 1.0) == pytest.approx(A_TABLE[nominal], abs=0.1)


@pytest.mark.parametrize("frequency", [20.0, 39.7, 440.0, 997.0, 1000.0, 1003.37, 15000.0, 19999.0])
@pytest.mark.parametrize("rate_hz", [44100.0, 48000.0, 78125.0])
def test_a_sine_has_its_level_on_and_between_the_lines(frequency: float, rate_hz: float) -> None:
    found = record(sine(frequency, 2.0, tone_seconds(frequency), rate_hz), rate_hz)
    assert ratio_db(tone_v(found, frequency), 2.0) == pytest.approx(0.0, abs=0.01)
    assert ratio_db(level_v(found), 2.0) == pytest.approx(0.0, abs=0.01)


@pytest.mark.parametrize("off", [-0.0099, 0.0099])
def test_a_tone_may_be_one_per_cent_off(off: float) -> None:
    assert tone_v(record(sine(1000.0 * (1 + off), 0.5)), 1000.0) == pytest.approx(0.5, rel=1e-3)


def test_a_tone_is_read_whatever_else_sounds() -> None:
    volts = sine(1000.0, 0.001) + sine(2000.0, 2.0) + sine(3000.0, 1.0) + 0.5
    assert ratio_db(tone_v(record(volts), 1000.0), 0.001) == pytest.approx(0.0, abs=0.05)


def test_a_tone_64_db_below_is_read_in_noise() -> None:
    volts = sine(1000.0, 2.0 * times_of(-64)) + white(0.0002, 0.25)
    assert ratio_db(tone_v(record(volts), 1000.0), 2.0) == pytest.approx(-64.0, abs=0.1)


def test_white_noise_has_the_power_of_its_band() -> None:
    share = math.sqrt((20000 - 20) / (RATE_HZ / 2))
    assert ratio_db(level_v(record(white(1.0))), share) == pytest.approx(0.0, abs=0.1)


def test_a_broadcast_level_leaves_the_pilot_out() -> None:
    volts = sine(1000.0, 0.01, 0.2) + sine(19000.0, 1.0, 0.2)
    assert ratio_db(level_v(record(volts), high_hz=15000.0), 0.01) == pytest.approx(0.0, abs=0.05)


def test_a_weighted_white_noise_is_the_curve_summed_over_its_band() -> None:
    lines = np.linspace(20, 20000, 5000)
    expected = math.sqrt(float(np.mean(a_weighting(lines) ** 2)) * (20000 - 20) / (RATE_HZ / 2))
    assert ratio_db(level_v(record(white(1.0)), is_a_weighted=True), expected) == pytest.approx(0.0, abs=0.1)


@pytest.mark.parametrize("frequency", [40.0, 400.0, 1000.0, 1003.37, 5100.0])
def test_thd_n_counts_harmonics_and_noise_against_the_whole(frequency: float) -> None:
    seconds = 2.0
    harmonic, noise = 0.01, 0.005
    volts = sine(frequency, 1.0, seconds) + sine(3 * frequency, harmonic, seconds) + white(noise, seconds)
    in_band = noise**2 * (20000 - 20) / (RATE_HZ / 2)
    expected = 100 * math.sqrt((harmonic**2 + in_band) / (1 + harmonic**2 + in_band))
    found = thd_n_percent(record(volts), frequency)
    assert ratio_db(found, expected) == pytest.approx(0.0, abs=0.1)
    assert sinad_db(record(volts), frequency) == pytest.approx(-20 * math.log10(found / 100))


def test_a_pure_sine_is_distorted_by_less_than_a_24_bit_converter_sees() -> None:
    assert thd_n_percent(record(sine(1003.37, 1.0, 0.1)), 1000.0) < 0.0001


def test_thd_n_of_half_noise_is_of_the_whole_not_of_the_fundamental() -> None:
    volts = sine(1000.0, 1.0) + sine(7000.0, 1.0)
    assert thd_n_percent(record(volts), 1000.0) == pytest.approx(100 / math.sqrt(2), rel=1e-3)


def test_thd_leaves_noise_out_and_refers_to_the_fundamental() -> None:
    volts = sine(1001.3, 1.0) + sine(2002.6, 0.003) + sine(3003.9, 0.004) + white(0.003, 0.25)
    assert ratio_db(thd_percent(record(volts), 1000.0), 0.5) == pytest.approx(0.0, abs=0.3)
    clean = sine(1001.3, 1.0) + sine(2002.6, 0.003) + sine(3003.9, 0.004)
    assert ratio_db(thd_percent(record(clean), 1000.0), 0.5) == pytest.approx(0.0, abs=0.01)


def test_harmonics_above_20_khz_do_not_count() -> None:
    volts = sine(9000.0, 1.0) + sine(18000.0, 0.01)
    assert thd_percent(record(volts), 9000.0) == pytest.approx(1.0, rel=1e-3)
    assert thd_percent(record(sine(11000.0, 1.0) + sine(22000.0, 0.01)), 11000.0) < 0.001


@pytest.mark.parametrize("frequency", [40.3, 997.1, 1000.0, 12345.6])
def test_a_frequency_is_found_to_a_hundredth_of_a_line(frequency: float) -> None:
    found = frequency_hz(record(sine(frequency, 0.1, 0.5) + white(0.0001, 0.5)))
    assert found == pytest.approx(frequency, abs=0.02)


def test_silence_has_a_level_a_distortion_and_no_frequency_and_nothing_is_nan() -> None:
    silence = record(np.zeros(12000))
    assert level_v(silence) == level_v(silence, is_a_weighted=True) == tone_v(silence, 1000.0) == 0.0
    assert thd_n_percent(silence, 1000.0) == thd_percent(silence, 1000.0) == 100.0
    assert frequency_hz(silence) == 0.0
    assert sinad_db(silence, 1000.0) == 0.0


def test_a_direct_voltage_is_no_sound() -> None:
    assert level_v(record(np.full(12000, 0.42))) == pytest.approx(0.0, abs=1e-9)


def test_ratios_to_and_of_nothing_are_at_the_floor() -> None:
    assert ratio_db(0.0, 1.0) == ratio_db(-1.0, 1.0) == ratio_db(0.0, 0.0) == FLOOR_DB
    assert ratio_db(1.0, 0.0) == -FLOOR_DB
    assert ratio_db(1e-300, 1e300) == FLOOR_DB
    assert ratio_db(2.0, 1.0) == pytest.approx(6.0206, abs=1e-4)
    assert times_of(ratio_db(3.0, 1.0)) == pytest.approx(3.0)
