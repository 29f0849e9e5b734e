"""The boot ROM of an STM32 at its USART: identifies, reads, erases and programs the flash of a unit's microcontroller.

Sources: ST AN3155 Rev 20, USART protocol used in the STM32 bootloader; AN2606 (which products know what); AN2662 (an
erase of a write-protected sector is acknowledged: only what is read proves anything).

The ROM has a receive register of one byte and no flow control: nothing is sent before the last acknowledge has come.
Half a command waits for ever; what ends it is a byte that is no complement, which is answered by NACK.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import reduce
from operator import xor

import msgspec

from station.link.frames import Frame, Window
from station.link.link import Challenge, Link
from station.model.clock import Clock
from station.model.errors import ContactError, LinkTimeout, ProgrammerError, ProtectedError, TargetError

ACK, NACK, SYNC = 0x79, 0x1F, 0x7F
GET, GET_ID, READ, WRITE, ERASE, EXTENDED_ERASE = 0x00, 0x02, 0x11, 0x31, 0x43, 0x44

BLOCK_BYTES = 256
SYNC_S = 2.0
ANSWER_S = 1.0
BYTE_S = 11 / 1200
"""8 data bits, parity, start and stop at 1200 baud, the slowest that the ROM takes."""
BLOCK_PROGRAM_S = 1.0
"""Estimate: far more than the ten milliseconds or so that 128 half-words take."""
MOST_PAGES = 256
"""Of the byte that counts them; more are erased by several commands."""

_WINDOW = Window(1, ACK, NACK)
_SYNCED = re.compile(rb"[\x79\x1f]")
_ID = re.compile(rb"\x79\x01..\x79", re.DOTALL)


class Stm32Product(msgspec.Struct, frozen=True):
    """What the ROM says of itself; ``product`` is the one of AN2606, as 0x410."""

    product: int
    version: int
    commands: frozenset[int]


class Stm32Usart:
    """One microcontroller whose boot ROM waits; opened by ``begin``."""

    def __init__(self, link: Link, clock: Clock) -> None:
        self._link = link
        self._clock = clock
        self.product = Stm32Product(0, 0, frozenset())

    def begin(self) -> Stm32Product:
        """Let the ROM find the speed, and learn who it is.

        Raises ContactError where nothing answers: the unit is not in its bootloader, or a wire is not there.
        """
        sync = Challenge((bytes((SYNC,)),), _SYNCED)  # a second one is half a command, which a third ends by NACK
        try:
            self._link.resync([sync] * 4, Challenge((_command(GET_ID),), _ID), SYNC_S)
        except LinkTimeout:
            raise ContactError(self._link.name, f"no bootloader answers: {_REACH}") from None
        told = self._ask(Frame(_command(GET), 4, ANSWER_S, count_at=1), "GET")
        identity = self._ask(Frame(_command(GET_ID), 5, ANSWER_S), "GET ID")
        self.product = Stm32Product(int.from_bytes(identity[2:4], "big"), told[2], frozenset(told[3:-1]))
        return self.product

    def read(self, address: int, length: int) -> bytes:
        """At most 256 bytes; raises ProtectedError where the flash is protected against readout."""
        if not 0 < length <= BLOCK_BYTES:
            raise ValueError(f"{length} bytes at once")
        count = bytes((length - 1, (length - 1) ^ 0xFF))
        self._begin_command(READ, "read", address)
        return self._ask(Frame(count, 1 + length, ANSWER_S + length * BYTE_S), f"reading 0x{address:08X}")[1:]

    def write(self, address: int, data: bytes) -> None:
        """Program at most 256 bytes, a multiple of four; that it was acknowledged proves nothing."""
        if not 0 < len(data) <= BLOCK_BYTES or len(data) % 4:
            raise ValueError(f"{len(data)} bytes at once")
        self._begin_command(WRITE, "write", address)
        body = bytes((len(data) - 1,)) + data
        allowance_s = ANSWER_S + len(data) * BYTE_S + BLOCK_PROGRAM_S
        self._ask(Frame(_summed(body), 1, allowance_s), f"programming 0x{address:08X}")

    def erase(self, sectors: Sequence[int], longest_s: float) -> None:
        """Erase sectors by their numbers; ``longest_s`` is the data sheet's maximum for all of them together."""
        is_extended = EXTENDED_ERASE in self.product.commands
        for first in range(0, len(sectors), MOST_PAGES):
            part = sectors[first : first + MOST_PAGES]
            if is_extended:
                body = b"".join(number.to_bytes(2, "big") for number in (len(part) - 1, *part))
            else:
                body = bytes((len(part) - 1, *part))
            self._erase(is_extended, _summed(body), longest_s)

    def erase_all(self, longest_s: float) -> None:
        """Erase the whole flash."""
        is_extended = EXTENDED_ERASE in self.product.commands
        self._erase(is_extended, b"\xff\xff\x00" if is_extended else b"\xff\x00", longest_s)

    def _erase(self, is_extended: bool, body: bytes, longest_s: float) -> None:
        command = EXTENDED_ERASE if is_extended else ERASE
        if command not in self.product.commands:
            raise ProgrammerError(self._link.name, "its bootloader knows no erase")
        self._start(command, "erase")
        allowance_s = ANSWER_S + len(body) * BYTE_S + longest_s
        self._ask(Frame(body, 1, allowance_s), "erase")

    def _begin_command(self, command: int, what: str, address: int) -> None:
        self._start(command, what)
        self._ask(Frame(_summed(address.to_bytes(4, "big")), 1, ANSWER_S), f"{what} at 0x{address:08X}")

    def _start(self, command: int, what: str) -> None:
        """The command itself is refused only where the flash is protected against readout."""
        if not self._is_taken(Frame(_command(command), 1, ANSWER_S)):
            raise ProtectedError(f"the microcontroller refuses to {what}: readout protection is on")

    def _is_taken(self, frame: Frame) -> bool:
        (answer,) = self._link.exchange_frames([frame], _WINDOW)
        return answer[0] == ACK

    def _ask(self, frame: Frame, what: str) -> bytes:
        (answer,) = self._link.exchange_frames([frame], _WINDOW)
        if answer[0] == NACK:
            raise TargetError(f"the microcontroller refuses {what}")
        return answer


_REACH = "is BOOT0 high and the unit reset, are RX, TX and GND connected, is the port 8E1?"


def _command(code: int) -> bytes:
    return bytes((code, code ^ 0xFF))


def _summed(data: bytes) -> bytes:
    return data + bytes((reduce(xor, data),))
