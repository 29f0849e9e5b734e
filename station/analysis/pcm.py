"""Raw interleaved samples as sound servers send them.

Source: PulseAudio, "Sample formats" (pa_sample_format_t): s24le is packed in three bytes; float samples
reach from -1 to 1.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from station.analysis.sample_format import SAMPLE_BYTES


def decode(block: bytes, sample_format: str, channels: int) -> NDArray[np.float64]:
    """One row a frame, as shares of full scale; ``block`` is a whole number of frames."""
    match sample_format:
        case "s16le":
            flat = np.frombuffer(block, "<i2").astype(np.float64) / (1 << 15)
        case "s24le":
            wide = np.zeros((len(block) // 3, 4), np.uint8)
            wide[:, 1:] = np.frombuffer(block, np.uint8).reshape(-1, 3)
            flat = wide.view("<i4").ravel().astype(np.float64) / (1 << 31)
        case "s32le":
            flat = np.frombuffer(block, "<i4").astype(np.float64) / (1 << 31)
        case "float32le":
            flat = np.frombuffer(block, "<f4").astype(np.float64)
        case _:
            raise ValueError(f"{sample_format!r} is no sample format (there are: {', '.join(SAMPLE_BYTES)})")
    return flat.reshape(-1, channels)


def is_at_full_scale(shares: NDArray[np.float64], sample_format: str) -> bool:
    """Whether any sample is the largest or the smallest the format has: the converter was at its end, or not finite."""
    bits = {"s16le": 15, "s24le": 23}.get(sample_format, 31)
    largest = 1.0 if sample_format == "float32le" else 1.0 - 2.0**-bits
    return not bool(np.all(np.abs(shares) < largest))
