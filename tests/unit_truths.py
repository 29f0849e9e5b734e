"""What a unit with given figures truly has of each number that the plans of FJ-R5 and FJ-N7 measure, and how far off.

Source: docs/fj-head-units.md, at the conditions of fj_family.toml; ``figures`` are the traits that have a tolerance.
What a reading may be off by is how it is taken: accuracy of the instrument, step of a search, time between two looks.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from functools import cache, partial

import numpy as np

from fixtures.sim.unit_traits import draw_traits, product_kinds
from fixtures.sim.waveform import a_weighted_share

SUPPLY_V, HARNESS_OHM = 14.4, 0.15
REFERENCE_V, LOAD_OHM, RATED_DISTORTION = 2.0, 4.0, 0.01
EFFICIENCY = 0.6
TUNER_V, TUNER_VOLUME_DB = 0.15, -12.0
WIDE_SHARE = 75.0 / 22.5
USB_OHM = 0.12
CROSSTALK_CORNER_DB = 6.0
CHANNELS = ("front_left", "front_right", "rear_left", "rear_right")

Figures = Mapping[str, float]


@dataclass(frozen=True, slots=True)
class Truth:
    """``traits`` are the figures that it depends on most; the first is the one that a trial plants."""

    of: Callable[[Figures], float]
    traits: tuple[str, ...]
    least_off: float
    most_off: float

    @property
    def resolution(self) -> float:
        """The width within which readings of one unit may lie."""
        return self.most_off - self.least_off


def figures_of(product: str, serial: str, seed: int) -> dict[str, float]:
    """What the unit's figures are in a world of this seed."""
    drawn = asdict(draw_traits(serial, seed, product))
    return {name: float(drawn[name]) for name in product_kinds()[product].draws}


def tolerance_of(product: str, trait: str) -> tuple[float, float]:
    """The typical figure, and how far a good unit may be from it."""
    row = product_kinds()[product].draws[trait]
    return row["typical"], row["absolute"] if "absolute" in row else abs(row["typical"] * row["relative"])


def typical_figures(product: str) -> dict[str, float]:
    """The data sheet's unit."""
    return {trait: tolerance_of(product, trait)[0] for trait in product_kinds()[product].draws}


def _times(decibels: float) -> float:
    return float(10 ** (decibels / 20))


def _decibels(ratio: float) -> float:
    return 20 * math.log10(ratio)


@cache
def _a_share() -> float:
    return a_weighted_share()


def _amplifier_noise_v(figures: Figures, high_hz: float = 20_000.0) -> float:
    """Of an open output, not weighted, up to ``high_hz``."""
    return figures["noise_a_v"] / _a_share() * math.sqrt(high_hz / 20_000.0)


def _side_v(figures: Figures, band: str, side: str) -> float:
    """A front output at the plan's volume while the tuner gives its reference."""
    balance_db = figures["tuner_balance_db"] / 2 * (1 if side == "left" else -1)
    own_db = figures["gain_db"] + figures[f"gain_front_{side}_db"]
    return TUNER_V * _times(figures[f"{band}_gain_db"] + balance_db + own_db + TUNER_VOLUME_DB)


def _idle_current_a(figures: Figures) -> float:
    """Constant power behind the harness."""
    return _current_a(figures["idle_w"], 0.0)


def _current_a(idle_w: float, output_w: float) -> float:
    watts = idle_w + output_w / EFFICIENCY
    return (SUPPLY_V - math.sqrt(SUPPLY_V**2 - 4 * HARNESS_OHM * watts)) / (2 * HARNESS_OHM)


def _snr_db(figures: Figures, band: str, ceiling: str, high_hz: float) -> float:
    """Signal and noise over noise, of the worse side."""
    found = []
    for side in ("left", "right"):
        signal_v = _side_v(figures, band, side)
        noise_v = math.hypot(signal_v * _times(-figures[ceiling]), _amplifier_noise_v(figures, high_hz))
        found.append(_decibels(math.hypot(signal_v, noise_v) / noise_v))
    return min(found)


def _separation_db(figures: Figures, side: str) -> float:
    """The driven side over the other, which has the decoder's spill and the amplifier's crosstalk."""
    other = "right" if side == "left" else "left"
    driven_v, spilt_v = _side_v(figures, "fm", side), _side_v(figures, "fm", other) * _times(-figures["separation_db"])
    return _decibels(driven_v / (spilt_v + driven_v * _times(figures["crosstalk_db"])))


def _pilot_db(figures: Figures) -> float:
    """Programme over pilot, which the outputs soften."""
    return -figures["pilot_db"] + _response_db(figures, 1000.0) - _response_db(figures, 19_000.0)


def _tuner_distortion(figures: Figures, band: str, trait: str, ceiling: str, loudness: float) -> float:
    """THD+N of the worse side in per cent; the amplifier's third harmonic adds to the tuner's."""
    found = []
    for side in ("left", "right"):
        reference_v = _side_v(figures, band, side)
        signal_v = reference_v * loudness
        noise_v = math.hypot(reference_v * _times(-figures[ceiling]), _amplifier_noise_v(figures))
        second = figures[trait] / math.sqrt(2)
        residue = math.sqrt(second**2 + (second + figures["distortion"]) ** 2 + (noise_v / signal_v) ** 2)
        found.append(100 * residue / math.hypot(1.0, residue))
    return max(found)


def _distortion(figures: Figures) -> float:
    return 100 * math.hypot(figures["distortion"], _amplifier_noise_v(figures) / REFERENCE_V)


@cache
def _clipped_share() -> float:
    """RMS of the fundamental by the clipping level, where a cut sine's THD is the rated one."""
    angle = 2 * np.pi * np.arange(4096) / 4096
    low, high = 1.0, 2.0
    while high - low > 1e-6:
        middle = (low + high) / 2
        volts = np.abs(np.fft.rfft(np.clip(middle * np.sin(angle), -1.0, 1.0))) / 2048 / math.sqrt(2)
        is_inside = float(np.sqrt((volts[2:21] ** 2).sum()) / volts[1]) <= RATED_DISTORTION
        low, high, fundamental = (middle, high, float(volts[1])) if is_inside else (low, middle, float(volts[1]))
    return fundamental


def _power_w(figures: Figures) -> float:
    """B+ falls with what the output draws."""
    watts = 20.0
    for _ in range(20):
        b_plus_v = SUPPLY_V - HARNESS_OHM * _current_a(figures["idle_w"], watts)
        watts = (_clipped_share() * (b_plus_v - figures["clip_drop_v"])) ** 2 / LOAD_OHM
    return watts


def _below_reference_db(figures: Figures) -> float:
    return _decibels(REFERENCE_V / figures["noise_a_v"])


def _response_db(figures: Figures, frequency_hz: float) -> float:
    low, high = figures["low_corner_hz"] / frequency_hz, frequency_hz / figures["high_corner_hz"]
    return -10 * math.log10((1 + low**2) * (1 + high**2))


def _response_against_1_khz(figures: Figures, frequency_hz: float) -> float:
    return _response_db(figures, frequency_hz) - _response_db(figures, 1000.0)


def _channel_balance_db(figures: Figures) -> float:
    gains = [figures[f"gain_{channel}_db"] for channel in CHANNELS]
    return max(gains) - min(gains)


def _playing_current_a(figures: Figures) -> float:
    """The loudest output has 1 W, the others what their gains make of the same."""
    loudest_db = max(figures[trait] for trait in _GAINS)
    return _current_a(figures["idle_w"], sum(_times(figures[trait] - loudest_db) ** 2 for trait in _GAINS))


def _fm_balance_db(figures: Figures) -> float:
    return figures["tuner_balance_db"] + figures["gain_front_left_db"] - figures["gain_front_right_db"]


def _own(figures: Figures, trait: str, more: float = 0.0) -> float:
    return figures[trait] + more


def _direct(trait: str, least_off: float, most_off: float, more: float = 0.0) -> Truth:
    return Truth(partial(_own, trait=trait, more=more), (trait,), least_off, most_off)


def _either(of: Callable[[Figures], float], traits: tuple[str, ...], off: float) -> Truth:
    return Truth(of, traits, -off, off)


_GAINS = tuple(f"gain_{channel}_db" for channel in CHANNELS)
_FRONT = ("gain_front_left_db", "gain_front_right_db", "tuner_balance_db")

NOISE_STRAYS_DB = 0.7
"""Estimate: the level of so short a noise strays by some 0.12 dB (standard deviation; of 800 values 0.51 at most)."""

TRUTHS: Mapping[str, Truth] = {
    "rail_5v": _direct("rail_5v_v", -0.002, 0.002),
    "undervoltage_rail_5v": _direct("rail_5v_v", -0.002, 0.002),
    "overvoltage_rail_5v": _direct("rail_5v_v", -0.002, 0.002),
    "rail_3v3": _direct("rail_3v3_v", -0.002, 0.002),
    "amp_remote_drop": _direct("amp_remote_drop_v", -0.003, 0.003),
    **{f"offset_{channel}": _direct(f"offset_{channel}_v", -0.002, 0.002) for channel in CHANNELS},
    "peak_current": _direct("boot_peak_a", -0.05, 0.003),
    "boot_time": _direct("boot_s", 0.0, 0.3),
    "idle_current": _either(_idle_current_a, ("idle_w",), 0.002),
    "dark_current": _direct("asleep_a", -0.00002, 0.00025),
    "playing_current": _either(_playing_current_a, ("idle_w", *_GAINS), 0.005),
    **{f"fm_sensitivity{where}": _direct("fm_sensitivity_dbuv", -0.25, 0.65) for where in ("_90", "", "_106")},
    "seek_stop_level": _direct("seek_stop_dbuv", -0.2, 0.45),
    "am_sensitivity": _direct("am_sensitivity_dbuv", -0.25, 0.65),
    "fm_snr_mono": _either(
        partial(_snr_db, band="fm", ceiling="fm_ceiling_db", high_hz=20_000.0), ("fm_ceiling_db", "noise_a_v"), 0.5
    ),
    "fm_snr_stereo": _either(
        partial(_snr_db, band="fm", ceiling="fm_stereo_ceiling_db", high_hz=15_000.0),
        ("fm_stereo_ceiling_db", "noise_a_v"),
        0.5,
    ),
    "am_snr": _either(
        partial(_snr_db, band="am", ceiling="am_ceiling_db", high_hz=20_000.0), ("am_ceiling_db", "noise_a_v"), 0.5
    ),
    "fm_separation_left": _either(
        partial(_separation_db, side="left"), ("separation_db", "crosstalk_db", *_FRONT), 0.15
    ),
    "fm_separation_right": _either(
        partial(_separation_db, side="right"), ("separation_db", "crosstalk_db", *_FRONT), 0.15
    ),
    "pilot_suppression": _either(_pilot_db, ("pilot_db", "high_corner_hz"), 0.15),
    "fm_distortion": _either(
        partial(_tuner_distortion, band="fm", trait="fm_wide_distortion", ceiling="fm_ceiling_db", loudness=WIDE_SHARE),
        ("fm_wide_distortion", "distortion", "fm_ceiling_db"),
        0.01,
    ),
    "am_distortion": _either(
        partial(_tuner_distortion, band="am", trait="am_distortion", ceiling="am_ceiling_db", loudness=1.0),
        ("am_distortion", "distortion", "am_ceiling_db"),
        0.06,
    ),
    "fm_balance": _either(_fm_balance_db, _FRONT[::-1], 0.1),
    **{f"distortion_{channel}": _either(_distortion, ("distortion", "noise_a_v"), 0.003) for channel in CHANNELS},
    **{f"power_{channel}": Truth(_power_w, ("clip_drop_v", "idle_w"), -0.5, 0.2) for channel in CHANNELS},
    **{f"noise_{channel}": _either(_below_reference_db, ("noise_a_v",), NOISE_STRAYS_DB) for channel in CHANNELS},
    "residual_noise": _direct("residual_noise_a_v", -0.000002, 0.00001),
    "channel_balance": _either(_channel_balance_db, _GAINS, 0.1),
    "response_low": _either(partial(_response_against_1_khz, frequency_hz=40.0), ("low_corner_hz",), 0.02),
    "response_high": _either(partial(_response_against_1_khz, frequency_hz=15_000.0), ("high_corner_hz",), 0.02),
    "response_low_loudest": _either(partial(_response_against_1_khz, frequency_hz=40.0), ("low_corner_hz",), 0.02),
    "response_high_loudest": _either(
        partial(_response_against_1_khz, frequency_hz=15_000.0), ("high_corner_hz",), 0.02
    ),
    "crosstalk_1khz": _direct("crosstalk_db", -0.1, 0.2),
    "crosstalk_10khz": _direct("crosstalk_db", -0.1, 0.2, CROSSTALK_CORNER_DB),
    "bluetooth_rssi": _direct("rssi_dbm", -0.5, 0.5),
    "usb_voltage_1a": _direct("usb_v", -0.01, 0.01, -USB_OHM * 1.0),
    "usb_voltage_1a5": _direct("usb_v", -0.01, 0.01, -USB_OHM * 1.5),
    "dimming_ratio": _direct("dimmed", -0.005, 0.005),
    "uniformity": _direct("edge", -0.01, 0.01),
    "camera_delay": _direct("camera_s", 0.0, 0.3),
    "gnss_cn0": _direct("cn0_dbhz", -0.3, 0.7),
    "gnss_first_fix": _direct("cold_fix_s", -0.05, 1.1),
}

WITHOUT_TOLERANCE: Mapping[str, str] = {
    "supply_voltage": "the bench's own supply, not the unit's",
    "feed_voltage_lowest": "the bench's own supply, not the unit's",
    "feed_voltage_highest": "the bench's own supply, not the unit's",
    "feed_current_highest": "what a search for the power of an output drives it to, at the moments of the samples",
    "seek_frequency": "channels of 50 kHz: the right one or a wrong one",
    "mute_attenuation": "what is left is noise at 1 kHz, far below: by chance, not by a figure of the unit",
    "volume_range": "steps of the volume have no tolerance in the data sheet",
    "volume_law_error": "steps of the volume have no tolerance in the data sheet",
    "undervoltage_sound": "the gain does not depend on B+ in the data sheet",
    "overvoltage_sound": "the gain does not depend on B+ in the data sheet",
    "remote_off_delay": "at once in the data sheet",
    "kit_weight": "of the kit, not of the unit",
    "usb_current_1a": "what the bench's load draws",
    "usb_current_1a5": "what the bench's load draws",
    "touch_error": "each touch is up to 6 pixels off by chance; the limit is the trade's usual one",
    "dark_lines": "a count: a good unit has none",
    "dark_pixels": "a count: a good unit has none",
    "adjacent_dark_pixels": "a count: a good unit has none",
    "bright_pixels": "a count: a good unit has none",
    "camera_leaves": "0.3 s of every unit in the data sheet",
    "network_wake": "at once in the data sheet",
    "network_sleep": "2.0 s of every unit in the data sheet",
}
"""Numbers that do not differ from one good unit to another, each with the reason."""
