"""A device with plain DFU 1.1: a whole firmware is downloaded, taken into use, and uploaded where it lets us.

Source: USB DFU 1.1: 6.1 (download: blocks from 0 on, a block of no bytes ends it), 6.1.2 (status), 6.1.3 and 6.1.4
(manifestation), 6.2 (upload: a short block is the last), 4.1.3 (what the device can do).
"""

from __future__ import annotations

import struct
from collections.abc import Callable

from station.ic_programmer.programmers.dfu import CONFIGURATION, DEVICE, DEVICE_BYTES, Dfu
from station.ic_programmer.programmers.dfu_interface import (
    CAN_DOWNLOAD,
    CAN_UPLOAD,
    RUNTIME,
    STAYS,
    DfuInterface,
    interface_in,
)
from station.link.link import Link
from station.model.clock import Clock
from station.model.errors import ContactError, ProgrammerError
from station.model.roles import FirmwareProduct

FIRMWARE = 0
"""The alternate setting that is burned."""
DFU_VERSIONS = (0x0100, 0x0101, 0x0110)
"""bcdDFU of plain DFU: 1.1 is written in both ways; 0x0101 is what Fomu's says."""
LAST_BLOCK = 0xFFFF


class PlainDfu:
    """A station.model.roles.FirmwareDevice; one per link, opened by ``begin``."""

    def __init__(self, link: Link, clock: Clock) -> None:
        self._name = link.name
        self._dfu = Dfu(link, clock, is_st=False)
        self._block_bytes = 0

    def begin(self) -> FirmwareProduct:
        """Find it idle and ask who it is.

        Raises ContactError where the unit runs its firmware, ProgrammerError for a device with another protocol.
        """
        self._dfu.begin(FIRMWARE)
        found = self.product()
        self._block_bytes = found.block_bytes
        return found

    def end(self) -> None:
        """It stays in its bootloader, idle, where it stays at all."""
        self._dfu.end()

    def product(self) -> FirmwareProduct:
        """Ask who it is and what it can do."""
        device = self._dfu.descriptor(DEVICE, DEVICE_BYTES)
        if len(device) < DEVICE_BYTES:
            raise ProgrammerError(self._name, f"describes itself in {len(device)} bytes")
        vendor, product, version = struct.unpack_from("<HHH", device, 8)
        interface = self._interface()
        return FirmwareProduct(
            vendor,
            product,
            version,
            self._dfu.text(device[16]),
            interface.block_bytes,
            gives_back=bool(interface.attributes & CAN_UPLOAD),
            stays=bool(interface.attributes & STAYS),
        )

    def give(self, length: int, told: Callable[[int], None]) -> bytes:
        """Uploaded from the first block on; what is behind ``length`` is not asked for."""
        self._dfu.rest()
        content = bytearray()
        for block in range(-(-length // self._block_bytes)):
            part = self._dfu.upload(block & LAST_BLOCK, self._block_bytes, f"reading from 0x{len(content):06X} on")
            content += part
            told(min(len(content), length))
            if len(part) < self._block_bytes:
                break
        self._dfu.rest()
        return bytes(content[:length])

    def take(self, content: bytes, block_max_s: float, told: Callable[[int], None]) -> None:
        """Block by block, each waited for."""
        self._dfu.rest()
        step = self._block_bytes
        for block, at in enumerate(range(0, len(content), step)):
            part = content[at : at + step]
            self._dfu.download(block & LAST_BLOCK, part, block_max_s, f"what goes to 0x{at:06X}")
            told(at + len(part))

    def use(self, longest_s: float) -> None:
        """The block of no bytes; a device that does not stay is gone or waits for a reset then."""
        self._dfu.manifest(longest_s)

    def _interface(self) -> DfuInterface:
        found = interface_in(self._dfu.descriptor(CONFIGURATION), FIRMWARE)
        if found.protocol == RUNTIME:
            raise ContactError(self._name, "the unit runs its firmware: start it in its bootloader")
        if found.version not in DFU_VERSIONS or not found.block_bytes:
            raise ProgrammerError(self._name, f"speaks DFU 0x{found.version:04X}, which is not plain DFU 1.1")
        if not found.attributes & CAN_DOWNLOAD:
            raise ProgrammerError(self._name, "says that it takes no firmware")
        return found
