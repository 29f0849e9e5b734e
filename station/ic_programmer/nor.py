"""Operations of a SPI NOR flash over the role SpiBus; every wait ends at the data sheet's maximum.

Sources: JESD216 (5Ah), Winbond W25Q64JV data sheet, 8.2: 9Fh, 4Bh, 05h 35h 15h, ABh, 66h 99h. An
instruction other than read status is ignored silently while the chip is busy.

A chip above 16 MiB is spoken to only by instructions that always have four address bytes: its address mode and its
extended address register are neither used nor changed, but for the reset to the mode of power-on that ``read_jedec``
begins with.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

from station.ic_programmer.chip import PageRead, Progress, Stretch
from station.ic_programmer.layout import completed, require_readable
from station.ic_programmer.nor_instructions import BUSY, READ_STATUS, WRITE_ENABLE, NorInstructions
from station.ic_programmer.nor_pages import NorPages
from station.ic_programmer.nor_status import RESEAT, NorStatus
from station.ic_programmer.sfdp import SIGNATURE, BadSfdp, space_bytes
from station.ic_programmer.spi_stream import flow
from station.ic_programmer.target import EraseKind, Target
from station.model.burn_record import ChipIdentity
from station.model.clock import Clock
from station.model.errors import ContactError, ProtectedError
from station.model.roles import SpiBus, SpiTransaction

READ_BYTES = 1 << 13
"""Of one transaction; whoever stops a read waits for those that are under way."""

SFDP_BYTES = 256
SAMPLE_BYTES = 256

LOOKS = 8
"""How often an erase is looked at in the second half of its expected time, to learn how long this chip takes."""

_LIFTING = "; it is burned only where its recipe takes that away"

_WAKE = (SpiTransaction(b"\xab", 0, 30), SpiTransaction(b"\x66"), SpiTransaction(b"\x99", 0, 100))


class SpiNor:
    """One chip behind a bus; waits are as long as this chip has taken so far."""

    def __init__(self, bus: SpiBus, target: Target, clock: Clock) -> None:
        self._bus = bus
        self._clock = clock
        self._status = NorStatus(bus, clock)
        self._erase_us: dict[int, int] = {}
        self._take(target)
        self.slowest_erase = 0.0
        """Longest erase as a part of its maximum."""

    @property
    def late_programs(self) -> int:
        """How many pages were busy longer than they were waited for."""
        return self._pages.late

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
            raise ContactError(self._programmer(), f"the chip says {' and '.join(sorted(found))}: {RESEAT}")
        jedec = found.pop()
        if jedec in ("FFFFFF", "000000"):
            raise ContactError(self._programmer(), f"no chip answers (identity {jedec}): {RESEAT}")
        return jedec

    def require_steady_reading(self) -> None:
        """Read samples from all over the chip twice; raise ContactError where one differs the second time."""
        last = self._target.size_bytes - SAMPLE_BYTES
        reads = [self._instructions.read(last * part // 3, SAMPLE_BYTES) for part in range(4)]
        answers = self._bus.stream([*reads, *reads])
        for read, first, second in zip(reads, answers[:4], answers[4:], strict=True):
            if first != second:
                where = read.write[1:].hex().upper()
                raise ContactError(self._programmer(), f"0x{where} reads differently the second time: {RESEAT}")

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
            raise ContactError(self._programmer(), f"the chip's own table (SFDP) changes: {RESEAT}")
        return space

    def read_identity(self, jedec: str) -> ChipIdentity:
        """``jedec`` with the digest of the SFDP space and the unique id, each empty where the chip has none."""
        sfdp = self._bus.transfer(b"\x5a\0\0\0\0", SFDP_BYTES)
        sfdp_sha256 = hashlib.sha256(sfdp).hexdigest() if sfdp.startswith(b"SFDP") else ""
        return ChipIdentity(jedec, sfdp_sha256, self.read_unique_id())

    def read_unique_id(self) -> str:
        """As upper-case hex, empty where the chip has none."""
        if not self._target.unique_id_bytes:
            return ""
        unique_id = self._bus.transfer(b"\x4b\0\0\0\0", self._target.unique_id_bytes)
        has_unique_id = bool(unique_id.strip(b"\xff")) and bool(unique_id.strip(b"\0"))
        return unique_id.hex().upper() if has_unique_id else ""

    def require_unprotected(self) -> None:
        """Raise ProtectedError naming the status register whose protecting bits are set; nothing is cleared."""
        for number, (opcode, bits) in enumerate(zip(b"\x05\x35\x15", self._target.protection, strict=True), 1):
            if not bits:
                continue
            status = self._bus.transfer(bytes((opcode,)), 1)[0]
            if status == 0xFF:
                raise ContactError(self._programmer(), f"status register {number} reads 0xFF: {RESEAT}")
            if status & bits:
                raise ProtectedError(f"write protection is set: status register {number} is 0x{status:02X}{_LIFTING}")

    def read(self, start: int, length: int, progress: Progress) -> bytes:
        """``length`` bytes from ``start``, in transactions of at most 8 KiB."""
        content = bytearray()

        def take(answer: bytes) -> None:
            content.extend(answer)
            progress(len(content))

        flow(self._bus, self._instructions.reads(start, length, READ_BYTES), take)
        return bytes(content)

    def erase(self, kind: EraseKind, address: int) -> None:
        """Set one block to 0xFF; raises BusyError after ``kind.max_s``, ProtectedError where the chip refuses."""
        start = self._clock.now()
        expected_us = self._erase_us.get(kind.opcode) or round(kind.typical_s * 1e6)
        first_us, look_us = expected_us // 2, max(expected_us // 2 // LOOKS, 1)
        erase = self._instructions.erase(kind.opcode, address, first_us)
        looks = [SpiTransaction(READ_STATUS.write, 1, look_us)] * LOOKS
        seen = [answer[0] for answer in self._bus.stream([WRITE_ENABLE, erase, *looks, READ_STATUS])[2:]]
        what = f"erase of {kind.size_bytes} bytes at 0x{address:06X}"
        self._status.finish(seen[-1], what, start + kind.max_s, look_us / 1e6)
        took_s = self._clock.now() - start
        ready = next((index for index, status in enumerate(seen) if not status & BUSY), None)
        self._erase_us[kind.opcode] = round(took_s * 1e6) if ready is None else first_us + ready * look_us
        self.slowest_erase = max(self.slowest_erase, took_s / kind.max_s)

    def program(
        self, pages: Sequence[tuple[int, bytes]], progress: Progress, stretches: Sequence[Stretch], read: PageRead
    ) -> None:
        """Write whole pages, and hand every byte of ``stretches`` to ``read``, read behind the pages in it.

        Raises BusyError, ProtectedError or ContactError.
        """
        self._pages.write(pages, progress, stretches, read)

    def _take(self, target: Target) -> None:
        bus = self._bus
        self._target = target
        self._instructions = NorInstructions(target.address_bytes, bus.max_write_bytes(), bus.max_read_bytes())
        self._pages = NorPages(bus, self._instructions, target, self._clock)

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

    def _programmer(self) -> str:
        return self._bus.describe()
