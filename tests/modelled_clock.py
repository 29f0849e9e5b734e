"""A station's clock that the world shares: waiting takes no time, and the world lives through it."""

from __future__ import annotations

import threading
import time
from datetime import UTC, datetime, timedelta

from tests.conftest import Bench


class ModelledClock:
    """A station.model.clock.Clock; what really passes (answers on the wire) passes as well."""

    def __init__(self, bench: Bench) -> None:
        self._bench = bench
        self._lock = threading.Lock()
        self._ahead_s = 0.0

    def now(self) -> float:
        return time.monotonic() + self._ahead_s

    def utc(self) -> datetime:
        return datetime.now(UTC) + timedelta(seconds=self._ahead_s)

    def wait(self, seconds: float) -> None:
        with self._lock:
            self._bench.control("advance", seconds=max(seconds, 0.0))
            self._ahead_s += max(seconds, 0.0)
