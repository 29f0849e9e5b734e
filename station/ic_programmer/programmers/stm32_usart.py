"""The boot ROM of an STM32 at its USART: identifies, reads, erases and programs the flash of a unit's microcontroller.

Sources: ST AN3155 Rev 20, USART protocol used in the STM32 bootloader; AN2606 (which products know what); AN2662 (an
erase of a write-protected sector is acknowledged: only what is read proves anything).

The ROM has a receive register of one byte and no flow control: nothing is sent before the last acknowledge has come.
Half a command waits for ever, the data of a WRITE too: whoever was killed in the middle leaves it so. What ends it is
as many bytes as it waits for, which make no right checksum and are answered by NACK.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from contextlib import suppress
from functools import reduce
from operator import xor

from station.link.frames import Frame, Window
from station.link.link import Challenge, Link
from station.model.clock import Clock
from station.model.errors import (
    ContactError,
    LinkError,
    LinkRefused,
    LinkTimeout,
    ProgrammerError,
    ProtectedError,
    TargetError,
)
from station.model.roles import BootRomProduct

ACK, NACK, SYNC = 0x79, 0x1F, 0x7F
GET, GET_ID, READ, WRITE, ERASE, EXTENDED_ERASE = 0x00, 0x02, 0x11, 0x31, 0x43, 0x44
WRITE_UNPROTECT, READOUT_PROTECT, READOUT_UNPROTECT = 0x73, 0x82, 0x92

BLOCK_BYTES = 256
SYNC_S = 1.0
LOOK_S = 0.4
"""How long it is looked for why nothing sensible answers."""
ANSWER_S = 1.0
BYTE_S = 11 / 1200
"""8 data bits, parity, start and stop at 1200 baud, the slowest that the ROM takes."""
MOST_PAGES = 256
"""Of the byte that counts them; more are erased by several commands."""

ENDING = b"\x5c" + b"\x7e" * 300
"""More than N, 256 bytes and a checksum; behind the 7Fh of before and by itself it is no right checksum of anything."""
QUIET_S = 0.2

_WINDOW = Window(1, ACK, NACK)
_SYNCED = re.compile(rb"[\x79\x1f]")
_SYNC = Challenge((bytes((SYNC,)),), _SYNCED)
_ID = re.compile(rb"\x79\x01..\x79", re.DOTALL)
_ECHO = re.compile(rb"\x02\xfd(\x79\x01..\x79)?", re.DOTALL)
_TWO = re.compile(rb"[\x79\x1f]?(\x79\x01..\x79\x79\x01..\x79|\x79\x79\x01\x01....\x79\x79)", re.DOTALL)


class Stm32Usart:
    """A station.model.roles.BootRom, and BootRomGuard, at the other end of a link."""

    def __init__(self, link: Link, clock: Clock) -> None:
        self._link = link
        self._clock = clock
        self._commands: frozenset[int] = frozenset()

    def begin(self) -> BootRomProduct:
        """Let the ROM find the speed, and learn who it is.

        Raises ContactError where nothing answers: the unit is not in its bootloader, or a wire is not there; and where
        the line gives back what is sent, or two answer.
        """
        try:
            self._synchronise()
        except (LinkTimeout, LinkRefused):
            self._end_what_is_half_done()
            try:
                self._synchronise()
            except LinkTimeout:
                raise ContactError(self._link.name, self._why_nobody_answers()) from None
        return self.product()

    def _synchronise(self) -> None:
        """A first 7Fh measures the speed, or is half a command, which the next one ends by NACK."""
        self._link.resync([_SYNC] * 4, Challenge((_command(GET_ID),), _ID), SYNC_S)

    def _end_what_is_half_done(self) -> None:
        """Send more than any command waits for, and let all that is answered come in."""
        with suppress(LinkTimeout, LinkRefused):
            self._link.resync([Challenge((ENDING,), _SYNCED)], Challenge((_command(GET_ID),), _ID), LOOK_S)
        self._clock.wait(QUIET_S)

    def end(self) -> None:
        """Nothing is to be let go: the ROM waits for the next command."""

    def product(self) -> BootRomProduct:
        """Ask who it is and what it can do."""
        told = self._ask(Frame(_command(GET), 4, ANSWER_S, count_at=1), "GET")
        identity = self._ask(Frame(_command(GET_ID), 5, ANSWER_S), "GET ID")
        self._commands = frozenset(told[3:-1])
        return BootRomProduct(int.from_bytes(identity[2:4], "big"), told[2], self._commands)

    def read(self, address: int, length: int) -> bytes:
        """At most 256 bytes; raises ProtectedError where the flash is protected against readout."""
        if not 0 < length <= BLOCK_BYTES:
            raise ValueError(f"{length} bytes at once")
        count = bytes((length - 1, (length - 1) ^ 0xFF))
        self._begin_command(READ, "read", address)
        return self._ask(Frame(count, 1 + length, ANSWER_S + length * BYTE_S), f"reading 0x{address:08X}")[1:]

    def write(self, address: int, data: bytes, longest_s: float) -> None:
        """Program at most 256 bytes, a multiple of four; that it was acknowledged proves nothing."""
        if not 0 < len(data) <= BLOCK_BYTES or len(data) % 4:
            raise ValueError(f"{len(data)} bytes at once")
        self._begin_command(WRITE, "write", address)
        body = bytes((len(data) - 1,)) + data
        self._ask(Frame(_summed(body), 1, ANSWER_S + len(data) * BYTE_S + longest_s), f"programming 0x{address:08X}")

    def erase(self, sectors: Sequence[int] | None, longest_s: float) -> None:
        """Erase sectors by their numbers, None for the whole flash; ``longest_s`` is for all of them together."""
        is_extended = EXTENDED_ERASE in self._commands
        if sectors is None:
            self._erase(is_extended, b"\xff\xff\x00" if is_extended else b"\xff\x00", "all of the flash", longest_s)
            return
        for first in range(0, len(sectors), MOST_PAGES):
            part = sectors[first : first + MOST_PAGES]
            if is_extended:
                body = b"".join(number.to_bytes(2, "big") for number in (len(part) - 1, *part))
            else:
                body = bytes((len(part) - 1, *part))
            self._erase(is_extended, _summed(body), f"sectors {part[0]} to {part[-1]}", longest_s)

    def protect_readout(self, longest_s: float) -> None:
        """82h; no level but 1 can be set so."""
        self._reconfigure(READOUT_PROTECT, "to be protected against readout", longest_s)

    def unprotect_readout(self, longest_s: float) -> None:
        """92h, which erases all of the flash."""
        self._reconfigure(READOUT_UNPROTECT, "to give up its readout protection", longest_s)

    def unprotect_writing(self, longest_s: float) -> None:
        """73h, for all sectors."""
        self._reconfigure(WRITE_UNPROTECT, "to give up its write protection", longest_s)

    def _reconfigure(self, command: int, what: str, longest_s: float) -> None:
        """Acknowledged twice: when it is taken, and when it is done."""
        answer = self._ask(Frame(_command(command), 2, ANSWER_S + longest_s), what)
        if answer[1] != ACK:
            raise TargetError(f"the microcontroller refuses {what}")

    def _erase(self, is_extended: bool, body: bytes, what: str, longest_s: float) -> None:
        command = EXTENDED_ERASE if is_extended else ERASE
        if command not in self._commands:
            raise ProgrammerError(self._link.name, "its bootloader knows no erase")
        self._start(command, "erase")
        allowance_s = ANSWER_S + len(body) * BYTE_S + longest_s
        self._ask(Frame(body, 1, allowance_s), f"to erase {what}")

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

    def _why_nobody_answers(self) -> str:
        for pattern, why in ((_ECHO, _GIVES_BACK), (_TWO, _TWO_ANSWER)):
            try:
                self._link.resync([_SYNC] * 2, Challenge((_command(GET_ID),), pattern), LOOK_S)
            except LinkError:
                continue
            self._link.distrust(why)
            return why
        return f"no bootloader answers: {_REACH}"


_REACH = "is BOOT0 high and the unit reset, are RX, TX and GND connected, is the port 8E1?"
_GIVES_BACK = (
    "the line gives back what is sent, as half duplex or an echo does: give RX and TX a wire each, switch the echo off"
)
_TWO_ANSWER = "two microcontrollers answer: leave only one of them at the line"


def _command(code: int) -> bytes:
    return bytes((code, code ^ 0xFF))


def _summed(data: bytes) -> bytes:
    return data + bytes((reduce(xor, data),))
