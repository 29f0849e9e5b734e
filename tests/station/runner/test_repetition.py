"""A group played several times: numbered rounds in a row, one limit for all or one for each."""

from __future__ import annotations

from pathlib import Path

import pytest

from station.model.errors import ConfigError, PlanError
from station.model.reading import TextReading
from station.model.roles import Ammeter
from station.runner.measure import Measure
from station.runner.questions import Questions
from station.runner.repetition import repeated
from station.runner.step import step
from tests.station.runner.bench_pieces import START, SteadyAmmeter, amperes, plan_of, played, question, row


@step(zh="始", en="Before", deadline_s=1)
def before() -> None:
    """Comes first."""


@step(zh="通", en="On", deadline_s=1, after=[before], measures={"peak": "A"})
def on(current: Ammeter, measure: Measure) -> None:
    assert measure.is_inside("peak", amperes(0.1))
    measure("peak", current.read_a(1.0))


@step(zh="读", en="Read", deadline_s=1, after=[on], measures={"serial": ""})
def read(measure: Measure) -> None:
    measure("serial", TextReading("SN", "dut", START))


PEAK, SERIAL = row("peak", unit="A", high=0.5), row("serial", "equals", expected=["SN"])


def test_rounds_come_one_after_the_other_and_are_numbered(tmp_path: Path) -> None:
    group = repeated(3, on, read)
    plan = plan_of(tmp_path, [before, *group], PEAK + SERIAL)
    assert [each.name for each in plan.steps] == ["before", "on_1", "read_1", "on_2", "read_2", "on_3", "read_3"]
    assert {other.name for other in plan.steps[3].declaration.after} == {"before", "on_1", "read_1"}
    _, record = played(plan, current=SteadyAmmeter([amperes(0.1), amperes(0.6), amperes(0.2)]))
    found = [(taken.limit.name, taken.value, taken.outcome) for taken in record.measurements]
    assert found[0::2] == [("peak_1", 0.1, "PASS"), ("peak_2", 0.6, "FAIL"), ("peak_3", 0.2, "PASS")]
    assert record.verdict == "FAIL"


def test_one_round_that_was_not_measured_is_no_pass(tmp_path: Path) -> None:
    @step(zh="x", en="x", deadline_s=1, measures={"peak": "A"})
    def forgets(current: Ammeter, measure: Measure) -> None:
        reading = current.read_a(1.0)
        if reading.value != 0.2:
            measure("peak", reading)

    plan = plan_of(tmp_path, repeated(2, forgets), PEAK)
    _, record = played(plan, current=SteadyAmmeter([amperes(0.1), amperes(0.2)]))
    assert record.failure is not None and record.failure.message == "peak_2 was not measured"


def test_a_round_may_have_a_limit_of_its_own(tmp_path: Path) -> None:
    body = PEAK + SERIAL + row("peak_1", unit="A", high=0.9)
    plan = plan_of(tmp_path, [before, *repeated(2, on, read)], body)
    highs = {name: each.limit.high for name, each in plan.limits_file.measurements.items()}
    assert highs == {"peak_1": 0.9, "peak_2": 0.5, "serial_1": None, "serial_2": None}
    assert plan.limits_file.measurements["peak_2"].en == "peak 2"


def test_a_value_is_compared_with_that_of_its_own_round(tmp_path: Path) -> None:
    @step(zh="x", en="x", deadline_s=1, after=[read], measures={"again": ""})
    def again(measure: Measure) -> None:
        measure("again", TextReading("SN", "dut", START))

    body = SERIAL + row("again", "same_as", expected=["serial"])
    plan = plan_of(tmp_path, repeated(2, read.following(), again), body)
    assert plan.limits_file.measurements["again_2"].limit.expected == ("serial_2",)
    assert played(plan)[1].verdict == "PASS"


def test_a_question_is_asked_in_each_round(tmp_path: Path) -> None:
    @step(zh="x", en="x", deadline_s=1, measures={"film": ""}, asks=["film"])
    def look(questions: Questions, measure: Measure) -> None:
        measure("film", questions.ask("film"))

    body = row("film", "is_true") + question("film", "Film on?")
    _, record = played(plan_of(tmp_path, repeated(2, look), body), says={"Film on?": "yes"})
    assert [taken.limit.name for taken in record.measurements] == ["film_1", "film_2"]
    assert record.verdict == "PASS"


def test_retries_are_said_once_for_all_rounds(tmp_path: Path) -> None:
    body = PEAK + SERIAL + '[retries.on]\nsource = "this test"\nlimit = 1\n'
    plan = plan_of(tmp_path, [before, *repeated(2, on, read)], body)
    _, record = played(plan, current=SteadyAmmeter([amperes(0.1), amperes(0.6), amperes(0.2)]))
    assert record.verdict == "PASS"
    assert [(attempt.step, attempt.number) for attempt in record.attempts] == [("on_2", 1)]


def test_what_cannot_be_repeated_is_refused(tmp_path: Path) -> None:
    for times, steps in ((0, [read]), (2, [])):
        with pytest.raises(PlanError, match="cannot be repeated"):
            repeated(times, *steps)
    with pytest.raises(PlanError, match="repeated already"):
        repeated(2, *repeated(2, read))
    with pytest.raises((PlanError, ConfigError), match="no limit"):
        plan_of(tmp_path, [before, *repeated(2, on)], SERIAL)


def test_a_group_may_be_played_once(tmp_path: Path) -> None:
    plan = plan_of(tmp_path, [before, *repeated(1, on)], PEAK)
    assert [each.name for each in plan.steps] == ["before", "on_1"]
    assert list(plan.limits_file.measurements) == ["peak_1"]


def test_what_is_skipped_in_a_round_is_skipped_for_a_value_of_that_round_or_of_before(tmp_path: Path) -> None:
    @step(zh="x", en="x", deadline_s=1, measures={"model": ""})
    def model(measure: Measure) -> None:
        measure("model", TextReading("N7", "dut", START))

    @step(zh="x", en="x", deadline_s=1, after=[model, read], only_if={"serial": "SN", "model": "N7"})
    def again() -> None:
        """Follows what was read."""

    body = SERIAL + row("model", "equals", expected=["N7"])
    plan = plan_of(tmp_path, [model, *repeated(2, read.following(), again)], body)
    conditions = {each.name: each.declaration.only_if for each in plan.steps if each.name.startswith("again")}
    assert conditions == {f"again_{n}": {f"serial_{n}": "SN", "model": "N7"} for n in (1, 2)}
    assert played(plan)[1].verdict == "PASS"


def test_a_value_is_compared_with_one_of_before_the_rounds_where_it_is_not_of_them(tmp_path: Path) -> None:
    @step(zh="x", en="x", deadline_s=1, after=[read], measures={"again": ""})
    def again(measure: Measure) -> None:
        measure("again", TextReading("SN", "dut", START))

    body = SERIAL + row("again", "same_as", expected=["serial"])
    alone = read.following()
    plan = plan_of(tmp_path, [alone, *repeated(2, again.following(alone))], body)
    assert plan.limits_file.measurements["again_2"].limit.expected == ("serial",)
    assert played(plan)[1].verdict == "PASS"


def test_a_question_that_is_asked_in_rounds_has_to_be_in_the_file(tmp_path: Path) -> None:
    @step(zh="x", en="x", deadline_s=1, measures={"film": ""}, asks=["film"])
    def look(questions: Questions, measure: Measure) -> None:
        measure("film", questions.ask("film"))

    with pytest.raises(PlanError, match="asks for film_1, which has no question"):
        plan_of(tmp_path, repeated(2, look), row("film", "is_true"))


def test_one_round_may_have_retries_of_its_own(tmp_path: Path) -> None:
    rows = '[retries.on_2]\nsource = "this test"\nlimit = 1\n[retries.on]\nsource = "this test"\nlimit = 2\n'
    plan = plan_of(tmp_path, [before, *repeated(2, on)], PEAK + rows)
    assert [plan.retries_of(each).get("limit") for each in plan.steps] == [None, 2, 1]
