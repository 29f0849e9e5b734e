"""Operations of a SPI NOR flash over the role SpiBus; every wait ends at the data sheet's maximum.

Sources: JESD216 (5Ah), Winbond W25Q64JV data sheet, 8.2: 9Fh, 4Bh, 05h 35h 15h, 06h, 02h, 03h, ABh, 66h 99h, erase.
An instruction other than read status is ignored silently while the chip is busy. WEL stays set where a program or
erase was refused.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Sequence

from station.ic_programmer.target import EraseKind, Target
from station.model.burn_record import ChipIdentity
from station.model.clock import Clock
from station.model.errors import BusyError, ContactError, ProtectedError
from station.model.roles import SpiBus, SpiTransaction

BUSY, WRITE_ENABLED = 0x01, 0x02
READ_BYTES = 1 << 14
BATCH_READS = 16
BATCH_PAGES = 256
SFDP_BYTES = 256

_WRITE_ENABLE = SpiTransaction(b"\x06")
_READ_STATUS = SpiTransaction(b"\x05", 1)
_WAKE = (SpiTransaction(b"\xab", 0, 30), SpiTransaction(b"\x66"), SpiTransaction(b"\x99", 0, 100))

Progress = Callable[[int], None]
"""Called with the bytes done so far of one operation; may raise to stop it."""


class SpiNor:
    """One chip behind a bus; ``waits_seen`` counts the times it was busy longer than typical."""

    def __init__(self, bus: SpiBus, target: Target, clock: Clock) -> None:
        self._bus = bus
        self._target = target
        self._clock = clock
        self._program_wait_us = round(target.program_typical_s * 1.25e6)
        self.late_programs = 0
        self.slowest_erase = 0.0
        """Longest erase as a part of its maximum."""

    def read_jedec(self) -> str:
        """The three bytes of 9Fh as hex, the same three times; raises ContactError otherwise.

        Wakes the chip from power-down and resets it first: a unit's firmware may have left it in another mode.
        """
        self._bus.stream(_WAKE)
        found = {answer.hex().upper() for answer in self._bus.stream([SpiTransaction(b"\x9f", 3)] * 3)}
        if len(found) > 1:
            raise ContactError(self._programmer(), f"the chip says {' and '.join(sorted(found))}: {_RESEAT}")
        jedec = found.pop()
        if jedec in ("FFFFFF", "000000"):
            raise ContactError(self._programmer(), f"no chip answers (identity {jedec}): {_RESEAT}")
        return jedec

    def read_identity(self, jedec: str) -> ChipIdentity:
        """``jedec`` with the digest of the SFDP space and the unique id, each empty where the chip has none."""
        sfdp = self._bus.transfer(b"\x5a\0\0\0\0", SFDP_BYTES)
        sfdp_sha256 = hashlib.sha256(sfdp).hexdigest() if sfdp.startswith(b"SFDP") else ""
        unique_id = b""
        if self._target.unique_id_bytes:
            unique_id = self._bus.transfer(b"\x4b\0\0\0\0", self._target.unique_id_bytes)
        has_unique_id = bool(unique_id.strip(b"\xff")) and bool(unique_id.strip(b"\0"))
        return ChipIdentity(jedec, sfdp_sha256, unique_id.hex().upper() if has_unique_id else "")

    def require_unprotected(self) -> None:
        """Raise ProtectedError naming the status register whose protecting bits are set; nothing is cleared."""
        for number, (opcode, bits) in enumerate(zip(b"\x05\x35\x15", self._target.protection, strict=True), 1):
            if not bits:
                continue
            status = self._bus.transfer(bytes((opcode,)), 1)[0]
            if status == 0xFF:
                raise ContactError(self._programmer(), f"status register {number} reads 0xFF: {_RESEAT}")
            if status & bits:
                raise ProtectedError(f"write protection is set: status register {number} is 0x{status:02X}")

    def read(self, start: int, length: int, progress: Progress) -> bytes:
        """``length`` bytes from ``start``, in transactions of at most 16 KiB."""
        step = min(READ_BYTES, self._bus.max_read_bytes())
        parts: list[bytes] = []
        for first in range(start, start + length, step * BATCH_READS):
            last = min(first + step * BATCH_READS, start + length)
            reads = [
                SpiTransaction(_command(0x03, address), min(step, last - address))
                for address in range(first, last, step)
            ]
            parts += self._bus.stream(reads)
            progress(last - start)
        return b"".join(parts)

    def erase(self, kind: EraseKind, address: int) -> None:
        """Set one block to 0xFF; raises BusyError after ``kind.max_s``, ProtectedError where the chip refuses."""
        start = self._clock.now()
        wait_us = round(kind.typical_s * 1e6)
        command = SpiTransaction(_command(kind.opcode, address), 0, wait_us)
        status = self._bus.stream([_WRITE_ENABLE, command, _READ_STATUS])[2][0]
        self._finish(status, f"erase of {kind.size_bytes} bytes at 0x{address:06X}", start + kind.max_s, kind.typical_s)
        self.slowest_erase = max(self.slowest_erase, (self._clock.now() - start) / kind.max_s)

    def program(self, pages: Sequence[tuple[int, bytes]], progress: Progress) -> None:
        """Write whole pages, sent ahead with in-stream waits; raises BusyError, ProtectedError or ContactError.

        Where a page was still busy after its wait, the one behind it may have been ignored: it is written again, which
        changes nothing where it was not, and all later waits are longer.
        """
        done = 0
        for batch in self._batches(pages):
            first = 0
            while first < len(batch):
                written = self._program_batch(batch[first:])
                first += written
                done += written
                progress(done * self._target.page_bytes)

    def _batches(self, pages: Sequence[tuple[int, bytes]]) -> Iterator[Sequence[tuple[int, bytes]]]:
        for start in range(0, len(pages), BATCH_PAGES):
            yield pages[start : start + BATCH_PAGES]

    def _program_batch(self, pages: Sequence[tuple[int, bytes]]) -> int:
        """Write ``pages``; gives how many from the first are certainly written."""
        transactions: list[SpiTransaction] = []
        for address, content in pages:
            program = SpiTransaction(_command(0x02, address) + content, 0, self._program_wait_us)
            transactions += (_WRITE_ENABLE, program, _READ_STATUS)
        answers = self._bus.stream(transactions)
        for index, (address, _) in enumerate(pages):
            status = answers[3 * index + 2][0]
            if status & (BUSY | WRITE_ENABLED):
                self.late_programs += 1
                self._program_wait_us = min(self._program_wait_us * 2, round(self._target.program_max_s * 1e6))
                deadline = self._clock.now() + self._target.program_max_s
                self._finish(status, f"program at 0x{address:06X}", deadline, self._target.program_typical_s)
                return index + 1
        return len(pages)

    def _finish(self, status: int, what: str, deadline: float, typical_s: float) -> None:
        """Wait until the operation that ``status`` was read after has ended."""
        while status & BUSY:
            if status == 0xFF:
                raise ContactError(self._programmer(), f"the chip fell silent during {what}: {_RESEAT}")
            if self._clock.now() >= deadline:
                raise BusyError(f"still busy with {what} after the data sheet's maximum")
            self._clock.wait(min(typical_s / 4, max(deadline - self._clock.now(), 0.0)))
            status = self._bus.transfer(b"\x05", 1)[0]
        if status & WRITE_ENABLED:
            raise ProtectedError(f"the chip refuses {what}: it is protected")

    def _programmer(self) -> str:
        return self._bus.describe()


_RESEAT = "reseat the chip in its socket, or the clip, and look at pins 1 (CS), 2 (SO), 4 (GND) and 8 (VCC)"


def _command(opcode: int, address: int) -> bytes:
    return bytes((opcode,)) + address.to_bytes(3, "big")
