"""A device with plain DFU as a chip that can be burned: one firmware, whole, read back where it gives it back."""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import pairwise

from station.ic_programmer.chip import Progress, Wear
from station.ic_programmer.dfu_target import DfuTarget
from station.ic_programmer.memory import Erase, Memory
from station.model.burn_record import ChipIdentity
from station.model.errors import ContactError, OperatorError, ProtectedError, TargetError, WrongChip
from station.model.roles import FirmwareDevice, FirmwareProduct

_HEX = re.compile(r"([0-9A-Fa-f]{2}){1,32}")
_LOOK = "look at the USB cable and at the unit's supply"


class FirmwareChip:
    """A station.ic_programmer.chip.BurnableChip, and Blind, of type ``target``.

    What it has not is read as erased before anything was sent, and is an error afterwards.
    """

    def __init__(self, device: FirmwareDevice, target: DfuTarget) -> None:
        self._device = device
        self._row = target
        self._found: FirmwareProduct | None = None
        self._is_sent = False

    def describe(self) -> str:
        """The bootloader and the version that it says."""
        return "USB bootloader (DFU)" + ("" if self._found is None else f" {self._found.version:04X}")

    def contact(self) -> ChipIdentity:
        """The same device three times, and its first block twice where it gives it back."""
        found = [self._device.product() for _ in range(3)]
        if any(one != other for one, other in pairwise(found)):
            raise ContactError(self.describe(), f"the bootloader describes itself differently each time: {_LOOK}")
        self._found = found[0]
        if found[0].gives_back:
            block = found[0].block_bytes
            if self._device.give(block, _nobody) != self._device.give(block, _nobody):
                raise ContactError(self.describe(), f"what it holds reads differently the second time: {_LOOK}")
        return self._identity()

    def identify(self) -> ChipIdentity:
        """By vendor and product of its bootloader."""
        found, row = self._met(), self._row
        if (found.vendor, found.product) != (row.vendor, row.product):
            said = f"the bootloader says {found.vendor:04X}:{found.product:04X}"
            raise WrongChip(f"{said}, a {row.name} says {row.vendor:04X}:{row.product:04X}")
        return self._identity()

    def is_blind(self) -> bool:
        """Whether nothing can be read from it once it was burned."""
        return not (self._met().gives_back and self._met().stays)

    def require_readable(self) -> None:
        """It must give back what it holds."""
        if not self._met().gives_back:
            raise ProtectedError("the bootloader says that it gives nothing back")

    def read(self, start: int, length: int, progress: Progress) -> bytes:
        """From its first byte on; what was read counts only if the same device still answers."""
        content = self._device.give(start + length, lambda done: progress(max(done - start, 0)))
        if self._device.product() != self._found:
            raise ContactError(self.describe(), f"another bootloader answers now: {_LOOK}")
        if self._is_sent and len(content) < start + length:
            raise TargetError(f"it gives back {len(content)} bytes of the {start + length} that it was sent")
        return content.ljust(start + length, bytes((self._row.erased,)))[start:]

    def learn_memory(self) -> Memory:
        """By its row."""
        return self._row.memory()

    def erase(self, erases: Sequence[Erase], progress: Progress) -> None:
        """Nothing is planned to be erased: the device does that itself when it is sent a firmware."""
        if erases:
            raise ValueError("a firmware is not erased from here")

    def program(self, pages: Sequence[tuple[int, bytes]], progress: Progress) -> None:
        """The whole firmware, if anything of it differs; then the device takes it into use."""
        for _, content in pages:
            if not content.strip(bytes((self._row.erased,))):
                raise OperatorError("a device with DFU is not erased: burn a firmware")
            self._is_sent = True
            self._device.take(content, self._row.block_max_s, progress)
            self._device.use(self._row.manifest_max_s)

    def wear(self) -> Wear:
        """USB repeats by itself what is lost on the cable."""
        return Wear(0, 0.0)

    def _identity(self) -> ChipIdentity:
        found = self._met()
        serial = found.serial.upper() if _HEX.fullmatch(found.serial) else ""
        return ChipIdentity(f"{found.vendor:04X}{found.product:04X}{found.version:04X}", "", serial)

    def _met(self) -> FirmwareProduct:
        if self._found is None:
            raise ValueError("contact() comes first")
        return self._found


def _nobody(_done: int) -> None:
    """Nobody watches."""
