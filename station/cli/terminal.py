"""A run as a person at a terminal sees it: live steps, readings against limits, a prompt, the verdict."""

from __future__ import annotations

import locale
from collections.abc import Sequence
from typing import TYPE_CHECKING

from station.cli.terminal_prompts import answer_of, how_to_answer, options_of
from station.playing.events import Abort, Command, Lines, Refused, RunEvent, RunFinished
from station.runner.entries import (
    ChooseAsked,
    ConfirmAsked,
    EnterAsked,
    MadeSafe,
    Measured,
    PhotoAsked,
    PlannedMeasurement,
    Prompt,
    Prompted,
    RunStarted,
    RunStopped,
    StepFinished,
    StepRetried,
    StepStarted,
    StepWaiting,
)
from station.system import read_some

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
        self._prompt: Prompt | None = None
        self._step_titles: dict[str, str] = {}
        self._planned: dict[str, PlannedMeasurement] = {}

    def hear(self, event: RunEvent) -> None:
        """Show ``event``."""
        match event:
            case RunStarted():
                self._begin(event)
            case StepWaiting():
                self._work_on(f"{self._step_titles[event.step]}: {event.resource} ← {event.holder}")
            case StepStarted():
                self._work_on(self._step_titles[event.step])
            case Measured():
                self._show_value(event)
            case Prompted() | ConfirmAsked() | EnterAsked() | ChooseAsked() | PhotoAsked():
                self._ask(event)
            case StepRetried():
                self._print(f"[yellow]AGAIN   [/] {self._step_titles[event.step]}", event.message)
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
        """What the typed lines mean: q stops; at a prompt a line is its answer, or is said to be none."""
        chunk = read_some(STDIN)
        self._is_told = bool(chunk)
        found: list[Command] = []
        for line in self._lines.take(chunk):
            typed = line.decode("utf-8", "replace").strip()
            if typed == "q":
                found.append(Abort())
            elif self._prompt is not None and (answer := answer_of(self._prompt, typed)) is not None:
                self._prompt = None
                found.append(answer)
            elif self._prompt is not None:
                self._print("[yellow]?[/]", how_to_answer(self._prompt, self._of))
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
        near = " [yellow]~[/]" if measured.is_marginal else ""
        self._print(f"         [{colour}]{_shown(measured)}[/]{near}  {title}", f"({_limit(planned)})")

    def _ask(self, prompt: Prompt) -> None:
        self._rest()
        self._prompt = prompt
        self._print(f"[bold]{escaped(self._of(prompt.zh, prompt.en))}[/]")
        for number, option in enumerate(options_of(prompt, self._of), start=1):
            self._print(f"  {number} {escaped(option)}")
        self._print(escaped(how_to_answer(prompt, self._of)))

    def _make_safe(self, made_safe: MadeSafe) -> None:
        self._rest()
        for action in made_safe.actions:
            proof = "[green]proved[/]" if action.is_proved else "[magenta]NOT PROVED[/]"
            self._print(f"{proof}   {action.role} {action.action}", action.detail)

    def _finish(self, finished: RunFinished) -> None:
        self._rest()
        self._print(f"\n[bold {COLOURS[finished.verdict]}]{finished.verdict}[/]", ", ".join(finished.failed))
        if finished.marginal:
            self._print("[yellow]~ marginal[/]", ", ".join(finished.marginal))
        if finished.failure is not None:
            self._print("", finished.failure.message)
        self._print(f"letter {finished.letter.seq} is in the outbox", finished.letter.id)

    def _of(self, zh: str, en: str) -> str:
        return zh if self._is_chinese else en

    def _print(self, markup: str, plain: str = "") -> None:
        """``plain`` is shown as it is: it may hold brackets."""
        self._console().print(f"{markup}  {escaped(plain)}" if plain else markup, highlight=False)

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


def escaped(text: str) -> str:
    """``text`` as Rich shows it, brackets and all."""
    from rich.markup import escape

    return escape(text)
