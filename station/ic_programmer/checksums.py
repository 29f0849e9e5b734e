"""Sums and CRCs over bytes, by their names in the catalogue of parametrised CRC algorithms.

Source: G. Cook, Catalogue of parametrised CRC algorithms; each has its check value over ``123456789`` in the tests.
"""

from __future__ import annotations

import binascii
import zlib
from collections.abc import Callable, Mapping
from functools import reduce
from operator import xor

import msgspec

from station.model.serialisation import Algorithm


class Checksum(msgspec.Struct, frozen=True):
    """``compute`` gives a number of ``width_bytes``."""

    width_bytes: int
    compute: Callable[[bytes], int]


_TURNED = bytes(int(f"{byte:08b}"[::-1], 2) for byte in range(256))
"""Each byte with its bits in the other order."""


def _arc_row(byte: int) -> int:
    for _ in range(8):
        byte = byte >> 1 ^ (0xA001 if byte & 1 else 0)
    return byte


_ARC = tuple(_arc_row(byte) for byte in range(256))


def _crc16_arc(data: bytes) -> int:
    crc = 0
    for byte in data:
        crc = crc >> 8 ^ _ARC[(crc ^ byte) & 0xFF]
    return crc


def _crc32_mpeg_2(data: bytes) -> int:
    """The polynomial of zlib's, not reflected and without the last inversion."""
    turned = zlib.crc32(data.translate(_TURNED)) ^ 0xFFFFFFFF
    return int(f"{turned:032b}"[::-1], 2)


CHECKSUMS: Mapping[Algorithm, Checksum] = {
    "sum8": Checksum(1, lambda data: sum(data) & 0xFF),
    "sum16": Checksum(2, lambda data: sum(data) & 0xFFFF),
    "sum32": Checksum(4, lambda data: sum(data) & 0xFFFFFFFF),
    "xor8": Checksum(1, lambda data: reduce(xor, data, 0)),
    "crc16_ibm_3740": Checksum(2, lambda data: binascii.crc_hqx(data, 0xFFFF)),
    "crc16_arc": Checksum(2, _crc16_arc),
    "crc16_xmodem": Checksum(2, lambda data: binascii.crc_hqx(data, 0)),
    "crc32_iso_hdlc": Checksum(4, zlib.crc32),
    "crc32_mpeg_2": Checksum(4, _crc32_mpeg_2),
}
