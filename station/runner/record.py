"""From a journal to the one record of a run: the same function after a good end, a kill and a power cut."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from msgspec.structs import replace

from station.model.errors import Failure, StorageError
from station.model.limit import Limit
from station.model.run_record import Accessory, Measurement, RunRecord, SafeAction, StepAttempt, StepRecord, Trace
from station.model.verdict import Verdict
from station.runner.entries import (
    Answered,
    Entry,
    MadeSafe,
    Measured,
    RunStarted,
    RunStopped,
    StepFinished,
    StepRetried,
    StepStarted,
    TracePoints,
)
from station.runner.judge import Evidence, Planned, judge

MAX_TRACE_POINTS = 2000
"""Of the wire contract; a longer curve keeps every second, third ... point."""


@dataclass(slots=True)
class _Found:
    """What the entries of one journal say, gathered in their order."""

    start: RunStarted
    started: dict[str, datetime] = field(default_factory=dict)
    finished: dict[str, StepFinished] = field(default_factory=dict)
    measured: list[Measured] = field(default_factory=list)
    attempts: list[StepAttempt] = field(default_factory=list)
    points: dict[tuple[str, str], list[TracePoints]] = field(default_factory=dict)
    accessories: list[Accessory] = field(default_factory=list)
    made_safe: tuple[SafeAction, ...] = ()
    stop: tuple[Verdict, Failure] | None = None

    def set_aside(self, retried: StepRetried, limits: Mapping[str, Limit]) -> None:
        """Keep what belongs to the attempt that ``retried`` ends; the step has none of it. Its curves are not kept."""
        step = retried.step
        began = self.started.get(step, retried.at)
        number = 1 + sum(attempt.step == step for attempt in self.attempts)
        taken = _measurements([entry for entry in self.measured if entry.step == step], limits)
        ended = max(began, retried.at)
        self.attempts.append(StepAttempt(step, number, began, ended, retried.outcome, retried.message, taken))
        self.measured = [entry for entry in self.measured if entry.step != step]
        self.points = {key: points for key, points in self.points.items() if key[0] != step}

    def end(self, entry: RunStopped | MadeSafe) -> None:
        """The first stop is the run's, and the last time that outputs went off."""
        if isinstance(entry, MadeSafe):
            self.made_safe = entry.actions
        elif self.stop is None:
            self.stop = (Verdict[entry.verdict], entry.failure)


def _measurements(entries: Iterable[Measured], limits: Mapping[str, Limit]) -> tuple[Measurement, ...]:
    return tuple(
        Measurement(
            taken.step,
            limits[taken.name],
            taken.value,
            taken.outcome,
            taken.retries,
            taken.instrument,
            taken.cal_due,
            taken.taken_at,
            taken.is_marginal,
        )
        for taken in entries
        if taken.name in limits
    )


def record_of(entries: Sequence[Entry], ended_at: datetime) -> RunRecord:
    """The run that ``entries`` tell of, closed at ``ended_at``; raises StorageError where no run had begun.

    No end is before its start, though the time of day may have been set back meanwhile.
    """
    return ToldRun(entries).closed(ended_at)


class ToldRun:
    """A run as far as its entries tell of it: what its end does not change is made of them before that is known."""

    def __init__(self, entries: Sequence[Entry]) -> None:
        """Raises StorageError where no run had begun."""
        if not entries or not isinstance(entries[0], RunStarted):
            raise StorageError("journal", "does not begin with the start of a run")
        start = self.start = entries[0]
        limits = {planned.name: planned.limit() for planned in start.measurements}
        self._found = _gather(start, entries[1:], limits)
        self._measurements = _measurements(self._found.measured, limits)
        self._planned = Planned(
            tuple(step.name for step in start.steps),
            limits,
            tuple(item.name for item in start.accessories),
            start.unit.serial,
            {step.name: step.only_if for step in start.steps if step.only_if},
        )

    def take(self, entry: Entry) -> None:
        """One of the last entries, which come when nothing is played any more: others say nothing here."""
        if isinstance(entry, RunStopped | MadeSafe):
            self._found.end(entry)

    def closed(self, ended_at: datetime) -> RunRecord:
        """As ``record_of`` would make it of all entries."""
        found, start, measurements = self._found, self.start, self._measurements
        times = [ended_at, start.at, *(entry.at for entry in found.finished.values()), *found.started.values()]
        ended_at = max(times)
        steps = tuple(_step_records(found, ended_at))
        accessories = tuple(found.accessories)
        evidence = Evidence(steps, measurements, accessories, found.made_safe, _stop(found, ended_at), ended_at)
        judgement = judge(self._planned, evidence)
        return RunRecord(
            id=start.run_id,
            unit=start.unit,
            slot=start.slot,
            product=start.product,
            plan=start.plan,
            purpose=start.purpose,
            attempt=start.attempt,
            operator=start.operator,
            cached_state_version=start.cached_state_version,
            bench_sha256=start.bench_sha256,
            started_at=start.at,
            finished_at=ended_at,
            verdict=judgement.verdict.name,
            has_failed_measurement=any(taken.outcome == "FAIL" for taken in measurements),
            failure=judgement.failure,
            make_safe=found.made_safe,
            steps=steps,
            measurements=measurements,
            accessories=accessories,
            traces=tuple(_trace(points) for points in found.points.values()),
            attempts=tuple(found.attempts),
            gates=start.gates,
        )


def _gather(start: RunStarted, entries: Iterable[Entry], limits: Mapping[str, Limit]) -> _Found:
    found = _Found(start)
    for entry in entries:
        match entry:
            case StepStarted():
                found.started[entry.step] = entry.at
            case StepRetried():
                found.set_aside(entry, limits)
            case StepFinished():
                found.finished[entry.step] = entry
            case Measured():
                found.measured.append(entry)
            case TracePoints():
                found.points.setdefault((entry.step, entry.name), []).append(entry)
            case Answered():
                found.accessories += entry.accessories
            case MadeSafe() | RunStopped():
                found.end(entry)
    return found


def _stop(found: _Found, ended_at: datetime) -> tuple[Verdict, Failure] | None:
    """Why the run stopped; a step that began and has no end was cut off, even where nobody could say so."""
    open_steps = [step for step in found.started if step not in found.finished]
    if not open_steps:
        return found.stop
    cut_off = open_steps[0] if len(open_steps) == 1 else None  # of several nobody knows which it was
    if found.stop is None:
        message = "the station stopped in the middle of this step"
        if cut_off is None:
            message = f"the station stopped in the middle of {', '.join(open_steps)}"
        return Verdict.ABORTED, Failure("station", "", message, cut_off, ended_at)
    verdict, failure = found.stop
    return verdict, replace(failure, step=failure.step or cut_off)


def _step_records(found: _Found, ended_at: datetime) -> Iterable[StepRecord]:
    """Every planned step: played, cut off, or SKIPPED.

    A step that was cut off has the outcome of the stop where the stop is about it, ABORTED where it is about another.
    """
    stop = _stop(found, ended_at)
    for planned in found.start.steps:
        started = found.started.get(planned.name)
        finished = found.finished.get(planned.name)
        if finished is not None:
            began = started or max(finished.at, found.start.at)
            ended = max(began, finished.at)
            yield StepRecord(planned.name, began, ended, finished.outcome, finished.message)
        elif started is not None:
            if stop is None:
                raise AssertionError("a step without an end is a stop")
            verdict, failure = stop
            is_its_own = failure.step in (planned.name, None)
            outcome = verdict if is_its_own else Verdict.ABORTED
            message = failure.message if is_its_own else f"cut off, for in {failure.step}: {failure.message}"
            yield StepRecord(planned.name, started, max(started, failure.at), outcome.name, message)
        else:
            yield StepRecord(planned.name, ended_at, ended_at, "SKIPPED", "")


def _trace(parts: Sequence[TracePoints]) -> Trace:
    x = [value for part in parts for value in part.x]
    y = [value for part in parts for value in part.y]
    stride = -(-len(x) // MAX_TRACE_POINTS) or 1
    first = parts[0]
    return Trace(first.step, first.name, first.x_unit, first.y_unit, tuple(x[::stride]), tuple(y[::stride]))
