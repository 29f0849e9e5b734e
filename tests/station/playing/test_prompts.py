"""What is asked of the operator: answered once and rightly, or never a pass; and always on record."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import Bench
from tests.station.playing.asking_bench import add_asking
from tests.station.playing.run_process import Event, StationRun, letters, start_station

OpenBench = Callable[..., Bench]
Ask = Callable[..., StationRun]
ASKED = {"screws": "confirm_asked", "backlight": "choose_asked", "rail_5v": "enter_asked"}
RIGHT: dict[str, Event] = {
    "screws": {"command": "confirm", "is_so": True},
    "backlight": {"command": "choose", "option": "white"},
    "rail_5v": {"command": "enter", "text": "4.98"},
}


@pytest.fixture
def box(bench: OpenBench) -> Bench:
    return bench()


@pytest.fixture
def ask(box: Bench, state_dir: Path) -> Iterator[Ask]:
    """``ask("--tick", "all", hurried="screws", deadline_s=0.3)`` starts a run of ASK-1 with events."""
    runs: list[StationRun] = []
    arguments: list[str] = []

    def start(*more: str, **product: Any) -> StationRun:
        if not arguments:
            arguments.extend([*add_asking(box, **product), "--events"])
        runs.append(start_station(state_dir, [*arguments, *more]))
        return runs[-1]

    yield start
    for run in runs:
        run.close()


def answer(run: StationRun, name: str, **said: object) -> Event:
    """Answer the question ``name`` when it comes, rightly unless another answer is given; the prompt."""
    prompt = run.until_event(ASKED[name])
    run.tell({**RIGHT[name], "prompt_id": prompt["prompt_id"], **said})
    return prompt


def answer_all(run: StationRun) -> None:
    for name in RIGHT:
        answer(run, name)


def values(letter: Any) -> dict[str, object]:
    return {taken["name"]: taken["value"] for taken in letter["measurements"]}


def is_off(box: Bench) -> bool:
    return not box.truth()["outputs"]["1"]["is_on"]


def test_a_statement_a_choice_and_a_number_become_measurements_of_the_operator(ask: Ask, state_dir: Path) -> None:
    run = ask()
    answer_all(run)
    assert run.end() == 0
    (letter,) = letters(state_dir)
    assert values(letter) == {"screws": True, "backlight": "white", "rail_5v": 4.98}
    assert {taken["instrument"] for taken in letter["measurements"]} == {"operator"}
    assert [said["said"] for said in run.of("answered")] == [True, "white", "4.98"]


def test_a_prompt_says_all_that_is_needed_to_answer_it(ask: Ask) -> None:
    run = ask()
    assert answer(run, "screws")["zh"] == "螺丝齐全，封漆完好？"
    assert [option["name"] for option in answer(run, "backlight")["options"]] == ["white", "blue", "red"]
    assert answer(run, "rail_5v")["unit"] == "V"


@pytest.mark.parametrize(
    ("name", "said", "why"),
    [
        ("screws", {"is_so": False}, "screws is not so"),
        ("backlight", {"option": "red"}, "'red' is none of white, blue"),
        ("rail_5v", {"text": "4.7"}, "4.7 V is below 4.75 V"),
    ],
)
def test_what_the_operator_found_bad_fails_the_unit(
    ask: Ask, state_dir: Path, name: str, said: dict[str, object], why: str
) -> None:
    run = ask()
    for question in RIGHT:
        answer(run, question, **(said if question == name else {}))
    assert run.end() == 1
    (letter,) = letters(state_dir)
    assert (letter["verdict"], letter["has_failed_measurement"]) == ("FAIL", True)
    assert why in next(step["message"] for step in letter["steps"] if step["outcome"] == "FAIL")


def test_what_is_no_number_is_asked_again_and_never_taken(ask: Ask, state_dir: Path) -> None:
    run = ask()
    answer(run, "screws")
    answer(run, "backlight")
    prompt = answer(run, "rail_5v", text="five")
    for nonsense in ("", "4.9.8", "4006381333931", "X" * 60_000):
        assert answer(run, "rail_5v", text=nonsense) == prompt
    assert answer(run, "rail_5v", text=" ４，９８ ") == prompt
    assert run.end() == 0
    assert values(letters(state_dir)[0])["rail_5v"] == 4.98


def test_an_answer_of_another_kind_or_to_another_prompt_is_dropped(ask: Ask, state_dir: Path) -> None:
    run = ask()
    prompt = run.until_event("confirm_asked")
    for command in (
        {"command": "answer", "present": ["screws"]},
        {"command": "enter", "text": "1"},
        {"command": "choose", "option": "white"},
        {"command": "confirm", "is_so": False, "prompt_id": "another"},
        {"command": "confirm", "is_so": "no"},
    ):
        run.tell({"prompt_id": prompt["prompt_id"], **command})
    run.tell({**RIGHT["screws"], "prompt_id": prompt["prompt_id"]})
    run.tell({"command": "confirm", "is_so": False, "prompt_id": prompt["prompt_id"]})
    chosen = answer(run, "backlight", option="green")
    run.tell({**RIGHT["backlight"], "prompt_id": chosen["prompt_id"]})
    answer(run, "rail_5v")
    assert run.end() == 0
    assert len(run.of("answered")) == 3
    assert values(letters(state_dir)[0]) == {"screws": True, "backlight": "white", "rail_5v": 4.98}


@pytest.mark.parametrize("name", RIGHT)
def test_a_prompt_that_nobody_answers_is_an_error_at_its_deadline(
    box: Bench, ask: Ask, state_dir: Path, name: str
) -> None:
    run = ask(hurried=name, deadline_s=0.4)
    for question in RIGHT:
        if question == name:
            break
        answer(run, question)
    assert run.end() == 3
    (letter,) = letters(state_dir)
    assert letter["verdict"] == "ERROR" and "deadline" in letter["failure"]["message"]
    assert name not in values(letter)
    assert is_off(box)


@pytest.mark.parametrize(("tick", "is_so"), [("all", True), ("none", False)])
def test_tick_says_yes_or_no_and_leaves_the_rest_to_the_program_that_listens(
    ask: Ask, state_dir: Path, tick: str, is_so: bool
) -> None:
    run = ask("--tick", tick)
    answer(run, "backlight")
    answer(run, "rail_5v")
    assert run.end() == (0 if is_so else 1)
    assert values(letters(state_dir)[0]) == {"screws": is_so, "backlight": "white", "rail_5v": 4.98}


@pytest.mark.parametrize("is_open_first", [True, False])
def test_what_tick_cannot_know_is_refused_once_no_program_listens(
    box: Bench, ask: Ask, state_dir: Path, is_open_first: bool
) -> None:
    run = ask("--tick", "all")
    assert run.process.stdin is not None
    if is_open_first:
        run.until_event("choose_asked")
    run.process.stdin.close()
    assert run.end() == 4
    (letter,) = letters(state_dir)
    assert (letter["verdict"], letter["failure"]["kind"]) == ("ABORTED", "operator")
    assert letter["failure"]["message"].startswith("--tick all answers lists and yes or no, not this: What colour")
    assert letter["failure"]["step"] == "backlight"
    assert is_off(box)


def test_a_question_that_nobody_can_answer_any_more_aborts(box: Bench, ask: Ask, state_dir: Path) -> None:
    run = ask()
    assert run.process.stdin is not None
    run.until_event("confirm_asked")
    run.process.stdin.close()
    assert run.end() == 4
    assert letters(state_dir)[0]["failure"]["message"] == "nobody is there to answer"
    assert is_off(box)


def test_a_run_killed_while_it_asked_is_found_and_closed_by_the_next(ask: Ask, state_dir: Path) -> None:
    run = ask()
    answer(run, "screws")
    run.until_event("choose_asked")
    for process in (*run.helpers(), run.process.pid):
        os.kill(process, signal.SIGKILL)
    run.process.wait()
    following = ask()
    answer_all(following)
    assert following.end() == 0
    killed, played = letters(state_dir)
    assert (killed["verdict"], values(killed)) == ("ABORTED", {"screws": True})
    assert (played["verdict"], played["attempt"]) == ("PASS", 2)
