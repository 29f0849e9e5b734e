"""A 93Cxx EEPROM at Microwire pins as a chip that can be burned.

Sources: Microchip DS20001749 (93LC46), DS20001794, DS20001795, DS20001797. After the last bit of an address that is to
be read the chip drives a 0: how many bits that takes tells the type and the level of its ORG pin. Writing is enabled
for a burn and disabled after it.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress

from station.ic_programmer.chip import Progress, Wear
from station.ic_programmer.eeprom_target import WRITE_MAX_S, MicrowireTarget
from station.ic_programmer.memory import Erase, Memory
from station.model.burn_record import ChipIdentity
from station.model.clock import Clock
from station.model.errors import BusyError, ContactError, ProtectedError, StationError, WrongChip
from station.model.roles import MicrowireBus

READ, WRITE, EXTENDED = 0b110, 0b101, 0b100
"""Start bit and instruction."""
ENABLE, DISABLE = 0b11, 0b00
"""The first two bits of the address of an extended instruction."""
MOST_ADDRESS_BITS = 12
READ_WORDS = 32
POLL_S = 0.0005


class MicrowireChip:
    """A station.ic_programmer.chip.BurnableChip of type ``target``."""

    def __init__(self, bus: MicrowireBus, target: MicrowireTarget, clock: Clock) -> None:
        self._bus = bus
        self._row = target
        self._clock = clock
        self._found_bits = 0

    def describe(self) -> str:
        """As the programmer says."""
        return self._bus.describe()

    def contact(self) -> ChipIdentity:
        """It takes the same number of address bits three times; raises ContactError where nothing drives its output."""
        found = {self._count_address_bits() for _ in range(3)}
        if len(found) > 1:
            raise ContactError(self.describe(), f"the chip takes another number of address bits each time: {_RESEAT}")
        self._found_bits = found.pop()
        return ChipIdentity("", "", "")

    def identify(self) -> ChipIdentity:
        """Raises WrongChip where the number of address bits is another type's, or the other level of ORG's."""
        row, found = self._row, self._found_bits
        if found == row.other_address_bits:
            level = "low" if row.word_bits == 16 else "high"
            raise WrongChip(
                f"the chip takes {found} address bits: its pin ORG (6) is {level}, of a {row.name} it is not"
            )
        if found != row.address_bits:
            raise WrongChip(f"the chip takes {found} address bits, a {row.name} takes {row.address_bits}: another type")
        return ChipIdentity("", "", "")

    def require_readable(self) -> None:
        """Nothing more is known of it."""

    def read(self, start: int, length: int, progress: Progress) -> bytes:
        """What was read counts only if it still answers; ``start`` and ``length`` may lie inside words."""
        width = self._row.word_bytes
        first, end = start // width, -(-(start + length) // width)
        parts: list[bytes] = []
        for word in range(first, end, READ_WORDS):
            count = min(READ_WORDS, end - word)
            bits = count * self._row.word_bits
            answer = self._bus.transact(self._command(READ, word), self._command_bits(), bits)
            parts.append(answer.to_bytes(count * width, "big"))
            progress(min((word + count) * width - start, length))
        if self._count_address_bits() != self._found_bits:
            raise ContactError(self.describe(), f"the chip answers no more as it did: {_RESEAT}")
        return b"".join(parts)[start - first * width :][:length]

    def learn_memory(self) -> Memory:
        """By its row."""
        return self._row.memory()

    def erase(self, erases: Sequence[Erase], progress: Progress) -> None:
        """A word is written over: nothing of its memory is ever planned to be erased."""
        if erases:
            raise ValueError("a word of this EEPROM is written over")

    def program(self, pages: Sequence[tuple[int, bytes]], progress: Progress) -> None:
        """Word by word, each waited for; the first is read at once. Writing is disabled afterwards, whatever came."""
        if not pages:
            return
        self._extended(ENABLE)
        try:
            self._write_all(pages, progress)
        finally:
            with suppress(StationError):
                self._extended(DISABLE)

    def wear(self) -> Wear:
        """Nothing is done twice."""
        return Wear(0, 0.0)

    def _write_all(self, pages: Sequence[tuple[int, bytes]], progress: Progress) -> None:
        bits = self._command_bits() + self._row.word_bits
        for done, (start, content) in enumerate(pages, 1):
            value = self._command(WRITE, start // self._row.word_bytes) << self._row.word_bits
            before = self.read(start, len(content), _nobody) if done == 1 else b""
            self._bus.transact(value | int.from_bytes(content, "big"), bits)
            self._wait(start)
            if done == 1:
                self._require_written(start, before, content)
            progress(done * self._row.word_bytes)

    def _require_written(self, start: int, before: bytes, content: bytes) -> None:
        found = self.read(start, len(content), _nobody)
        if found == content:
            return
        if found == before:
            raise ProtectedError(f"the chip kept what it had at 0x{start:04X}: is its pin PE (7 of a 76 or 86) low?")
        raise WrongChip(f"0x{start:04X} reads back differently: is it a {self._row.name}? Nothing more was written")

    def _wait(self, start: int) -> None:
        """Raises BusyError where it is busy when it is asked after the maximum: a PC may be held up in between."""
        deadline, is_late = self._clock.now() + WRITE_MAX_S, False
        while not self._bus.is_ready():
            if is_late:
                raise BusyError(f"still busy with the word at 0x{start:04X} after the data sheet's maximum")
            self._clock.wait(POLL_S)
            is_late = self._clock.now() >= deadline

    def _count_address_bits(self) -> int:
        """The zeros that are clocked in after READ until the chip drives a 0; raises ContactError if it never does."""
        samples = self._bus.transact(READ, 3, MOST_ADDRESS_BITS)
        found = f"{samples:0{MOST_ADDRESS_BITS}b}".find("0") + 1
        if found == 0:
            raise ContactError(self.describe(), f"no chip answers: {_RESEAT}")
        if found == 1:
            raise ContactError(self.describe(), f"the chip's data output is low all the time: {_RESEAT}")
        return found

    def _extended(self, which: int) -> None:
        rest = self._row.address_bits - 2
        self._bus.transact((EXTENDED << 2 | which) << rest, self._command_bits())

    def _command(self, instruction: int, word: int) -> int:
        return instruction << self._row.address_bits | word

    def _command_bits(self) -> int:
        return 3 + self._row.address_bits


def _nobody(_done: int) -> None:
    """Nobody waits for it."""


_RESEAT = "reseat the chip, and look at pins 1 (CS), 2 (SK), 3 (DI), 4 (DO), 5 (GND) and 8 (VCC)"
