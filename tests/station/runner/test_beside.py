"""Steps played beside each other: really at the same time, and what one of them comes to does to the others."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

import pytest

from station.model.errors import DutError, LinkLost
from station.model.reading import Reading, Statement
from station.model.roles import Ammeter, HeadUnit, Multimeter
from station.model.run_record import RunRecord
from station.runner.entries import MadeSafe, RunStopped, StepFinished, StepStarted
from station.runner.measure import Measure
from station.runner.play import Scene, play
from station.runner.record import record_of
from station.runner.step import Step, step
from tests.station.runner.bench_pieces import (
    SAFE,
    START,
    CountingClock,
    ListedJournal,
    TickingOperator,
    plan_of,
    row,
    start_of,
)

LINKS = {"meter": frozenset({"dmm"}), "current": frozenset({"dmm"}), "dut": frozenset({"dut"})}
BODY = row("volts", "is_true") + row("unit", "is_true")
PATIENCE_S = 20.0


@dataclass
class Played:
    """What came of it; ``cut_off`` are the steps that were still at work."""

    journal: ListedJournal = field(default_factory=ListedJournal)
    cut_off: frozenset[str] = frozenset()

    def record(self) -> RunRecord:
        return record_of([*self.journal.entries, MadeSafe(SAFE, START)], START + timedelta(minutes=1))

    def outcomes(self) -> dict[str, str]:
        return {each.name: each.outcome for each in self.record().steps}


def perform(tmp_path: Path, steps: Sequence[Step], body: str = BODY) -> Played:
    plan = plan_of(tmp_path, steps, body)
    found = Played()
    roles = dict.fromkeys(LINKS, object())
    scene = Scene(roles, {}, TickingOperator(), CountingClock(), LINKS)
    found.cut_off = play(plan, scene, start_of(plan), found.journal)
    return found


def so(is_so: bool = True) -> Statement:
    return Statement(is_so, "dmm", START)


def test_steps_that_share_no_instrument_are_under_way_together(tmp_path: Path) -> None:
    meeting = threading.Barrier(2, timeout=PATIENCE_S)

    @step(zh="x", en="x", deadline_s=1, measures={"volts": ""})
    def volts(meter: Multimeter, measure: Measure) -> None:
        meeting.wait()
        measure("volts", so())

    @step(zh="x", en="x", deadline_s=1, measures={"unit": ""})
    def unit(dut: HeadUnit, measure: Measure) -> None:
        meeting.wait()
        measure("unit", so())

    played = perform(tmp_path, [volts, unit])
    assert played.record().verdict == "PASS"
    assert played.cut_off == frozenset()


def test_two_roles_of_one_instrument_are_never_used_together(tmp_path: Path) -> None:
    at_work: list[str] = []
    seen: list[int] = []

    def busy(name: str) -> None:
        at_work.append(name)
        threading.Event().wait(0.02)
        seen.append(len(at_work))
        at_work.remove(name)

    @step(zh="x", en="x", deadline_s=1, measures={"volts": ""})
    def volts(meter: Multimeter, measure: Measure) -> None:
        busy("volts")
        measure("volts", so())

    @step(zh="x", en="x", deadline_s=1, measures={"unit": ""})
    def unit(current: Ammeter, measure: Measure) -> None:
        busy("unit")
        measure("unit", so())

    played = perform(tmp_path, [volts, unit])
    assert (played.record().verdict, seen) == ("PASS", [1, 1])
    kinds = [type(entry) for entry in played.journal.entries if isinstance(entry, StepStarted | StepFinished)]
    assert kinds == [StepStarted, StepFinished] * 2


def test_an_error_ends_the_run_at_once_and_cuts_off_what_is_beside_it(tmp_path: Path) -> None:
    is_waiting, is_over = threading.Event(), threading.Event()

    @step(zh="x", en="x", deadline_s=1, measures={"volts": ""})
    def volts(meter: Multimeter, measure: Measure) -> None:
        assert is_waiting.wait(PATIENCE_S)
        raise LinkLost("dmm", "the peer closed the link")

    @step(zh="x", en="x", deadline_s=1, measures={"unit": ""})
    def unit(dut: HeadUnit, measure: Measure) -> None:
        is_waiting.set()
        is_over.wait(PATIENCE_S)
        measure("unit", so())

    @step(zh="x", en="x", deadline_s=1, after=[unit])
    def later() -> None: ...

    played = perform(tmp_path, [volts, unit, later])
    assert played.cut_off == {"unit"}
    assert played.outcomes() == {"volts": "ERROR", "unit": "ABORTED", "later": "SKIPPED"}
    record = played.record()
    assert record.verdict == "ERROR"
    assert record.failure is not None and (record.failure.kind, record.failure.step) == ("link", "volts")
    assert record.steps[1].message == "cut off, for in volts: dmm: the peer closed the link"
    is_over.set()


def test_what_goes_on_after_the_stop_never_makes_a_pass_and_nothing_new_begins(tmp_path: Path) -> None:
    is_waiting, is_over = threading.Event(), threading.Event()

    @step(zh="x", en="x", deadline_s=1, measures={"volts": ""})
    def volts(meter: Multimeter, measure: Measure) -> None:
        assert is_waiting.wait(PATIENCE_S)
        raise LinkLost("dmm", "gone")

    @step(zh="x", en="x", deadline_s=1, measures={"unit": ""})
    def unit(dut: HeadUnit, measure: Measure) -> None:
        is_waiting.set()
        is_over.wait(PATIENCE_S)
        measure("unit", so())

    @step(zh="x", en="x", deadline_s=1, after=[unit])
    def later() -> None: ...

    played = perform(tmp_path, [volts, unit, later])
    is_over.set()
    for thread in threading.enumerate():
        if thread.name == "step unit":
            thread.join(PATIENCE_S)
    assert "later" not in [entry.step for entry in played.journal.entries if isinstance(entry, StepStarted)]
    assert played.record().verdict == "ERROR"
    assert sum(isinstance(entry, RunStopped) for entry in played.journal.entries) == 1


def test_a_bug_in_a_step_beside_another_is_raised_to_the_process_and_named(tmp_path: Path) -> None:
    is_over = threading.Event()

    @step(zh="x", en="x", deadline_s=1, measures={"volts": ""})
    def volts(meter: Multimeter, measure: Measure) -> None:
        raise ZeroDivisionError("division by zero")

    @step(zh="x", en="x", deadline_s=1, measures={"unit": ""})
    def unit(dut: HeadUnit, measure: Measure) -> None:
        is_over.wait(PATIENCE_S)

    plan = plan_of(tmp_path, [unit, volts], BODY)
    journal = ListedJournal()
    scene = Scene(dict.fromkeys(LINKS, object()), {}, TickingOperator(), CountingClock(), LINKS)
    with pytest.raises(ZeroDivisionError):
        play(plan, scene, start_of(plan), journal)
    stop = next(entry for entry in journal.entries if isinstance(entry, RunStopped))
    assert (stop.verdict, stop.failure.subject, stop.failure.step) == ("ERROR", "ZeroDivisionError", "volts")
    assert stop in journal.durable
    is_over.set()


def test_a_silent_unit_fails_its_step_and_the_one_beside_it_goes_on(tmp_path: Path) -> None:
    meeting = threading.Barrier(2, timeout=PATIENCE_S)

    @step(zh="x", en="x", deadline_s=1, measures={"volts": ""})
    def volts(meter: Multimeter, measure: Measure) -> None:
        meeting.wait()
        measure("volts", so())

    @step(zh="x", en="x", deadline_s=1, measures={"unit": ""}, stops_on_fail=True)
    def unit(dut: HeadUnit) -> None:
        meeting.wait()
        raise DutError("silent")

    @step(zh="x", en="x", deadline_s=1, after=[volts])
    def later() -> None: ...

    played = perform(tmp_path, [volts, unit, later])
    outcomes = played.outcomes()
    assert (outcomes["volts"], outcomes["unit"], played.record().verdict) == ("PASS", "FAIL", "FAIL")


def test_entries_of_steps_side_by_side_say_whose_they_are(tmp_path: Path) -> None:
    turn = [threading.Event() for _ in range(3)]

    @step(zh="x", en="x", deadline_s=1, measures={"a": "", "b": ""})
    def volts(meter: Multimeter, measure: Measure) -> None:
        measure("a", so())
        turn[0].set()
        assert turn[1].wait(PATIENCE_S)
        measure("b", so())

    @step(zh="x", en="x", deadline_s=1, measures={"c": "A"})
    def unit(dut: HeadUnit, measure: Measure) -> None:
        assert turn[0].wait(PATIENCE_S)
        measure("c", Reading(0.1, "A", "dmm", "0.1", START))
        turn[1].set()

    body = row("a", "is_true") + row("b", "is_true") + row("c", unit="A", high=1.0)
    record = perform(tmp_path, [volts, unit], body).record()
    assert [(taken.step, taken.limit.name) for taken in record.measurements] == [
        ("volts", "a"),
        ("unit", "c"),
        ("volts", "b"),
    ]
    assert record.verdict == "PASS"
