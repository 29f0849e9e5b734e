"""Files that hold images: what is right is read byte for byte, what is not certain is refused with its place."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path

import bincopy
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from station.ic_programmer.files.dfuse import read_dfu
from station.ic_programmer.files.elf import read_elf
from station.ic_programmer.files.hex_text import read_intel_hex, read_srec
from station.ic_programmer.files.segment import BadFile, Segment
from station.ic_programmer.image import load_image
from station.model.errors import ConfigError

DATA = bytes(range(1, 81))
END = ":00000001FF\n"


def record(kind: int, address: int, data: bytes) -> str:
    """A record of Intel HEX with its checksum."""
    body = bytes((len(data), address >> 8, address & 0xFF, kind)) + data
    return f":{body.hex().upper()}{-sum(body) & 0xFF:02X}\n"


def srecord(kind: int, address_bytes: int, address: int, data: bytes = b"") -> str:
    body = bytes((address_bytes + len(data) + 1,)) + address.to_bytes(address_bytes, "big") + data
    return f"S{kind}{body.hex().upper()}{~sum(body) & 0xFF:02X}\n"


def dfuse(*elements: tuple[int, bytes], version: int = 0x011A, targets: int = 1, more: bytes = b"") -> bytes:
    """A DfuSe file with its checksum."""
    data = b"".join(struct.pack("<II", address, len(content)) + content for address, content in elements) + more
    target = struct.pack("<6sBI255sII", b"Target", 0, 0, b"", len(data), len(elements)) + data
    body = struct.pack("<5sBIB", b"DfuSe", 1, 11 + len(target), targets) + target
    return suffixed(body, version)


def suffixed(body: bytes, version: int = 0x011A) -> bytes:
    whole = body + struct.pack("<HHHH3sB", 0xFFFF, 0xDF11, 0x0483, version, b"UFD", 16)
    return whole + struct.pack("<I", ~zlib.crc32(whole) & 0xFFFFFFFF)


def elf(*segments: tuple[int, bytes]) -> bytes:
    """A little-endian 32-bit ELF file with a section to each loaded segment."""
    header, program, section = 52, 32, 40
    offset = header + program * len(segments) + section * (len(segments) + 1)
    programs, sections, data = b"", bytes(section), b""
    for address, content in segments:
        place = offset + len(data)
        programs += struct.pack("<8I", 1, place, address, address, len(content), len(content), 5, 4)
        sections += struct.pack("<10I", 0, 1, 2, address, place, len(content), 0, 0, 4, 0)
        data += content
    head = b"\x7fELF" + bytes((1, 1, 1)) + bytes(9)
    numbers = (2, 40, 1, segments[0][0], header, header + len(programs), 0)
    sizes = (header, program, len(segments), section, len(segments) + 1, 0)
    return head + struct.pack("<HHIIIII6H", *numbers, *sizes) + programs + sections + data


def test_intel_hex_is_read_with_linear_and_with_segment_addresses() -> None:
    linear = record(4, 0, b"\x00\x01") + record(0, 0xFFF0, DATA[:16]) + record(4, 0, b"\x00\x02")
    linear += record(0, 0, DATA[16:32]) + record(5, 0, b"\x00\x01\x00\x00") + END
    assert read_intel_hex(linear.encode()) == (Segment(0x1FFF0, DATA[:32]),)
    segment = record(2, 0, b"\x10\x00") + record(0, 0x10, DATA[:8]) + record(0, 0x100, DATA[8:16]) + END
    assert read_intel_hex(segment.encode()) == (Segment(0x10010, DATA[:8]), Segment(0x10100, DATA[8:16]))


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("", "holds no record"),
        (record(0, 0, DATA[:4]), "has no end record: is it cut off"),
        (END + record(0, 0, DATA[:4]), "goes on behind its end record, which is record 1 of 2"),
        (record(0, 0, DATA[:4]) + END + END, "goes on behind its end record, which is record 2 of 3"),
        (record(0, 0, DATA[:4]).replace("01", "02", 1) + END, "crc|checksum|expected"),
        (record(0, 0, DATA[:4]) + record(0, 3, DATA[:4]) + END, "0x3|overlap|already|twice"),
        (record(2, 0, b"\x10\0") + record(0, 0xFFFE, DATA[:4]) + END, "record 2: runs over the end of its segment"),
        (record(4, 0, b"\0\1") + record(2, 0, b"\x10\0") + record(0, 0, DATA[:4]) + END, "mixes segment and linear"),
        (record(4, 0, b"\1") + END, "record 1: type 04 has 2 bytes, not 1"),
        (record(7, 0, b"\1") + END, "record 1: there is no type 07"),
        (record(0, 0, DATA[:4]).replace(":", ";") + END, "record 1: ';"),
        (record(0, 0, DATA[:4])[:-2] + "\n" + END, "record 1: ':04.*' is no record"),
        ("\ufeff" + END, "byte 0 is no text"),
    ],
)
def test_intel_hex_that_is_not_certain_is_refused(text: str, problem: str) -> None:
    with pytest.raises(BadFile, match=problem):
        read_intel_hex(text.encode())


def test_s_records_are_read_with_every_length_of_address() -> None:
    for kind, end, width in ((1, 9, 2), (2, 8, 3), (3, 7, 4)):
        text = srecord(0, 2, 0, b"HDR") + srecord(kind, width, 0x40, DATA[:16]) + srecord(kind, width, 0x50, DATA[16:])
        text += srecord(5, 2, 2) + srecord(end, width, 0x40)
        assert read_srec(text.encode()) == (Segment(0x40, DATA),)


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        (srecord(1, 2, 0, DATA[:4]), "has no end record"),
        (srecord(1, 2, 0, DATA[:4]) + srecord(9, 2, 0) + srecord(1, 2, 8, DATA[:4]), "goes on behind its end record"),
        (srecord(1, 2, 0, DATA[:4]) + srecord(7, 4, 0), "record 2: S7 does not end records of S1"),
        (srecord(1, 2, 0, DATA[:4]) + srecord(5, 2, 2) + srecord(9, 2, 0), "counts 2 data records, there are 1"),
        (srecord(1, 2, 0, DATA[:4])[:-3] + "00\n" + srecord(9, 2, 0), "crc|expected"),
        (srecord(1, 2, 0xFFFE, DATA[:4]) + srecord(9, 2, 0), "record 1: runs over the end"),
        (srecord(1, 2, 0, DATA[:4]) + srecord(1, 2, 2, DATA[:4]) + srecord(9, 2, 0), "0x2|overlap|already|twice"),
        (srecord(1, 2, 0, DATA[:4]) + srecord(0, 2, 0) + srecord(9, 2, 0), "record 2: S0 cannot be here"),
        ("S9\n", "record 1: 'S9' is no record"),
    ],
)
def test_s_records_that_are_not_certain_are_refused(text: str, problem: str) -> None:
    with pytest.raises(BadFile, match=problem):
        read_srec(text.encode())


def test_elf_gives_what_a_loader_would_put_into_memory() -> None:
    found = read_elf(elf((0x08000000, DATA[:32]), (0x08000020, DATA[32:64])))
    assert found == (Segment(0x08000000, DATA[:64]),)
    with pytest.raises(BadFile, match="damaged"):
        read_elf(elf((0x100, DATA[:32]), (0x110, DATA[:32])))
    with pytest.raises(BadFile, match="does not begin as an ELF file"):
        read_elf(b"MZ" + DATA)


def test_dfuse_gives_its_elements_and_plain_dfu_one_stretch() -> None:
    found = read_dfu(dfuse((0x08000000, DATA[:16]), (0x08004000, DATA[16:48])))
    assert found == (Segment(0x08000000, DATA[:16]), Segment(0x08004000, DATA[16:48]))
    assert read_dfu(suffixed(DATA, 0x0100)) == (Segment(0, DATA),)


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        (DATA[:8], "too short for a DFU suffix"),
        (DATA, "has no DFU suffix"),
        (dfuse((0, DATA))[:40] + b"\1" + dfuse((0, DATA))[41:], "checksum does not fit"),
        (dfuse((0, DATA), version=0x0200), "is of DFU version 0x0200"),
        (dfuse((0, DATA), targets=2), "holds 2 targets"),
        (dfuse((0, DATA), more=b"\0\0\0"), "has 3 bytes behind its last element"),
        (dfuse((0, DATA), (8, DATA)), "0x8"),
        (suffixed(DATA), "no DfuSe prefix"),
        (suffixed(struct.pack("<5sBIB", b"DfuSe", 1, 99, 1)), "says it has 99 bytes"),
    ],
)
def test_dfuse_that_does_not_add_up_is_refused(content: bytes, problem: str) -> None:
    with pytest.raises(BadFile, match=problem):
        read_dfu(content)


@pytest.mark.parametrize("read", [read_intel_hex, read_srec, read_elf, read_dfu])
@settings(max_examples=60, deadline=None)
@given(
    content=st.binary(max_size=200)
    | st.binary(max_size=60).map(lambda tail: elf((0, DATA))[:52] + tail)
    | st.integers(0, 400).map(lambda cut: elf((0, DATA))[:cut])
    | st.text(":S0123456789ABCDEF\n", max_size=120).map(str.encode)
)
def test_no_content_does_anything_but_give_segments_or_refuse(
    read: Callable[[bytes], tuple[Segment, ...]], content: bytes
) -> None:
    try:
        found = read(content)
    except BadFile as error:
        assert str(error)
    else:
        assert all(one.end < other.start for one, other in pairwise(found))


@settings(max_examples=40, deadline=None)
@given(
    pieces=st.lists(st.tuples(st.integers(0, 1 << 20), st.binary(min_size=1, max_size=300)), min_size=1, max_size=6),
    is_srec=st.booleans(),
)
def test_what_another_program_wrote_is_read_as_it_meant_it(pieces: list[tuple[int, bytes]], is_srec: bool) -> None:
    written = bincopy.BinFile()
    for address, content in pieces:
        written.add_binary(content, address=address, overwrite=True)
    text = written.as_srec() if is_srec else written.as_ihex()
    found = (read_srec if is_srec else read_intel_hex)(text.encode())
    assert found == tuple(Segment(segment.address, bytes(segment.data)) for segment in written.segments)


def test_a_base_moves_the_image_into_the_chip_and_holes_must_be_meant(tmp_path: Path) -> None:
    file = tmp_path / "app.hex"
    far = record(4, 0, b"\x08\x00")
    file.write_text(far + record(0, 0, DATA[:16]) + record(0, 0x20, DATA[16:32]) + END, encoding="ascii")
    with pytest.raises(ConfigError, match="leaves out 0x8000010 to 0x800001F: fill it, or say"):
        load_image(file, 1 << 16, base=0x08000000)
    image = load_image(file, 1 << 16, base=0x08000000, keeps_holes=True)
    assert image.segments == (Segment(0, DATA[:16]), Segment(0x20, DATA[16:32]))
    with pytest.raises(ConfigError, match="the chip has 65536"):
        load_image(file, 1 << 16, keeps_holes=True)
    with pytest.raises(ConfigError, match="begins at 0x8000000, before the chip"):
        load_image(file, 1 << 16, base=0x08000010, keeps_holes=True)
