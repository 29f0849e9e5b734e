"""Listens to a run on its way to whoever watches it, and keeps what a study needs of it."""

from __future__ import annotations

from collections.abc import Sequence

from station.playing.events import Command, RunEvent, Watcher
from station.runner.entries import Measured


class Listener:
    """A station.playing.events.Watcher before another one; for one run."""

    def __init__(self, watcher: Watcher) -> None:
        self._watcher = watcher
        self.events: list[RunEvent] = []

    def hear(self, event: RunEvent) -> None:
        """Keep ``event`` and pass it on."""
        self.events.append(event)
        self._watcher.hear(event)

    def fileno(self) -> int | None:
        """The watcher's."""
        return self._watcher.fileno()

    def commands(self) -> Sequence[Command]:
        """The watcher's."""
        return self._watcher.commands()

    def numbers(self) -> dict[str, float]:
        """The measured numbers; a value that was none, a text or a statement is not among them."""
        return {
            event.name: event.value
            for event in self.events
            if isinstance(event, Measured) and isinstance(event.value, float)
        }
