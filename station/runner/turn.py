"""A step's turn: skipped, or played, and played again as often as is allowed after what went wrong."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

from station.model.errors import DutError, Failure, InstrumentError, LinkError, OperatorError, StationError, failure_of
from station.model.limit import Value
from station.runner.attempt import Attempt, Scene
from station.runner.entries import RunStopped, StepFinished, StepRetried, StepStarted
from station.runner.plan import Plan
from station.runner.sink import EntrySink
from station.runner.step import Step


@dataclass(frozen=True, slots=True)
class Turn:
    """What a turn needs; ``sink`` takes what the step itself writes, ``journal`` what is written of it."""

    plan: Plan
    step: Step
    scene: Scene
    journal: EntrySink
    sink: EntrySink
    taken: dict[str, Value]


@dataclass(frozen=True, slots=True)
class _End:
    """How an attempt ended; ``kind`` says what a retry is allowed after, ``failure`` stops the run."""

    outcome: str
    message: str
    kind: str = ""
    failure: Failure | None = None


def play_turn(turn: Turn) -> str | RunStopped:
    """The step's outcome, or what stops the run; raises what the step's own code raised."""
    name, clock = turn.step.name, turn.scene.clock
    if turn.step.declaration.only_if and (why_not := _reason_to_skip(turn)):
        turn.journal.write(StepFinished(name, clock.utc(), "SKIPPED", why_not))
        return "SKIPPED"
    end = _attempt(turn, 0)
    if end.kind:
        end = _retried(turn, end)
    turn.journal.write(StepFinished(name, clock.utc(), end.outcome, end.message))
    return end.outcome if end.failure is None else RunStopped(end.outcome, end.failure)


def _retried(turn: Turn, end: _End) -> _End:
    """The end of the last attempt, as many as are allowed after ``end`` and what follows it."""
    allowed, used = turn.plan.retries_of(turn.step), Counter[str]()
    while used[end.kind] < allowed.get(end.kind, 0):
        used[end.kind] += 1
        turn.journal.write(StepRetried(turn.step.name, turn.scene.clock.utc(), end.outcome, end.message))
        for measured in turn.step.declaration.measures:
            turn.taken.pop(measured, None)
        end = _attempt(turn, used.total())
    return end


def _reason_to_skip(turn: Turn) -> str:
    for name, value in turn.step.declaration.only_if.items():
        if turn.taken.get(name) != value:
            return f"not played: {name} is {turn.taken.get(name)!r}, not {value!r}"
    return ""


def _attempt(turn: Turn, retries: int) -> _End:
    step, clock = turn.step, turn.scene.clock
    started = StepStarted(step.name, clock.utc(), step.declaration.deadline_s, retries + 1)
    turn.journal.write(started, is_durable=step.declaration.energises)
    attempt = Attempt(turn.plan, step, turn.scene, turn.sink, turn.taken, retries)
    try:
        attempt.call()
    except DutError as error:
        return _End("FAIL", str(error), "dut")
    except StationError as error:
        outcome = "ABORTED" if isinstance(error, OperatorError) else "ERROR"
        kind = "link" if isinstance(error, LinkError) else "instrument" if isinstance(error, InstrumentError) else ""
        return _End(outcome, str(error), kind, failure_of(error, step.name, clock.utc()))
    kind = {"PASS": "", "FAIL": "limit", "ERROR": "instrument"}[attempt.outcome]
    return _End(attempt.outcome, attempt.message, kind)
