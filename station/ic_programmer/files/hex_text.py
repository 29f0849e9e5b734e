"""Intel HEX and Motorola S-record: parsed by bincopy, behind a gate for what it lets through.

Sources: Intel, Hexadecimal Object File Format Specification, Revision A (record types 00 to 05); Motorola M68000 Family
Programmer's Reference, appendix C (S0 to S9; S5 and S6 count the data records).

bincopy checks each record's length and checksum, and overlaps. It does not mind where the file ends, a second base
address that is added to the first, or a record that runs over the end of its segment; those would shift or lose bytes.
A count of the records is an end too: some programs write no other.
"""

from __future__ import annotations

import re

import bincopy

from station.ic_programmer.files.segment import BadFile, Segment, joined

_HEX = re.compile(r":(?:[0-9A-Fa-f]{2}){5,260}")
_SREC = re.compile(r"S[0-9](?:[0-9A-Fa-f]{2}){3,256}")
_DATA, _END, _SEGMENT_BASE, _START_SEGMENT, _LINEAR_BASE, _START_LINEAR = range(6)
_PARAMETER_BYTES = {_END: 0, _SEGMENT_BASE: 2, _START_SEGMENT: 4, _LINEAR_BASE: 2, _START_LINEAR: 4}
_ADDRESS_BYTES = {"1": 2, "2": 3, "3": 4}
_ENDS = {"9": "1", "8": "2", "7": "3"}
"""The end record that goes with each kind of data record."""


def read_intel_hex(content: bytes) -> tuple[Segment, ...]:
    """The data of an Intel HEX file; raises BadFile."""
    lines = _lines(content, _HEX)
    bases = set()
    for number, line in enumerate(lines, 1):
        count, address, kind = int(line[1:3], 16), int(line[3:7], 16), int(line[7:9], 16)
        if kind not in (_DATA, *_PARAMETER_BYTES):
            raise BadFile(f"record {number}: there is no type {kind:02X}")
        if kind != _DATA and count != _PARAMETER_BYTES[kind]:
            raise BadFile(f"record {number}: type {kind:02X} has {_PARAMETER_BYTES[kind]} bytes, not {count}")
        if kind == _DATA and _SEGMENT_BASE in bases and address + count > 0x10000:
            raise BadFile(f"record {number}: runs over the end of its segment of 64 KiB")
        if (kind == _END) != (number == len(lines)):
            raise BadFile(_ending(number, len(lines)))
        bases |= {kind} & {_SEGMENT_BASE, _LINEAR_BASE}
    if len(bases) > 1:
        raise BadFile("mixes segment and linear base addresses")
    return _parsed(lines, is_srec=False)


def read_srec(content: bytes) -> tuple[Segment, ...]:
    """The data of an S-record file; raises BadFile."""
    lines = _lines(content, _SREC)
    kinds: set[str] = set()
    count = 0
    for number, line in enumerate(lines, 1):
        kind = line[1]
        is_last = number == len(lines)
        if (kind in _ENDS and not is_last) or (is_last and kind not in _ENDS and kind not in "56"):
            raise BadFile(_ending(number, len(lines)))
        if kind == "4" or (kind == "0" and number > 1):
            raise BadFile(f"record {number}: S{kind} cannot be here")
        if kind in _ADDRESS_BYTES:
            kinds.add(kind)
            count += 1
            _check_reach(number, line, _ADDRESS_BYTES[kind])
        if kind in "56" and int(line[4:-2], 16) != count:
            raise BadFile(f"record {number}: counts {int(line[4:-2], 16)} data records, there are {count}")
        if kind in _ENDS and kinds != {_ENDS[kind]}:
            raise BadFile(f"record {number}: S{kind} does not end records of S{', S'.join(sorted(kinds)) or '1 to S3'}")
    return _parsed(lines, is_srec=True)


def _check_reach(number: int, line: str, address_bytes: int) -> None:
    address = int(line[4 : 4 + 2 * address_bytes], 16)
    if address + int(line[2:4], 16) - address_bytes - 1 > 1 << (8 * address_bytes):
        raise BadFile(f"record {number}: runs over the end of its addresses")


def _lines(content: bytes, form: re.Pattern[str]) -> list[str]:
    """The records as they are written; blank lines are none."""
    try:
        text = content.decode("ascii")
    except UnicodeDecodeError as error:
        raise BadFile(f"byte {error.start} is no text") from None
    lines = [line for line in (line.strip() for line in text.splitlines()) if line]
    for number, line in enumerate(lines, 1):
        if not form.fullmatch(line):
            raise BadFile(f"record {number}: {line[:24]!r} is no record")
    if not lines:
        raise BadFile("holds no record")
    return lines


def _ending(number: int, count: int) -> str:
    if number == count:
        return "has no end record: is it cut off?"
    return f"goes on behind its end record, which is record {number} of {count}"


def _parsed(lines: list[str], is_srec: bool) -> tuple[Segment, ...]:
    file = bincopy.BinFile()
    text = "\n".join(lines)
    try:
        if is_srec:
            file.add_srec(text)
        else:
            file.add_ihex(text)
    except (bincopy.Error, ValueError) as error:
        raise BadFile(str(error)) from None
    return joined(Segment(segment.address, bytes(segment.data)) for segment in file.segments)
