"""Serial numbers in an image: every kind by its bytes, checksums by the catalogue, nothing cut, nothing beside."""

from __future__ import annotations

import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from station.ic_programmer.checksums import CHECKSUMS
from station.ic_programmer.image import Image, Segment
from station.ic_programmer.serialisation import kept_back, serialised
from station.model.errors import ConfigError
from station.model.serialisation import ChecksumField, FieldKind, SerialField, Serialisation, SerialNumber, Stretch

CHECKS = {
    "sum8": 0xDD,
    "sum16": 0x01DD,
    "sum32": 0x000001DD,
    "xor8": 0x31,
    "crc16_ibm_3740": 0x29B1,
    "crc16_arc": 0xBB3D,
    "crc16_xmodem": 0x31C3,
    "crc32_iso_hdlc": 0xCBF43926,
    "crc32_mpeg_2": 0x0376E6E7,
}
"""Of 123456789: the catalogue's, and the sums by hand (nine digits from 0x31 on)."""


def image(content: bytes = b"\xa5" * 64, start: int = 0) -> Image:
    return Image("a.bin", "1", hashlib.sha256(content).hexdigest(), (Segment(start, content),))


def spec(kind: FieldKind, length: int, pad: int = 0) -> Serialisation:
    return Serialisation((SerialField("number", kind, 16, length, "pool", pad),), ())


@pytest.mark.parametrize("name", CHECKS)
def test_every_checksum_gives_the_check_value_of_the_catalogue(name: str) -> None:
    assert CHECKSUMS[name].compute(b"123456789") == CHECKS[name]  # type: ignore[index]  # the names of the table
    assert set(CHECKS) == set(CHECKSUMS)


@pytest.mark.parametrize(
    ("kind", "length", "number", "found"),
    [
        ("ascii", 8, SerialNumber("FJ000123", 123), b"FJ000123"),
        ("ascii", 10, SerialNumber("FJ000123", 123), b"FJ000123\xff\xff"),
        ("bcd", 4, SerialNumber("FJ000123", 123), b"\x00\x00\x01\x23"),
        ("uint_le", 4, SerialNumber("FJ000123", 123), b"\x7b\x00\x00\x00"),
        ("uint_be", 2, SerialNumber("FJ000123", 123), b"\x00\x7b"),
        ("mac", 6, SerialNumber("001A2B00007B", 0x001A2B00007B), b"\x00\x1a\x2b\x00\x00\x7b"),
    ],
)
def test_a_number_is_put_in_as_its_field_says(kind: FieldKind, length: int, number: SerialNumber, found: bytes) -> None:
    made = serialised(image(), spec(kind, length, pad=0xFF), {"number": number})
    (segment,) = made.segments
    assert segment.content == b"\xa5" * 16 + found + b"\xa5" * (48 - length)
    assert made.sha256 == hashlib.sha256(segment.content).hexdigest()


@pytest.mark.parametrize(
    ("kind", "length", "number"),
    [
        ("ascii", 7, SerialNumber("FJ000123", 123)),
        ("ascii", 8, SerialNumber("序列00123", 123)),
        ("bcd", 1, SerialNumber("123", 123)),
        ("uint_le", 1, SerialNumber("256", 256)),
        ("mac", 6, SerialNumber("FJ000123", 123)),
        ("mac", 5, SerialNumber("001A2B00007B", 123)),
    ],
)
def test_a_number_that_does_not_fit_is_never_cut(kind: FieldKind, length: int, number: SerialNumber) -> None:
    with pytest.raises(ConfigError, match=r"field number.*does not fit"):
        serialised(image(), spec(kind, length), {"number": number})


def test_checksums_are_computed_after_the_numbers_in_their_order() -> None:
    over = (Stretch(0, 32),)
    checksums = (
        ChecksumField("crc32_iso_hdlc", 40, "little", over),
        ChecksumField("sum16", 44, "big", (Stretch(40, 4), Stretch(0, 2))),
    )
    made = serialised(image(), Serialisation(spec("bcd", 2).fields, checksums), {"number": SerialNumber("7", 7)})
    content = made.segments[0].content
    crc = CHECKSUMS["crc32_iso_hdlc"].compute(content[:32]).to_bytes(4, "little")
    assert content[40:44] == crc
    assert int.from_bytes(content[44:46], "big") == sum(crc) + 2 * 0xA5


@pytest.mark.parametrize(
    "checksum",
    [ChecksumField("sum8", 64, "little", (Stretch(0, 4),)), ChecksumField("sum8", 0, "little", (Stretch(60, 5),))],
)
def test_a_checksum_of_what_is_not_in_the_image_is_refused(checksum: ChecksumField) -> None:
    with pytest.raises(ConfigError, match="not wholly in the image"):
        serialised(image(), Serialisation((), (checksum,)), {})


def test_a_field_outside_of_the_image_is_refused() -> None:
    with pytest.raises(ConfigError, match=r"field number: 0x10 to 0x11 is not wholly in the image"):
        serialised(image(start=17), spec("bcd", 2), {"number": SerialNumber("7", 7)})


@given(st.integers(0, 80), st.integers(1, 40), st.integers(0, 20))
def test_what_the_chip_keeps_is_not_in_the_image_and_everything_else_is(at: int, length: int, start: int) -> None:
    content = bytes(range(1, 65))
    kept = range(at, at + length)
    left = {start + index: byte for index, byte in enumerate(content) if start + index not in kept}
    if not left:
        with pytest.raises(ConfigError, match="leave nothing to burn"):
            kept_back(image(content, start), [Stretch(at, length)])
        return
    made = kept_back(image(content, start), [Stretch(at, length)])
    found = {segment.start + index: byte for segment in made.segments for index, byte in enumerate(segment.content)}
    assert found == left
