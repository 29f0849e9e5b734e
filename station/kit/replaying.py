"""Plays a recorded run once more without its bench: the same questions must be asked, the same values must come out."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from msgspec.structs import replace

from station.bench import open_bench
from station.kit.folder import RecordingFolder
from station.kit.notebook import Notebook
from station.kit.played import Played
from station.kit.playing import plan_for
from station.link.jumping_clock import JumpingClock
from station.link.recorded_clock import CLOCK, ReplayedClock
from station.link.replay import Replay
from station.model.errors import ConfigError, StationError
from station.model.limit import Value
from station.model.reading import Reading, Statement, TextReading
from station.model.roles import OPERATOR, ChecklistItem, Choice
from station.model.run_record import Accessory
from station.playing.answers import number_of
from station.playing.events import RunEvent
from station.runner.entries import (
    Answered,
    Entry,
    MadeSafe,
    Measured,
    Prompt,
    RunStarted,
    RunStopped,
    StepFinished,
    StepStarted,
)
from station.runner.excerpt import one_at_a_time
from station.runner.play import Scene, play
from station.runner.record import record_of

EventT = TypeVar("EventT")


@dataclass(frozen=True, slots=True)
class Replayed:
    """A run played against its recording.

    ``problems`` are the places, with file and line, where something else was asked than is recorded; ``differences``
    what came out otherwise. ``is_other_plan``: its limits or its code have changed since.
    """

    played: Played
    problems: Sequence[str]
    differences: Sequence[str]
    is_other_plan: bool

    @property
    def is_same(self) -> bool:
        """Whether everything went as it is recorded."""
        return not self.problems and not self.differences


def replay_run(folder: Path, sequences: Sequence[Path] = ()) -> Replayed:
    """Play what ``folder`` holds; waits take no time, and nothing is written and no letter made.

    ``sequences`` are folders whose products take the place of the recorded sources. Raises ConfigError where there is
    no recording of a run that came to its own end, and what ``fanji-station run`` would be refused with.
    """
    recording = RecordingFolder(folder)
    told = recording.told()
    start = told[0]
    if not isinstance(start, RunStarted):
        raise ConfigError(str(recording.events), 1, "", "is not the start of a run")
    _check_ended_by_itself(recording, told)
    bench = recording.replayed_bench()
    if sequences:
        bench = replace(bench, sequences_path=())
    steps = [step.name for step in start.steps]
    whole = plan_for(bench, start.product, sequences)
    chosen = steps if set(steps) < {step.name for step in whole.steps} else []
    plan = one_at_a_time(plan_for(bench, start.product, sequences, chosen))
    time = JumpingClock(start.at)
    notebook = Notebook(_RecordedPerson(recording, told, time), time)
    try:
        opened = open_bench(bench, time, tuple(plan.roles()))
    except StationError as error:
        raise ConfigError(str(folder), 0, "", f"the bench cannot be opened again: {error}") from None
    clock = ReplayedClock(Replay(CLOCK, recording.clock, time), time)
    try:
        play(plan, Scene(opened.roles, opened.cal_due, notebook, clock), start, notebook)
    finally:
        opened.close()
    made_safe = next(event for event in reversed(told) if isinstance(event, MadeSafe))
    notebook.write(made_safe)
    played = Played(record_of(notebook.entries, time.utc()), tuple(notebook.entries))
    differences = [*_values(told, notebook.entries), *_outcomes(told, notebook.entries)]
    return Replayed(played, tuple(time.problems), differences, plan.ref.sha256 != start.plan.sha256)


def _check_ended_by_itself(recording: RecordingFolder, told: Sequence[RunEvent]) -> None:
    """A step that was cut off left off in the middle of its bytes, where no replay can."""
    begun = {event.step for event in told if isinstance(event, StepStarted)}
    ended = {event.step for event in told if isinstance(event, StepFinished)}
    stop = next((event for event in told if isinstance(event, RunStopped)), None)
    if stop is not None and (begun - ended or not begun):
        problem = f"the run was stopped from outside ({stop.failure.message}): it cannot be replayed"
        raise ConfigError(str(recording.events), told.index(stop) + 1, "", problem)


def _only(events: Iterable[object], kind: type[EventT]) -> list[EventT]:
    return [event for event in events if isinstance(event, kind)]


def _values(told: Sequence[RunEvent], entries: Sequence[Entry]) -> list[str]:
    """Every measurement of either, where the two differ."""
    before, after = ({each.name: each for each in _only(events, Measured)} for events in (told, entries))
    lines = []
    for name in before | after:
        recorded, replayed = before.get(name), after.get(name)
        if recorded is None or replayed is None:
            lines.append(f"{name}: {'recorded' if replayed is None else 'replayed'} only")
        elif (recorded.value, recorded.outcome) != (replayed.value, replayed.outcome):
            lines.append(f"{name}: recorded {_shown(recorded)}, replayed {_shown(replayed)}")
    return lines


def _shown(measured: Measured) -> str:
    value: Value = measured.value
    return f"{value!r} {measured.unit}".rstrip() + f" {measured.outcome}"


def _outcomes(told: Sequence[RunEvent], entries: Sequence[Entry]) -> list[str]:
    before, after = ({each.step: each.outcome for each in _only(events, StepFinished)} for events in (told, entries))
    return [
        f"step {name}: recorded {before.get(name, 'never')}, replayed {after.get(name, 'never')}"
        for name in before | after
        if before.get(name) != after.get(name)
    ]


class _RecordedPerson:
    """A station.model.roles.Operator who answers as it was answered, when the same is asked."""

    def __init__(self, recording: RecordingFolder, told: Sequence[RunEvent], time: JumpingClock) -> None:
        self._file = recording.events
        self._time = time
        self._asked = [(line, event) for line, event in enumerate(told, 1) if isinstance(event, Prompt)]
        self._answers = {event.prompt_id: event for event in told if isinstance(event, Answered)}
        self._at = 0

    def tick(self, zh: str, en: str, items: Sequence[ChecklistItem]) -> tuple[Accessory, ...]:
        return self._answer(en).accessories

    def confirm(self, zh: str, en: str) -> Statement:
        return Statement(self._answer(en).said is True, OPERATOR, self._time.utc())

    def enter(self, zh: str, en: str, unit: str) -> Reading:
        said = str(self._answer(en).said)
        return Reading(number_of(said), unit, OPERATOR, said, self._time.utc())

    def choose(self, zh: str, en: str, options: Sequence[Choice]) -> TextReading:
        return TextReading(str(self._answer(en).said), OPERATOR, self._time.utc())

    def photograph(self, zh: str, en: str) -> TextReading:
        return TextReading(str(self._answer(en).said), OPERATOR, self._time.utc())

    def _answer(self, en: str) -> Answered:
        """Raises ConfigError with file and line where another question is recorded at this place."""
        line, prompt = self._asked[self._at] if self._at < len(self._asked) else (0, None)
        self._at += 1
        answer = None if prompt is None else self._answers.get(prompt.prompt_id)
        if prompt is None or prompt.en != en or answer is None:
            expected = "no further answer" if prompt is None or answer is None else repr(prompt.en)
            mismatch = ConfigError(str(self._file), line, "", f"{en!r} is asked where the recording has {expected}")
            self._time.note(str(mismatch))
            raise mismatch
        return answer
