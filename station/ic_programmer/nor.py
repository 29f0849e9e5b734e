"""Operations of a SPI NOR flash over the role SpiBus; every wait ends at the data sheet's maximum.

Sources: JESD216 (5Ah), Winbond W25Q64JV data sheet, 8.2: 9Fh, 4Bh, 05h 35h 15h, 06h, 02h, 03h, ABh, 66h 99h, erase;
JESD216B, 6.6: 13h, 12h and erase with four address bytes. An instruction other than read status is ignored silently
while the chip is busy. WEL stays set where a program or erase was refused; where a chip clears it nevertheless
(Macronix), reading back finds what was not written.

A chip above 16 MiB is spoken to only by instructions that always have four address bytes: its address mode and its
extended address register are neither used nor changed, but for the reset to the mode of power-on that ``read_jedec``
begins with.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence

from station.ic_programmer.chip import Progress
from station.ic_programmer.layout import completed, require_readable
from station.ic_programmer.sfdp import SIGNATURE, BadSfdp, space_bytes
from station.ic_programmer.target import EraseKind, Target
from station.model.burn_record import ChipIdentity
from station.model.clock import Clock
from station.model.errors import BusyError, ContactError, ProtectedError
from station.model.roles import SpiBus, SpiTransaction

BUSY, WRITE_ENABLED = 0x01, 0x02
READ: Mapping[int, int] = {3: 0x03, 4: 0x13}
PROGRAM: Mapping[int, int] = {3: 0x02, 4: 0x12}
"""Instructions by the number of address bytes."""

READ_BYTES = 1 << 14
BATCH_READS = 16
BATCH_PAGES = 256
SFDP_BYTES = 256
SAMPLE_BYTES = 256

_WRITE_ENABLE = SpiTransaction(b"\x06")
_READ_STATUS = SpiTransaction(b"\x05", 1)
_WAKE = (SpiTransaction(b"\xab", 0, 30), SpiTransaction(b"\x66"), SpiTransaction(b"\x99", 0, 100))


class SpiNor:
    """One chip behind a bus; ``late_programs`` counts the times it was busy longer than typical."""

    def __init__(self, bus: SpiBus, target: Target, clock: Clock) -> None:
        self._bus = bus
        self._clock = clock
        self._target = target
        self._program_wait_us = 0
        self._take(target)
        self.late_programs = 0
        self.slowest_erase = 0.0
        """Longest erase as a part of its maximum."""

    @property
    def target(self) -> Target:
        """The IC type as far as it is known: after ``learn_layout`` with all figures."""
        return self._target

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

    def require_steady_reading(self) -> None:
        """Read samples from all over the chip twice; raise ContactError where one differs the second time."""
        last = self._target.size_bytes - SAMPLE_BYTES
        reads = [self._read_transaction(last * part // 3, SAMPLE_BYTES) for part in range(4)]
        answers = self._bus.stream([*reads, *reads])
        for read, first, second in zip(reads, answers[:4], answers[4:], strict=True):
            if first != second:
                where = read.write[1:].hex().upper()
                raise ContactError(self._programmer(), f"0x{where} reads differently the second time: {_RESEAT}")

    def learn_layout(self) -> Target:
        """Hold the chip's own table against the row, and take from it what the row leaves out.

        Raises WrongChip where they contradict each other, ConfigError where neither has a figure, ContactError where
        the table reads differently the second time.
        """
        self._take(completed(self._target, self._steady_sfdp()))
        return self._target

    def require_readable(self) -> None:
        """As ``learn_layout``, for whoever only reads: raises where an address could be another one in the chip."""
        require_readable(self._target, self._steady_sfdp())

    def _steady_sfdp(self) -> bytes:
        space = self._read_sfdp()
        if space != self._read_sfdp():
            raise ContactError(self._programmer(), f"the chip's own table (SFDP) changes: {_RESEAT}")
        return space

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
            reads = [self._read_transaction(address, min(step, last - address)) for address in range(first, last, step)]
            parts += self._bus.stream(reads)
            progress(last - start)
        return b"".join(parts)

    def erase(self, kind: EraseKind, address: int) -> None:
        """Set one block to 0xFF; raises BusyError after ``kind.max_s``, ProtectedError where the chip refuses."""
        start = self._clock.now()
        wait_us = round(kind.typical_s * 1e6)
        command = SpiTransaction(self._command(kind.opcode, address), 0, wait_us)
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
        pieces = [
            (number, start, part)
            for number, (address, content) in enumerate(pages)
            for start, part in self._pieces(address, content)
        ]
        transactions: list[SpiTransaction] = []
        for _, address, part in pieces:
            command = self._command(PROGRAM[self._target.address_bytes], address)
            program = SpiTransaction(command + part, 0, self._program_wait_us)
            transactions += (_WRITE_ENABLE, program, _READ_STATUS)
        answers = self._bus.stream(transactions)
        for index, (_, address, _) in enumerate(pieces):
            status = answers[3 * index + 2][0]
            if status & (BUSY | WRITE_ENABLED):
                self.late_programs += 1
                self._program_wait_us = min(self._program_wait_us * 2, round(self._target.program_max_s * 1e6))
                deadline = self._clock.now() + self._target.program_max_s
                self._finish(status, f"program at 0x{address:06X}", deadline, self._target.program_typical_s)
                return len(pages) if index + 1 == len(pieces) else pieces[index + 1][0]
        return len(pages)

    def _pieces(self, address: int, content: bytes) -> Iterator[tuple[int, bytes]]:
        """A page in as few parts as the programmer can carry beside opcode and address."""
        room = max(self._bus.max_write_bytes() - 1 - self._target.address_bytes, 1)
        step = -(-len(content) // -(-len(content) // room))
        for start in range(0, len(content), step):
            yield address + start, content[start : start + step]

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

    def _take(self, target: Target) -> None:
        self._target = target
        self._program_wait_us = round(target.program_typical_s * 1.25e6)

    def _read_sfdp(self) -> bytes:
        """The SFDP space as far as its tables reach, empty where the chip has none."""
        space = b""
        needed = SFDP_BYTES
        while len(space) < needed:
            starts = range(len(space), needed, SFDP_BYTES)
            space += b"".join(
                self._bus.stream([SpiTransaction(b"\x5a" + at.to_bytes(3, "big") + b"\0", SFDP_BYTES) for at in starts])
            )
            if not space.startswith(SIGNATURE):
                return b""
            try:
                needed = space_bytes(space)
            except BadSfdp:
                return space
        return space

    def _read_transaction(self, address: int, length: int) -> SpiTransaction:
        return SpiTransaction(self._command(READ[self._target.address_bytes], address), length)

    def _command(self, opcode: int, address: int) -> bytes:
        return bytes((opcode,)) + address.to_bytes(self._target.address_bytes, "big")

    def _programmer(self) -> str:
        return self._bus.describe()


_RESEAT = "reseat the chip in its socket, or the clip, and look at pins 1 (CS), 2 (SO), 4 (GND) and 8 (VCC)"
