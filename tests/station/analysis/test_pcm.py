"""Raw samples become shares of full scale, in every format, and a converter at its end is seen."""

from __future__ import annotations

import struct

import numpy as np
import pytest

from station.analysis.pcm import decode, is_at_full_scale
from station.analysis.sample_format import SAMPLE_BYTES

SHARES = (0.0, 0.25, -0.25, 0.5, -0.5, 0.75)


def encoded(share: float, sample_format: str) -> bytes:
    match sample_format:
        case "s16le":
            return struct.pack("<h", int(share * 2**15))
        case "s24le":
            return int(share * 2**23).to_bytes(3, "little", signed=True)
        case "s32le":
            return struct.pack("<i", int(share * 2**31))
    return struct.pack("<f", share)


@pytest.mark.parametrize("sample_format", SAMPLE_BYTES)
def test_samples_are_shares_of_full_scale_a_row_a_frame(sample_format: str) -> None:
    block = b"".join(encoded(share, sample_format) for share in SHARES)
    assert len(block) == 6 * SAMPLE_BYTES[sample_format]
    shares = decode(block, sample_format, 2)
    assert shares.tolist() == [[0.0, 0.25], [-0.25, 0.5], [-0.5, 0.75]]
    assert not is_at_full_scale(shares, sample_format)


@pytest.mark.parametrize(
    ("sample_format", "sample"),
    [
        ("s16le", b"\xff\x7f"),
        ("s16le", b"\x00\x80"),
        ("s24le", b"\xff\xff\x7f"),
        ("s24le", b"\x00\x00\x80"),
        ("s32le", b"\xff\xff\xff\x7f"),
        ("s32le", b"\x00\x00\x00\x80"),
        ("float32le", struct.pack("<f", 1.0)),
        ("float32le", struct.pack("<f", -1.5)),
        ("float32le", struct.pack("<f", float("nan"))),
        ("float32le", struct.pack("<f", float("inf"))),
    ],
)
def test_the_largest_and_the_smallest_sample_are_the_end_of_the_range(sample_format: str, sample: bytes) -> None:
    block = bytes(len(sample)) + sample
    assert is_at_full_scale(decode(block, sample_format, 1), sample_format)


def test_one_step_below_is_not_the_end() -> None:
    assert not is_at_full_scale(decode(b"\xfe\x7f\x02\x80", "s16le", 1), "s16le")
    assert not is_at_full_scale(np.array([[0.999]]), "float32le")


def test_an_unknown_format_is_named() -> None:
    with pytest.raises(ValueError, match="'u8' is no sample format"):
        decode(b"", "u8", 1)
