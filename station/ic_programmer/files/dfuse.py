"""DfuSe files (.dfu): prefix, one target, its elements, a suffix with a checksum.

Sources: ST UM0391, DfuSe File Format Specification, Rev 1: 2.1 (prefix), 2.2 (suffix), 2.3 (images); USB DFU 1.1,
appendix B (suffix; CRC-32 without the final inversion). A file of plain DFU 1.0 is one stretch of bytes from 0 on.
"""

from __future__ import annotations

import struct
import zlib

from station.ic_programmer.files.segment import BadFile, Segment, joined

PREFIX = struct.Struct("<5sBIB")
TARGET = struct.Struct("<6sBI255sII")
ELEMENT = struct.Struct("<II")
SUFFIX = struct.Struct("<HHHH3sBI")
DFUSE, PLAIN = 0x011A, 0x0100


def read_dfu(content: bytes) -> tuple[Segment, ...]:
    """The elements of the file's only target; raises BadFile for any length or checksum that does not add up."""
    if len(content) < SUFFIX.size:
        raise BadFile("is too short for a DFU suffix")
    _, _, _, version, signature, length, checksum = SUFFIX.unpack(content[-SUFFIX.size :])
    if signature != b"UFD" or length != SUFFIX.size:
        raise BadFile("has no DFU suffix: is it cut off?")
    if checksum != ~zlib.crc32(content[:-4]) & 0xFFFFFFFF:
        raise BadFile("its checksum does not fit: it was damaged or changed")
    body = content[: -SUFFIX.size]
    if version == PLAIN:
        return joined([Segment(0, body)])
    if version != DFUSE:
        raise BadFile(f"is of DFU version 0x{version:04X}, not DfuSe (0x{DFUSE:04X})")
    return _targets(body)


def _targets(body: bytes) -> tuple[Segment, ...]:
    if len(body) < PREFIX.size:
        raise BadFile("is too short for a DfuSe prefix")
    signature, version, size, count = PREFIX.unpack_from(body)
    if (signature, version) != (b"DfuSe", 1):
        raise BadFile("has no DfuSe prefix of version 1")
    if size != len(body):
        raise BadFile(f"says it has {size} bytes before its suffix, it has {len(body)}")
    if count != 1:
        raise BadFile(f"holds {count} targets; one file for each is needed")
    if len(body) < PREFIX.size + TARGET.size:
        raise BadFile("is too short for its target")
    signature, _, _, _, size, elements = TARGET.unpack_from(body, PREFIX.size)
    data = body[PREFIX.size + TARGET.size :]
    if signature != b"Target" or size != len(data):
        raise BadFile(f"its target says it has {size} bytes, it has {len(data)}")
    return joined(_elements(data, elements))


def _elements(data: bytes, count: int) -> list[Segment]:
    found, offset = [], 0
    for number in range(1, count + 1):
        if len(data) - offset < ELEMENT.size:
            raise BadFile(f"is too short for element {number} of {count}")
        address, size = ELEMENT.unpack_from(data, offset)
        offset += ELEMENT.size
        if len(data) - offset < size:
            raise BadFile(f"element {number} says it has {size} bytes, there are {len(data) - offset}")
        found.append(Segment(address, data[offset : offset + size]))
        offset += size
    if offset != len(data):
        raise BadFile(f"has {len(data) - offset} bytes behind its last element")
    return found
