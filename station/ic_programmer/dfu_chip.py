"""A microcontroller of the STM32 family, behind its boot ROM at the USB, as a chip that can be burned.

Sources: ST AN3156; AN2606; the reference manuals named in stm32.toml. The ROM tells no product id: that the flash is
laid out as the row says, sector by sector, is what identifies it. That a block was taken proves nothing: some parts
acknowledge and drop everything while readout protection is on.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from msgspec.structs import replace

from station.ic_programmer.chip import Progress, Wear
from station.ic_programmer.memory import Erase, Memory
from station.ic_programmer.stm32_guard import UNLOCKING
from station.ic_programmer.stm32_target import Stm32Target
from station.model.burn_record import ChipIdentity
from station.model.clock import Clock
from station.model.errors import ContactError, ProtectedError, WrongChip
from station.model.roles import UpgradeProduct, UpgradeRom

SAMPLE_BYTES = 256
_HEX = re.compile(r"([0-9A-Fa-f]{2}){1,32}")
_LOOK = "look at the USB cable and at the unit's supply"


class DfuChip:
    """A station.ic_programmer.chip.BurnableChip of type ``target`` behind ``rom``."""

    def __init__(self, rom: UpgradeRom, target: Stm32Target, clock: Clock) -> None:
        self._rom = rom
        self._row = target
        self._clock = clock
        self._found: UpgradeProduct | None = None
        self._slowest_erase = 0.0

    def describe(self) -> str:
        """The boot ROM and its version, as it tells it once it was met."""
        return "STM32 USB boot ROM" if self._found is None else f"STM32 USB boot ROM {version_of(self._found)}"

    def contact(self) -> ChipIdentity:
        """The same device three times; ``identify`` looks at what the flash holds."""
        found = [self._rom.product() for _ in range(3)]
        if found[1:] != found[:-1]:
            raise ContactError(self.describe(), f"the bootloader describes itself differently each time: {_LOOK}")
        self._found = found[0]
        return replace(identity_of(found[0]), unique_id="")

    def identify(self) -> ChipIdentity:
        """With the serial number, which ST makes of the unique id.

        Raises ContactError where samples from all over the flash read differently the second time.
        """
        self.require_readable()
        last = self._row.size_bytes - SAMPLE_BYTES
        for part in range(4):
            offset = last * part // 3 & -SAMPLE_BYTES
            if self._read(offset, SAMPLE_BYTES) != self._read(offset, SAMPLE_BYTES):
                where = f"0x{self._row.base + offset:08X}"
                raise ContactError(self.describe(), f"{where} reads differently the second time: {_LOOK}")
        return identity_of(self._met())

    def require_readable(self) -> None:
        """Its map of the flash must be the row's."""
        memory = self._met().memory
        if not is_laid_out(self._met(), self._row):
            told = ", ".join(f"{count} of {size} bytes" for count, size in memory.sectors)
            problem = f"the bootloader maps {told} from 0x{memory.start:08X} on"
            raise WrongChip(f"{problem}: that is no {self._row.name}")
        if not memory.is_readable:
            raise ProtectedError("the bootloader says that its flash may not be read")

    def read(self, start: int, length: int, progress: Progress) -> bytes:
        """Block by block; what was read counts only if the same device still answers."""
        parts: list[bytes] = []
        step = self._met().block_bytes
        for offset in range(start, start + length, step):
            parts.append(self._read(offset, min(step, start + length - offset)))
            progress(offset + len(parts[-1]) - start)
        if self._rom.product() != self._found:
            raise ContactError(self.describe(), f"another bootloader answers now: {_LOOK}")
        return b"".join(parts)

    def learn_memory(self) -> Memory:
        """By its row, in pages of what one transfer carries, or of a sector where that is smaller."""
        self.require_readable()
        memory = self._met().memory
        if not memory.is_erasable or not memory.is_writeable:
            raise ProtectedError("the bootloader says that its flash may not be changed")
        row = self._row.memory()
        page_bytes = min(self._met().block_bytes, *(size for _, size in self._row.sectors))
        return replace(
            row, page_bytes=page_bytes, program_typical_s=row.program_typical_s * page_bytes / row.page_bytes
        )

    def erase(self, erases: Sequence[Erase], progress: Progress) -> None:
        """Sector by sector, or all of the flash at once where the plan has that."""
        sizes = {size for _, size in self._row.sectors}
        done = 0
        for kind, offset in erases:
            began = self._clock.now()
            self._rom.erase(self._row.base + offset if kind.size_bytes in sizes else None, kind.max_s)
            over_s = max(self._clock.now() - began - kind.typical_s, 0.0)
            self._slowest_erase = max(self._slowest_erase, over_s / max(kind.max_s - kind.typical_s, kind.typical_s))
            done += kind.size_bytes
            progress(done)

    def program(self, pages: Sequence[tuple[int, bytes]], progress: Progress) -> None:
        """Neighbouring pages in one transfer; the bootloader's pointer is set where one does not follow the other."""
        family, done = self._row.family, 0
        for offset, content in _joined(pages, self._met().block_bytes):
            longest_s = len(content) / family.program_bytes * family.program_us[1] / 1e6
            self._rom.write(self._row.base + offset, content, longest_s)
            done += len(content)
            progress(done)

    def wear(self) -> Wear:
        """USB repeats by itself what is lost on the cable."""
        return Wear(0, self._slowest_erase)

    def _read(self, offset: int, length: int) -> bytes:
        try:
            return self._rom.read(self._row.base + offset, length)
        except ProtectedError as error:
            raise ProtectedError(f"{error}; {UNLOCKING}, which is not done over USB") from None

    def _met(self) -> UpgradeProduct:
        if self._found is None:
            raise ValueError("contact() comes first")
        return self._found


def identity_of(found: UpgradeProduct) -> ChipIdentity:
    """Vendor, product and version of the device; the serial number where it is hexadecimal, as ST's is."""
    is_hex = _HEX.fullmatch(found.serial) is not None
    said = f"{found.vendor:04X}{found.product:04X}{found.version:04X}"
    return ChipIdentity(said, "", found.serial.upper() if is_hex else "")


def version_of(found: UpgradeProduct) -> str:
    """As ST writes it: 0x2200 is 2.2."""
    return f"{found.version >> 12:x}.{found.version >> 8 & 0xF:x}"


def is_laid_out(found: UpgradeProduct, target: Stm32Target) -> bool:
    """Whether the flash is mapped as the row has it: neighbouring sectors of one size may be told in parts."""
    return found.memory.start == target.base and _sizes(found.memory.sectors) == _sizes(target.sectors)


def _joined(pages: Sequence[tuple[int, bytes]], most_bytes: int) -> Iterator[tuple[int, bytes]]:
    """The pages, neighbours put together as far as one transfer carries them."""
    start, content = 0, b""
    for offset, page in pages:
        if content and (offset != start + len(content) or len(content) + len(page) > most_bytes):
            yield start, content
            content = b""
        if not content:
            start = offset
        content += page
    if content:
        yield start, content


def _sizes(sectors: Sequence[tuple[int, int]]) -> list[int]:
    return [size for count, size in sectors for _ in range(count)]
