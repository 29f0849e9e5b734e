"""Levels, tones and distortion of sampled sound.

The power of a windowed record is spread over lines such that the lines of a band add up to the mean square of what is
in it, tone or noise. A tone counts whole wherever it lies between two lines: there is no scalloping. Kaiser's window
(beta 18) leaks less than -130 dB beside its six lines; Hann's is used where only levels count, because it wastes less
of a noise. Sources: Harris, "On the use of windows for harmonic analysis with the discrete Fourier transform", Proc.
IEEE 66 (1978); A curve: IEC 61672-1:2013, annex E, formula (E.6); distortion as IEC 60268-3, 14.12, with noise.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from station.analysis.decibel import ratio_db

Array = NDArray[np.float64]

LOW_HZ, HIGH_HZ, BROADCAST_HZ = 20.0, 20000.0, 15000.0
TONE_TOLERANCE = 0.01
PERIODS = 16
"""How many periods of the lowest tone a record must hold, so that its lines stay clear of those at 0 Hz."""
SHORTEST_TONE_S = 0.1
MAX_HARMONIC = 10

_A_POLES_HZ = (20.598997, 107.65265, 737.86223, 12194.217)
_BETA, _KAISER_LINES = 18.0, 6.0
_HANN_LINES = 2.0


@dataclass(frozen=True, slots=True)
class Record:
    """``volts`` at ``rate_hz``; ``is_overload`` where the converter was at the end of its range."""

    volts: Array
    rate_hz: float
    is_overload: bool = False

    @property
    def seconds(self) -> float:
        return len(self.volts) / self.rate_hz


def tone_seconds(frequency_hz: float) -> float:
    """How long a record must be for a tone of ``frequency_hz`` and its distortion."""
    return max(SHORTEST_TONE_S, PERIODS / frequency_hz)


def a_weighting(frequency_hz: Array) -> Array:
    """The A curve as a factor of voltage, 1 at 1 kHz."""
    return _a_curve(frequency_hz) / _a_curve(np.array([1000.0]))


def level_v(record: Record, is_a_weighted: bool = False, high_hz: float = HIGH_HZ) -> float:
    """RMS volts from 20 Hz to ``high_hz``, flat or by the A curve; what lies at the edges counts whole."""
    spectrum = _spectrum(record, "hann")
    lines = spectrum.lines(LOW_HZ - spectrum.lobe_hz, high_hz + spectrum.lobe_hz)
    power = spectrum.power[lines]
    if is_a_weighted:
        power = power * a_weighting(spectrum.frequencies_hz()[lines]) ** 2
    return float(np.sqrt(power.sum()))


def tone_v(record: Record, frequency_hz: float) -> float:
    """RMS volts of what is within 1 % of ``frequency_hz``; the record must be ``tone_seconds`` long."""
    spectrum = _spectrum(record, "kaiser")
    return float(np.sqrt(spectrum.power[spectrum.around(frequency_hz)].sum()))


def frequency_hz(record: Record, low_hz: float = LOW_HZ, high_hz: float = HIGH_HZ) -> float:
    """The strongest tone between ``low_hz`` and ``high_hz``, to a hundredth of a line; 0 for silence.

    A window whose lines fall as a parabola in decibels is read at the parabola's top.
    """
    spectrum = _spectrum(record, "kaiser")
    lines = spectrum.lines(low_hz, high_hz)
    peak = lines.start + int(np.argmax(spectrum.power[lines]))
    if spectrum.power[peak] <= 0 or not 0 < peak < len(spectrum.power) - 1:
        return 0.0
    before, top, after = np.log(np.maximum(spectrum.power[peak - 1 : peak + 2], np.finfo(float).tiny))
    curvature = before - 2 * top + after
    return float((peak + (0.5 * (before - after) / curvature if curvature < 0 else 0.0)) * spectrum.step_hz)


def thd_n_percent(record: Record, fundamental_hz: float) -> float:
    """What is not within 1 % of the fundamental, 20 Hz to 20 kHz, as per cent of the whole; 100 for silence."""
    spectrum = _spectrum(record, "kaiser")
    near = spectrum.around(fundamental_hz)
    fundamental = spectrum.power[near].sum()
    rest = spectrum.power.copy()
    rest[near] = 0.0
    residue = rest[spectrum.lines(LOW_HZ, HIGH_HZ)].sum()
    whole = fundamental + residue
    return float(100 * np.sqrt(residue / whole)) if whole > 0 else 100.0


def sinad_db(record: Record, fundamental_hz: float) -> float:
    """The whole over all that is not the fundamental."""
    return ratio_db(100.0, thd_n_percent(record, fundamental_hz))


def thd_percent(record: Record, fundamental_hz: float) -> float:
    """Harmonics 2 to 10 below 20 kHz as per cent of the fundamental; 100 for silence."""
    spectrum = _spectrum(record, "kaiser")
    exact_hz = frequency_hz(record, fundamental_hz * (1 - TONE_TOLERANCE), fundamental_hz * (1 + TONE_TOLERANCE))
    fundamental = spectrum.power[spectrum.around(fundamental_hz)].sum()
    if fundamental <= 0 or exact_hz <= 0:
        return 100.0
    orders = [order for order in range(2, MAX_HARMONIC + 1) if order * exact_hz < HIGH_HZ]
    harmonics = sum(spectrum.power[spectrum.around(order * exact_hz, 0.0)].sum() for order in orders)
    return float(100 * np.sqrt(harmonics / fundamental))


@dataclass(frozen=True, slots=True)
class _Spectrum:
    """``power`` is the mean square in each line; ``lobe_hz`` is how far a tone reaches to either side."""

    power: Array
    step_hz: float
    lobe_hz: float

    def frequencies_hz(self) -> Array:
        return np.arange(len(self.power), dtype=np.float64) * self.step_hz

    def lines(self, low_hz: float, high_hz: float) -> slice:
        first = max(1, int(np.ceil(low_hz / self.step_hz)))
        last = min(len(self.power) - 1, int(np.floor(high_hz / self.step_hz)))
        return slice(first, max(last + 1, first + 1))

    def around(self, frequency_hz: float, tolerance: float = TONE_TOLERANCE) -> slice:
        reach_hz = frequency_hz * tolerance + self.lobe_hz
        return self.lines(frequency_hz - reach_hz, frequency_hz + reach_hz)


def _spectrum(record: Record, window: str) -> _Spectrum:
    count = len(record.volts)
    weights = _window(window, count)
    mean = float(np.dot(weights, record.volts) / weights.sum())
    lines = np.fft.rfft((record.volts - mean) * weights)
    power = 2 * np.abs(lines) ** 2 / (count * float(np.dot(weights, weights)))
    power[0] = 0.0
    step_hz = record.rate_hz / count
    return _Spectrum(power, step_hz, step_hz * (_KAISER_LINES if window == "kaiser" else _HANN_LINES))


@lru_cache(maxsize=16)
def _window(name: str, count: int) -> Array:
    """Periodic, as spectra need it: one sample more, the last left out."""
    weights = np.kaiser(count + 1, _BETA) if name == "kaiser" else np.hanning(count + 1)
    return np.asarray(weights[:-1], dtype=np.float64)


def _a_curve(frequency_hz: Array) -> Array:
    one, two, three, four = (pole**2 for pole in _A_POLES_HZ)
    square = np.asarray(frequency_hz, dtype=np.float64) ** 2
    return four * square**2 / ((square + one) * np.sqrt((square + two) * (square + three)) * (square + four))
