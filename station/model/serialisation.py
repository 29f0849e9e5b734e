"""Where serial numbers go in an image, and which checksums are computed again afterwards; part of a burn order."""

from __future__ import annotations

from typing import Literal

import msgspec

FieldKind = Literal["ascii", "bcd", "uint_le", "uint_be", "mac"]
Algorithm = Literal[
    "sum8",
    "sum16",
    "sum32",
    "xor8",
    "crc16_ibm_3740",
    "crc16_arc",
    "crc16_xmodem",
    "crc32_iso_hdlc",
    "crc32_mpeg_2",
]


class SerialField(msgspec.Struct, frozen=True):
    """``length`` bytes at ``address`` that take a number of ``pool``; ``pad`` fills an ascii field behind it.

    Addresses count from the chip's first byte.
    """

    name: str
    kind: FieldKind
    address: int
    length: int
    pool: str
    pad: int = 0


class Stretch(msgspec.Struct, frozen=True):
    """``length`` bytes from ``address`` on."""

    address: int
    length: int


class ChecksumField(msgspec.Struct, frozen=True):
    """The checksum of the bytes of ``over``, in their order, stands at ``address``."""

    algorithm: Algorithm
    address: int
    byte_order: Literal["little", "big"]
    over: tuple[Stretch, ...]


class Serialisation(msgspec.Struct, frozen=True):
    """Fields first, then the checksums in their order."""

    fields: tuple[SerialField, ...]
    checksums: tuple[ChecksumField, ...]


class SerialNumber(msgspec.Struct, frozen=True):
    """A number of a pool: as it is printed, and its value."""

    text: str
    value: int
