"""A microcontroller of the STM32 family, behind its boot ROM, as a chip that can be burned.

Sources: ST AN3155; AN2606; the reference manuals named in stm32.toml. What fails once is done again, once, after the
conversation was begun anew: a line catches noise. A block that may have been programmed in part is never programmed
again, because that is forbidden on flash with double words and error correction (RM0444).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from itertools import pairwise
from typing import TypeVar

from msgspec.structs import replace

from station.ic_programmer.chip import Progress, Wear
from station.ic_programmer.memory import Erase, Memory
from station.ic_programmer.setting import Setting
from station.ic_programmer.stm32_guard import UNLOCKING, Stm32Guard
from station.ic_programmer.stm32_target import KIB, Stm32Target
from station.model.burn_record import ChipIdentity
from station.model.clock import Clock
from station.model.errors import (
    ContactError,
    LinkRefused,
    LinkTimeout,
    ProtectedError,
    TargetError,
    WrongChip,
)
from station.model.roles import BootRom, BootRomProduct

SAMPLE_BYTES = 16
BLOCK_BYTES = 256
ERASE_AT_ONCE_S = 0.5
"""Sectors are named in one command as long as they take so long typically: estimate, so that a burn can be stopped."""
UNIQUE_ID_BYTES = 12

T = TypeVar("T")


class Stm32Chip:
    """A station.ic_programmer.chip.BurnableChip, and Protectable, of type ``target`` behind ``rom``."""

    def __init__(self, rom: BootRom, target: Stm32Target, clock: Clock) -> None:
        self._rom = rom
        self._row = target
        self._clock = clock
        self._found = BootRomProduct(0, 0, frozenset())
        self._memory = target.memory()
        self._is_size_told = False
        self._unique_id = b""
        self._retries = 0
        self._slowest_erase = 0.0

    def describe(self) -> str:
        """The boot ROM and its version, as it tells it once it was met."""
        version = self._found.version
        return f"STM32 boot ROM {version >> 4}.{version & 0xF}" if version else "STM32 boot ROM"

    def contact(self) -> ChipIdentity:
        """The same product three times; what the flash holds is looked at once its size is known, by ``identify``."""
        found = [self._again("who it is", self._rom.product) for _ in range(3)]
        self._found = found[0]
        if any(first != second for first, second in pairwise(found)):
            said = " and ".join(sorted({f"0x{each.product:03X}" for each in found}))
            raise ContactError(self.describe(), f"the microcontroller says {said}: {_LOOK}")
        return ChipIdentity(f"{self._found.product:04X}", "", "")

    def identify(self) -> ChipIdentity:
        """With the unique id, empty where the family's row has no address of it or the ROM does not give it.

        Raises ContactError where samples from all over the flash read differently the second time.
        """
        self._require_type()
        self.require_readable()
        self._require_steady_reading()
        unique_id = self._told_at(self._row.family.unique_id, UNIQUE_ID_BYTES)
        self._unique_id = unique_id
        return ChipIdentity(self._row.identity, "", unique_id.hex().upper())

    def unprotect(self, erases_all: bool) -> str:
        """Write protection, and where ``erases_all`` readout protection."""
        self._require_type()
        return Stm32Guard(self._rom, self._row, self.describe()).unprotect(erases_all)

    def protect(self, settings: Sequence[Setting]) -> str:
        """Option bytes by the names of the reference manual, and RDP=1."""
        return Stm32Guard(self._rom, self._row, self.describe()).protect(settings)

    def _require_type(self) -> None:
        if self._found.product != self._row.product:
            says = f"the microcontroller says product 0x{self._found.product:03X}"
            raise WrongChip(f"{says}, a {self._row.name} says 0x{self._row.product:03X}")

    def require_readable(self) -> None:
        """The size that the microcontroller tells must be the row's."""
        told = self._told_at(self._row.family.size_register, 2)
        self._is_size_told = bool(told)
        kib, wanted_kib = int.from_bytes(told, "little"), self._row.size_bytes // KIB
        if told and kib != wanted_kib:
            raise WrongChip(f"the microcontroller says that it has {kib} KiB, a {self._row.name} has {wanted_kib}")

    def read(self, start: int, length: int, progress: Progress) -> bytes:
        """In blocks of 256 bytes; what was read counts only if the same product still answers."""
        parts: list[bytes] = []
        for offset in range(start, start + length, BLOCK_BYTES):
            parts.append(self._read(offset, min(BLOCK_BYTES, start + length - offset)))
            progress(offset + len(parts[-1]) - start)
        product = self._again("who it is", self._rom.product)
        if product != self._found:
            raise ContactError(self.describe(), f"the microcontroller now says 0x{product.product:03X}: {_LOOK}")
        return b"".join(parts)

    def learn_memory(self) -> Memory:
        """By its row, which must have the size that the microcontroller tells.

        Where it tells none, all of the flash is never erased at once: it may be more than the row has.
        """
        self.require_readable()
        if not self._is_size_told:
            self._memory = replace(self._memory, levels=self._memory.levels[:1])
        return self._memory

    def erase(self, erases: Sequence[Erase], progress: Progress) -> None:
        """By the numbers of the sectors, so many in one command as take half a second."""
        numbers = self._numbers()
        done = 0
        for group in _groups(erases):
            longest_s = sum(kind.max_s for kind, _ in group)
            is_all = numbers.get(group[0]) is None
            sectors = None if is_all else [numbers[block] for block in group]
            what = f"erasing from 0x{self._row.base + group[0][1]:08X} on"
            began = self._clock.now()
            self._again(what, partial(self._rom.erase, sectors, longest_s))
            typical_s = sum(kind.typical_s for kind, _ in group)
            over_s = max(self._clock.now() - began - typical_s, 0.0)
            self._slowest_erase = max(self._slowest_erase, over_s / max(longest_s - typical_s, typical_s))
            done += sum(kind.size_bytes for kind, _ in group)
            progress(done)

    def program(self, pages: Sequence[tuple[int, bytes]], progress: Progress) -> None:
        """One block after the other; one whose acknowledgement did not come is looked at before it is sent again."""
        done = 0
        for offset, content in pages:
            try:
                self._write(offset, content)
            except (TargetError, LinkTimeout, LinkRefused) as error:
                self._begin_again(error)
                self._write_again(offset, content)
            done += len(content)
            progress(done)

    def wear(self) -> Wear:
        """``retries`` are the operations that were done again."""
        return Wear(self._retries, self._slowest_erase, is_unsteady=self._retries > 0)

    def _require_steady_reading(self) -> None:
        last = self._row.size_bytes - SAMPLE_BYTES
        for part in range(4):
            offset = last * part // 3 & ~0xFF
            if self._read(offset, SAMPLE_BYTES) != self._read(offset, SAMPLE_BYTES):
                where = f"0x{self._row.base + offset:08X}"
                raise ContactError(self.describe(), f"{where} reads differently the second time: {_LOOK}")

    def _read(self, offset: int, length: int) -> bytes:
        address = self._row.base + offset
        try:
            return self._again(f"reading 0x{address:08X}", lambda: self._rom.read(address, length))
        except ProtectedError as error:
            raise ProtectedError(f"{error}; {UNLOCKING}, which the recipe does not allow") from None

    def _write(self, offset: int, content: bytes) -> None:
        self._rom.write(self._row.base + offset, content, self._row.write_max_s)

    def _write_again(self, offset: int, content: bytes) -> None:
        """Once more, unless it is there by now; what is there in part is left for the next burn to erase."""
        address = self._row.base + offset
        there = self._read(offset, len(content))
        if there == content:
            return
        if there != bytes((self._memory.erased,)) * len(content):
            raise TargetError(f"0x{address:08X} was programmed in part when it failed: burn it again, from the start")
        try:
            self._write(offset, content)
        except (LinkTimeout, LinkRefused) as error:
            raise _located(error, f"programming 0x{address:08X}") from None

    def _again(self, what: str, act: Callable[[], T]) -> T:
        """``act``, and once more where it fails; the second failure says ``what`` it was."""
        try:
            return act()
        except (TargetError, LinkTimeout, LinkRefused) as error:
            self._begin_again(error)
        try:
            return act()
        except (LinkTimeout, LinkRefused) as error:
            raise _located(error, what) from None

    def _begin_again(self, _error: TargetError | LinkTimeout | LinkRefused) -> None:
        """Raises ContactError where another microcontroller of this type answers then: the cable is at another unit."""
        self._retries += 1
        self._rom.begin()
        if self._unique_id:
            told, self._unique_id = self._unique_id, b""  # asked once, whatever comes of it
            found = self._told_at(self._row.family.unique_id, UNIQUE_ID_BYTES)
            if found not in (told, b""):
                raise ContactError(
                    self.describe(), f"another microcontroller answers now, {found.hex().upper()}: {_LOOK}"
                )
            self._unique_id = told

    def _told_at(self, address: int, length: int) -> bytes:
        """What the microcontroller has of itself at ``address``; empty where it has not, or its ROM does not give it.

        Some ROMs give this area only in blocks of 256 bytes: source: stm32loader, LONG_UID_ACCESS.
        """
        if not address:
            return b""
        block = address & ~0xFF
        tries = ((address, length), (address, length), (block, BLOCK_BYTES), (block, BLOCK_BYTES))
        for first, count in tries:  # each twice: one refusal may be noise, and would leave the size unproven
            try:
                found = self._read_through_noise(first, count)[address - first :][:length]
            except TargetError:
                continue
            return found if found.strip(b"\xff") and found.strip(b"\0") else b""
        return b""

    def _read_through_noise(self, address: int, length: int) -> bytes:
        try:
            return self._rom.read(address, length)
        except (LinkTimeout, LinkRefused) as error:
            self._begin_again(error)
        return self._rom.read(address, length)

    def _numbers(self) -> dict[Erase, int]:
        """The number of each sector, in the order of their addresses."""
        blocks = [
            (zone.kind, zone.start + index * zone.kind.size_bytes)
            for zone in self._memory.levels[0]
            for index in range(zone.count)
        ]
        return {block: number for number, block in enumerate(blocks)}


def _groups(erases: Sequence[Erase]) -> list[list[Erase]]:
    """Neighbours in the plan that take no longer together than one command should; at least one each."""
    groups: list[list[Erase]] = []
    taken_s = 0.0
    for erase in erases:
        if groups and taken_s + erase[0].typical_s <= ERASE_AT_ONCE_S:
            groups[-1].append(erase)
            taken_s += erase[0].typical_s
        else:
            groups.append([erase])
            taken_s = erase[0].typical_s
    return groups


def _located(error: LinkTimeout | LinkRefused, what: str) -> LinkTimeout | LinkRefused:
    return type(error)(error.link, f"{error.problem}, twice ({what}): {_LOOK}")


_LOOK = "look at RX, TX and GND, and at the unit's supply"
