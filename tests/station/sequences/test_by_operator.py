"""Items that a person takes: one item has the same name, limit and place in the plan in either of its forms."""

from __future__ import annotations

from pathlib import Path

from station.config.limits_file import read_limits
from station.model.roles import Ammeter
from station.runner.measure import Measure
from station.runner.plan import make_plan
from station.runner.step import step
from station.sequences.steps.by_operator import asked, confirmed, entered, operator_form
from tests.station.runner.bench_pieces import SteadyAmmeter, amperes, limits_file, plan_of, played, question, row

LIMIT = row("idle", unit="A", high=0.5)


@step(zh="螺丝", en="Screws", deadline_s=1, measures={"first": ""})
def power(measure: Measure) -> None:
    """Comes first."""


@step(zh="电流", en="Current", deadline_s=1, after=[power], stops_on_fail=True, measures={"idle": "A"})
def idle(current: Ammeter, measure: Measure) -> None:
    measure("idle", current.read_a(1.0))


def test_an_item_has_the_same_limit_and_record_in_either_form(tmp_path: Path) -> None:
    automatic = plan_of(tmp_path, [idle.following()], LIMIT)
    by_hand = plan_of(tmp_path, [operator_form(idle.following(), 60)], LIMIT + question("idle", "Read the current"))
    assert automatic.planned_measurements() == by_hand.planned_measurements()
    assert automatic.planned_steps() == by_hand.planned_steps()
    _, measured = played(automatic, current=SteadyAmmeter([amperes(0.41)]))
    _, told = played(by_hand, says={"Read the current": "0.41"})
    assert [(taken.step, taken.limit, taken.value, taken.outcome) for taken in measured.measurements] == [
        (taken.step, taken.limit, taken.value, taken.outcome) for taken in told.measurements
    ]
    assert told.measurements[0].instrument == "operator"


def test_the_operators_form_keeps_the_place_in_the_plan_and_needs_no_role() -> None:
    form = operator_form(idle, 60)
    assert (form.name, form.declaration.after, form.declaration.stops_on_fail) == ("idle", [power], True)
    assert form.declaration.deadline_s == 60
    assert form.roles == {}


def test_the_plan_of_a_unit_without_commands_is_another_s_limits_and_its_own_questions(tmp_path: Path) -> None:
    limits_file(tmp_path, LIMIT)
    own = '[plan]\nname = "Y"\nproduct = "Y"\nversion = "1"\nbase = "x.toml"\n' + question("idle", "Read the current")
    (tmp_path / "y.toml").write_text(own, encoding="utf-8")
    plan = make_plan((operator_form(idle.following(), 60),), read_limits(tmp_path / "y.toml"))
    _, record = played(plan, says={"Read the current": "0.6"})
    assert (record.product, record.verdict) == ("Y", "FAIL")
    assert record.measurements[0].limit.high == 0.5


def test_one_step_asks_for_several_things_in_turn(tmp_path: Path) -> None:
    looks = asked("looks", "外观", "Looks", {"film": "", "gap": "mm"}, 60)
    body = row("film", "is_true") + row("gap", unit="mm", high=0.5)
    plan = plan_of(tmp_path, [looks], body + question("film", "Film on?") + question("gap", "How wide is the gap?"))
    _, record = played(plan, says={"Film on?": "no", "How wide is the gap?": "0.7"})
    assert (record.verdict, record.steps[0].name) == ("FAIL", "looks")
    assert record.steps[0].message == "film is not so; gap 0.7 mm is above 0.5 mm"


def test_a_statement_and_a_number_have_a_step_of_their_own_name(tmp_path: Path) -> None:
    steps = [confirmed("film", "膜", "Film", 60), entered("gap", "缝", "Gap", "mm", 60)]
    body = row("film", "is_true") + row("gap", unit="mm", high=0.5)
    plan = plan_of(tmp_path, steps, body + question("film", "Film on?") + question("gap", "How wide is the gap?"))
    _, record = played(plan, says={"Film on?": "yes", "How wide is the gap?": "0.2"})
    assert (record.verdict, [step.name for step in record.steps]) == ("PASS", ["film", "gap"])
