"""What is lent to a step is had before it starts, is given back after it, and is waited for no longer than the run."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from station.model.errors import DutError, InstrumentError, LinkLost
from station.model.reading import Reading
from station.model.roles import HeadUnit, Multimeter
from station.model.run_record import RunRecord
from station.runner.cut import Cut
from station.runner.entries import MadeSafe, StepFinished, StepStarted, StepWaiting
from station.runner.loan import Loan
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

OWNED = {"dut": frozenset({"dut"}), "meter": frozenset({"dmm"})}


class Meter:
    """A multimeter of one loan."""

    def __init__(self, number: int) -> None:
        self.number = number

    def read_v(self, point: str, range_v: float) -> Reading:
        return Reading(float(self.number), "V", "dmm", "", START)


class Shelf:
    """Lends a new meter each time, and notes what happens; ``before`` so many loans another slot has it."""

    shared = frozenset({"dmm"})

    def __init__(self, before: int = 0, opens: Callable[[], None] = lambda: None) -> None:
        self.before = before
        self.opens = opens
        self.happened: list[str] = []

    @contextmanager
    def lend(
        self, roles: Collection[str], waits: Callable[[str, str], None], check: Callable[[], None]
    ) -> Iterator[Loan]:
        self.happened.append(f"lend {','.join(roles)}")
        if "meter" in roles and self.before:
            self.before -= 1
            waits("dmm", "right")
            check()
        try:
            yield _OnLoan(self, "meter" in roles)
        finally:
            self.happened.append("back")


class _OnLoan:
    def __init__(self, shelf: Shelf, has_meter: bool) -> None:
        self._shelf = shelf
        self._has_meter = has_meter

    def open(self) -> Mapping[str, object]:
        self._shelf.opens()
        self._shelf.happened.append("open")
        return {"meter": Meter(len(self._shelf.happened))} if self._has_meter else {}

    def settle(self) -> None:
        self._shelf.happened.append("settle")


def played(tmp_path: Path, shelf: Shelf, *steps: Step, cut: Cut | None = None) -> tuple[ListedJournal, RunRecord]:
    names = [name for each in steps for name in each.declaration.measures]
    plan = plan_of(tmp_path, steps, "".join(row(name, unit="V", high=9.5) for name in names))
    journal = ListedJournal()
    scene = Scene({"dut": object()}, {}, TickingOperator(), CountingClock(), OWNED, shelf)
    play(plan, scene, start_of(plan), journal, cut)
    return journal, record_of([*journal.entries, MadeSafe(SAFE, START)], START)


@step(zh="读", en="Read", deadline_s=5, measures={"volts": "V"})
def reading(meter: Multimeter, measure: Measure) -> None:
    """Reads the number of its loan."""
    measure("volts", meter.read_v("x", 10.0))


@step(zh="又", en="Again", deadline_s=5, measures={"more": "V"})
def again(meter: Multimeter, dut: HeadUnit, measure: Measure) -> None:
    """Reads it once more, beside what the slot owns."""
    assert type(dut) is object
    measure("more", meter.read_v("x", 10.0))


def test_each_step_has_a_loan_of_its_own_and_gives_it_back(tmp_path: Path) -> None:
    shelf = Shelf()
    _, record = played(tmp_path, shelf, reading, again.following(reading))
    assert record.verdict == "PASS"
    assert shelf.happened == ["lend meter", "open", "settle", "back", "lend meter,dut", "open", "settle", "back"]
    assert [taken.value for taken in record.measurements] == [2.0, 6.0]


def test_a_step_that_has_to_wait_says_so_before_it_starts_and_opens_after(tmp_path: Path) -> None:
    journal, record = played(tmp_path, Shelf(before=1), reading)
    told = [entry for entry in journal.entries if isinstance(entry, StepWaiting | StepStarted | StepFinished)]
    assert told[0] == StepWaiting("reading", "dmm", "right")
    assert [type(entry) for entry in told[1:]] == [StepStarted, StepFinished]
    assert record.verdict == "PASS"  # of which the record says nothing


def test_an_instrument_that_does_not_answer_when_it_is_lent_fails_its_step_as_any_other_time(tmp_path: Path) -> None:
    def refuses() -> None:
        raise LinkLost("dmm", "the peer closed the link")

    shelf = Shelf(opens=refuses)
    _, record = played(tmp_path, shelf, reading)
    assert (record.verdict, record.failure and record.failure.kind) == ("ERROR", "link")
    assert [each.outcome for each in record.steps] == ["ERROR"]
    assert shelf.happened == ["lend meter", "back"]


def test_a_step_that_is_played_again_is_lent_everything_anew(tmp_path: Path) -> None:
    attempts: list[str] = []

    def fails_once() -> None:
        attempts.append("")
        if len(attempts) == 1:
            raise InstrumentError("dmm", "another answers")

    retrying = step(zh="x", en="x", deadline_s=5, measures={"volts": "V"}, retries={"instrument": 1})
    shelf = Shelf(opens=fails_once)
    _, record = played(tmp_path, shelf, retrying(reading.function))
    assert record.verdict == "PASS"
    assert shelf.happened == ["lend meter", "back", "lend meter", "open", "settle", "back"]


def test_a_unit_that_does_not_answer_leaves_nothing_on_for_the_next_one(tmp_path: Path) -> None:
    @step(zh="x", en="x", deadline_s=5, measures={"volts": "V"})
    def silent(meter: Multimeter, measure: Measure) -> None:
        raise DutError("the unit does not answer")

    shelf = Shelf()
    _, record = played(tmp_path, shelf, silent)
    assert record.verdict == "FAIL"
    assert shelf.happened == ["lend meter", "open", "settle", "back"]


def test_who_waits_when_the_run_is_stopped_never_starts(tmp_path: Path) -> None:
    cut = Cut()

    class Stopped(Shelf):
        @contextmanager
        def lend(
            self, roles: Collection[str], waits: Callable[[str, str], None], check: Callable[[], None]
        ) -> Iterator[Loan]:
            cut.make()
            with super().lend(roles, waits, check) as loan:
                yield loan

    journal, _ = played(tmp_path, Stopped(before=1), reading, cut=cut)
    assert not any(isinstance(entry, StepStarted) for entry in journal.entries)


def test_what_can_be_had_at_once_is_played_before_what_another_slot_has(tmp_path: Path) -> None:
    class Taken(Shelf):
        def is_free(self, roles: Collection[str]) -> bool:
            return "meter" not in roles

    @step(zh="x", en="x", deadline_s=5, measures={"volts": "V"}, is_alone=True)
    def measured(meter: Multimeter, measure: Measure) -> None:
        measure("volts", meter.read_v("x", 1.0))

    @step(zh="x", en="x", deadline_s=5, measures={"more": "V"}, is_alone=True)
    def looked(dut: HeadUnit, measure: Measure) -> None:
        measure("more", Reading(1.0, "V", "dut", "", START))

    journal, record = played(tmp_path, Taken(), measured, looked)
    assert [entry.step for entry in journal.entries if isinstance(entry, StepStarted)] == ["looked", "measured"]
    assert record.verdict == "PASS"
