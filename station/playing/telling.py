"""Tells a watcher what happens, on a thread of its own: however slow he is, deadlines hold and outputs go off."""

from __future__ import annotations

import logging
import threading
from collections.abc import Sequence
from queue import SimpleQueue
from types import TracebackType

from station.playing.events import Command, RunEvent, Watcher
from station.system import StopSignals

logger = logging.getLogger(__name__)

LOOK_EVERY_S = 0.2


class Telling:
    """A station.playing.events.Watcher before another one; as a context it ends when all was told.

    The thread starts with the first event, or when it is told to, so that a process can be forked before it.
    """

    def __init__(self, watcher: Watcher, signals: StopSignals) -> None:
        self._watcher = watcher
        self._signals = signals
        self._events: SimpleQueue[RunEvent | threading.Event | None] = SimpleQueue()
        self._thread: threading.Thread | None = None

    def __enter__(self) -> Telling:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Wait until the watcher has heard everything, or until a signal says not to.

        A signal that came when the run could no longer be stopped says so too; one that stopped the run does not.
        """
        if self._thread is None:
            return
        self._events.put(None)
        self._thread.join(LOOK_EVERY_S)
        while self._thread.is_alive() and not self._signals.is_waiting:
            self._thread.join(LOOK_EVERY_S)

    def start(self) -> None:
        """Have the thread wait for the first event."""
        if self._thread is None:
            self._thread = threading.Thread(target=self._tell, name="telling", daemon=True)
            self._thread.start()

    def hear(self, event: RunEvent) -> None:
        """Have ``event`` told; returns at once."""
        self.start()
        self._events.put(event)

    def let_tell(self) -> None:
        """Do nothing else until everything was told, for LOOK_EVERY_S at most."""
        if self._thread is not None:
            is_told = threading.Event()
            self._events.put(is_told)
            is_told.wait(LOOK_EVERY_S)

    def fileno(self) -> int | None:
        """The watcher's."""
        return self._watcher.fileno()

    def commands(self) -> Sequence[Command]:
        """The watcher's."""
        return self._watcher.commands()

    def _tell(self) -> None:
        is_heard = True
        while (event := self._events.get()) is not None:
            if isinstance(event, threading.Event):
                event.set()
            elif is_heard:
                is_heard = self._told(event)

    def _told(self, event: RunEvent) -> bool:
        """False where nobody can be told any more."""
        try:
            self._watcher.hear(event)
        except OSError as error:
            logger.warning("nobody can be told of the run any more: %s", error)
            return False
        return True
