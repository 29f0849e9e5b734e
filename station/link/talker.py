"""A peer that talks without being asked: a scanner, a scale, a receiver, a stream of samples or pictures."""

from __future__ import annotations

from station.link.link import MAX_LINE_BYTES, Link
from station.model.clock import Clock
from station.model.errors import LinkRefused

MAX_HELD_BYTES = 1 << 26
"""More than this waiting unread is nobody's message."""


class Talker:
    """Cuts what ``link`` hears into lines or blocks; what came before ``forget`` is never given out.

    A talker cannot be asked, so nothing proves an answer: its messages must carry their own proof (a checksum, a
    header, a length), and whoever wants a value of now calls ``forget`` and takes the next whole message.
    """

    def __init__(self, link: Link, clock: Clock) -> None:
        self._link = link
        self._clock = clock
        self._held = bytearray()

    @property
    def name(self) -> str:
        """The bench file's name of the peer."""
        return self._link.name

    def forget(self) -> None:
        """Drop everything that has arrived until now, the beginning of an unfinished message included."""
        self._held.clear()
        for _ in range(MAX_HELD_BYTES >> 16):
            if not self._link.drain():
                return
        raise LinkRefused(self.name, "talks faster than it can be heard")

    def line(self, timeout_s: float) -> bytes:
        """The next line without its CR and LF; raises LinkTimeout where none is complete in time."""
        deadline = self._clock.now() + timeout_s
        while (end := self._held.find(b"\n")) < 0:
            if len(self._held) > MAX_LINE_BYTES:
                raise LinkRefused(self.name, f"a line of more than {MAX_LINE_BYTES} bytes")
            self._held += self._link.hear(max(deadline - self._clock.now(), 0.0))
        return self._cut(end + 1).rstrip(b"\r\n")

    def block(self, length: int, timeout_s: float) -> bytes:
        """The next ``length`` bytes; raises LinkTimeout where they are not complete in time."""
        deadline = self._clock.now() + timeout_s
        while len(self._held) < length:
            self._held += self._link.hear(max(deadline - self._clock.now(), 0.0))
        return self._cut(length)

    def _cut(self, length: int) -> bytes:
        taken = bytes(self._held[:length])
        del self._held[:length]
        return taken
