"""The kit as an author uses it: whole plans and parts of them, good units and bad ones, a person told what to say."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from station.kit import Person, play_unit
from station.model.errors import LinkError, OperatorError, PlanError
from station.model.roles import ChecklistItem, Choice
from tests.conftest import WORLDS, Bench, start_bench

GOOD = "FJR126110003"
BROKEN = '''
from station.model.roles import Supply
from station.runner.conditions import Conditions
from station.runner.step import step

@step(zh="a", en="a", deadline_s=5, energises=True, uses={"v": "V", "a": "A"}, measures={"x": "V"})
def power(supply: Supply, conditions: Conditions) -> None:
    """On, and then nothing as it should be."""
    supply.set(conditions["v"], conditions["a"])
    supply.switch_on()
    raise RuntimeError("the step's own mistake")

STEPS = (power,)
'''
LIMITS = """
[plan]
name = "broken"
product = "BROKEN"
version = "1"
[conditions.v]
value = 12.0
unit = "V"
source = "estimate: a test"
[conditions.a]
value = 1.0
unit = "A"
source = "estimate: a test"
[supplies.supply]
highest_voltage = "v"
highest_current = "a"
[measurements.x]
zh = "x"
en = "x"
comparator = "at_most"
unit = "V"
high = 1.0
source = "estimate: a test"
"""


@pytest.fixture(scope="module")
def box(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bench]:
    """One bench with a good unit for all tests of this file: each leaves it as it found it."""
    running = start_bench(WORLDS / "demo.world.toml", tmp_path_factory.mktemp("bench") / "bench.toml", 0.0)
    running.control("insert", unit=GOOD)
    yield running
    running.stop()


def are_outputs_off(box: Bench) -> bool:
    return not any(output["is_on"] for output in box.truth()["outputs"].values())


def test_a_good_unit_passes_with_everything_measured(box: Bench) -> None:
    played = play_unit(box.bench_file, "FJ-R1", GOOD)
    assert played.verdict == "PASS", played.explain()
    assert played.missing == set()
    assert played.value("model") == "FJ-R1"
    assert are_outputs_off(box)


def test_a_bad_unit_fails_by_what_is_wrong_with_it(box: Bench) -> None:
    box.control("unit_fault", unit=GOOD, fault="low_5v_rail", on=True)
    played = play_unit(box.bench_file, "FJ-R1", GOOD, steps=["rails"])
    box.control("unit_fault", unit=GOOD, fault="low_5v_rail", on=False)
    assert (played.verdict, played.failed) == ("FAIL", {"rail_5v"})
    assert [step.name for step in played.record.steps] == ["power_up", "boot", "rails"]
    assert "rails: FAIL rail_5v" in played.explain()


def test_an_accessory_that_is_missing_fails(box: Bench) -> None:
    played = play_unit(box.bench_file, "FJ-R1", GOOD, steps=["accessories"], person=Person(missing={"remote"}))
    assert played.verdict == "FAIL"
    assert {item.name for item in played.record.accessories if not item.is_present} == {"remote"}


def test_what_a_step_itself_raises_leaves_no_output_on(box: Bench, tmp_path: Path) -> None:
    (tmp_path / "broken.py").write_text(BROKEN, "utf-8")
    (tmp_path / "broken.toml").write_text(LIMITS, "utf-8")
    with pytest.raises(RuntimeError, match="the step's own mistake"):
        play_unit(box.bench_file, "BROKEN", GOOD, sequences=[tmp_path])
    assert are_outputs_off(box)


def test_a_bench_or_a_plan_that_is_not_right_is_told_as_at_the_bench(box: Bench, tmp_path: Path) -> None:
    with pytest.raises(OperatorError, match="there is no plan for 'FJ-R9'"):
        play_unit(box.bench_file, "FJ-R9", GOOD)
    with pytest.raises(PlanError, match=r"which .* does not have"):
        play_unit(box.bench_file, "FJ-N7", GOOD)
    box.control("fault", device="dmm", fault="refuse", on=True)
    try:
        with pytest.raises(LinkError, match="dmm"):
            play_unit(box.bench_file, "FJ-R1", GOOD)
    finally:
        box.control("fault", device="dmm", fault="refuse", on=False)


def test_a_person_says_what_he_was_told_and_nothing_else() -> None:
    person = Person(says={"How many?": 4.5, "Which colour?": "blue", "Is it whole?": False})
    options = [Choice("blue", "蓝", "blue"), Choice("red", "红", "red")]
    assert person.confirm("", "Is it clean?").is_so and not person.confirm("", "Is it whole?").is_so
    assert (person.enter("", "How many?", "A").value, person.choose("", "Which colour?", options).value) == (
        4.5,
        "blue",
    )
    assert person.tick("", "", [ChecklistItem("frame", "框", "frame")])[0].is_present
    with pytest.raises(OperatorError, match="nobody said which number"):
        person.enter("", "How much?", "A")
    with pytest.raises(OperatorError, match="nobody said which option"):
        person.choose("", "Which colour?", options[1:])
