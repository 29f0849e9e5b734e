"""What the server has to say, kept on this disk as soon as it is said: holds, released plans, routes, people."""

from __future__ import annotations

import threading
from collections.abc import Callable

from station.model.clock import Clock
from station.model.errors import ConfigError, ServerError, StorageError
from station.outbox.courier import Courier
from station.outbox.state_cache import StateCache

WAIT_S = 20.0
"""So long may the server keep the answer back until there is news; then the station asks anew."""


class News(threading.Thread):
    """A thread of its own with a connection of its own, because it waits at the server.

    A server that answers at once though nothing has changed, or not at all, is asked again after ``ask_every_s``.
    ``problem`` is what was wrong the last time, ``has_answered`` whether the server ever did.
    """

    def __init__(self, connect: Callable[[], Courier], cache: StateCache, clock: Clock, ask_every_s: float) -> None:
        """``connect`` is called again after each problem, and may raise ConfigError for a token that is not there."""
        super().__init__(name="news", daemon=True)
        self._connect = connect
        self._cache = cache
        self._clock = clock
        self._ask_every_s = ask_every_s
        self._stopping = threading.Event()
        self.problem = ""
        self.has_answered = False

    def stop(self) -> None:
        """Ask no more; an answer that is waited for is still taken."""
        self._stopping.set()

    def run(self) -> None:
        """Ask until stopped."""
        while not self._stopping.is_set():
            try:
                with self._connect() as courier:
                    while not self._stopping.is_set():
                        self._ask(courier)
            except (ConfigError, ServerError, StorageError) as error:
                self.problem = str(error)
                self._stopping.wait(self._ask_every_s)

    def _ask(self, courier: Courier) -> None:
        asked_at, known = self._clock.now(), self._cache.version()
        refresh(courier, self._cache, self._clock, WAIT_S)
        self.problem, self.has_answered = "", True
        if self._cache.version() == known:
            self._stopping.wait(max(asked_at + self._ask_every_s - self._clock.now(), 0.0))


def refresh(courier: Courier, cache: StateCache, clock: Clock, wait_s: float = 0.0) -> None:
    """Ask the server once and keep what is new. Raises ServerError, StorageError."""
    snapshot = courier.fetch_state(cache.known_at(clock.utc()), wait_s)
    if snapshot is not None:
        cache.store(snapshot)
