"""A small programmer on a real socket that has what a test gives it, and a chip behind it that is one function."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from station.ic_programmer.programmers.serprog import Serprog
from station.link.clock import SystemClock
from station.link.opening import open_link
from tests.station.link.peer import scripted_peer

CLOCK = SystemClock()
ALL = (0x00, 0x01, 0x02, 0x03, 0x04, 0x05, 0x07, 0x08, 0x0B, 0x0E, 0x0F, 0x10, 0x11, 0x12, 0x13, 0x15)
PARAMETERS = {0x0E: 4, 0x12: 1, 0x14: 4, 0x15: 1}


@dataclass
class Programmer:
    """Answers as its fields say; ``done`` is every whole command it received."""

    commands: tuple[int, ...] = ALL
    version: int = 1
    buses: int = 0x08
    buffer_bytes: int = 0xFFFF
    max_write: int = 260
    max_read: int = 4096
    swallow: int = 0
    refused: tuple[int, ...] = ()
    spi: Callable[[bytes, int], bytes] = lambda write, length: write[:1] * length
    done: list[bytes] = field(default_factory=list)
    rest: bytes = b""
    largest_burst: int = 0

    def reply(self, data: bytes) -> list[tuple[float, bytes]]:
        self.largest_burst = max(self.largest_burst, len(data))
        eaten = min(self.swallow, len(data))
        self.swallow -= eaten
        self.rest += data[eaten:]
        out = b""
        while (command := self._next()) is not None:
            self.done.append(command)
            out += b"\x15" if command[0] in self.refused else self._answer(command)
        return [(0.0, out)] if out else []

    def _next(self) -> bytes | None:
        if not self.rest:
            return None
        length = 1 + PARAMETERS.get(self.rest[0], 0)
        if self.rest[0] == 0x13:
            length = 7 + int.from_bytes(self.rest[1:4], "little")
        if len(self.rest) < length or (self.rest[0] == 0x13 and len(self.rest) < 7):
            return None
        command, self.rest = self.rest[:length], self.rest[length:]
        return command

    def _answer(self, command: bytes) -> bytes:
        if command[0] == 0x10:
            return b"\x15\x06"
        if command[0] == 0x13:
            return b"\x06" + self.spi(command[7:], int.from_bytes(command[4:7], "little"))
        answers = {
            0x01: self.version.to_bytes(2, "little"),
            0x02: sum(1 << number for number in self.commands).to_bytes(32, "little"),
            0x03: b"my programmer".ljust(16, b"\0"),
            0x04: self.buffer_bytes.to_bytes(2, "little"),
            0x05: bytes([self.buses]),
            0x08: (self.max_write & 0xFFFFFF).to_bytes(3, "little"),
            0x11: (self.max_read & 0xFFFFFF).to_bytes(3, "little"),
        }
        return b"\x06" + answers.get(command[0], b"")


@contextmanager
def opened(programmer: Programmer) -> Iterator[Serprog]:
    with scripted_peer(programmer.reply, is_text=False) as peer:
        link = open_link("prog", peer.address, CLOCK, 1.0)
        try:
            serprog = Serprog(link, CLOCK)
            serprog.begin()
            yield serprog
        finally:
            link.close()
