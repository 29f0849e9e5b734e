"""A peer that talks without being asked: a scanner, a scale, a receiver, a stream of samples or pictures."""

from __future__ import annotations

from station.link.link import MAX_LINE_BYTES, Link
from station.model.clock import Clock
from station.model.errors import LinkLost, LinkRefused, LinkTimeout

MAX_HELD_BYTES = 1 << 26
"""More than this waiting unread is nobody's message."""


class Talker:
    """Cuts what ``link`` hears into lines or blocks; what came before ``forget`` is never given out.

    A talker cannot be asked, so nothing proves an answer: its messages must carry their own proof (a checksum, a
    header, a length), and whoever wants a value of now calls ``forget`` and takes the next whole message. A message
    that the loss of the link has cut is dropped: its rest would be the beginning of another one.
    """

    def __init__(self, link: Link, clock: Clock) -> None:
        self._link = link
        self._clock = clock
        self._held = bytearray()

    @property
    def name(self) -> str:
        """The bench file's name of the peer."""
        return self._link.name

    def forget(self) -> bool:
        """Drop everything that has arrived until now; whether there was any: then a message may be unfinished."""
        with self._link.hold():
            has_dropped = bool(self._held)
            self._held.clear()
            for _ in range(MAX_HELD_BYTES >> 16):
                if not self._link.drain():
                    return has_dropped
                has_dropped = True
            raise LinkRefused(self.name, "talks faster than it can be heard")

    def line(self, timeout_s: float, ends: bytes = b"\n") -> bytes:
        """The next line without its CR and LF; raises LinkTimeout where none is complete in time.

        It ends with the first byte that is one of ``ends``; what was heard of it stays for the next call.
        """
        with self._link.hold():
            deadline = self._clock.now() + timeout_s
            while not (length := _line_length(self._held, ends)):
                if len(self._held) > MAX_LINE_BYTES:
                    self._held.clear()
                    raise LinkRefused(self.name, f"a line of more than {MAX_LINE_BYTES} bytes")
                self._hear(deadline)
            return self._cut(length).rstrip(b"\r\n")

    def rest(self, silence_s: float, timeout_s: float) -> bytes:
        """All that comes until nothing has come for ``silence_s``; raises LinkRefused where that is not in time."""
        with self._link.hold():
            deadline = self._clock.now() + timeout_s
            try:
                while (now := self._clock.now()) < deadline and len(self._held) <= MAX_LINE_BYTES:
                    self._hear(now + silence_s)
            except LinkTimeout:
                return self._cut(len(self._held))
            self._held.clear()
            raise LinkRefused(self.name, f"talks without a pause of {silence_s:g} s")

    def block(self, length: int, timeout_s: float) -> bytes:
        """The next ``length`` bytes; raises LinkTimeout where they are not complete in time."""
        with self._link.hold():
            deadline = self._clock.now() + timeout_s
            while len(self._held) < length:
                self._hear(deadline)
            return self._cut(length)

    def _hear(self, deadline: float) -> None:
        """A talker that never pauses has always said something: what comes after the deadline is late nevertheless."""
        is_first = not self._held
        remaining_s = deadline - self._clock.now()
        if remaining_s < 0 and not is_first:
            raise LinkTimeout(self.name, f"gave {len(self._held)} bytes, no whole message in time")
        try:
            self._held += self._link.hear(max(remaining_s, 0.0))
        except LinkLost:
            self._held.clear()
            raise

    def _cut(self, length: int) -> bytes:
        taken = bytes(self._held[:length])
        del self._held[:length]
        return taken


def _line_length(held: bytearray, ends: bytes) -> int:
    """With its end; 0 where there is none yet."""
    return min((place + 1 for end in ends if (place := held.find(end)) >= 0), default=0)
