"""A 24Cxx EEPROM at an I2C bus as a chip that can be burned.

Sources: Microchip DS20001709 (24LC02B), DS20001203 (24LC256), DS20001941 (24LC1025). It says nothing of itself. While
it writes a page it does not acknowledge its address. With WP high it acknowledges all and writes nothing: only reading
tells, and the first page is read before any other is written, so that a wrong type spoils one page at most.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from station.ic_programmer.chip import Progress, Wear
from station.ic_programmer.eeprom_target import WRITE_MAX_S, I2cTarget
from station.ic_programmer.memory import Erase, Memory
from station.model.burn_record import ChipIdentity
from station.model.clock import Clock
from station.model.errors import BusyError, ContactError, ProtectedError, WrongChip
from station.model.roles import I2cBus

FIRST_ADDRESS = 0x50
ADDRESSES = range(FIRST_ADDRESS, FIRST_ADDRESS + 8)
READ_BYTES = 1024
SAMPLE_BYTES = 16
POLL_S = 0.0005


class I2cChip:
    """A station.ic_programmer.chip.BurnableChip of type ``target``."""

    def __init__(self, bus: I2cBus, target: I2cTarget, clock: Clock) -> None:
        self._bus = bus
        self._row = target
        self._clock = clock
        self._answering: tuple[int, ...] = ()

    def describe(self) -> str:
        """As the programmer says."""
        return self._bus.describe()

    def contact(self) -> ChipIdentity:
        """The same addresses answer three times, and samples read the same twice."""
        found = {tuple(address for address in ADDRESSES if self._bus.answers(address)) for _ in range(3)}
        if len(found) > 1:
            raise ContactError(self.describe(), f"the chip answers at other addresses each time: {_RESEAT}")
        self._answering = found.pop()
        if not self._answering:
            raise ContactError(self.describe(), f"no chip answers: {_RESEAT}")
        if self._answering == self._addresses():
            self._require_steady_reading()
        return ChipIdentity("", "", "")

    def identify(self) -> ChipIdentity:
        """Raises WrongChip where it answers at other addresses than its type does."""
        wanted = self._addresses()
        if self._answering != wanted:
            said, right = (", ".join(f"0x{address:02X}" for address in each) for each in (self._answering, wanted))
            raise WrongChip(f"{said} answer, of a {self._row.name} it is {right}: another type, or not the only chip")
        return ChipIdentity("", "", "")

    def require_readable(self) -> None:
        """Nothing more is known of it."""

    def read(self, start: int, length: int, progress: Progress) -> bytes:
        """What was read counts only if it still answers."""
        parts: list[bytes] = []
        done = 0
        for address, head, count in self._stretches(start, length):
            content = self._bus.read(address, head, count)
            if content is None:
                raise ContactError(self.describe(), f"the chip did not answer at 0x{start + done:05X}: {_RESEAT}")
            parts.append(content)
            done += count
            progress(done)
        if not self._bus.answers(FIRST_ADDRESS):
            raise ContactError(self.describe(), f"the chip answers no more: {_RESEAT}")
        return b"".join(parts)

    def learn_memory(self) -> Memory:
        """By its row."""
        return self._row.memory()

    def erase(self, erases: Sequence[Erase], progress: Progress) -> None:
        """It has no erase: nothing of its memory is ever planned to be erased."""
        if erases:
            raise ValueError("an EEPROM has no erase")

    def program(self, pages: Sequence[tuple[int, bytes]], progress: Progress) -> None:
        """Page by page, each waited for; the first is read at once."""
        done = 0
        for index, (start, content) in enumerate(pages):
            before = b"" if index else self.read(start, len(content), _nobody)
            address, head, _ = next(self._stretches(start, len(content)))
            if not self._bus.write(address, head + content):
                raise ContactError(self.describe(), f"the chip did not take page 0x{start:05X}: {_RESEAT}")
            self._wait(start)
            if not index:
                self._require_written(start, before, content)
            done += len(content)
            progress(done)

    def wear(self) -> Wear:
        """Nothing is done twice."""
        return Wear(0, 0.0)

    def _require_written(self, start: int, before: bytes, content: bytes) -> None:
        found = self.read(start, len(content), _nobody)
        if found == content:
            return
        if found == before:
            raise ProtectedError(f"the chip took page 0x{start:05X} and kept what it had: is its pin WP (7) high?")
        raise WrongChip(
            f"page 0x{start:05X} reads back differently: is it a {self._row.name}? Nothing more was written"
        )

    def _wait(self, start: int) -> None:
        """Raises BusyError where it is busy when it is asked after the maximum: a PC may be held up in between."""
        deadline, is_late = self._clock.now() + WRITE_MAX_S, False
        while not self._bus.answers(FIRST_ADDRESS):
            if is_late:
                raise BusyError(f"still busy with page 0x{start:05X} after the data sheet's maximum")
            self._clock.wait(POLL_S)
            is_late = self._clock.now() >= deadline

    def _require_steady_reading(self) -> None:
        last = self._row.size_bytes - SAMPLE_BYTES
        for part in range(4):
            start = last * part // 3
            if self.read(start, SAMPLE_BYTES, _nobody) != self.read(start, SAMPLE_BYTES, _nobody):
                raise ContactError(self.describe(), f"0x{start:05X} reads differently the second time: {_RESEAT}")

    def _addresses(self) -> tuple[int, ...]:
        row = self._row
        return tuple(FIRST_ADDRESS | block << row.block_shift for block in range(1 << row.block_bits))

    def _stretches(self, start: int, length: int) -> Iterator[tuple[int, bytes, int]]:
        """Device address, address bytes and count of each part that is read at once; none crosses a block."""
        row, end = self._row, start + length
        while start < end:
            block, within = divmod(start, row.block_bytes)
            count = min(end - start, row.block_bytes - within, READ_BYTES)
            yield FIRST_ADDRESS | block << row.block_shift, within.to_bytes(row.address_bytes, "big"), count
            start += count


def _nobody(_done: int) -> None:
    """Nobody waits for it."""


_RESEAT = "reseat the chip in its socket, or the clip, and look at pins 4 (GND), 5 (SDA), 6 (SCL) and 8 (VCC)"
