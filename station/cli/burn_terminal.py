"""A burn as a person at a terminal sees it: stages, progress, the result."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from station.cli.reader_language import spoken
from station.cli.terminal import COLOURS
from station.playing.burn_entries import BackupKept, BurnFinished, BurnStarted, BurnTold, Progress, StageEnded
from station.playing.events import Command, Refused

if TYPE_CHECKING:
    from rich.console import Console
    from rich.status import Status


class BurnTerminal:
    """A station.playing.burning.BurnWatcher on stdout; Ctrl-C stops the burn between two transfers."""

    def __init__(self) -> None:
        self._loaded: Console | None = None
        self._status: Status | None = None

    def tell(self, event: BurnTold) -> None:
        """Show ``event``."""
        match event:
            case BurnStarted():
                image = event.image
                self._print(f"[bold]{event.target}[/] ← {image.size_bytes} bytes", f"{image.name} {image.sha256[:12]}…")
            case Progress():
                self._work_on(f"{event.stage} {event.done}/{event.total} ({_percent(event)} %)")
            case BackupKept():
                self._print("         what it held is kept as", f"{event.sha256}.bin")
            case StageEnded():
                self._rest()
                self._print(f"[{COLOURS[event.outcome]}]{event.outcome:8}[/] {event.stage}", event.message)
            case BurnFinished():
                self._rest()
                message = event.failure.message if event.failure else ""
                self._print(f"\n[bold {COLOURS[event.result]}]{event.result}[/]", message)
                self._print(f"letter {event.letter.seq} is in the outbox", event.letter.id)
            case Refused():
                self._print(f"[magenta]{spoken('nothing was begun', '未开始')}[/]", spoken(event.message, event.zh))

    def fileno(self) -> int | None:
        """Nothing is typed while an IC is burned."""
        return None

    def commands(self) -> Sequence[Command]:
        """None, ever."""
        return ()

    def _print(self, markup: str, plain: str) -> None:
        """``plain`` is shown as it is: it may hold brackets."""
        from rich.markup import escape

        self._console().print(f"{markup}  {escape(plain)}", highlight=False)

    def _work_on(self, title: str) -> None:
        if self._console().is_terminal:
            if self._status is None:
                self._status = self._console().status(title)
                self._status.start()
            self._status.update(title)

    def _rest(self) -> None:
        if self._status is not None:
            self._status.stop()
            self._status = None

    def _console(self) -> Console:
        if self._loaded is None:
            from rich.console import Console

            self._loaded = Console(soft_wrap=True)
        return self._loaded


def _percent(progress: Progress) -> int:
    return 100 * progress.done // progress.total if progress.total else 100
