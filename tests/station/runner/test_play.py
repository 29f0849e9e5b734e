"""Playing a plan: what is measured, what stops it, what becomes of a unit that is silent or a link that fails."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from msgspec.structs import replace

from station.model.errors import (
    CommandRefused,
    DutError,
    LinkLost,
    OperatorError,
    PlanError,
    StationError,
)
from station.model.reading import Reading, Statement, TextReading
from station.model.roles import Ammeter, Operator
from station.runner.conditions import Conditions
from station.runner.entries import MadeSafe, StepFinished
from station.runner.measure import Measure
from station.runner.record import record_of
from station.runner.shipping_list import ShippingList
from station.runner.step import Step, step
from station.runner.trace import TraceRecorder
from tests.station.runner.bench_pieces import SAFE, START, SteadyAmmeter, amperes, plan_of, played, row

IDLE = row("idle", unit="A", high=0.5)
SECOND = row("second", unit="A", high=0.5)


@step(zh="电流", en="Current", deadline_s=1, energises=True, measures={"idle": "A"})
def first(current: Ammeter, measure: Measure) -> None:
    measure("idle", current.read_a(1.0))


@step(zh="再测", en="Again", deadline_s=1, after=[first], measures={"second": "A"})
def second(current: Ammeter, measure: Measure) -> None:
    measure("second", current.read_a(1.0))


def raising(error: StationError) -> Step:
    def first(measure: Measure) -> None:
        raise error

    return step(zh="x", en="x", deadline_s=1, measures={"idle": "A"})(first)


def test_a_good_unit_passes(tmp_path: Path) -> None:
    plan = plan_of(tmp_path, [first, second], IDLE + SECOND)
    journal, record = played(plan, current=SteadyAmmeter([amperes(0.41)]))
    assert (record.verdict, record.failure, record.has_failed_measurement) == ("PASS", None, False)
    assert [taken.value for taken in record.measurements] == [0.41, 0.41]
    assert [type(entry).__name__ for entry in journal.durable] == ["RunStarted", "StepStarted"]


def test_a_failed_limit_fails_the_unit_and_the_plan_goes_on(tmp_path: Path) -> None:
    plan = plan_of(tmp_path, [first, second], IDLE + SECOND)
    _, record = played(plan, current=SteadyAmmeter([amperes(0.61), amperes(0.4)]))
    assert (record.verdict, record.failure) == ("FAIL", None)
    assert [taken.outcome for taken in record.measurements] == ["FAIL", "PASS"]
    assert record.steps[0].message == "idle 0.61 A is above 0.5 A"


def test_a_plan_stops_after_a_failed_step_that_says_so(tmp_path: Path) -> None:
    stopping = step(zh="x", en="x", deadline_s=1, measures={"idle": "A"}, stops_on_fail=True)(first.function)
    plan = plan_of(
        tmp_path,
        [stopping, step(zh="x", en="x", deadline_s=1, measures={"second": "A"})(second.function)],
        IDLE + SECOND,
    )
    _, record = played(plan, current=SteadyAmmeter([amperes(0.61)]))
    assert (record.verdict, record.failure) == ("FAIL", None)
    assert [step.outcome for step in record.steps] == ["FAIL", "SKIPPED"]


def test_a_silent_unit_is_a_fail_with_its_own_words(tmp_path: Path) -> None:
    _, record = played(plan_of(tmp_path, [raising(DutError("the unit is silent"))], IDLE))
    assert record.verdict == "FAIL"
    assert record.failure is not None
    assert (record.failure.kind, record.failure.message, record.failure.step) == ("dut", "the unit is silent", "first")


@pytest.mark.parametrize(
    ("error", "kind", "subject"),
    [
        (LinkLost("dmm", "the peer closed the link"), "link", "dmm"),
        (CommandRefused("psu", "-222"), "instrument", "psu"),
        (PlanError("no such thing"), "config", ""),
    ],
)
def test_a_link_or_an_instrument_that_fails_is_an_error_and_stops(
    tmp_path: Path, error: StationError, kind: str, subject: str
) -> None:
    bad = raising(error)
    other = step(zh="x", en="x", deadline_s=1, after=[bad], measures={"second": "A"})(second.function)
    _, record = played(plan_of(tmp_path, [bad, other], IDLE + SECOND), current=SteadyAmmeter([amperes(0.4)]))
    assert record.verdict == "ERROR"
    assert record.failure is not None
    assert (record.failure.kind, record.failure.subject, record.failure.step) == (kind, subject, "first")
    assert [step.outcome for step in record.steps] == ["ERROR", "SKIPPED"]
    assert record.has_failed_measurement is False


def test_an_operator_who_refuses_aborts(tmp_path: Path) -> None:
    _, record = played(plan_of(tmp_path, [raising(OperatorError("nobody answers"))], IDLE))
    assert record.verdict == "ABORTED"


@pytest.mark.parametrize("reading", [amperes(0.1, is_overload=True), amperes(float("nan")), amperes(float("inf"))])
def test_an_overload_and_what_is_no_number_are_errors_never_values(tmp_path: Path, reading: Reading) -> None:
    _, record = played(plan_of(tmp_path, [first], IDLE), current=SteadyAmmeter([reading]))
    assert record.verdict == "ERROR"
    assert (record.measurements[0].value, record.measurements[0].outcome) == (None, "ERROR")
    assert record.failure is not None and record.failure.subject == "dmm"


@pytest.mark.parametrize(
    ("act", "problem"),
    [
        (lambda measure: measure("idle", Reading(0.1, "V", "dmm", "0.1", START)), "read in 'V', its limit is in 'A'"),
        (lambda measure: measure("other", amperes(0.1)), "measures other without declaring it"),
        (lambda measure: [measure("idle", amperes(0.1)) for _ in range(2)], "measures idle twice"),
        (lambda measure: measure("idle", TextReading("0.1", "dut", START)), "read in ''"),
    ],
)
def test_a_measurement_that_the_plan_does_not_allow_is_an_error(
    tmp_path: Path, act: Callable[[Measure], object], problem: str
) -> None:
    def first(measure: Measure) -> None:
        act(measure)

    odd = step(zh="x", en="x", deadline_s=1, measures={"idle": "A"})(first)
    _, record = played(plan_of(tmp_path, [odd], IDLE))
    assert record.verdict == "ERROR"
    assert record.failure is not None and problem in record.failure.message


def test_texts_and_statements_are_held_against_their_limits(tmp_path: Path) -> None:
    @step(zh="x", en="x", deadline_s=1, measures={"serial": "", "is_up": ""})
    def texts(measure: Measure) -> None:
        measure("serial", TextReading("FJR126119999", "dut", START))
        measure("is_up", Statement(False, "dut", START))

    body = row("serial", "same_as", expected=["scanned_serial"]) + row("is_up", "is_true")
    _, record = played(plan_of(tmp_path, [texts], body))
    assert record.verdict == "FAIL"
    said = "serial 'FJR126119999' is not the same as scanned_serial; is_up is not so"
    assert record.steps[0].message == said


def test_accessories_are_part_of_the_evidence(tmp_path: Path) -> None:
    @step(zh="x", en="x", deadline_s=1)
    def ticking(operator: Operator, shipping_list: ShippingList) -> None:
        operator.tick("", "", shipping_list.items)

    frame = '[accessories.frame]\nzh = "框"\nen = "Frame"\nsource = "this test"\n'
    plan = plan_of(tmp_path, [first, ticking], IDLE + frame)
    _, record = played(plan, current=SteadyAmmeter([amperes(0.4)]))
    assert record.failure is not None
    assert record.failure.message == "accessory frame was not checked", "only the journal's answers count"


def test_a_condition_that_is_not_declared_is_not_given(tmp_path: Path) -> None:
    @step(zh="x", en="x", deadline_s=1, measures={"idle": "A"})
    def sneaking(conditions: Conditions) -> None:
        conditions["volts"]

    _, record = played(plan_of(tmp_path, [sneaking], IDLE))
    assert record.failure is not None and "without declaring it" in record.failure.message


def test_a_condition_that_is_declared_is_what_the_file_says(tmp_path: Path) -> None:
    @step(zh="x", en="x", deadline_s=1, measures={"idle": "A"}, uses={"volts": "V"})
    def using(conditions: Conditions, measure: Measure) -> None:
        measure("idle", amperes(conditions["volts"]))

    body = IDLE + '[conditions.volts]\nvalue = 0.25\nunit = "V"\nsource = "this test"\n'
    _, record = played(plan_of(tmp_path, [using], body))
    assert record.measurements[0].value == 0.25


def test_a_curve_leaves_out_what_is_no_number_and_is_thinned_to_the_contract(tmp_path: Path) -> None:
    @step(zh="x", en="x", deadline_s=1, measures={"idle": "A"})
    def drawing(measure: Measure, trace: TraceRecorder) -> None:
        curve = trace.curve("amps", "s", "A")
        for index in range(4100):
            curve.add(float(index), amperes(0.1, is_overload=index == 5))
        curve.add(float("nan"), amperes(0.1))
        measure("idle", amperes(0.1))

    _, record = played(plan_of(tmp_path, [drawing], IDLE))
    (trace,) = record.traces
    assert len(trace.x) == len(trace.y) <= 2000
    assert 5.0 not in trace.x


def test_waiting_for_a_value_does_not_record_it(tmp_path: Path) -> None:
    @step(zh="x", en="x", deadline_s=1, measures={"idle": "A"})
    def waiting(current: Ammeter, measure: Measure) -> None:
        reading = current.read_a(1.0)
        while not measure.is_inside("idle", reading):
            reading = current.read_a(1.0)
        measure("idle", reading)

    plan = plan_of(tmp_path, [waiting], IDLE)
    _, record = played(plan, current=SteadyAmmeter([amperes(0.9), amperes(0.8, is_overload=True), amperes(0.2)]))
    assert (record.verdict, [taken.value for taken in record.measurements]) == ("PASS", [0.2])


def test_a_clock_that_is_set_back_during_a_run_makes_no_time_run_backwards(tmp_path: Path) -> None:
    plan = plan_of(tmp_path, [first, second], IDLE + SECOND)
    journal, _ = played(plan, current=SteadyAmmeter([amperes(0.41)]))
    hour = timedelta(hours=1)
    entries = [
        replace(entry, at=entry.at - hour) if isinstance(entry, StepFinished) else entry for entry in journal.entries
    ]
    record = record_of([*entries, MadeSafe(SAFE, START - hour)], START - hour)
    assert record.verdict == "PASS"
    assert record.started_at <= record.finished_at
    assert all(record.started_at <= step.started_at <= step.finished_at for step in record.steps)
