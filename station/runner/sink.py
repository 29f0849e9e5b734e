"""Where the entries of a run go."""

from __future__ import annotations

from typing import Protocol

from station.runner.entries import Entry


class EntrySink(Protocol):
    """Takes entries from several threads; ``is_durable`` returns only when they are on the disk."""

    def write(self, entry: Entry, is_durable: bool = False) -> None: ...
