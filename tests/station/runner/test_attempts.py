"""One attempt at a step: what the step is given, and what is said of measurements that were not good."""

from __future__ import annotations

from pathlib import Path

import pytest

from station.model.clock import Clock
from station.model.reading import Reading, TextReading
from station.model.roles import Ammeter
from station.runner.attempt import Attempt, Scene
from station.runner.entries import Measured
from station.runner.measure import Measure
from station.runner.step import step
from tests.station.runner.bench_pieces import (
    START,
    CountingClock,
    ListedJournal,
    SteadyAmmeter,
    TickingOperator,
    amperes,
    plan_of,
    played,
    row,
)

BODY = row("one", "between", unit="A", low=0.2, high=0.5) + row("two", "between", unit="A", low=0.2, high=0.5)
GOOD, LOW, HIGH, NONE = amperes(0.3), amperes(0.1), amperes(0.9), amperes(0.3, is_overload=True)


@step(zh="x", en="x", deadline_s=1, measures={"one": "A", "two": "A"})
def both(current: Ammeter, measure: Measure) -> None:
    measure("one", current.read_a(1.0))
    measure("two", current.read_a(1.0))


@pytest.mark.parametrize(
    ("readings", "outcome", "message"),
    [
        ([GOOD, GOOD], "PASS", ""),
        ([LOW, GOOD], "FAIL", "one 0.1 A is below 0.2 A"),
        ([GOOD, HIGH], "FAIL", "two 0.9 A is above 0.5 A"),
        ([HIGH, NONE], "ERROR", "one 0.9 A is above 0.5 A; two: dmm gave no usable value"),
        ([NONE, LOW], "ERROR", "one: dmm gave no usable value; two 0.1 A is below 0.2 A"),
    ],
)
def test_a_step_is_as_bad_as_its_worst_measurement_and_says_what_was_not_good(
    tmp_path: Path, readings: list[Reading], outcome: str, message: str
) -> None:
    _, record = played(plan_of(tmp_path, [both], BODY), current=SteadyAmmeter(list(readings)))
    assert (record.steps[0].outcome, record.steps[0].message) == (outcome, message)


@pytest.mark.parametrize(
    ("limit", "message"),
    [
        (row("text", "equals", expected=["a"]), "text 'x' is not a"),
        (row("text", "one_of", expected=["a", "b"]), "text 'x' is none of a, b"),
        (row("text", "matches", expected=["[a-c]"]), "text 'x' does not match [a-c]"),
        (row("text", "same_as", expected=["scanned_serial"]), "text 'x' is not the same as scanned_serial"),
    ],
)
def test_a_text_that_is_not_good_is_told_with_what_it_should_be(tmp_path: Path, limit: str, message: str) -> None:
    @step(zh="x", en="x", deadline_s=1, measures={"text": ""})
    def reading(measure: Measure) -> None:
        measure("text", TextReading("x", "dut", START))

    _, record = played(plan_of(tmp_path, [reading], limit))
    assert (record.steps[0].outcome, record.steps[0].message) == ("FAIL", message)


def test_a_step_waits_by_the_clock_of_the_run(tmp_path: Path) -> None:
    given: list[Clock] = []

    @step(zh="x", en="x", deadline_s=1, measures={"one": "A", "two": "A"})
    def waiting(clock: Clock, measure: Measure) -> None:
        given.append(clock)
        measure("one", GOOD)
        measure("two", GOOD)

    plan, clock = plan_of(tmp_path, [waiting], BODY), CountingClock()
    Attempt(plan, plan.steps[0], Scene({}, {}, TickingOperator(), clock), ListedJournal(), {}, {}).call({})
    assert given == [clock] and given[0] is clock


def test_the_first_attempt_is_no_retry_and_a_lent_player_goes_before_the_slots_own(tmp_path: Path) -> None:
    plan, journal = plan_of(tmp_path, [both], BODY), ListedJournal()
    scene = Scene({"current": SteadyAmmeter([HIGH])}, {}, TickingOperator(), CountingClock())
    Attempt(plan, plan.steps[0], scene, journal, {}, {}).call({"current": SteadyAmmeter([GOOD])})
    taken = [entry for entry in journal.entries if isinstance(entry, Measured)]
    assert [(entry.value, entry.retries, entry.is_marginal) for entry in taken] == [(0.3, 0, False)] * 2
