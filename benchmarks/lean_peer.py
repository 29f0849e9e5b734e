"""A peer that answers at once, on TCP and on two ptys, in a process of its own: what is left is the cost of the link.

``python -m benchmarks.lean_peer`` prints its addresses as JSON and serves until it is killed.
"""

from __future__ import annotations

import json
import os
import select
import socket
import tty
from collections.abc import Callable

ANSWERS = {b"SYST:ERR?": b'0,"No error"\n', b"VOLT?": b"12.500\n"}


class Talk:
    """One client's lines; ``*ESE`` is kept, for sentinels."""

    def __init__(self, read: Callable[[], bytes], write: Callable[[bytes], object]) -> None:
        self._read = read
        self._write = write
        self._rest = b""
        self._kept = b"0"

    def go_on(self) -> bool:
        """Answer what has arrived; False when the client has gone."""
        got = self._read()
        *lines, self._rest = (self._rest + got).split(b"\n")
        for line in lines:
            if line.startswith(b"*ESE "):
                self._kept = line[5:]
            elif line == b"*ESE?":
                self._write(self._kept + b"\n")
            elif line in ANSWERS:
                self._write(ANSWERS[line])
        return bool(got)


def serve() -> None:
    listener = socket.create_server(("127.0.0.1", 0))
    host, port = listener.getsockname()
    addresses = {"tcp": f"tcp://{host}:{port}"}
    talks: dict[int, Talk] = {}
    for name in ("pty", "other pty"):
        master, slave = os.openpty()
        tty.setraw(slave)
        talks[master] = _talk_on(master)
        addresses[name] = f"serial://{os.ttyname(slave)}"
    print(json.dumps(addresses), flush=True)
    connections: dict[int, socket.socket] = {}
    while True:
        for ready in select.select([listener, *talks], [], [])[0]:
            if ready is listener:
                connection, _ = listener.accept()
                connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                connections[connection.fileno()] = connection
                talks[connection.fileno()] = _talk_with(connection)
            elif not talks[ready].go_on():
                del talks[ready]
                connections.pop(ready).close()


def _talk_on(master: int) -> Talk:
    return Talk(lambda: os.read(master, 65536), lambda data: os.write(master, data))


def _talk_with(connection: socket.socket) -> Talk:
    return Talk(lambda: connection.recv(65536), connection.sendall)


if __name__ == "__main__":
    serve()
