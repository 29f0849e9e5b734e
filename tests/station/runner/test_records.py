"""From the entries of a journal to the record: what each of them becomes, whatever is missing or set back."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from msgspec.structs import replace

from station.model.errors import Failure, StorageError
from station.model.roles import Ammeter, Operator
from station.model.run_record import Accessory, RunRecord
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
from station.runner.measure import Measure
from station.runner.record import ToldRun, record_of
from station.runner.shipping_list import ShippingList
from station.runner.step import step
from tests.station.runner.bench_pieces import SAFE, START, plan_of, row, start_of

END = START + timedelta(minutes=1)


def at(second: float) -> datetime:
    return START + timedelta(seconds=second)


@step(zh="x", en="x", deadline_s=1, measures={"one": "A"})
def first(current: Ammeter, measure: Measure) -> None:
    """Of this plan only the journal is told here."""


@step(zh="x", en="x", deadline_s=1, measures={"two": "A"})
def second(current: Ammeter, measure: Measure) -> None:
    """Likewise."""


@step(zh="x", en="x", deadline_s=1)
def ticking(operator: Operator, shipping_list: ShippingList) -> None:
    """Has the accessories ticked."""


@pytest.fixture
def start(tmp_path: Path) -> RunStarted:
    body = row("one", unit="A", high=0.5) + row("two", unit="A", high=0.5, required=False)
    body += '[accessories.frame]\nzh = "框"\nen = "Frame"\nsource = "this test"\n'
    return start_of(plan_of(tmp_path, [first, second, ticking], body))


def closed(*entries: Entry) -> RunRecord:
    return record_of([*entries, MadeSafe(SAFE, at(50))], END)


def begun(name: str, second: float) -> StepStarted:
    return StepStarted(name, at(second), 1.0)


def ended(name: str, second: float, outcome: str = "PASS", message: str = "") -> StepFinished:
    return StepFinished(name, at(second), outcome, message)


def taken(step: str, name: str, value: float = 0.1, outcome: str = "PASS") -> Measured:
    return Measured(
        step=step,
        name=name,
        value=value,
        unit="A",
        outcome=outcome,
        instrument="dmm",
        cal_due=None,
        retries=0,
        taken_at=at(1),
    )


def whole() -> tuple[Entry, ...]:
    return (
        begun("first", 1),
        taken("first", "one"),
        ended("first", 2),
        begun("second", 3),
        ended("second", 4),
        begun("ticking", 5),
        Answered("p1", (Accessory("frame", True),)),
        Answered("p2", said=True),
        ended("ticking", 6),
    )


def test_a_journal_that_tells_of_no_run_is_refused() -> None:
    for entries in ((), whole()):
        with pytest.raises(StorageError, match="does not begin with the start of a run"):
            record_of(entries, END)


def test_what_the_operator_ticked_is_evidence(start: RunStarted) -> None:
    record = closed(start, *whole())
    assert (record.verdict, record.accessories) == ("PASS", (Accessory("frame", True),))
    again = closed(start, *whole(), Answered("p3", (Accessory("key", False),)))
    assert (again.verdict, [item.name for item in again.accessories]) == ("FAIL", ["frame", "key"])


def test_a_value_that_nobody_asked_for_is_not_in_the_record(start: RunStarted) -> None:
    record = closed(start, *whole(), taken("first", "sneaked"))
    assert [each.limit.name for each in record.measurements] == ["one"]


@pytest.mark.parametrize(("outcome", "is_failed"), [("FAIL", True), ("PASS", False), ("ERROR", False)])
def test_the_record_says_whether_a_measurement_failed_whatever_else_happened(
    start: RunStarted, outcome: str, is_failed: bool
) -> None:
    broken = RunStopped("ERROR", Failure("link", "dmm", "lost", "second", at(9)))
    record = closed(start, *whole(), taken("second", "two", 0.9, outcome), broken)
    assert (record.verdict, record.has_failed_measurement) == ("ERROR", is_failed)


def test_the_first_reason_to_stop_is_the_runs(start: RunStarted) -> None:
    stops = [RunStopped(verdict, Failure("link", "", verdict, "first", at(3))) for verdict in ("ABORTED", "ERROR")]
    record = closed(start, begun("first", 1), *stops)
    assert record.verdict == "ABORTED"
    assert record.failure is not None and record.failure.message == "ABORTED"


@pytest.mark.parametrize(
    ("open_steps", "step", "words"), [(["first"], "first", "this step"), (["first", "second"], None, "first, second")]
)
def test_a_run_that_nobody_ended_was_cut_off_in_the_steps_that_were_under_way(
    start: RunStarted, open_steps: Sequence[str], step: str | None, words: str
) -> None:
    record = closed(start, *(begun(name, 1) for name in open_steps))
    assert record.verdict == "ABORTED" and record.failure is not None
    assert (record.failure.kind, record.failure.step, record.failure.at) == ("station", step, END)
    assert f"in the middle of {words}" in record.failure.message
    assert [each.outcome for each in record.steps] == ["ABORTED"] * len(open_steps) + ["SKIPPED"] * (
        3 - len(open_steps)
    )


def test_a_stop_that_names_no_step_is_that_of_the_one_under_way(start: RunStarted) -> None:
    stop = RunStopped("ERROR", Failure("station", "", "too late", None, at(9)))
    record = closed(start, begun("first", 1), ended("first", 2), begun("second", 3), stop)
    assert record.failure is not None and record.failure.step == "second"
    assert [(each.outcome, each.message) for each in record.steps][1:] == [("ERROR", "too late"), ("SKIPPED", "")]


def test_a_step_that_was_cut_off_for_another_is_no_error_of_its_own(start: RunStarted) -> None:
    stop = RunStopped("ERROR", Failure("link", "dmm", "lost", "first", at(9)))
    record = closed(start, begun("first", 1), begun("second", 2), ended("first", 3, "ERROR", "lost"), stop)
    assert (record.steps[1].outcome, record.steps[1].message) == ("ABORTED", "cut off, for in first: lost")


@pytest.mark.parametrize(("stopped_s", "ended_s"), [(9.0, 9.0), (0.5, 1.0)])
def test_a_step_that_was_cut_off_ends_with_the_stop_and_never_before_it_began(
    start: RunStarted, stopped_s: float, ended_s: float
) -> None:
    stop = RunStopped("ERROR", Failure("station", "", "late", "first", at(stopped_s)))
    cut = closed(start, begun("first", 1), stop).steps[0]
    assert (cut.started_at, cut.finished_at) == (at(1), at(ended_s))


def test_a_step_has_the_times_of_its_own_entries_and_one_that_was_never_begun_those_of_its_end(
    start: RunStarted,
) -> None:
    record = closed(start, begun("first", 1), ended("first", 2), ended("second", 7, "SKIPPED", "why"))
    times = [(each.started_at, each.finished_at) for each in record.steps]
    assert times == [(at(1), at(2)), (at(7), at(7)), (END, END)]
    assert [each.message for each in record.steps] == ["", "why", ""]
    early = closed(start, ended("first", -7, "SKIPPED")).steps[0]
    assert (early.started_at, early.finished_at) == (START, START)


def test_an_attempt_never_ends_before_it_began(start: RunStarted) -> None:
    retried = [StepRetried("first", at(second), "ERROR", "late") for second in (3, -5)]
    record = closed(start, begun("first", 1), retried[0], begun("first", 4), retried[1], begun("first", 5))
    times = [(each.number, each.started_at, each.finished_at) for each in record.attempts]
    assert times == [(1, at(1), at(3)), (2, at(4), at(4))]


@pytest.mark.parametrize(("count", "kept"), [(0, 0), (1, 1), (1999, 1999), (2000, 2000), (2001, 1001), (4001, 1334)])
def test_a_curve_is_kept_in_its_order_and_thinned_only_beyond_what_a_letter_takes(
    start: RunStarted, count: int, kept: int
) -> None:
    x = tuple(float(place) for place in range(count))
    parts = [TracePoints("first", "amps", "s", "A", x[:7], x[:7]), TracePoints("first", "amps", "s", "A", x[7:], x[7:])]
    (trace,) = closed(start, begun("first", 1), *parts).traces
    assert (len(trace.x), trace.x) == (kept, trace.y)
    assert trace.x == tuple(sorted(trace.x)) and trace.x[:1] == x[:1]


def test_a_record_ends_when_the_last_of_its_entries_says_so(start: RunStarted) -> None:
    late = replace(begun("second", 0), at=END + timedelta(hours=1))
    assert closed(start, late).finished_at == END + timedelta(hours=1)
    assert closed(start, ended("first", 7200)).finished_at == at(7200)
    assert record_of([start], START - timedelta(hours=1)).finished_at == START


def test_a_run_that_was_told_before_its_last_entries_came_is_the_same_record(start: RunStarted) -> None:
    played: list[Entry] = [start, begun("first", 1), taken("first", "one"), ended("first", 2), begun("second", 3)]
    stop = RunStopped("ABORTED", Failure("operator", "", "stopped", None, at(4)))
    safe = MadeSafe(SAFE, at(50))
    told = ToldRun(played)
    assert told.closed(END) == record_of(played, END)
    for entry in (stop, safe):
        told.take(entry)
    told.take(ended("second", 5))  # nothing is played any more
    assert told.closed(END) == record_of([*played, stop, safe], END)
    assert told.closed(END).make_safe == SAFE
