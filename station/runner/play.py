"""Plays a plan step by step on given roles and writes down what happens.

A failed limit lets the plan go on, unless its step ``stops_on_fail``. A unit that does not answer (DutError) fails its
step, and the measurements that step still owed are missing. Every other error stops the run: a link or instrument that
failed cannot bear witness, and an operator's refusal ends the run as ABORTED.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Protocol

from station.config.limits_file import SCANNED_SERIAL
from station.model.clock import Clock
from station.model.errors import DutError, OperatorError, StationError, failure_of
from station.model.limit import Comparator, Limit, Value
from station.model.roles import Operator
from station.runner.conditions import Conditions
from station.runner.entries import Entry, Measured, RunStarted, RunStopped, StepFinished, StepStarted
from station.runner.measure import Measure
from station.runner.plan import Plan
from station.runner.questions import Questions
from station.runner.step import Step
from station.runner.trace import TraceRecorder


class EntrySink(Protocol):
    """Where entries go; ``is_durable`` returns only when they are on the disk."""

    def write(self, entry: Entry, is_durable: bool = False) -> None: ...


@dataclass(frozen=True, slots=True)
class Scene:
    """Everything a step can be given: roles by name, calibration dates by instrument, the operator, the clock."""

    roles: Mapping[str, object]
    cal_due: Mapping[str, date | None]
    operator: Operator
    clock: Clock


def play(plan: Plan, scene: Scene, start: RunStarted, journal: EntrySink) -> None:
    """Play ``plan`` to its end, or until something stops it; the journal then says what and why."""
    journal.write(start, is_durable=True)
    taken: dict[str, Value] = {SCANNED_SERIAL: start.unit.serial}
    stopper = ""
    for step in plan.steps:
        if stopper:
            journal.write(StepFinished(step.name, scene.clock.utc(), "SKIPPED", f"not played after {stopper}"))
            continue
        outcome, stop = _play_step(_Playing(plan, step, scene, journal, taken))
        if stop is not None:
            journal.write(stop, is_durable=True)
        if stop is not None or (outcome != "PASS" and step.declaration.stops_on_fail):
            stopper = step.name


class _Playing:
    """One step at work: gives it what it asks for and keeps the measurements that were not good."""

    def __init__(self, plan: Plan, step: Step, scene: Scene, journal: EntrySink, taken: dict[str, Value]) -> None:
        self.plan = plan
        self.step = step
        self.scene = scene
        self.journal = journal
        self.taken = taken
        self.bad: list[Measured] = []

    def call(self) -> None:
        """Call the step's function."""
        name, declared = self.step.name, self.step.declaration
        conditions = self.plan.limits_file.conditions
        limits, questions = self.plan.limits_of(self.step), self.plan.limits_file.questions
        asked = {name: questions[name] for name in declared.asks}
        injected: dict[str, object] = {
            "measure": Measure(name, limits, self.taken, self.scene.cal_due, self._note),
            "clock": self.scene.clock,
            "operator": self.scene.operator,
            "conditions": Conditions(name, {used: conditions[used].value for used in declared.uses}),
            "trace": TraceRecorder(name, self.journal.write),
            "shipping_list": self.plan.shipping_list(),
            "questions": Questions(name, asked, limits, self.scene.operator),
        }
        roles = {role: self.scene.roles[role] for role in self.step.roles}
        self.step.function(**roles, **{given: injected[given] for given in self.step.injected})

    def _note(self, entry: Measured) -> None:
        self.journal.write(entry)
        if entry.outcome != "PASS":
            self.bad.append(entry)

    def finish(self, outcome: str, message: str) -> None:
        """Note the step's end."""
        self.journal.write(StepFinished(self.step.name, self.scene.clock.utc(), outcome, message))


def _play_step(playing: _Playing) -> tuple[str, RunStopped | None]:
    step, clock = playing.step, playing.scene.clock
    started = StepStarted(step.name, clock.utc(), step.declaration.deadline_s)
    playing.journal.write(started, is_durable=step.declaration.energises)
    try:
        playing.call()
    except DutError as error:
        playing.finish("FAIL", str(error))
        return "FAIL", None
    except StationError as error:
        outcome = "ABORTED" if isinstance(error, OperatorError) else "ERROR"
        playing.finish(outcome, str(error))
        return outcome, RunStopped(outcome, failure_of(error, step.name, clock.utc()))
    outcome = next((name for name in ("ERROR", "FAIL") if any(bad.outcome == name for bad in playing.bad)), "PASS")
    limits = playing.plan.limits_of(step)
    playing.finish(outcome, "; ".join(_why(bad, limits[bad.name]) for bad in playing.bad))
    return outcome, None


def _why(bad: Measured, limit: Limit) -> str:
    """``dark_current 0.0094 A is above 0.005 A``."""
    if bad.outcome == "ERROR":
        return f"{bad.name}: {bad.instrument} gave no usable value"
    value = f"{bad.value:.6g} {bad.unit}" if isinstance(bad.value, float) else repr(bad.value)
    if limit.comparator is Comparator.IS_TRUE:
        return f"{bad.name} is not so"
    if isinstance(bad.value, float):
        is_low = limit.low is not None and bad.value < limit.low
        bound = limit.low if is_low else limit.high
        return f"{bad.name} {value} is {'below' if is_low else 'above'} {bound:.6g} {bad.unit}"
    words = {
        Comparator.EQUALS: "is not",
        Comparator.ONE_OF: "is none of",
        Comparator.MATCHES: "does not match",
        Comparator.SAME_AS: "is not the same as",
    }
    return f"{bad.name} {value} {words[limit.comparator]} {', '.join(limit.expected)}"
