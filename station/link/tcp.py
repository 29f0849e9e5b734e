"""A TCP port as a byte channel: no Nagle, so that a command and a query do not wait 40 ms for each other."""

from __future__ import annotations

import socket

from station.config.address import TcpAddress
from station.link.channel import Readiness

_RECEIVE_BYTES = 1 << 16


class TcpChannel:
    """An open connection."""

    def __init__(self, address: TcpAddress, timeout_s: float) -> None:
        """Connect, or raise OSError within ``timeout_s``."""
        self._socket = socket.create_connection((address.host, address.port), max(timeout_s, 0.001))
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
        self._socket.setblocking(False)
        self._readiness = Readiness()

    def exchange(self, out: bytes | memoryview, timeout_s: float) -> tuple[int, bytes]:
        is_readable, is_writable = self._readiness.wait(self._socket.fileno(), len(out) > 0, timeout_s)
        taken, arrived = 0, b""
        if is_readable:
            try:
                arrived = self._socket.recv(_RECEIVE_BYTES)
            except BlockingIOError:
                is_readable = False
            if is_readable and not arrived:
                raise EOFError
        if is_writable:
            try:
                taken = self._socket.send(out)
            except BlockingIOError:
                taken = 0
        return taken, arrived

    def wake(self) -> None:
        self._readiness.wake()

    def close(self) -> None:
        self._socket.close()
        self._readiness.close()
