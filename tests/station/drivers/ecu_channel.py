"""A CAN channel with a control unit behind it and no bus between: silence takes no time.

The clock moves only by what is waited for.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from datetime import UTC, datetime

from station.link.can import CanLink
from station.link.can_channel import Repetition

Hear = Callable[[bytes], list[bytes]]


class PatientClock:
    """A station.model.clock.Clock."""

    def __init__(self) -> None:
        self.seconds = 0.0

    def now(self) -> float:
        return self.seconds

    def utc(self) -> datetime:
        return datetime(2026, 11, 26, tzinfo=UTC)

    def wait(self, seconds: float) -> None:
        self.seconds += max(seconds, 0.0)


class EcuChannel:
    """A station.link.can_channel.CanChannel; ``hear`` is given each frame and gives those that answer it."""

    def __init__(self, hear: Hear, clock: PatientClock) -> None:
        self.sent: list[bytes] = []
        self._hear = hear
        self._clock = clock
        self._arrived: deque[bytes] = deque()

    def send(self, data: bytes, timeout_s: float) -> bool:
        self.sent.append(data)
        self._arrived += self._hear(data)
        return True

    def receive(self, timeout_s: float) -> bytes | None:
        if self._arrived:
            return self._arrived.popleft()
        self._clock.wait(timeout_s)
        return None

    def forget(self, longest: int) -> int:
        count = len(self._arrived)
        self._arrived.clear()
        return count

    def repeat(self, data: bytes, period_s: float) -> Repetition:
        raise OSError("this channel repeats nothing")

    def wake(self) -> None:
        return

    def close(self) -> None:
        self._arrived.clear()


def link_to(channel: EcuChannel, clock: PatientClock) -> CanLink:
    """An opened link over ``channel``."""
    link = CanLink("diagnostics", lambda _: channel, clock)
    link.open(1.0)
    return link
