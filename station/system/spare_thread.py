"""A thread that waits for what it is to do: to start one keeps whoever starts it for a third of a millisecond."""

from __future__ import annotations

import threading
from collections.abc import Callable
from queue import SimpleQueue
from types import TracebackType


class SpareThread:
    """Does one thing after the other, and is in nobody's way when the process ends.

    Not for a process that forks afterwards: the new one would not have it.
    """

    def __init__(self, name: str) -> None:
        self._asked: SimpleQueue[Callable[[], None] | None] = SimpleQueue()
        self._thread = threading.Thread(target=self._work, name=name, daemon=True)
        self._thread.start()

    def __enter__(self) -> SpareThread:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """``end``."""
        self.end()

    def do(self, work: Callable[[], None]) -> None:
        """Have ``work`` done when what was asked for before is done; what it raises ends the thread."""
        self._asked.put(work)

    def end(self) -> None:
        """Return when everything that was asked for is done and the thread has ended."""
        self._asked.put(None)
        self._thread.join()

    def _work(self) -> None:
        while (work := self._asked.get()) is not None:
            work()
