"""Control transfers of a USB interface as messages, for devices that speak over nothing else (DFU).

A message is the setup packet of USB 2.0, 9.3 (8 bytes) with the data that goes out; its answer is one byte (``DONE`` or
``STALLED``), the number of bytes that came in (16 bits, little endian) and they themselves. A request to the interface
goes to the one that is open, whatever number it names.
"""

from __future__ import annotations

import errno
import struct
from typing import Protocol

SETUP = struct.Struct("<BBHHH")
ANSWER = struct.Struct("<BH")
DONE, STALLED = 0, 1
IN, TO_INTERFACE, RECIPIENT = 0x80, 0x01, 0x1F
SET_INTERFACE = 11
DFU_CLASS, DFU_SUBCLASS = 0xFE, 1


class ControlPipes(Protocol):
    """The device that is open; every call raises OSError, or EOFError where it is gone."""

    interface: int

    def request(self, kind: int, request: int, value: int, index: int, length: int, timeout_s: float) -> bytes:
        """A control request that is answered with at most ``length`` bytes."""
        ...

    def tell(self, kind: int, request: int, value: int, index: int, data: bytes, timeout_s: float) -> None:
        """A control request with ``data``."""
        ...

    def choose(self, alternate: int) -> None:
        """Choose an alternate setting of the interface."""
        ...


class ControlMessages:
    """One request, one answer."""

    def __init__(self, pipes: ControlPipes) -> None:
        self._pipes = pipes
        self._answer = b""

    def begin(self, _timeout_s: float) -> None:
        """A transfer belongs to whoever has the device open: nobody has left anything."""

    def write(self, data: bytes, timeout_s: float) -> None:
        """Carry one request out; a request that is refused is answered too."""
        kind, request, value, index, length = SETUP.unpack_from(data)
        if kind & RECIPIENT == TO_INTERFACE:
            index = self._pipes.interface
        came = b""
        try:
            if (kind, request) == (TO_INTERFACE, SET_INTERFACE):
                self._pipes.choose(value)
            elif kind & IN:
                came = self._pipes.request(kind, request, value, index, length, timeout_s)
            else:
                self._pipes.tell(kind, request, value, index, data[SETUP.size :], timeout_s)
        except OSError as error:
            if error.errno != errno.EPIPE:
                raise
            self._answer = ANSWER.pack(STALLED, 0)
            return
        self._answer = ANSWER.pack(DONE, len(came)) + came

    def read(self, _timeout_s: float) -> tuple[bytes, bool]:
        """(the answer to what was asked last, that nothing follows)."""
        answer, self._answer = self._answer, b""
        return answer, True

    def abort(self) -> None:
        """Nothing is under way between two calls."""


def message(kind: int, request: int, value: int, index: int, length: int, data: bytes = b"") -> bytes:
    """What is written for one request."""
    return SETUP.pack(kind, request, value, index, length) + data


def answer_length(received: bytes | bytearray) -> int | None:
    """The length of the whole answer that begins so; None while that is not known."""
    return ANSWER.size + ANSWER.unpack_from(received)[1] if len(received) >= ANSWER.size else None
