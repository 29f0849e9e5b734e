"""A small scripted peer on a real socket: what each message is answered with, and when."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass

from station.config.address import TcpAddress

Reply = Callable[[bytes], list[tuple[float, bytes]]]
"""Message (a line without LF, or raw bytes) to what is sent: (seconds to wait before, bytes)."""


@dataclass
class Peer:
    """Where it listens, and all it has received."""

    address: TcpAddress
    received: list[bytes]


class _Server:
    """One listening socket and a thread for each connection."""

    def __init__(self, reply: Reply, is_text: bool, closes_after: int | None) -> None:
        self._reply = reply
        self._is_text = is_text
        self._closes_after = closes_after
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._connections: list[socket.socket] = []
        self.peer = Peer(TcpAddress("127.0.0.1", self._listener.getsockname()[1]), [])
        threading.Thread(target=self._accept, daemon=True).start()

    def close(self) -> None:
        self._listener.close()
        for connection in self._connections:
            with suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)
            connection.close()

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                connection, _ = self._listener.accept()
                connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                self._connections.append(connection)
                threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection: socket.socket) -> None:
        count, buffer = 0, b""
        with suppress(OSError), connection:
            while got := connection.recv(1 << 16):
                *messages, buffer = (buffer + got).split(b"\n") if self._is_text else (got, b"")
                for message in messages:
                    self.peer.received.append(message)
                    for delay_s, data in self._reply(message):
                        time.sleep(delay_s)
                        connection.sendall(data)
                    count += 1
                    if count == self._closes_after:
                        return


@contextmanager
def scripted_peer(reply: Reply, is_text: bool = True, closes_after: int | None = None) -> Iterator[Peer]:
    """Serve any number of connections; each is closed after ``closes_after`` messages."""
    server = _Server(reply, is_text, closes_after)
    try:
        yield server.peer
    finally:
        server.close()
