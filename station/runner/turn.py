"""A step's turn: skipped, or played, and played again as often as is allowed after what went wrong."""

from __future__ import annotations

from collections import Counter

import msgspec

from station.model.errors import DutError, Failure, InstrumentError, LinkError, OperatorError, StationError, failure_of
from station.model.limit import Value
from station.runner.attempt import Attempt, Scene
from station.runner.cut import Cut
from station.runner.entries import Measured, RunStopped, StepFinished, StepRetried, StepStarted, StepWaiting
from station.runner.loan import Loan
from station.runner.plan import Plan
from station.runner.sink import EntrySink
from station.runner.step import Step


class Ground(msgspec.Struct, frozen=True):
    """What every turn needs; ``sink`` takes what a step itself writes, ``journal`` what is written of it."""

    plan: Plan
    scene: Scene
    journal: EntrySink
    sink: EntrySink
    taken: dict[str, Value]
    cut: Cut
    measured: dict[str, Measured] = msgspec.field(default_factory=dict)


class _End(msgspec.Struct, frozen=True):
    """How an attempt ended; ``kind`` says what a retry is allowed after, ``failure`` stops the run."""

    outcome: str
    message: str
    kind: str = ""
    failure: Failure | None = None


def play_turn(step: Step, ground: Ground) -> str | RunStopped:
    """The step's outcome, or what stops the run; raises what the step's own code raised."""
    name, clock = step.name, ground.scene.clock
    if step.declaration.only_if and (why_not := _reason_to_skip(step, ground)):
        ground.journal.write(StepFinished(name, clock.utc(), "SKIPPED", why_not))
        return "SKIPPED"
    end = _attempt(step, ground, 0)
    if end.kind:
        end = _retried(step, ground, end)
    ground.journal.write(StepFinished(name, clock.utc(), end.outcome, end.message))
    return end.outcome if end.failure is None else RunStopped(end.outcome, end.failure)


def _retried(step: Step, ground: Ground, end: _End) -> _End:
    """The end of the last attempt, as many as are allowed after ``end`` and what follows it."""
    allowed, used = ground.plan.retries_of(step), Counter[str]()
    while used[end.kind] < allowed.get(end.kind, 0):
        used[end.kind] += 1
        ground.journal.write(StepRetried(step.name, ground.scene.clock.utc(), end.outcome, end.message))
        for measured in step.declaration.measures:
            ground.taken.pop(measured, None)
            ground.measured.pop(measured, None)
        end = _attempt(step, ground, used.total())
    return end


def _reason_to_skip(step: Step, ground: Ground) -> str:
    for name, value in step.declaration.only_if.items():
        if ground.taken.get(name) != value:
            return f"not played: {name} is {ground.taken.get(name)!r}, not {value!r}"
    return ""


def _attempt(step: Step, ground: Ground, retries: int) -> _End:
    """One attempt, which begins when everything can be had that is lent to it."""

    def waits(resource: str, holder: str) -> None:
        ground.journal.write(StepWaiting(step.name, resource, holder))

    with ground.scene.lender.lend(step.roles, waits, ground.cut.check) as loan:
        return _begun(step, ground, retries, loan)


def _begun(step: Step, ground: Ground, retries: int, loan: Loan) -> _End:
    clock = ground.scene.clock
    started = StepStarted(step.name, clock.utc(), step.declaration.deadline_s, retries + 1)
    ground.journal.write(started, is_durable=step.declaration.energises)
    attempt = Attempt(ground.plan, step, ground.scene, ground.sink, ground.taken, ground.measured, retries)
    try:
        _call(attempt, loan)
    except DutError as error:
        return _End("FAIL", str(error), "dut")
    except StationError as error:
        outcome = "ABORTED" if isinstance(error, OperatorError) else "ERROR"
        kind = "link" if isinstance(error, LinkError) else "instrument" if isinstance(error, InstrumentError) else ""
        return _End(outcome, str(error), kind, failure_of(error, step.name, clock.utc()))
    kind = {"PASS": "", "FAIL": "limit", "ERROR": "instrument"}[attempt.outcome]
    return _End(attempt.outcome, attempt.message, kind)


def _call(attempt: Attempt, loan: Loan) -> None:
    """A unit that does not answer is no reason to leave on what the next one must not find on."""
    try:
        attempt.call(loan.open())
    except DutError:
        loan.settle()
        raise
    loan.settle()
