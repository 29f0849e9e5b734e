"""The boot ROM of an STM32 at its USB: DFU with ST's extensions (DfuSe).

Sources: ST AN3156: block 0 carries commands (21h set address pointer, 41h erase), block n from 2 on is at pointer +
(n - 2) * wTransferSize; AN2606 (0483:DF11); ST UM0424 (names of alternate settings with the map of sectors).

The pointer is set once for each stretch of blocks that follow each other. An upload begins from dfuIDLE, so that what
was going on before is aborted.
"""

from __future__ import annotations

import re
import struct

from station.ic_programmer.programmers.dfu import CONFIGURATION, DEVICE, DEVICE_BYTES, Dfu
from station.ic_programmer.programmers.dfu_interface import interface_in
from station.link.link import Link
from station.model.clock import Clock
from station.model.errors import ProgrammerError, TargetError
from station.model.roles import UpgradeMemory, UpgradeProduct

SET_POINTER, ERASE = 0x21, 0x41
FIRST_BLOCK, LAST_BLOCK = 2, 0xFFFF
DFUSE_VERSION = 0x011A
FLASH = 0
"""The alternate setting of the flash is the first (AN2606)."""
COMMAND_S = 0.1
"""Estimate: a command that changes no memory."""

_MAP = re.compile(r"@(?P<name>[^/]*)/0x(?P<start>[0-9A-Fa-f]{1,8})/(?P<sectors>[^/]+)")
_SECTORS = re.compile(r"(\d{1,4})\*(\d{1,5})([ BKM]?)([a-g])")
_UNITS = {"": 1, " ": 1, "B": 1, "K": 1 << 10, "M": 1 << 20}


class DfuSe:
    """A station.model.roles.UpgradeRom; one per link, opened by ``begin``."""

    def __init__(self, link: Link, clock: Clock) -> None:
        self._name = link.name
        self._dfu = Dfu(link, clock)
        self._block_bytes = 0
        self._next: tuple[bool, int, int] | None = None
        """(whether uploads are going on, the address that comes next, its block)."""

    def begin(self) -> UpgradeProduct:
        """Find it idle and ask who it is; raises ProgrammerError for a device without ST's extensions."""
        self._next = None
        self._dfu.begin(FLASH)
        found = self.product()
        self._block_bytes = found.block_bytes
        return found

    def end(self) -> None:
        """It stays in its bootloader, idle."""
        self._dfu.end()

    def product(self) -> UpgradeProduct:
        """Ask who it is, and how its flash is laid out."""
        device = self._dfu.descriptor(DEVICE, DEVICE_BYTES)
        if len(device) < DEVICE_BYTES:
            raise ProgrammerError(self._name, f"describes itself in {len(device)} bytes")
        vendor, product, version = struct.unpack_from("<HHH", device, 8)
        name_index, block_bytes = self._described()
        memory = parsed_memory(self._dfu.text(name_index))
        if memory is None:
            raise ProgrammerError(self._name, "does not say how its flash is laid out")
        return UpgradeProduct(vendor, product, version, self._dfu.text(device[16]), block_bytes, memory)

    def read(self, address: int, length: int) -> bytes:
        """At most one block; the address after it is read without setting the pointer."""
        what = f"reading 0x{address:08X}"
        block = self._reach(address, is_upload=True)
        found = self._dfu.upload(block, length, what)
        if len(found) != length:
            raise TargetError(f"{what}: {len(found)} bytes came, not {length}")
        self._advance(True, address, block, length)
        return found

    def write(self, address: int, data: bytes, longest_s: float) -> None:
        """Program at most one block; the address after it is programmed without setting the pointer."""
        block = self._reach(address, is_upload=False)
        self._next = None
        self._dfu.download(block, data, longest_s, f"programming 0x{address:08X}")
        self._advance(False, address, block, len(data))

    def erase(self, address: int | None, longest_s: float) -> None:
        """Erase the sector of ``address``, None for the whole flash."""
        self._begin_downloads()
        argument = b"" if address is None else address.to_bytes(4, "little")
        what = "erasing all of the flash" if address is None else f"erasing the sector at 0x{address:08X}"
        self._dfu.download(0, bytes((ERASE,)) + argument, longest_s, what)

    def leave(self, address: int) -> None:
        """Let it start what is at ``address``."""
        self._set_pointer(address)
        self._dfu.leave()

    def _reach(self, address: int, is_upload: bool) -> int:
        """The block that is at ``address``; the pointer is set where it does not follow what came last."""
        if self._next is not None and self._next[:2] == (is_upload, address) and self._next[2] <= LAST_BLOCK:
            return self._next[2]
        self._set_pointer(address)
        if is_upload:
            self._dfu.abort()
        return FIRST_BLOCK

    def _advance(self, is_upload: bool, address: int, block: int, length: int) -> None:
        """Only behind a whole block the next address is that of the next block."""
        is_whole = length == self._block_bytes
        self._next = (is_upload, address + length, block + 1) if is_whole else None
        if is_upload and not is_whole:
            self._dfu.rest()

    def _set_pointer(self, address: int) -> None:
        self._begin_downloads()
        command = bytes((SET_POINTER,)) + address.to_bytes(4, "little")
        self._dfu.download(0, command, COMMAND_S, f"the address 0x{address:08X}")

    def _begin_downloads(self) -> None:
        is_uploading = self._next is not None and self._next[0]
        self._next = None
        if is_uploading:
            self._dfu.abort()

    def _described(self) -> tuple[int, int]:
        """(the text with the map of the flash, bytes of a block)."""
        found = interface_in(self._dfu.descriptor(CONFIGURATION), FLASH)
        if found.version != DFUSE_VERSION or not found.block_bytes:
            raise ProgrammerError(self._name, "is no DFU device with ST's extensions (DfuSe)")
        return found.name_index, found.block_bytes


def parsed_memory(text: str) -> UpgradeMemory | None:
    """The memory that an alternate setting's name maps; None for one that is no map, or maps several stretches."""
    found = _MAP.fullmatch(text)
    if found is None:
        return None
    parts = [_SECTORS.fullmatch(part) for part in found["sectors"].split(",")]
    sectors, rights = [], 7
    for part in parts:
        if part is None:
            return None
        sectors.append((int(part[1]), int(part[2]) * _UNITS[part[3]]))
        rights &= ord(part[4]) - ord("a") + 1
    name, start = found["name"].strip(), int(found["start"], 16)
    return UpgradeMemory(name, start, tuple(sectors), bool(rights & 1), bool(rights & 2), bool(rights & 4))
