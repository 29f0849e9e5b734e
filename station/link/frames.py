"""Binary requests sent ahead of their answers: which may go out, and which answers have come in."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable

import msgspec

SMALLEST_REFILL_BYTES = 1 << 10
"""In a large window so much room is waited for, so that a wire is not fed frame by frame; a small one has a quarter."""

Take = Callable[[bytes], None]
"""Gets each answer; may raise, then nothing more is sent."""


class Frame(msgspec.Struct, frozen=True):
    """A binary request; the whole answer has ``answer_length`` bytes, ``allowance_s`` after the one before it.

    Where ``count_at`` is not 0, the answer's byte at that place says how many bytes it has more.
    """

    out: bytes
    answer_length: int
    allowance_s: float
    count_at: int = 0

    def length_of(self, answer: bytes | memoryview) -> int:
        """The length of the whole answer that begins as ``answer``, as far as that is known yet."""
        more = answer[self.count_at] if 0 < self.count_at < len(answer) else 0
        return self.answer_length + more


class Window(msgspec.Struct, frozen=True):
    """At most ``size_bytes`` are sent and not yet answered; answers start with ``accept``, or are just ``refuse``.

    No more is asked for than ``answer_bytes``, because whoever stops waits for what is under way; one frame always may.
    Without ``accept`` an answer is only so many bytes, and nothing is refused.
    """

    size_bytes: int
    accept: int | None = None
    refuse: int | None = None
    answer_bytes: int = 1 << 32
    is_joined: bool = True
    """Frames that may go out together are one write; False: the peer sees where each ends."""


class FrameQueue:
    """The bookkeeping of one pipelined exchange, without any I/O; frames are drawn when there is room for them."""

    def __init__(self, frames: Iterable[Frame], window: Window, take: Take) -> None:
        self._frames = iter(frames)
        self._window = window
        self._take = take
        self._next: Frame | None = None
        self._is_drawn = False
        self._under_way: deque[Frame] = deque()
        self._in_flight_bytes = self._asked_bytes = 0
        self._refill_bytes = min(window.size_bytes // 4, SMALLEST_REFILL_BYTES)
        self.answered = 0
        self.is_refused = False
        self.out = memoryview(b"")
        """What is drawn and not sent yet; whoever sends of it shortens it."""

    def is_done(self) -> bool:
        return self.is_refused or (self._is_drawn and not self._under_way)

    def is_all_answered(self) -> bool:
        """Whether every frame that was sent has its answer."""
        return not self._under_way

    def allowance_s(self) -> float:
        """Seconds the answer that is due next may take."""
        return self._under_way[0].allowance_s if self._under_way else 0.0

    def stop(self) -> None:
        """Draw no more frames, and drop the answers that are under way."""
        self._frames, self._next, self._is_drawn = iter(()), None, True
        self._take = _drop

    def refill(self) -> bool:
        """Draw as many frames as fit the window, one where nothing is in flight; False once all is done.

        What is to be sent is ``out``. Where drawing raises, the frames before it are in ``out`` all the same.
        """
        room = self._window.size_bytes - self._in_flight_bytes
        if not self.out and not (self._in_flight_bytes and room < self._refill_bytes):
            outs: list[bytes] = []
            try:
                self._draw(outs, room)
            finally:
                self.out = memoryview(b"".join(outs))
        return not self.is_done()

    def _draw(self, outs: list[bytes], room: int) -> None:
        while not self._is_drawn:
            if self._next is None:
                self._next = next(self._frames, None)
                self._is_drawn = self._next is None
            frame = self._next
            if frame is None or (self._under_way and not self._fits(frame, room)):
                return
            outs.append(frame.out)
            room -= len(frame.out)
            self._in_flight_bytes += len(frame.out)
            self._asked_bytes += frame.answer_length
            self._under_way.append(frame)
            self._next = None
            if not self._window.is_joined:
                return

    def _fits(self, frame: Frame, room: int) -> bool:
        return len(frame.out) <= room and self._asked_bytes + frame.answer_length <= self._window.answer_bytes

    def take(self, received: bytearray) -> bool:
        """Cut whole answers off ``received``; True if there was one. Raises ValueError for bytes that fit nowhere."""
        cut, before = 0, self.answered
        try:
            while cut < len(received) and not self.is_refused:
                if not self._under_way:
                    raise ValueError(f"{len(received) - cut} bytes more than the answers asked for")
                frame = self._under_way[0]
                length = self._answer_length(frame, received, cut)
                if cut + length > len(received):
                    break
                answer = bytes(received[cut : cut + length])
                cut += length
                self._under_way.popleft()
                self._in_flight_bytes -= len(frame.out)
                self._asked_bytes -= frame.answer_length
                self.answered += 1
                self.is_refused = self._window.accept is not None and answer[0] != self._window.accept
                self._take(answer)
        finally:
            del received[:cut]
        return self.answered > before

    def _answer_length(self, frame: Frame, received: bytearray, at: int) -> int:
        accept, head = self._window.accept, received[at]
        if accept is not None and head != accept:
            if head != self._window.refuse:
                raise ValueError(f"byte 0x{head:02X} where an answer should start")
            return 1
        if not frame.count_at:
            return frame.answer_length
        return frame.length_of(bytes(received[at : at + frame.count_at + 1]))


def _drop(_answer: bytes) -> None:
    """Nobody wants it any more."""
