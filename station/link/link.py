"""The bytes between the station and one instrument: one owner at a time, absolute deadlines, and no late answers."""

from __future__ import annotations

import logging
import secrets
import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext

from station.link.challenge import Challenge
from station.link.channel import ByteChannel
from station.link.frames import Frame, FrameQueue, Take, Window
from station.link.state import LinkState
from station.link.wording import reason, shown
from station.model.clock import Clock
from station.model.errors import LinkError, LinkLost, LinkRefused, LinkTimeout

__all__ = ["Challenge", "Link", "LinkState"]

log = logging.getLogger(__name__)

MAX_LINE_BYTES = 1 << 16


class Link:
    """A link is SUSPECT from the moment it is opened until ``resync`` has succeeded.

    Any timeout, short answer, OSError or byte that nobody asked for makes it SUSPECT again. A SUSPECT link refuses
    every query, so that a late answer never becomes a measured value.
    """

    def __init__(
        self,
        name: str,
        open_channel: Callable[[float], ByteChannel],
        clock: Clock,
        draw: Callable[[int], int] = secrets.randbelow,
    ) -> None:
        """``open_channel`` gets the seconds it may take and raises OSError where the port cannot be opened.

        ``draw`` gives a whole number below another; whoever makes challenges takes them from here.
        """
        self.name = name
        self.draw = draw
        self._open_channel = open_channel
        self._clock = clock
        self.turn: AbstractContextManager[None] = nullcontext()
        self._lock = threading.RLock()
        self._state = LinkState.CLOSED
        self._channel: ByteChannel | None = None
        self._received = bytearray()
        self._is_fresh = False
        self._is_closing = False

    @property
    def state(self) -> LinkState:
        return self._state

    @contextmanager
    def hold(self) -> Iterator[None]:
        """Keep others out for several exchanges that belong together; with a ``turn``, other processes too."""
        with self._lock, self.turn:
            yield

    def open(self, timeout_s: float) -> None:
        """Open the port; raises LinkRefused where nobody listens or the port is taken."""
        with self._lock:
            self._drop_channel()
            try:
                self._channel = self._open_channel(timeout_s)
            except OSError as error:
                raise LinkRefused(self.name, f"cannot be opened: {reason(error)}") from None
            self._is_closing = False
            self._is_fresh = True
            self._state = LinkState.SUSPECT

    def close(self) -> None:
        """Close it; whoever waits for an answer in another thread gets LinkLost at once."""
        self.interrupt()
        with self._lock:
            self._drop_channel()

    def interrupt(self) -> None:
        """Whoever waits for an answer in another thread gets LinkLost at once; does not wait for him, as close does."""
        self._is_closing = True
        channel = self._channel
        if channel is not None:
            channel.wake()

    def distrust(self, problem: str) -> LinkRefused:
        """Make the link SUSPECT because of what was received; gives the error for the caller to raise."""
        if self._state is LinkState.OPEN:
            self._state = LinkState.SUSPECT
        return LinkRefused(self.name, problem)

    def command(self, message: bytes, timeout_s: float) -> None:
        """Send a message that has no answer."""
        with self._lock:
            self._require_open()
            self._send(message, self._clock.now() + timeout_s)

    def query_line(self, message: bytes, timeout_s: float) -> str:
        """Send ``message`` and give the one line it is answered with, without its CR and LF."""
        line = self.query_block(message, _line_length, timeout_s).rstrip(b"\r\n")
        try:
            return line.decode("ascii")
        except UnicodeDecodeError:
            raise self.distrust(f"answer {line!r} to {message!r} is not ASCII") from None

    def query_block(
        self, message: bytes, length_of: Callable[[bytes | bytearray], int | None], timeout_s: float
    ) -> bytes:
        """Send ``message`` and give its whole answer, of any bytes.

        ``length_of`` is given what has arrived and says how long the answer is, None while that cannot be known.
        """
        with self._lock:
            self._require_open()
            deadline = self._clock.now() + timeout_s
            self._send(message, deadline)
            while (length := length_of(self._received)) is None or length > len(self._received):
                if length is None and len(self._received) > MAX_LINE_BYTES:
                    raise self.distrust(
                        f"more than {MAX_LINE_BYTES} bytes without an end in answer to {shown(message)}"
                    )
                self._receive(deadline, message)
            if length != len(self._received):
                raise self.distrust(f"{len(self._received) - length} bytes more than the answer to {shown(message)}")
            block = bytes(self._received)
            self._received.clear()
            return block

    def hear(self, timeout_s: float) -> bytes:
        """At least one byte of a peer that talks without being asked; raises LinkTimeout where it is silent.

        For talkers only (station.link.talker): it proves nothing, so that a SUSPECT link stays what it is.
        """
        with self._lock:
            deadline, arrived = self._clock.now() + timeout_s, b""
            while not arrived:
                _, arrived = self._move(b"", deadline, "nothing")
            return arrived

    def drain(self) -> bool:
        """Throw away what a talker has said until now; whether there was anything."""
        try:
            return bool(self.hear(0.0))
        except LinkTimeout:
            return False

    def exchange_frames(self, frames: Sequence[Frame], window: Window) -> list[bytes]:
        """Send ``frames`` ahead; gives their answers in order, up to a refused one (the byte ``window.refuse``)."""
        answers: list[bytes] = []
        self.flow_frames(frames, window, answers.append)
        return answers

    def flow_frames(self, frames: Iterable[Frame], window: Window, take: Take) -> None:
        """As ``exchange_frames``, each frame drawn when there is room for it.

        Where ``take`` or the frames raise, nothing more is sent and what is under way is waited for: the link is sound.
        """
        with self._lock:
            self._require_open()
            queue = FrameQueue(frames, window, take)
            try:
                self._carry(queue)
            finally:
                if self._state is LinkState.OPEN and not queue.is_done():
                    queue.stop()
                    self._cut(queue)
                    self._carry(queue)
                if self._received or not queue.is_all_answered():
                    self.distrust("answers are still under way")

    def _carry(self, queue: FrameQueue) -> None:
        """Move frames out and answers in until the queue is done."""
        deadline, is_next_due = 0.0, True
        while queue.refill():
            if is_next_due:
                deadline = self._clock.now() + queue.allowance_s()
            taken, arrived = self._move(queue.out, deadline, f"frame {queue.answered + 1}")
            queue.out = queue.out[taken:]
            self._received += arrived
            is_next_due = bool(arrived) and self._cut(queue)

    def _cut(self, queue: FrameQueue) -> bool:
        try:
            return queue.take(self._received)
        except ValueError as error:
            raise self.distrust(str(error)) from None

    def resync(self, first: Sequence[Challenge], then: Challenge, timeout_s: float, pause_s: float = 0.0) -> None:
        """Prove that the peer answers what was asked last; only this makes a SUSPECT link OPEN.

        The port is reopened unless it is fresh. Everything before the answer to one of ``first`` (each is tried in
        turn) is thrown away; ``then``, sent ``pause_s`` later, must be answered exactly, so that a peer that lags by
        one is found out.
        """
        with self._lock:
            deadline = self._clock.now() + timeout_s
            if not self._is_fresh:
                self.open(timeout_s)
            self._is_fresh = False
            self._state = LinkState.SUSPECT
            self._first_answer(first, deadline)
            self._received.clear()
            if pause_s:
                self._clock.wait(pause_s)
            for message in then.messages:
                self._send(message, deadline)
            while not then.is_all_of(self._received):
                if len(self._received) > MAX_LINE_BYTES:
                    raise LinkRefused(self.name, "talks without being asked")
                self._receive(deadline, then.messages[-1])
            self._received.clear()
            self._state = LinkState.OPEN

    def _first_answer(self, challenges: Sequence[Challenge], deadline: float) -> None:
        share_s = (deadline - self._clock.now()) / (len(challenges) + 1)
        for index, challenge in enumerate(challenges):
            is_last = index == len(challenges) - 1
            until = deadline if is_last else self._clock.now() + share_s
            try:
                for message in challenge.messages:
                    self._send(message, until, is_silence_needed=False)
                while not challenge.is_end_of(self._received):
                    if len(self._received) > 16 * MAX_LINE_BYTES:
                        raise LinkRefused(self.name, "talks without being asked")
                    self._receive(until, challenge.messages[-1])
                return
            except LinkTimeout:
                if is_last:
                    raise

    def _send(self, message: bytes, deadline: float, is_silence_needed: bool = True) -> None:
        """Send all of ``message``; whatever arrives before it is out was not asked for."""
        out = memoryview(message)
        while out:
            taken, arrived = self._move(out, deadline, message)
            out = out[taken:]
            self._received += arrived
        if is_silence_needed and self._received:
            raise self.distrust(f"{len(self._received)} bytes that nobody asked for before {shown(message)}")

    def _receive(self, deadline: float, asked: bytes) -> None:
        _, arrived = self._move(b"", deadline, asked)
        self._received += arrived

    def _move(self, out: bytes | memoryview, deadline: float, asked: bytes | str) -> tuple[int, bytes]:
        """One step of moving bytes both ways before ``deadline``; every trouble makes the link SUSPECT."""
        if self._channel is None or self._is_closing:
            raise self._broken(LinkLost(self.name, "was closed"))
        remaining = deadline - self._clock.now()
        try:
            taken, arrived = self._channel.exchange(out, remaining)
        except (EOFError, OSError) as error:
            problem = "was closed" if self._is_closing else f"{reason(error)} (during {shown(asked)})"
            raise self._broken(LinkLost(self.name, problem)) from None
        if log.isEnabledFor(logging.DEBUG):
            self._log_bytes(bytes(out[:taken]), arrived)
        if not taken and not arrived:
            if self._is_closing:
                raise self._broken(LinkLost(self.name, "was closed"))
            if self._clock.now() >= deadline:
                verb = "took no more bytes of" if out else f"gave {len(self._received)} bytes, no complete answer to"
                raise self._broken(LinkTimeout(self.name, f"{verb} {shown(asked)} in time"))
        return taken, arrived

    def _log_bytes(self, taken: bytes, arrived: bytes) -> None:
        if arrived:
            log.debug("%s < %r", self.name, arrived)
        if taken:
            log.debug("%s > %r", self.name, taken)

    def _broken(self, error: LinkError) -> LinkError:
        if self._state is LinkState.OPEN:
            self._state = LinkState.SUSPECT
            log.warning("%s is suspect: %s", self.name, error.problem)
        return error

    def _require_open(self) -> None:
        if self._state is not LinkState.OPEN:
            raise LinkRefused(self.name, f"is {self._state.value}: it must be resynchronised first")

    def _drop_channel(self) -> None:
        channel, self._channel = self._channel, None
        self._received.clear()
        self._state = LinkState.CLOSED
        if channel is not None:
            channel.close()


def _line_length(received: bytes | bytearray) -> int | None:
    return received.find(b"\n") + 1 or None
