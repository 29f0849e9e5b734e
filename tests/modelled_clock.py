"""A station's clock that the world shares: waiting takes no time, and the world lives through it."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

from tests.conftest import Bench


class ModelledClock:
    """A station.model.clock.Clock; what really passes (answers on the wire) passes as well."""

    def __init__(self, bench: Bench) -> None:
        self._bench = bench
        self._lock = threading.RLock()
        self._ahead_s = 0.0
        self._due: list[tuple[float, Callable[[], object]]] = []

    def now(self) -> float:
        return time.monotonic() + self._ahead_s

    def utc(self) -> datetime:
        return datetime.now(UTC) + timedelta(seconds=self._ahead_s)

    @contextmanager
    def standing_still(self) -> Iterator[None]:
        """Nobody's waiting goes on meanwhile: an answer that is awaited would be late by all of it."""
        with self._lock:
            yield

    def later(self, seconds: float, act: Callable[[], object]) -> None:
        """Somebody else does ``act`` after that time, while the station waits."""
        with self._lock:
            self._due.append((self.now() + seconds, act))

    def wait(self, seconds: float) -> None:
        with self._lock:
            left_s, until = max(seconds, 0.0), self.now() + max(seconds, 0.0)
            for at, act in sorted((due for due in self._due if due[0] <= until), key=lambda due: due[0]):
                self._due.remove((at, act))
                first_s = min(max(at - self.now(), 0.0), left_s)
                self._advance(first_s)
                left_s -= first_s
                act()
            self._advance(left_s)

    def _advance(self, seconds: float) -> None:
        self._bench.control("advance", seconds=seconds)
        self._ahead_s += seconds
