"""The time of a replay: it is when the recording says it is, and waiting takes no time."""

from __future__ import annotations

import threading
from datetime import datetime, timedelta


class JumpingClock:
    """A station.model.clock.Clock that several replays of one recording move on; never back.

    ``problems`` are the places where what was played departed from what was recorded, with file and line.
    """

    def __init__(self, began_at: datetime) -> None:
        """``began_at`` is the time of day when the recording was begun."""
        self._began_at = began_at
        self._lock = threading.Lock()
        self._origin_s: float | None = None
        self._now_s = 0.0
        self.problems: list[str] = []

    def now(self) -> float:
        """Seconds as the recording counts them."""
        with self._lock:
            return self._now_s

    def utc(self) -> datetime:
        """The time of day, as far as the recording has come."""
        with self._lock:
            passed_s = 0.0 if self._origin_s is None else self._now_s - self._origin_s
            return self._began_at + timedelta(seconds=passed_s)

    def wait(self, seconds: float) -> None:
        """Be so much later at once."""
        with self._lock:
            self._now_s += max(seconds, 0.0)

    def reach(self, second: float) -> None:
        """It is at least ``second``."""
        with self._lock:
            if self._origin_s is None:
                self._origin_s = self._now_s = second
            self._now_s = max(self._now_s, second)

    def note(self, problem: str) -> None:
        """Keep ``problem``, once."""
        with self._lock:
            if problem not in self.problems:
                self.problems.append(problem)
