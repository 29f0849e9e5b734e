"""A step played again: only after what is allowed, every attempt on record, and a PASS that shows it."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest

from station.model.errors import ConfigError, DutError, LinkTimeout, OperatorError, PlanError, StationError
from station.model.reading import Reading
from station.model.roles import Ammeter, Operator
from station.runner.entries import MadeSafe, RunStarted, StepRetried, StepStarted
from station.runner.measure import Measure
from station.runner.record import record_of
from station.runner.shipping_list import ShippingList
from station.runner.step import Step, step
from station.runner.trace import TraceRecorder
from tests.station.runner.bench_pieces import SAFE, START, SteadyAmmeter, amperes, plan_of, played, row

IDLE = row("idle", unit="A", high=0.5)
GOOD, BAD, NONE = amperes(0.4), amperes(0.6), amperes(0.4, is_overload=True)


def reading_once(*failures: StationError, **declared: object) -> Step:
    """A step that raises each of ``failures`` in turn, then measures."""
    left = list(failures)

    def idle(current: Ammeter, measure: Measure) -> None:
        if left:
            raise left.pop(0)
        measure("idle", current.read_a(1.0))

    return step(zh="x", en="x", deadline_s=1, measures={"idle": "A"}, **declared)(idle)  # type: ignore[arg-type]


def retries(**counts: int) -> str:
    lines = "".join(f"{kind} = {count}\n" for kind, count in counts.items())
    return f'[retries.idle]\nsource = "this test"\n{lines}'


def late() -> LinkTimeout:
    return LinkTimeout("dmm", "no answer")


@pytest.mark.parametrize(
    ("failures", "readings", "allowed", "verdict", "attempts"),
    [
        ([late()], [GOOD], {"link": 1}, "PASS", ["ERROR"]),
        ([late(), late()], [GOOD], {"link": 1}, "ERROR", ["ERROR"]),
        ([late(), late()], [GOOD], {"link": 2}, "PASS", ["ERROR", "ERROR"]),
        ([late()], [GOOD], {"instrument": 1, "dut": 1, "limit": 1}, "ERROR", []),
        ([], [NONE, GOOD], {"instrument": 1}, "PASS", ["ERROR"]),
        ([DutError("silent")], [GOOD], {"dut": 1}, "PASS", ["FAIL"]),
        ([DutError("silent")], [GOOD], {"link": 1, "instrument": 1, "limit": 1}, "FAIL", []),
        ([], [BAD, GOOD], {"limit": 1}, "PASS", ["FAIL"]),
        ([], [BAD, BAD, GOOD], {"limit": 1}, "FAIL", ["FAIL"]),
        ([], [BAD, GOOD], {"link": 1, "instrument": 1, "dut": 1}, "FAIL", []),
        ([late()], [BAD, GOOD], {"link": 1, "limit": 1}, "PASS", ["ERROR", "FAIL"]),
        ([OperatorError("no")], [GOOD], {"link": 9, "instrument": 9, "dut": 9, "limit": 9}, "ABORTED", []),
    ],
)
def test_a_step_is_played_again_only_after_what_is_allowed_and_as_often(
    tmp_path: Path,
    failures: list[StationError],
    readings: list[Reading],
    allowed: dict[str, int],
    verdict: str,
    attempts: list[str],
) -> None:
    plan = plan_of(tmp_path, [reading_once(*failures)], IDLE + retries(**allowed))
    _, record = played(plan, current=SteadyAmmeter(list(readings)))
    assert record.verdict == verdict
    assert [attempt.outcome for attempt in record.attempts] == attempts
    assert [attempt.number for attempt in record.attempts] == list(range(1, len(attempts) + 1))
    assert len(record.steps) == 1


def test_a_pass_that_took_another_attempt_is_marginal_and_the_failed_value_is_kept(tmp_path: Path) -> None:
    plan = plan_of(tmp_path, [reading_once()], IDLE + retries(limit=1))
    _, record = played(plan, current=SteadyAmmeter([BAD, GOOD]))
    (taken,) = record.measurements
    assert (taken.value, taken.outcome, taken.retries, taken.is_marginal) == (0.4, "PASS", 1, True)
    (attempt,) = record.attempts
    assert [(each.value, each.outcome, each.retries) for each in attempt.measurements] == [(0.6, "FAIL", 0)]
    assert attempt.message == "idle 0.6 A is above 0.5 A"
    assert record.has_failed_measurement is False


def test_an_attempt_keeps_what_was_measured_in_it_and_nothing_of_other_steps(tmp_path: Path) -> None:
    @step(zh="x", en="x", deadline_s=1, measures={"before": "A"})
    def before(measure: Measure) -> None:
        measure("before", GOOD)

    again = reading_once()
    plan = plan_of(
        tmp_path, [before, again.following(before)], IDLE + row("before", unit="A", high=0.5) + retries(limit=2)
    )
    _, record = played(plan, current=SteadyAmmeter([BAD, BAD, GOOD]))
    assert [[taken.limit.name for taken in attempt.measurements] for attempt in record.attempts] == [["idle"]] * 2
    assert [taken.limit.name for taken in record.measurements] == ["before", "idle"]
    assert record.verdict == "PASS"


def test_a_fail_at_the_last_attempt_is_a_fail_and_nothing_else(tmp_path: Path) -> None:
    plan = plan_of(tmp_path, [reading_once()], IDLE + retries(limit=1))
    _, record = played(plan, current=SteadyAmmeter([BAD, BAD]))
    (taken,) = record.measurements
    assert (taken.outcome, taken.retries, taken.is_marginal, record.verdict) == ("FAIL", 1, False, "FAIL")


def test_a_first_pass_is_not_marginal(tmp_path: Path) -> None:
    plan = plan_of(tmp_path, [reading_once()], IDLE + retries(limit=1))
    _, record = played(plan, current=SteadyAmmeter([GOOD]))
    assert (record.measurements[0].is_marginal, record.attempts) == (False, ())


def test_each_attempt_has_a_deadline_of_its_own_and_is_told(tmp_path: Path) -> None:
    plan = plan_of(tmp_path, [reading_once(late(), energises=True)], IDLE + retries(link=1))
    journal, _ = played(plan, current=SteadyAmmeter([GOOD]))
    starts = [entry for entry in journal.entries if isinstance(entry, StepStarted)]
    assert [(entry.attempt, entry.deadline_s) for entry in starts] == [(1, 1), (2, 1)]
    assert all(entry in journal.durable for entry in starts), "the output may be switched on again"
    assert sum(isinstance(entry, StepRetried) for entry in journal.entries) == 1


def test_what_code_allows_the_file_may_change(tmp_path: Path) -> None:
    twice = reading_once(late(), late(), retries={"link": 2})
    assert played(plan_of(tmp_path, [twice], IDLE), current=SteadyAmmeter([GOOD]))[1].verdict == "PASS"
    never = reading_once(late(), retries={"link": 1})
    plan = plan_of(tmp_path, [never], IDLE + retries(limit=1))
    assert plan.retries_of(plan.steps[0]) == {"link": 1, "limit": 1}


@pytest.mark.parametrize("kind", ["dut", "limit", "operator", "station"])
def test_code_gives_no_unit_another_try(kind: str) -> None:
    with pytest.raises(PlanError, match=f"not after '{kind}'"):
        reading_once(retries={kind: 1})


@pytest.mark.parametrize(
    ("body", "error", "problem"),
    [
        (retries(limit=10), ConfigError, "retries.idle.limit: must be 0 to 9"),
        (retries(limit=-1), ConfigError, "retries.idle.limit: must be 0 to 9"),
        (retries().replace("this test", " "), ConfigError, "every figure needs a source"),
        (retries(operator=1), ConfigError, "operator"),
        (retries().replace("idle", "other"), PlanError, "retries.other is for no step of this plan"),
    ],
)
def test_a_row_that_allows_what_cannot_be_is_refused(
    tmp_path: Path, body: str, error: type[StationError], problem: str
) -> None:
    with pytest.raises(error, match=re.escape(problem)):
        plan_of(tmp_path, [reading_once()], IDLE + body)


def test_accessories_are_ticked_once(tmp_path: Path) -> None:
    @step(zh="x", en="x", deadline_s=1, retries={"link": 1})
    def ticking(operator: Operator, shipping_list: ShippingList) -> None:
        operator.tick("", "", shipping_list.items)

    frame = '[accessories.frame]\nzh = "框"\nen = "Frame"\nsource = "this test"\n'
    with pytest.raises(PlanError, match="without retries"):
        plan_of(tmp_path, [reading_once(), ticking], IDLE + frame)
    once = step(zh="x", en="x", deadline_s=1)(ticking.function)
    assert plan_of(tmp_path, [reading_once(), once], IDLE + frame + retries(limit=1)).steps[1].name == "ticking"
    by_file = retries(limit=1).replace("idle", "ticking")
    with pytest.raises(PlanError, match="without retries"):
        plan_of(tmp_path, [reading_once(), once], IDLE + frame + by_file)


def test_curves_are_those_of_the_last_attempt(tmp_path: Path) -> None:
    xs: list[float] = []

    @step(zh="x", en="x", deadline_s=1, measures={"idle": "A"})
    def idle(current: Ammeter, measure: Measure, trace: TraceRecorder) -> None:
        xs.append(float(len(xs)))
        trace.curve("amps", "s", "A").add(xs[-1], amperes(0.1))
        measure("idle", current.read_a(1.0))

    plan = plan_of(tmp_path, [idle], IDLE + retries(limit=1))
    _, record = played(plan, current=SteadyAmmeter([BAD, GOOD]))
    assert [trace.x for trace in record.traces] == [(1.0,)]


@pytest.mark.parametrize("cut", [lambda entry: isinstance(entry, StepRetried), lambda entry: True])
def test_a_run_that_is_cut_off_between_two_attempts_does_not_pass(
    tmp_path: Path, cut: Callable[[object], bool]
) -> None:
    plan = plan_of(tmp_path, [reading_once()], IDLE + retries(limit=1))
    journal, _ = played(plan, current=SteadyAmmeter([BAD, GOOD]))
    for length, entry in enumerate(journal.entries, start=1):
        if length < len(journal.entries) and (isinstance(entry, RunStarted) or cut(entry)):
            whole = [*journal.entries[:length], MadeSafe(SAFE, START)]
            assert record_of(whole, START + timedelta(minutes=1)).verdict != "PASS"
