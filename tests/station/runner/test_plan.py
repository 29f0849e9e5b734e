"""Code and limits are checked against each other before a unit is on the bench."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from station.model.errors import PlanError
from station.model.roles import Ammeter, HeadUnit, Operator, Supply
from station.runner.measure import Measure
from station.runner.plan import check_roles, make_plan
from station.runner.schedule import in_order
from station.runner.shipping_list import ShippingList
from station.runner.step import Step, step
from tests.station.runner.bench_pieces import amperes, limits_file, plan_of, row

IDLE = row("idle", unit="A", high=0.5)
FRAME = '[accessories.frame]\nzh = "框"\nen = "Frame"\nsource = "this test"\n'
VOLTS = '[conditions.volts]\nvalue = 14.4\nunit = "V"\nsource = "this test"\n'


@step(zh="电流", en="Current", deadline_s=1, measures={"idle": "A"})
def current_step(current: Ammeter, measure: Measure) -> None:
    measure("idle", current.read_a(1.0))


@step(zh="空", en="Empty", deadline_s=1)
def empty() -> None:
    """Does nothing."""


@step(zh="后", en="After", deadline_s=1, after=[empty], measures={"idle": "A"})
def after_empty(current: Supply, measure: Measure) -> None:
    measure("idle", amperes(0.1))


@step(zh="条件", en="Condition", deadline_s=1, uses={"volts": "V"})
def with_condition() -> None:
    """Uses a condition."""


@step(zh="勾选", en="Tick", deadline_s=1)
def tick(operator: Operator, shipping_list: ShippingList) -> None:
    operator.tick("", "", shipping_list.items)


def test_a_plan_that_fits_knows_its_roles_and_limits(tmp_path: Path) -> None:
    plan = plan_of(tmp_path, [current_step], IDLE)
    assert plan.roles() == {"current": Ammeter}
    assert plan.limits_of(current_step)["idle"].high == 0.5


@pytest.mark.parametrize(
    ("steps", "body", "problem"),
    [
        ((), IDLE, "no steps"),
        ((empty,), IDLE, "no step measures idle"),
        ((current_step,), row("other", unit="A", high=1), "measures idle, which has no limit"),
        ((current_step,), row("idle", unit="mA", high=500), "limit in 'mA', step current_step measures it in 'A'"),
        ((current_step, empty, after_empty), IDLE, "measured in step current_step and in step after_empty"),
        ((after_empty,), IDLE, "comes after empty, which is no step"),
        ((current_step, current_step), IDLE, "twice"),
        ((current_step, with_condition), IDLE, "condition volts, which is not given"),
        ((current_step,), IDLE + VOLTS, "no step uses the condition volts"),
        ((current_step, with_condition), IDLE + VOLTS.replace('"V"', '"mV"'), "in 'mV', step with_condition"),
        ((current_step,), IDLE + FRAME, "no step has the accessories ticked"),
        ((current_step, tick), IDLE, "needs accessories, none are given"),
        (
            (current_step,),
            row("idle", "same_as", expected=["later"]) + row("later", "equals", expected=["x"]),
            "limit in '', step current_step measures it in 'A'",
        ),
    ],
)
def test_each_misfit_of_code_and_limits_is_refused(
    tmp_path: Path, steps: tuple[Step, ...], body: str, problem: str
) -> None:
    with pytest.raises(PlanError, match=re.escape(problem)):
        plan_of(tmp_path, steps, body)


def test_a_comparison_with_what_is_measured_later_is_refused(tmp_path: Path) -> None:
    @step(zh="文", en="Texts", deadline_s=1, measures={"first": "", "second": ""})
    def texts() -> None:
        """Measures two texts."""

    body = row("first", "same_as", expected=["second"]) + row("second", "equals", expected=["x"])
    with pytest.raises(PlanError, match="compared with second before that is measured"):
        plan_of(tmp_path, [texts], body)


def test_what_is_compared_with_another_steps_value_comes_after_that_step(tmp_path: Path) -> None:
    @step(zh="前", en="Earlier", deadline_s=1, measures={"first": ""})
    def earlier() -> None:
        """Measures a text."""

    @step(zh="间", en="Between", deadline_s=1, after=[earlier])
    def between() -> None:
        """Measures nothing."""

    def later(*after: Step) -> Step:
        return step(zh="后", en="Later", deadline_s=1, measures={"second": ""}, after=after)(named_later)

    def named_later() -> None:
        """Measures a text that is compared."""

    body = row("first", "equals", expected=["x"]) + row("second", "same_as", expected=["first"])
    for fitting in ([earlier, later(earlier)], [earlier, between, later(between)]):
        assert plan_of(tmp_path, fitting, body).steps == tuple(fitting)
    with pytest.raises(PlanError, match="step named_later has to come after the step that measures it"):
        plan_of(tmp_path, [earlier, later()], body)


def test_one_role_of_two_kinds_is_refused(tmp_path: Path) -> None:
    @step(zh="同", en="Same name", deadline_s=1)
    def other_kind(current: Supply) -> None:
        """Takes current for a supply."""

    with pytest.raises(PlanError, match="the role current is Ammeter in one step, Supply in other_kind"):
        plan_of(tmp_path, [current_step, other_kind], IDLE)


def test_a_role_that_the_bench_lacks_or_plays_otherwise_is_refused(tmp_path: Path) -> None:
    plan = plan_of(tmp_path, [current_step], IDLE)
    check_roles(plan, {"current": "ammeter"}, "b.toml")
    with pytest.raises(PlanError, match=r"needs the role current, which b\.toml does not have"):
        check_roles(plan, {}, "b.toml")
    with pytest.raises(PlanError, match=r"to be a ammeter, in b\.toml it is a supply"):
        check_roles(plan, {"current": "supply"}, "b.toml")


def test_the_digest_changes_with_the_limits_and_only_with_what_is_played(tmp_path: Path) -> None:
    first = plan_of(tmp_path, [current_step], IDLE).ref.sha256
    assert plan_of(tmp_path, [current_step], IDLE).ref.sha256 == first
    assert plan_of(tmp_path, [current_step], IDLE.replace("0.5", "0.6")).ref.sha256 != first


def test_the_digest_changes_with_the_code(tmp_path: Path) -> None:
    limits = limits_file(tmp_path, IDLE)
    digests = []
    for text in ("pass", "pass  # another"):
        code = tmp_path / "code.py"
        code.write_text(f"def idle_step(): {text}\n", encoding="utf-8")
        names: dict[str, object] = {}
        exec(compile(code.read_text(encoding="utf-8"), str(code), "exec"), names)  # noqa: S102 (the code of this test)
        function = names["idle_step"]
        assert callable(function)
        digests.append(make_plan((step(zh="x", en="x", deadline_s=1, measures={"idle": "A"})(function),), limits).ref)
    assert digests[0].sha256 != digests[1].sha256


def test_steps_keep_the_authors_order_where_they_may() -> None:
    assert in_order(["d", "b", "a", "c"], {"b": ["a"], "d": ["c"]}) == ("a", "b", "c", "d")


def test_steps_that_wait_for_each_other_are_refused() -> None:
    with pytest.raises(PlanError, match="wait for each other: a, b"):
        in_order(["a", "b", "c"], {"a": ["b"], "b": ["a"]})


def test_a_step_that_is_twice_in_a_plan_or_after_none_of_it_is_refused() -> None:
    with pytest.raises(PlanError, match="step b comes after x, which is no step of this plan"):
        in_order(["a", "b"], {"b": ["x"]})
    with pytest.raises(PlanError, match="step a is in the plan twice"):
        in_order(["a", "b", "a"], {})
    assert in_order([], {}) == ()


def test_a_parameter_that_is_no_role_is_refused() -> None:
    def strange(speed: float) -> None:
        """Wants a number."""

    with pytest.raises(PlanError, match="parameter speed is no role"):
        step(zh="x", en="x", deadline_s=1)(strange)


def test_an_injected_parameter_must_have_its_name() -> None:
    def renamed(m: Measure) -> None:
        """Calls measure m."""

    with pytest.raises(PlanError, match="must be named measure"):
        step(zh="x", en="x", deadline_s=1)(renamed)


@pytest.mark.parametrize("given", [{"zh": " "}, {"en": ""}, {"deadline_s": 0.0}, {"deadline_s": float("nan")}])
def test_a_step_needs_both_titles_and_a_deadline(given: dict[str, object]) -> None:
    declared: dict[str, object] = {"zh": "x", "en": "x", "deadline_s": 1.0} | given
    with pytest.raises(PlanError):
        step(zh=str(declared["zh"]), en=str(declared["en"]), deadline_s=float(str(declared["deadline_s"])))(
            lambda: None
        )


def test_a_supply_without_its_row_is_refused(tmp_path: Path) -> None:
    @step(zh="电", en="Power", deadline_s=1, measures={"idle": "A"})
    def power(supply: Supply, measure: Measure) -> None:
        measure("idle", supply.read_a())

    with pytest.raises(PlanError, match="the supply supply has no row in supplies"):
        plan_of(tmp_path, [power], IDLE)


def test_a_row_of_a_supply_that_no_step_uses_is_refused(tmp_path: Path) -> None:
    amps = VOLTS.replace("volts", "amps").replace('"V"', '"A"')
    row_of_supply = '[supplies.acc]\nhighest_voltage = "volts"\nhighest_current = "amps"\n'

    @step(zh="条", en="Uses", deadline_s=1, uses={"volts": "V", "amps": "A"}, measures={"idle": "A"})
    def uses_both(current: Ammeter, measure: Measure) -> None:
        measure("idle", current.read_a(1.0))

    with pytest.raises(PlanError, match="no step uses the supply acc"):
        plan_of(tmp_path, [uses_both], IDLE + VOLTS + amps + row_of_supply)


NEEDS = '[needs.current]\nhighest_current = "most"\n[conditions.most]\nvalue = 1.0\nunit = "A"\nsource = "this test"\n'


@step(zh="电流", en="Current", deadline_s=1, measures={"idle": "A"}, uses={"most": "A"})
def up_to_most(current: Ammeter, measure: Measure) -> None:
    measure("idle", current.read_a(1.0))


def test_needs_of_a_role_that_the_steps_use_are_taken(tmp_path: Path) -> None:
    plan = plan_of(tmp_path, [up_to_most], IDLE + NEEDS)
    assert plan.limits_file.needs["current"].conditions["highest_current"].value == 1.0


@pytest.mark.parametrize(
    ("old", "new", "problem"),
    [
        ("needs.current", "needs.curent", "no step uses the role curent, of which needs are said"),
        (
            'highest_current = "most"\n[conditions.most]\nvalue = 1.0\nunit = "A"',
            'highest_frequency = "most"\n[conditions.most]\nvalue = 1.0\nunit = "Hz"',
            "needs.current.highest_frequency is no key of ammeter (there are: highest_current)",
        ),
    ],
)
def test_needs_that_fit_no_role_of_the_steps_are_refused(tmp_path: Path, old: str, new: str, problem: str) -> None:
    body = IDLE + NEEDS.replace(old, new)
    steps = [current_step, in_hertz] if "Hz" in body else [up_to_most]
    with pytest.raises(PlanError, match=re.escape(problem)):
        plan_of(tmp_path, steps, body)


@step(zh="频率", en="Frequency", deadline_s=1, uses={"most": "Hz"})
def in_hertz() -> None:
    """Uses a condition."""


def test_a_step_comes_after_a_step_of_this_plan_and_not_after_another_of_that_name(tmp_path: Path) -> None:
    def stranger() -> None: ...

    stranger.__name__ = "empty"
    other = step(zh="x", en="x", deadline_s=1)(stranger)
    with pytest.raises(PlanError, match="step current_step comes after empty, which is no step of this plan"):
        plan_of(tmp_path, [empty, current_step.following(other)], IDLE)


def test_the_accessories_are_ticked_once(tmp_path: Path) -> None:
    def again(operator: Operator, shipping_list: ShippingList) -> None: ...

    twice = step(zh="x", en="x", deadline_s=1)(again)
    with pytest.raises(PlanError, match="the accessories are ticked in step tick and in step again"):
        plan_of(tmp_path, [current_step, tick, twice], IDLE + FRAME)


def test_what_can_be_needed_of_a_role_is_told_even_where_that_is_nothing(tmp_path: Path) -> None:
    needs = '[needs.{}]\nhighest_voltage = "volts"\n'
    body = IDLE + VOLTS
    with pytest.raises(PlanError, match=r"is no key of ammeter \(there are: highest_current\)"):
        plan_of(tmp_path, [current_step, with_condition], body + needs.format("current"))

    def looking(dut: HeadUnit) -> None: ...

    unit = step(zh="x", en="x", deadline_s=1)(looking)
    with pytest.raises(PlanError, match=r"is no key of head_unit \(there are: none\)"):
        plan_of(tmp_path, [current_step, with_condition, unit], body + needs.format("dut"))


def test_the_same_steps_in_another_order_are_another_plan(tmp_path: Path) -> None:
    plans = [plan_of(tmp_path, steps, IDLE) for steps in ((current_step, empty), (empty, current_step))]
    assert plans[0].ref.sha256 != plans[1].ref.sha256
    assert plans[0].ref.sha256 == plan_of(tmp_path, (current_step, empty), IDLE).ref.sha256


def test_code_that_cannot_be_read_has_no_digest(tmp_path: Path) -> None:
    with pytest.raises(PlanError, match=r"none\.py: the code of a step cannot be read: No such file"):
        make_plan((current_step,), limits_file(tmp_path, IDLE), tmp_path / "none.py")
