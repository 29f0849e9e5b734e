"""One byte stream to one peer: what tcp and serial_port provide and Link builds on."""

from __future__ import annotations

import select
import socket
from typing import Protocol


class ByteChannel(Protocol):
    """An open stream; every OSError means that it is broken."""

    def exchange(self, out: bytes | memoryview, timeout_s: float) -> tuple[int, bytes]:
        """Wait until a byte of ``out`` can be taken or one has arrived; (how many were taken, what arrived).

        Returns (0, b"") at the time limit or after ``wake``; raises EOFError when the peer has closed.
        """
        ...

    def wake(self) -> None:
        """Make an ``exchange`` in another thread return at once, and all later ones not wait."""
        ...

    def close(self) -> None:
        """Give the port back; more than once is harmless."""
        ...


class Readiness:
    """Waits for one file descriptor, and can be woken from another thread."""

    def __init__(self) -> None:
        self._receiver, self._sender = socket.socketpair()
        self._receiver.setblocking(False)
        self._sender.setblocking(False)

    def wait(self, descriptor: int, wants_write: bool, timeout_s: float) -> tuple[bool, bool]:
        """(is readable, is writable) within ``timeout_s``."""
        wake = self._receiver.fileno()
        writers = [descriptor] if wants_write else []
        readable, writable, _ = select.select([descriptor, wake], writers, [], max(timeout_s, 0.0))
        return descriptor in readable, bool(writable)

    def wake(self) -> None:
        """The byte stays unread, so that every later wait returns at once too."""
        try:
            self._sender.send(b"\0")
        except OSError:
            return  # closed already: nobody waits

    def close(self) -> None:
        self._receiver.close()
        self._sender.close()
