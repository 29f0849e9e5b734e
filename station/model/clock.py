"""Time as an argument."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Protocol


class Clock(Protocol):
    """Seconds that never run backwards, the time of day in UTC, and a bounded wait."""

    def now(self) -> float:
        """Monotonic seconds; only differences mean anything."""
        ...

    def utc(self) -> datetime:
        """The time of day, aware, in UTC."""
        ...

    def wait(self, seconds: float) -> None:
        """Return after at least ``seconds``; at once where it is zero or less."""
        ...


def wait_until(clock: Clock, is_met: Callable[[], bool], deadline: float, poll_s: float) -> bool:
    """Ask ``is_met`` every ``poll_s`` until it is true or ``clock.now()`` reaches ``deadline``; True if it was met."""
    while True:
        if is_met():
            return True
        remaining = deadline - clock.now()
        if remaining <= 0:
            return False
        clock.wait(min(poll_s, remaining))
