"""What is to be burned where, and who is told of it and may stop it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Protocol

import msgspec

from station.config.bench_file import BenchFile
from station.config.settings import Settings
from station.ic_programmer.job import BurnJob
from station.model.clock import Clock
from station.playing.burn_entries import BurnStarted, BurnTold
from station.playing.events import Command


class BurnWatcher(Protocol):
    """Who is told of a burn, and may stop it."""

    def tell(self, event: BurnTold) -> None: ...

    def fileno(self) -> int | None: ...

    def commands(self) -> Sequence[Command]: ...


class BurnBooks(Protocol):
    """Where a burn is kept, and how it began; of an IC or of a card."""

    @property
    def settings(self) -> Settings: ...

    @property
    def start(self) -> BurnStarted: ...

    @property
    def clock(self) -> Clock: ...

    @property
    def journals(self) -> Path: ...


class BurnOrder(msgspec.Struct, frozen=True):
    """A burn that may begin: everything was checked that can be checked without the programmer.

    ``prepare`` is called once the programmer is ours and gives the order that is played; it may raise StationError.
    """

    settings: Settings
    bench: BenchFile
    job: BurnJob
    start: BurnStarted
    clock: Clock
    prepare: Callable[[BurnOrder], BurnOrder] | None = None

    @property
    def journals(self) -> Path:
        """Where burns are kept until their letters are in the outbox."""
        return self.settings.state_dir / "burns"
