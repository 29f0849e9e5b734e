"""The operator's form of a measurement: asked as its limit wants it, judged like any other."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from station.model.errors import PlanError
from station.runner.measure import Measure
from station.runner.questions import Questions
from station.runner.step import Step, step
from tests.station.runner.bench_pieces import plan_of, played, question, row

LIMITS = (
    row("film", "is_true")
    + row("light", "equals", expected=["white"])
    + row("level", "between", unit="dB", low=55, high=65)
)
ASKED = (
    question("film", "Film on?") + question("light", "Which colour?", white="W", red="R") + question("level", "Level?")
)
NAMES = {"film": "", "light": "", "level": "dB"}
SAYS = {"Film on?": "yes", "Which colour?": "white", "Level?": "60.5"}


def asking(asks: Sequence[str] = tuple(NAMES), act: Callable[[Questions, Measure], None] | None = None) -> Step:
    def look(questions: Questions, measure: Measure) -> None:
        for name in NAMES:
            measure(name, questions.ask(name))

    return step(zh="看", en="Look", deadline_s=1, measures=NAMES, asks=asks)(act or look)


def test_each_is_asked_as_its_limit_wants_it_and_is_evidence(tmp_path: Path) -> None:
    _, record = played(plan_of(tmp_path, [asking()], LIMITS + ASKED), says=SAYS)
    assert record.verdict == "PASS"
    found = [(taken.limit.name, taken.value, taken.instrument, taken.cal_due) for taken in record.measurements]
    assert found == [
        ("film", True, "operator", None),
        ("light", "white", "operator", None),
        ("level", 60.5, "operator", None),
    ]


@pytest.mark.parametrize(
    ("en", "said", "why"),
    [
        ("Film on?", "no", "film is not so"),
        ("Which colour?", "red", "light 'red' is not white"),
        ("Level?", "54.9", "level 54.9 dB is below 55 dB"),
    ],
)
def test_what_the_operator_found_bad_fails_the_unit(tmp_path: Path, en: str, said: str, why: str) -> None:
    _, record = played(plan_of(tmp_path, [asking()], LIMITS + ASKED), says=SAYS | {en: said})
    assert (record.verdict, record.steps[0].message) == ("FAIL", why)


def test_a_question_that_the_step_did_not_declare_is_not_asked(tmp_path: Path) -> None:
    def look(questions: Questions, measure: Measure) -> None:
        questions.ask("level")

    only = step(zh="看", en="Look", deadline_s=1, measures=NAMES, asks=["film"])(look)
    body = LIMITS + question("film", "Film on?")
    _, record = played(plan_of(tmp_path, [only], body), says=SAYS)
    assert record.failure is not None
    assert record.failure.message == "step look asks for level without declaring it"


@pytest.mark.parametrize(
    ("asks", "body", "problem"),
    [
        (("film",), LIMITS, "step look asks for film, which has no question"),
        ((), LIMITS + question("film", "Film on?"), "no step asks the question film"),
        (("screws",), LIMITS, "step look asks for screws, which it does not measure"),
    ],
)
def test_a_question_is_given_exactly_where_a_step_asks(
    tmp_path: Path, asks: tuple[str, ...], body: str, problem: str
) -> None:
    with pytest.raises(PlanError, match=re.escape(problem)):
        plan_of(tmp_path, [asking(asks)], body)


def test_another_question_is_another_plan(tmp_path: Path) -> None:
    first = plan_of(tmp_path, [asking()], LIMITS + ASKED).ref.sha256
    assert plan_of(tmp_path, [asking()], LIMITS + ASKED.replace("Film on?", "Film off?")).ref.sha256 != first


def test_a_photo_is_asked_for_and_its_digest_is_the_evidence(tmp_path: Path) -> None:
    digest = f"{'ab' * 32}/1234"

    def look(questions: Questions, measure: Measure) -> None:
        measure("packed", questions.ask("packed"))

    body = row("packed", "matches", expected=["[0-9a-f]{64}/[0-9]+"])
    body += '[questions.packed]\nzh = "拍"\nen = "Photograph it"\nphoto = true\n'
    photographed = step(zh="x", en="x", deadline_s=1, measures={"packed": ""}, asks=["packed"])(look)
    _, record = played(plan_of(tmp_path, [photographed], body), says={"Photograph it": digest})
    assert (record.verdict, record.measurements[0].value) == ("PASS", digest)
