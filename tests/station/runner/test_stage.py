"""Where steps are played: everything that may begin does, threads bear nobody up, and the first reason is the run's."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path

import pytest

from station.model.errors import DutError, LinkLost, StorageError
from station.model.reading import Statement
from station.model.roles import HeadUnit, Multimeter, RfSource, Scale
from station.runner.entries import Entry, MadeSafe, RunStopped, StepFinished
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

LINKS = {name: frozenset({name}) for name in ("meter", "dut", "scale", "rf")}
PATIENCE_S = 20.0


def so() -> Statement:
    return Statement(True, "dmm", START)


def perform(tmp_path: Path, steps: Sequence[Step], journal: ListedJournal | None = None) -> ListedJournal:
    plan = plan_of(tmp_path, steps, "".join(row(name, "is_true") for each in steps for name in each.plain_measures()))
    journal = journal or ListedJournal()
    scene = Scene(dict.fromkeys(LINKS, object()), {}, TickingOperator(), CountingClock(), LINKS)
    play(plan, scene, start_of(plan), journal)
    return journal


def messages(journal: ListedJournal) -> dict[str, str]:
    return {entry.step: entry.message for entry in journal.entries if isinstance(entry, StepFinished)}


def test_all_that_may_begin_when_one_of_several_ends_begins_beside_those_still_under_way(tmp_path: Path) -> None:
    meeting = threading.Barrier(3, timeout=PATIENCE_S)

    @step(zh="x", en="x", deadline_s=1, measures={"long": ""})
    def long(scale: Scale, measure: Measure) -> None:
        meeting.wait()
        measure("long", so())

    @step(zh="x", en="x", deadline_s=1)
    def short(rf: RfSource) -> None:
        """Ends at once."""

    @step(zh="x", en="x", deadline_s=1, after=[short], measures={"left": ""})
    def left(meter: Multimeter, measure: Measure) -> None:
        meeting.wait()
        measure("left", so())

    @step(zh="x", en="x", deadline_s=1, after=[short], measures={"right": ""})
    def right(dut: HeadUnit, measure: Measure) -> None:
        meeting.wait()
        measure("right", so())

    journal = perform(tmp_path, [long, short, left, right])
    assert record_of([*journal.entries, MadeSafe(SAFE, START)], START + timedelta(minutes=1)).verdict == "PASS"


def test_a_step_beside_others_keeps_no_process_alive_that_has_to_end(tmp_path: Path) -> None:
    threads: list[tuple[str, bool]] = []

    def noted(name: str) -> None:
        threads.append((threading.current_thread().name, threading.current_thread().daemon))

    @step(zh="x", en="x", deadline_s=1, measures={"volts": ""})
    def volts(meter: Multimeter, measure: Measure) -> None:
        noted("volts")
        measure("volts", so())

    @step(zh="x", en="x", deadline_s=1)
    def unit(dut: HeadUnit) -> None:
        noted("unit")

    perform(tmp_path, [volts, unit])
    assert sorted(threads) == [("step unit", True), ("step volts", True)]


def ended(name: str) -> None:
    """Wait until the step ``name``, which is played beside the caller, has come to its end."""
    for thread in threading.enumerate():
        if thread.name == f"step {name}":
            thread.join(PATIENCE_S)


def two_ends(second: BaseException) -> Sequence[Step]:
    """Two steps beside each other: the first fails and stops the plan, then ``second`` ends the other; and a third."""
    meeting = threading.Barrier(2, timeout=PATIENCE_S)

    @step(zh="x", en="x", deadline_s=1, stops_on_fail=True)
    def one(meter: Multimeter) -> None:
        meeting.wait()
        raise DutError("silent")

    @step(zh="x", en="x", deadline_s=1, stops_on_fail=True)
    def other(dut: HeadUnit) -> None:
        meeting.wait()
        ended("one")
        raise second

    @step(zh="x", en="x", deadline_s=1, after=[one, other], measures={"later": ""})
    def later(measure: Measure) -> None: ...

    return one, other, later


@pytest.mark.parametrize("second", [DutError("silent too"), LinkLost("dmm", "gone")])
def test_what_is_not_played_is_so_because_of_the_first_that_stopped_the_plan(
    tmp_path: Path, second: BaseException
) -> None:
    journal = perform(tmp_path, two_ends(second))
    assert messages(journal)["later"] == "not played after one"


def test_the_last_steps_wait_for_one_that_was_cut_off_and_takes_its_time_to_end(tmp_path: Path) -> None:
    is_under_way = threading.Event()

    @step(zh="x", en="x", deadline_s=1, measures={"volts": ""})
    def volts(meter: Multimeter) -> None:
        assert is_under_way.wait(PATIENCE_S)
        raise LinkLost("dmm", "gone")

    @step(zh="x", en="x", deadline_s=1)
    def slow(dut: HeadUnit) -> None:
        is_under_way.set()
        ended("volts")
        threading.Event().wait(0.1)

    @step(zh="x", en="x", deadline_s=1, section="always")
    def last() -> None:
        """Is played though the run was stopped."""

    assert messages(perform(tmp_path, [volts, slow, last]))["last"] == ""


class FullDisk(ListedJournal):
    """Takes all but why a run was stopped."""

    def write(self, entry: Entry, is_durable: bool = False) -> None:
        if isinstance(entry, RunStopped):
            raise StorageError("run.jsonl", "No space left on device")
        super().write(entry, is_durable)


def test_a_stop_that_cannot_be_written_down_is_the_greater_trouble(tmp_path: Path) -> None:
    @step(zh="x", en="x", deadline_s=1, measures={"volts": ""})
    def volts(meter: Multimeter) -> None:
        raise LinkLost("dmm", "gone")

    with pytest.raises(StorageError, match="No space left"):
        perform(tmp_path, [volts], FullDisk())
