"""Binary requests sent ahead of their answers: which may go out, and which answers have come in."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec


class Frame(msgspec.Struct, frozen=True):
    """A binary request; the whole answer has ``answer_length`` bytes, ``allowance_s`` after the one before it.

    Where ``count_at`` is not 0, the answer's byte at that place says how many bytes it has more.
    """

    out: bytes
    answer_length: int
    allowance_s: float
    count_at: int = 0

    def length_of(self, answer: bytes) -> int:
        """The length of the whole answer that begins as ``answer``, as far as that is known yet."""
        more = answer[self.count_at] if 0 < self.count_at < len(answer) else 0
        return self.answer_length + more


class Window(msgspec.Struct, frozen=True):
    """At most ``size_bytes`` are sent and not yet answered; answers start with ``accept``, or are just ``refuse``.

    Without ``accept`` an answer is only so many bytes, and nothing is refused.
    """

    size_bytes: int
    accept: int | None = None
    refuse: int | None = None


class FrameQueue:
    """The bookkeeping of one pipelined exchange, without any I/O."""

    def __init__(self, frames: Sequence[Frame], window: Window) -> None:
        self._frames = frames
        self._window = window
        self._sent = 0
        self._in_flight_bytes = 0
        self.answers: list[bytes] = []
        self.is_refused = False

    def is_done(self) -> bool:
        return self.is_refused or len(self.answers) == len(self._frames)

    def is_all_answered(self) -> bool:
        """Whether every frame that was sent has its answer."""
        return len(self.answers) == self._sent

    def allowance_s(self) -> float:
        """Seconds the answer that is due next may take."""
        return self._frames[len(self.answers)].allowance_s

    def next_out(self) -> bytes:
        """What may be sent: as many frames as fit the window, one frame where nothing is in flight."""
        batch = bytearray()
        while self._sent < len(self._frames):
            out = self._frames[self._sent].out
            if self._in_flight_bytes and self._in_flight_bytes + len(out) > self._window.size_bytes:
                break
            batch += out
            self._in_flight_bytes += len(out)
            self._sent += 1
        return bytes(batch)

    def take(self, received: bytearray) -> bool:
        """Cut whole answers off ``received``; True if there was one. Raises ValueError for bytes that fit nowhere."""
        stream, offset, before = bytes(received), 0, len(self.answers)
        while offset < len(stream) and not self.is_refused:
            if self.is_all_answered():
                raise ValueError(f"{len(stream) - offset} bytes more than the answers asked for")
            frame, head = self._frames[len(self.answers)], stream[offset]
            if self._window.accept is not None:
                if head not in (self._window.accept, self._window.refuse):
                    raise ValueError(f"byte 0x{head:02X} where an answer should start")
                self.is_refused = head == self._window.refuse
            length = 1 if self.is_refused else frame.length_of(stream[offset:])
            if offset + length > len(stream):
                break
            self.answers.append(stream[offset : offset + length])
            self._in_flight_bytes -= len(frame.out)
            offset += length
        del received[:offset]
        return len(self.answers) > before
