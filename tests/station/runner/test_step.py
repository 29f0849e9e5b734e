"""What an author may say of a step, and what a step is given; all of it is refused or known where the code loads."""

from __future__ import annotations

import re
from pathlib import Path
from typing import get_args

import pytest

from station.config.retries import MOST
from station.drivers.catalogue import DRIVERS
from station.model.clock import Clock
from station.model.errors import PlanError
from station.model.roles import HeadUnit, Operator, Supply
from station.runner.conditions import Conditions
from station.runner.measure import Measure
from station.runner.questions import Questions
from station.runner.round_values import RoundValues
from station.runner.series import Masks
from station.runner.shipping_list import ShippingList
from station.runner.step import ROLE_KINDS, Declaration, Mode, Step, step
from station.runner.trace import TraceRecorder
from tests.station.runner.bench_pieces import amperes, plan_of, played, row

ONLY_LENT = {"sine_generator"}
"""Makes a sine for an analyser; no step asks for it."""


def declared(**said: object) -> Declaration:
    return Declaration(**({"zh": "x", "en": "x", "deadline_s": 1} | said))  # type: ignore[arg-type]


def nothing() -> None:
    """Needs nothing."""


def test_every_kind_of_role_is_called_as_its_protocol_is_and_some_driver_offers_it() -> None:
    names = {kind: re.sub(r"(?<=[a-z])(?=[A-Z])", "_", kind.__name__).lower() for kind in ROLE_KINDS}
    assert dict(ROLE_KINDS) == names
    assert {kind for entry in DRIVERS.values() for kind in entry.kinds.values()} == {*names.values()} | ONLY_LENT


def test_a_step_is_given_whatever_it_asks_for_by_the_name_it_has(tmp_path: Path) -> None:
    given: list[object] = []

    def asking(
        measure: Measure,
        clock: Clock,
        operator: Operator,
        conditions: Conditions,
        trace: TraceRecorder,
        shipping_list: ShippingList,
        questions: Questions,
        masks: Masks,
        rounds: RoundValues,
    ) -> None:
        given.extend((conditions, trace, shipping_list, questions, masks, rounds))
        clock.wait(operator.tick("", "", shipping_list.items)[0].is_present)
        measure("idle", amperes(0.1))

    frame = '[accessories.frame]\nzh = "框"\nen = "Frame"\nsource = "this test"\n'
    made = declared(measures={"idle": "A"})(asking)
    _, record = played(plan_of(tmp_path, [made], row("idle", unit="A", high=0.5) + frame))
    assert record.steps[0].outcome == "PASS", record.steps[0].message
    assert [type(each) for each in given] == [Conditions, TraceRecorder, ShippingList, Questions, Masks, RoundValues]


@pytest.mark.parametrize("mode", get_args(Mode))
def test_a_step_may_need_the_unit_in_each_of_the_modes_that_are_told(mode: Mode) -> None:
    assert declared(mode=mode)(nothing).declaration.mode == mode
    assert set(get_args(Mode)) == {"awake", "asleep", "off", "any"}


@pytest.mark.parametrize(
    ("said", "problem"),
    [
        ({"mode": "sleepy"}, "mode is one of awake, asleep, off, any, not 'sleepy'"),
        ({"takes_s": 0}, "takes_s must be above 0"),
        ({"takes_s": -1.0}, "takes_s must be above 0"),
        ({"deadline_s": 0}, "deadline_s must be above 0"),
        ({"mode": "any", "energises": True}, "may not change the supply"),
        ({"mode": "any", "is_alone": True}, "may not change the supply"),
        ({"retries": {"link": -1}}, f"-1 retries are not 0 to {MOST}"),
        ({"retries": {"link": MOST + 1}}, f"{MOST + 1} retries are not 0 to {MOST}"),
        ({"retries": {"dut": 1}}, "not after 'dut': that is for the plan's file"),
        ({"zh": " "}, "zh and en must say what the step does"),
        ({"en": ""}, "zh and en must say what the step does"),
    ],
)
def test_what_makes_no_sense_is_refused_with_the_steps_name(said: dict[str, object], problem: str) -> None:
    with pytest.raises(PlanError, match=re.escape("step nothing: ") + ".*" + re.escape(problem)):
        declared(**said)(nothing)


def test_a_step_beside_all_others_may_not_have_a_supply() -> None:
    def with_supply(supply: Supply) -> None: ...

    def with_unit(dut: HeadUnit) -> None: ...

    with pytest.raises(PlanError, match="may not change the supply"):
        declared(mode="any")(with_supply)
    assert declared(mode="any")(with_unit).declaration.mode == "any"
    assert declared()(with_supply).roles == {"supply": Supply}


def test_the_bounds_of_what_may_be_said_are_allowed() -> None:
    made = declared(takes_s=0.5, deadline_s=0.5, retries={"link": 0, "instrument": MOST})(nothing)
    assert (made.declaration.takes_s, made.declaration.deadline_s) == (0.5, 0.5)
    assert made.declaration.retries == {"link": 0, "instrument": MOST}
    assert declared()(nothing).declaration.takes_s is None


def test_a_parameter_that_is_no_role_or_has_another_name_than_what_is_given_is_refused() -> None:
    def bare(supply) -> None: ...  # type: ignore[no-untyped-def]

    def perhaps(supply: Supply | None) -> None: ...

    def renamed(take: Measure) -> None: ...

    for function in (bare, perhaps):
        with pytest.raises(PlanError, match="parameter supply is no role of a bench"):
            declared()(function)
    with pytest.raises(PlanError, match="parameter take must be named measure"):
        declared()(renamed)


def test_a_step_of_a_round_knows_its_names_without_the_number() -> None:
    made: Step = step(zh="x", en="x", deadline_s=1, measures={"idle": "A"})(nothing)
    assert (made.plain_measures(), made.plain_asks(), made.round) == (["idle"], [], 0)
