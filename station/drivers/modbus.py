"""Modbus RTU as far as coils and inputs need it: checked frames, exception replies, proof that answers are in step.

Sources: MODBUS Application Protocol V1.1b3, 6.1 (read coils), 6.2 (read discrete inputs), 6.5 (write single coil), 6.8
(diagnostics, sub-function 0: the query data come back), 6.11 (write multiple coils), 7 (exceptions); MODBUS over Serial
Line V1.02, 2.5.1.1 (3.5 characters of silence between frames) and 6.2.2 (CRC).
"""

from __future__ import annotations

import re

from station.link.link import Challenge, Link, LinkState
from station.model.clock import Clock
from station.model.errors import InstrumentError, LinkTimeout

READ_COILS, READ_INPUTS, WRITE_COIL, DIAGNOSTICS, WRITE_COILS = 0x01, 0x02, 0x05, 0x08, 0x0F
EXCEPTIONS = {1: "illegal function", 2: "illegal data address", 3: "illegal data value", 4: "device failure", 6: "busy"}
PAUSE_S = 0.005
"""Kept between frames: 3.5 characters take 4 ms at 9600 baud, the slowest speed such boards are used at."""

_EXCEPTION_BYTES = 5


def crc16(data: bytes) -> bytes:
    """The frame check as it is sent, low byte first."""
    crc = 0xFFFF
    for byte in data:
        crc ^= byte
        for _ in range(8):
            crc = (crc >> 1) ^ 0xA001 if crc & 1 else crc >> 1
    return crc.to_bytes(2, "little")


class ModbusSlave:
    """One slave on a line of its own; whoever uses it holds the link for as long as exchanges belong together."""

    def __init__(self, link: Link, clock: Clock, timeout_s: float, address: int) -> None:
        self._link = link
        self._clock = clock
        self._timeout_s = timeout_s
        self._address = address
        self._quiet_until = 0.0
        self._has_echo: bool | None = None  # unknown until it has been asked

    def synchronise(self) -> None:
        """Prove that the slave answers what was asked last.

        With the diagnostics function two different numbers come back. A board that has not got it is asked for one
        coil and for nine: answers of two lengths, the first of which nothing else asks for.
        """
        if self._link.state is LinkState.OPEN:
            return
        if self._has_echo is False or not self._is_echoing():
            self._link.resync([self._form(1, 1)], self._form(9, 2), self._timeout_s / 2, PAUSE_S)
            self._has_echo = False
        self._quiet_until = self._clock.now() + PAUSE_S

    def _is_echoing(self) -> bool:
        """Synchronise by two numbers; False where it has never answered such a question and does not now."""
        first = self._link.draw(1 << 16)
        then = (first + 1 + self._link.draw((1 << 16) - 1)) % (1 << 16)
        share_s = self._timeout_s if self._has_echo else self._timeout_s / 2
        try:
            self._link.resync([self._echo(first)], self._echo(then), share_s, PAUSE_S)
        except LinkTimeout:
            if self._has_echo:
                raise
            return False
        self._has_echo = True
        return True

    def read_coils(self, count: int) -> frozenset[int]:
        """The coils from 1 to ``count`` that are energised, followed by the proof that this is no earlier answer."""
        return self._read(READ_COILS, count)

    def read_inputs(self, count: int) -> frozenset[int]:
        """The discrete inputs from 1 to ``count`` that have voltage, with the same proof."""
        return self._read(READ_INPUTS, count)

    def _read(self, function: int, count: int) -> frozenset[int]:
        octets = (count + 7) // 8
        answer = self._exchange(_words(function, 0, count), 5 + octets)
        if answer[2] != octets:
            raise self._link.distrust(f"{answer[2]} bytes of states where {octets} were asked for")
        bits = int.from_bytes(answer[3 : 3 + octets], "little")
        if self._has_echo:
            self._same(_words(DIAGNOSTICS, 0, self._link.draw(1 << 16)))
        return frozenset(number for number in range(1, count + 1) if bits >> (number - 1) & 1)

    def write_coil(self, coil: int, is_on: bool) -> None:
        """Energise coil ``coil``, which counts from 1, or let it go."""
        self._same(_words(WRITE_COIL, coil - 1, 0xFF00 if is_on else 0))

    def clear_coils(self, count: int) -> None:
        """Let all coils from 1 to ``count`` go in one message."""
        octets = (count + 7) // 8
        head = _words(WRITE_COILS, 0, count)
        answer = self._exchange(head + bytes((octets,)) + bytes(octets), 8)
        if answer[1:-2] != head:
            raise self._link.distrust(f"answer {answer.hex(' ')} belongs to another request than to clear the coils")

    def _same(self, request: bytes) -> None:
        """A request that the slave gives back as it was."""
        answer = self._exchange(request, len(request) + 3)
        if answer[1:-2] != request:
            raise self._link.distrust(f"answer {answer.hex(' ')} belongs to another request than {request.hex(' ')}")

    def _exchange(self, request: bytes, length: int) -> bytes:
        """The whole answer, whose address, function and check are right; raises InstrumentError for an exception."""
        self._clock.wait(max(self._quiet_until - self._clock.now(), 0.0))

        def length_of(received: bytes | bytearray) -> int | None:
            if len(received) < 2:
                return None
            return _EXCEPTION_BYTES if received[1] == request[0] | 0x80 else length

        try:
            answer = self._link.query_block(self._frame(request), length_of, self._timeout_s)
        finally:
            self._quiet_until = self._clock.now() + PAUSE_S
        if crc16(answer[:-2]) != answer[-2:] or answer[0] != self._address:
            raise self._link.distrust(f"answer {answer.hex(' ')} is damaged or another slave's")
        if answer[1] == request[0] | 0x80:
            code = answer[2]
            said = f"exception {code}, {EXCEPTIONS.get(code, 'unknown')}"
            raise InstrumentError(self._link.name, f"refuses function {request[0]:02X}: {said}")
        if answer[1] != request[0]:
            raise self._link.distrust(f"answer {answer.hex(' ')} is not to function {request[0]:02X}")
        return answer

    def _frame(self, request: bytes) -> bytes:
        body = bytes((self._address,)) + request
        return body + crc16(body)

    def _echo(self, number: int) -> Challenge:
        frame = self._frame(_words(DIAGNOSTICS, 0, number))
        return Challenge((frame,), re.compile(re.escape(frame)))

    def _form(self, coils: int, octets: int) -> Challenge:
        head = re.escape(bytes((self._address, READ_COILS, octets)))
        return Challenge(
            (self._frame(_words(READ_COILS, 0, coils)),), re.compile(head + b".{%d}" % (octets + 2), re.DOTALL)
        )


def _words(function: int, first: int, second: int) -> bytes:
    return bytes((function,)) + first.to_bytes(2, "big") + second.to_bytes(2, "big")
