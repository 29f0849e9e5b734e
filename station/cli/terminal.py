"""A run as a person at a terminal sees it: live steps, readings against limits, a prompt, the verdict."""

from __future__ import annotations

import locale
from collections.abc import Sequence
from typing import TYPE_CHECKING

from station.playing.events import Abort, Answer, Command, Lines, Refused, RunEvent, RunFinished
from station.playing.posix import read_some
from station.runner.entries import (
    MadeSafe,
    Measured,
    PlannedMeasurement,
    Prompted,
    RunStarted,
    RunStopped,
    StepFinished,
    StepStarted,
)

if TYPE_CHECKING:
    from rich.console import Console
    from rich.status import Status

STDIN = 0
COLOURS = {"PASS": "green", "FAIL": "red", "ERROR": "magenta", "ABORTED": "yellow", "SKIPPED": "dim"}


class Terminal:
    """A station.playing.events.Watcher on stdout and stdin; Rich is loaded once there is something to show."""

    def __init__(self) -> None:
        self._is_chinese = (locale.setlocale(locale.LC_CTYPE) or "").lower().startswith("zh")
        self._loaded: Console | None = None
        self._status: Status | None = None
        self._lines = Lines()
        self._is_told = True
        self._prompt: Prompted | None = None
        self._step_titles: dict[str, str] = {}
        self._planned: dict[str, PlannedMeasurement] = {}

    def hear(self, event: RunEvent) -> None:
        """Show ``event``."""
        match event:
            case RunStarted():
                self._begin(event)
            case StepStarted():
                self._work_on(self._step_titles[event.step])
            case Measured():
                self._show_value(event)
            case Prompted():
                self._ask(event)
            case StepFinished():
                title = self._step_titles[event.step]
                self._print(f"[{COLOURS[event.outcome]}]{event.outcome:8}[/] {title}", event.message)
            case RunStopped():
                self._print(f"[{COLOURS[event.verdict]}]{event.verdict}[/]", event.failure.message)
            case MadeSafe():
                self._make_safe(event)
            case RunFinished():
                self._finish(event)
            case Refused():
                self._rest()
                self._print("[magenta]nothing was begun[/]", event.message)

    def fileno(self) -> int | None:
        """Stdin, until it ends."""
        return STDIN if self._is_told else None

    def commands(self) -> Sequence[Command]:
        """What the typed lines mean: q stops; at a prompt ENTER is all there, numbers are what is missing."""
        chunk = read_some(STDIN)
        self._is_told = bool(chunk)
        found: list[Command] = []
        for line in self._lines.take(chunk):
            typed = line.decode("utf-8", "replace").strip()
            if typed == "q":
                found.append(Abort())
            elif self._prompt is not None and (answer := _answer(self._prompt, typed)) is not None:
                self._prompt = None
                found.append(answer)
            elif self._prompt is not None:
                self._print(f"type ENTER, the numbers of what is missing (1-{len(self._prompt.items)}), or q")
        return found

    def _begin(self, start: RunStarted) -> None:
        for step in start.steps:
            self._step_titles[step.name] = self._of(step.zh, step.en)
        for planned in start.measurements:
            self._planned[planned.name] = planned
        self._print(
            f"[bold]{start.unit.serial}[/]  {start.product}  {start.plan.name} {start.plan.version}", start.slot
        )
        if start.is_provisional:
            self._print("[yellow]no serial rule knows this unit: it is recorded as provisional[/]")

    def _show_value(self, measured: Measured) -> None:
        planned = self._planned[measured.name]
        title = self._of(planned.zh, planned.en)
        colour = COLOURS[measured.outcome]
        self._print(f"         [{colour}]{_shown(measured)}[/]  {title}", f"({_limit(planned)})")

    def _ask(self, prompted: Prompted) -> None:
        self._rest()
        self._prompt = prompted
        self._print(f"[bold]{self._of(prompted.zh, prompted.en)}[/]")
        for number, item in enumerate(prompted.items, start=1):
            self._print(f"  {number} {self._of(item.zh, item.en)}")
        self._print(
            self._of(
                "全部齐全按回车；缺少的请输入编号；q 中止", "ENTER if all is there, else the numbers missing; q stops"
            )
        )

    def _make_safe(self, made_safe: MadeSafe) -> None:
        self._rest()
        for action in made_safe.actions:
            proof = "[green]proved[/]" if action.is_proved else "[magenta]NOT PROVED[/]"
            self._print(f"{proof}   {action.role} {action.action}", action.detail)

    def _finish(self, finished: RunFinished) -> None:
        self._rest()
        self._print(f"\n[bold {COLOURS[finished.verdict]}]{finished.verdict}[/]", ", ".join(finished.failed))
        if finished.failure is not None:
            self._print("", finished.failure.message)
        self._print(f"letter {finished.letter.seq} is in the outbox", finished.letter.id)

    def _of(self, zh: str, en: str) -> str:
        return zh if self._is_chinese else en

    def _print(self, markup: str, plain: str = "") -> None:
        """``plain`` is shown as it is: it may hold brackets."""
        from rich.markup import escape

        self._console().print(f"{markup}  {escape(plain)}" if plain else markup, highlight=False)

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


def _shown(measured: Measured) -> str:
    if isinstance(measured.value, float):
        return f"{measured.value:.6g} {measured.unit}"
    return "no value" if measured.value is None else str(measured.value)


def _limit(planned: PlannedMeasurement) -> str:
    if planned.low is None and planned.high is None:
        return " ".join((planned.comparator.value, *planned.expected))
    low = "" if planned.low is None else f"{planned.low:g} ≤ "
    return f"{low}x" + ("" if planned.high is None else f" ≤ {planned.high:g}") + f" {planned.unit}"


def _answer(prompt: Prompted, typed: str) -> Answer | None:
    """The answer that ``typed`` gives to ``prompt``; None where it gives none."""
    parts = typed.replace(",", " ").split()
    if not all(part.isdecimal() and 1 <= int(part) <= len(prompt.items) for part in parts):
        return None
    missing = {int(part) for part in parts}
    return Answer(prompt.prompt_id, tuple(item.name for n, item in enumerate(prompt.items, 1) if n not in missing))
