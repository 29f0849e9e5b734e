"""SFDP spaces for tests: dumps of real chips, and tables made to order.

Source of the dumps: QEMU, hw/block/m25p80_sfdp.c (read from the chips that the names say).
"""

from __future__ import annotations

import struct

_FF16 = "ff" * 16

N25Q256A = bytes.fromhex(
    "53464450000100ff 00000109300000ff" + _FF16 * 2 + "e520fbffffffff0f 29eb276b083b27bb"
    "ffffffffffff27bb ffff29eb0c2010d8 00000000ffffffff ffffffffffffffff" + _FF16 * 10
)
MX25L25635E = bytes.fromhex(
    "53464450000101ff 00000109300000ff c2000104600000ff ffffffffffffffff" + _FF16 + "e520f3ffffffff0f 44eb086b083b04bb"
    "eeffffffffff00ff ffff00ff0c200f52 10d800ffffffffff ffffffffffffffff 00360027f74fffff d9c8ffffffffffff" + _FF16
)
MX66L1G45G = bytes.fromhex(
    "53464450060102ff 00060110300000ff c2000104100100ff 84000102c00000ff" + _FF16 + "e520fbffffffff3f 44eb086b083b04bb"
    "feffffffffff00ff ffff44eb0c200f52 10d800ffd649c500 85df04e344036738 30b030b0f7bdd55c 4a9e29fff050f985"
    + _FF16 * 5
    + "7fefffff215cdcff ffffffffffffffff"
    + _FF16 * 4
    + "003600279df9c064 85cbffffffffffff"
    + _FF16 * 14
)
W25Q512JV = bytes.fromhex(
    "53464450060101ff 00060110800000ff 84000102d00000ff 03000102f00000ff"
    + _FF16 * 6
    + "e520fbffffffff1f 44eb086b083b42bb"
    "feffffffffff0000 ffff40eb0c200f52 10d800003602a600 82ea14e2e9637633 7a757a75f7a2d55c 19f74dffe970f9a5"
    + _FF16
    + "ff0af0ff21ffdcff ffffffffffffffff"
    + _FF16 * 2
)
IS25WP256 = bytes.fromhex(
    "53464450060101ff 00060110300000ff 9d05010380000002 ffffffffffffffff" + _FF16 + "e520f9ffffffff0f 44eb086b083b80bb"
    "feffffffffff00ff ffff44eb0c200f52 10d800ff234ac900 82d811cecccd6846 7a757a75f7aed55c 4a422cfff030faa9"
    + _FF16
    + "501950169ff9c064 8fefffffffffffff"
    + _FF16 * 7
)

BASIC = (
    *(0xFFF920E5, 0x03FFFFFF, 0x6B08EB44, 0xBB423B08, 0xFFFFFFFE, 0x0000FFFF, 0xEB40FFFF, 0x520F200C),
    *(0x0000D810, 0x00A60236, 0xC414EA82, 0x337663E9, 0x757A757A, 0x5CD5A2F7, 0xFF4DF719, 0x80F830E9),
)
"""8 MiB, 4 KiB by 20h, 32 KiB by 52h, 64 KiB by D8h, pages of 256 bytes."""


def made(*tables: tuple[int, tuple[int, ...]], revision: tuple[int, int] = (1, 6), signature: bytes = b"SFDP") -> bytes:
    """A space with these tables (kind, double words), one behind the other from 0x40 on."""
    major, minor = revision
    head = signature + bytes((minor, major, len(tables) - 1, 0xFF))
    at, content = 0x40, b""
    for kind, words in tables:
        head += bytes((kind & 0xFF, minor, major, len(words))) + (at + len(content)).to_bytes(3, "little")
        head += bytes((kind >> 8,))
        content += struct.pack(f"<{len(words)}I", *words)
    return (head.ljust(0x40, b"\xff") + content).ljust(256, b"\xff")


def basic(**words: int) -> bytes:
    """A space with ``BASIC`` alone, but for the double words named ``d1`` to ``d16``."""
    return made((0xFF00, tuple(words.get(f"d{number}", word) for number, word in enumerate(BASIC, 1))))
