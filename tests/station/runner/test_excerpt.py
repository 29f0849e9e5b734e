"""Parts of a plan: what is chosen, what comes with it, and that it is never taken for the whole."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from msgspec.structs import replace

from station.model.errors import OperatorError, PlanError
from station.model.roles import ChecklistItem
from station.model.run_record import Accessory
from station.runner.excerpt import (
    check_purpose,
    chosen_steps,
    one_at_a_time,
    step_by_step,
    stopping_at_failure,
)
from station.runner.plan import Plan
from station.sequences.catalogue import load_plan
from tests.station.runner.bench_pieces import TickingOperator


@pytest.fixture(scope="module")
def plan() -> Plan:
    return load_plan("FJ-R1")


def names(plan: Plan) -> list[str]:
    return [step.name for step in plan.steps]


def test_chosen_steps_are_played_in_the_plans_order(plan: Plan) -> None:
    assert names(chosen_steps(plan, ["rails", "power_up"], with_prerequisites=False)) == ["power_up", "rails"]


def test_prerequisites_come_with_a_step_however_far_before_it_they_are(plan: Plan) -> None:
    chosen = chosen_steps(plan, ["undervoltage"], with_prerequisites=True)
    assert names(chosen) == ["power_up", "boot", "idle_current", "outputs", "undervoltage"]


def test_what_comes_before_a_step_still_does_when_the_step_between_is_left_out(plan: Plan) -> None:
    chosen = chosen_steps(plan, ["power_up", "rails"], with_prerequisites=False)
    assert [step.name for step in chosen.steps[1].declaration.after] == ["power_up"]
    assert chosen.steps[1].declaration.after[0] is chosen.steps[0]


def test_a_name_that_is_no_step_is_told_with_all_that_are(plan: Plan) -> None:
    with pytest.raises(OperatorError, match=r"has no step rail; there are: power_up, boot,"):
        chosen_steps(plan, ["boot", "rail"], with_prerequisites=True)


def test_a_part_has_another_name_and_digest_and_each_part_its_own(plan: Plan) -> None:
    parts = [
        chosen_steps(plan, ["boot"], with_prerequisites=False),
        chosen_steps(plan, ["rails"], with_prerequisites=False),
        stopping_at_failure(plan),
        step_by_step(plan),
    ]
    assert len({part.ref.sha256 for part in [*parts, plan]}) == 5
    assert not any(part.is_whole for part in parts)
    assert parts[0].ref.name == "FJ-R1 outgoing: boot"
    assert all(len(part.ref.name) <= 100 for part in parts)
    everything = chosen_steps(plan, names(plan)[:-1], with_prerequisites=False)
    assert len(everything.ref.name) == 100 and everything.ref.name.endswith("…")


def test_choosing_all_steps_is_the_plan_itself(plan: Plan) -> None:
    assert chosen_steps(plan, names(plan), with_prerequisites=False) is plan
    assert one_at_a_time(plan).ref == plan.ref


@pytest.mark.parametrize("purpose", ["outgoing", "incoming", "golden"])
def test_a_part_is_refused_for_every_purpose_that_judges_units(plan: Plan, purpose: str) -> None:
    check_purpose(plan, purpose)
    for part in (chosen_steps(plan, ["boot"], False), stopping_at_failure(plan), step_by_step(plan)):
        check_purpose(part, "debug")
        with pytest.raises(OperatorError, match="the whole plan is played as it is"):
            check_purpose(part, purpose)


def test_the_accessories_are_only_asked_for_where_their_step_is_chosen(plan: Plan) -> None:
    assert chosen_steps(plan, ["boot"], False).shipping_list().items == ()
    assert len(chosen_steps(plan, ["accessories"], False).shipping_list().items) == 4


def test_a_value_that_is_compared_with_another_one_needs_it(plan: Plan) -> None:
    navigation = load_plan("FJ-N7")
    taken = {name: step.name for step in navigation.steps for name in step.declaration.measures}
    pairs = [
        (taken[name], taken[limit.expected[0]])
        for step in navigation.steps
        for name, limit in navigation.limits_of(step).items()
        if limit.comparator == "same_as" and limit.expected[0] in taken and taken[limit.expected[0]] != step.name
    ]
    for later, earlier in pairs:
        with pytest.raises(PlanError, match=f"step {later} compares with"):
            chosen_steps(navigation, [later], with_prerequisites=False)
        assert earlier in names(chosen_steps(navigation, [later], with_prerequisites=True))


def test_stepping_halts_before_every_step_and_lets_none_overtake(plan: Plan) -> None:
    stepped = step_by_step(chosen_steps(plan, ["power_up", "boot"], False))
    assert names(stepped) == ["halt_1", "power_up", "halt_2", "boot"]
    for before, after in zip(stepped.steps, stepped.steps[1:], strict=False):
        assert [step.name for step in after.declaration.after] == [before.name]
    assert stepped.steps[0].declaration.measures == {}


def test_every_step_ends_the_run_where_a_plan_is_to_stop_at_the_first_failure(plan: Plan) -> None:
    assert all(step.declaration.stops_on_fail for step in stopping_at_failure(plan).steps)


def watched(plan: Plan) -> dict[str, frozenset[str]]:
    """By monitor, the steps beside which it samples where that is no longer what it comes after."""
    return {step.name: step.watch.beside for step in plan.steps if step.watch is not None}


def test_a_monitor_of_a_part_watches_those_of_its_own_steps_that_are_chosen_and_no_others() -> None:
    navigation = load_plan("FJ-N7")
    names_chosen = ["power_up", "boot", "keys", "touch", "feed_voltage", "undervoltage"]
    part = chosen_steps(navigation, names_chosen, with_prerequisites=False)
    assert watched(part) == {"feed_voltage": {"keys", "touch"}}
    assert watched(step_by_step(part)) == watched(stopping_at_failure(part)) == watched(part)
    assert watched(chosen_steps(part, ["keys", "feed_voltage"], False)) == {"feed_voltage": {"keys"}}
    whole = step_by_step(navigation)
    assert "keys" in watched(whole)["feed_voltage"] and not {"boot", "halt_3"} & watched(whole)["feed_voltage"]


def test_a_monitor_that_would_watch_nothing_of_a_part_is_refused_with_what_it_watches() -> None:
    navigation = load_plan("FJ-N7")
    with pytest.raises(PlanError, match=r"monitor feed_voltage watches none of the chosen steps, but: am, .*, keys,"):
        chosen_steps(navigation, ["boot", "feed_voltage"], with_prerequisites=False)
    assert "keys" in names(chosen_steps(navigation, ["feed_voltage"], with_prerequisites=True))


def test_no_step_at_all_is_no_part_of_a_plan(plan: Plan) -> None:
    with pytest.raises(OperatorError, match="has no step of no name; there are: power_up, boot,"):
        chosen_steps(plan, [], with_prerequisites=True)


def test_the_accessories_stay_where_their_step_is_chosen_with_others(plan: Plan) -> None:
    assert len(chosen_steps(plan, ["boot", "accessories"], False).shipping_list().items) == 4


def test_chosen_steps_come_after_those_that_they_came_after_in_the_plan_and_no_others(plan: Plan) -> None:
    made = {step.name: step for step in chosen_steps(plan, ["boot", "rails", "idle_current"], False).steps}
    assert {other.name for other in made["rails"].declaration.after} == {"boot"}
    assert {other.name for other in made["idle_current"].declaration.after} == {"boot"}


def test_a_name_of_as_many_characters_as_a_record_holds_is_whole(plan: Plan) -> None:
    for more, name in ((0, "A" * 94 + ": boot"), (1, "A" * 95 + ": bo…")):
        renamed = replace(plan, ref=replace(plan.ref, name="A" * (94 + more)))
        assert chosen_steps(renamed, ["boot"], with_prerequisites=False).ref.name == name


class Asked(TickingOperator):
    """Notes what is to be looked at before each step."""

    def tick(self, zh: str, en: str, items: Sequence[ChecklistItem]) -> tuple[Accessory, ...]:
        self.asked += [zh, en]
        return ()


def test_before_each_step_somebody_is_asked_to_go_on(plan: Plan) -> None:
    stepped, operator = step_by_step(chosen_steps(plan, ["power_up", "boot"], False)), Asked()
    for halt in stepped.steps[::2]:
        assert (halt.injected, halt.roles) == ({"operator"}, {})
        halt.function(operator=operator)
    assert operator.asked == [
        *("下一步：接通电源（power_up）", "next: Connect B+ (power_up)"),
        *("下一步：开机（boot）", "next: Boot (boot)"),
    ]
