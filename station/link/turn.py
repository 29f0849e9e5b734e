"""Turns at a shared instrument: what belongs together in one exchange is not torn apart by another process."""

from __future__ import annotations

from pathlib import Path
from types import TracebackType

from station.link.file_lock import FileLock
from station.model.clock import Clock, wait_until

POLL_S = 0.002


class Turn:
    """Held while one group of messages is exchanged; as a context it may be entered again by whoever has it.

    A lease lasts for a step, a turn for milliseconds: a slot's make-safe, which cannot wait for another slot's step,
    goes between two of its exchanges. One lock is the turn; the other one is held by whoever is next, so that nobody
    who comes again and again is always the first.
    """

    def __init__(self, place: Path, clock: Clock, longest_s: float | None) -> None:
        """None: wait as long as it takes; otherwise go on without after ``longest_s``."""
        self._next = FileLock.on(place / "next")
        self._turn = FileLock.on(place / "turn")
        self._clock = clock
        self._longest_s = longest_s
        self._depth = 0
        self._has_it = False

    def __enter__(self) -> None:
        if self._depth == 0:
            self._take()
        self._depth += 1

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._depth -= 1
        if self._depth == 0 and self._has_it:
            self._turn.let_go()

    def close(self) -> None:
        """There are no turns after this."""
        self._next.close()
        self._turn.close()

    def _take(self) -> None:
        if self._longest_s is None:
            self._next.take()
            self._turn.take()
            self._has_it = True
        else:
            deadline = self._clock.now() + self._longest_s
            is_next = wait_until(self._clock, self._next.try_take, deadline, POLL_S)
            self._has_it = is_next and wait_until(self._clock, self._turn.try_take, deadline, POLL_S)
        self._next.let_go()
