"""Events as JSON lines on stdout, commands as JSON lines from stdin."""

from __future__ import annotations

import logging
from collections.abc import Sequence

import msgspec

from station.playing.burn_entries import BurnTold
from station.playing.events import Command, Lines, RunEvent, decode_command
from station.system import read_some, write_all

logger = logging.getLogger(__name__)

STDIN, STDOUT = 0, 1


class JsonLines:
    """A Watcher of runs and a BurnWatcher; where nobody reads or writes any more, the run goes on without them."""

    def __init__(self) -> None:
        self._lines = Lines()
        self._is_heard = True
        self._is_told = True

    def hear(self, event: RunEvent) -> None:
        """Write an event of a run at once."""
        self._write(event)

    def tell(self, event: BurnTold) -> None:
        """Write an event of a burn at once."""
        self._write(event)

    def _write(self, event: msgspec.Struct) -> None:
        if self._is_heard:
            self._is_heard = write_all(STDOUT, msgspec.json.encode(event) + b"\n")

    def fileno(self) -> int | None:
        """Stdin, until it ends."""
        return STDIN if self._is_told else None

    def commands(self) -> Sequence[Command]:
        """The commands on stdin; a line that is none is told of and left out."""
        chunk = read_some(STDIN)
        self._is_told = bool(chunk)
        commands = []
        for line in self._lines.take(chunk):
            command = decode_command(line)
            if command is None:
                logger.warning("not a command: %.200r", line)
            else:
                commands.append(command)
        return commands
