"""How the samples of a stream are to be read: rate, format, and the volts of full scale."""

from __future__ import annotations

import math
from collections.abc import Mapping

import msgspec

from station.analysis.sample_format import SAMPLE_BYTES
from station.config.toml_file import TomlFile

RATES_HZ = (44100, 768000)
"""Sound is measured up to 20 kHz: a slower stream could not hold it."""
MOST_CHANNELS = 32


class Samples(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """``full_scale_v`` has a peak voltage for each channel of the stream, in order; there are as many as it has."""

    rate_hz: int
    format: str
    full_scale_v: tuple[float, ...]


def check_samples(toml: TomlFile, role: str, samples: Samples, points: Mapping[str, int] | None) -> None:
    """Raise ConfigError with file, line and field for the first mistake."""
    path = ("roles", role, "samples")
    if not RATES_HZ[0] <= samples.rate_hz <= RATES_HZ[1]:
        raise toml.error((*path, "rate_hz"), f"must be {RATES_HZ[0]} to {RATES_HZ[1]} Hz")
    if samples.format not in SAMPLE_BYTES:
        known = ", ".join(SAMPLE_BYTES)
        raise toml.error((*path, "format"), f"{samples.format!r} is no format of samples (there are: {known})")
    volts = samples.full_scale_v
    if not 1 <= len(volts) <= MOST_CHANNELS:
        raise toml.error((*path, "full_scale_v"), f"must have 1 to {MOST_CHANNELS} values, one for each channel")
    if not all(math.isfinite(value) and value > 0 for value in volts):
        raise toml.error((*path, "full_scale_v"), "must be above 0 V")
    for point, number in (points or {}).items():
        if not 1 <= number <= len(volts):
            problem = f"the stream has channels 1 to {len(volts)}, by its full_scale_v, not {number}"
            raise toml.error(("roles", role, "points", point), problem)
