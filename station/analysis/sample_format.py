"""The formats of raw samples by the names that PulseAudio gives them, and how many bytes each sample has."""

from __future__ import annotations

from collections.abc import Mapping

SAMPLE_BYTES: Mapping[str, int] = {"s16le": 2, "s24le": 3, "s32le": 4, "float32le": 4}
