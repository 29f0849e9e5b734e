"""From a name and a serial number to a verdict, over HTTP, with a run in a process of its own."""

from __future__ import annotations

import base64
import json
import os
import signal
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.station.console.speaking_console import Console, entries_of
from tests.station.playing.pictures import png

ALL = ["power_cable", "remote", "manual"]
QUIZ: list[tuple[str, dict[str, object]]] = [
    ("confirm", {"is_so": True}),
    ("confirm", {"is_so": False}),
    ("choose", {"option": "blue"}),
    ("enter", {"text": "4,98"}),
]


def verdict_of(state: dict[str, Any]) -> str:
    last = entries_of(state)[-1]
    return str(last.get("verdict", last["event"]))


def is_over(state: dict[str, Any]) -> bool:
    return bool(state["run"]) and not state["run"]["is_running"]


def answer(console: Console, present: list[str]) -> dict[str, Any]:
    assert console.command("answer", prompt_id="accessories-1", present=present).status_code == 204
    return console.wait_for(is_over)


def test_a_scanned_unit_is_tested_and_its_verdict_shown(console: Console) -> None:
    state = console.begin("good126110001")
    assert state["run"]["serial"] == "GOOD126110001"
    assert (state["run"]["product"], state["run"]["operator"]) == ("FJ-R1", "王芳")
    assert state["run"]["is_running"] and not state["run"]["is_provisional"]
    assert verdict_of(answer(console, ALL)) == "PASS"


def test_what_the_operator_did_not_tick_reaches_the_run(console: Console) -> None:
    console.begin("GOOD126110001")
    state = answer(console, ["remote"])
    assert verdict_of(state) == "FAIL"
    assert entries_of(state)[-1]["failed"] == ["power_cable", "manual"]


def test_an_abort_ends_the_run_as_aborted(console: Console) -> None:
    console.begin("GOOD126110001")
    assert console.command("abort").status_code == 204
    state = console.wait_for(is_over)
    assert verdict_of(state) == "ABORTED"
    assert "made_safe" in console.events()


def test_one_slot_plays_one_run_at_a_time(console: Console) -> None:
    console.begin("GOOD126110001")
    refused = console.command("start", serial="GOOD126110002")
    assert (refused.status_code, refused.json()["problem"]) == (409, "busy")
    assert console.state()["run"]["serial"] == "GOOD126110001"


def test_a_new_run_replaces_the_last_one_and_both_are_in_the_list(console: Console) -> None:
    console.begin("GOOD126110001")
    answer(console, ALL)
    console.begin("BAD126110002")
    state = answer(console, ALL)
    assert state["run"]["serial"] == "BAD126110002"
    assert [run["verdict"] for run in state["station"]["recent"]] == ["FAIL", "PASS"]


def test_without_a_name_nothing_is_tested(console: Console) -> None:
    refused = console.command("start", serial="GOOD126110001")
    assert (refused.status_code, refused.json()["problem"]) == (409, "no_operator")
    assert console.state()["run"] is None


def test_an_unknown_serial_asks_for_the_product_and_is_provisional(console: Console) -> None:
    console.command("sign-on", name="王芳")
    asked = console.command("start", serial="xyz 1")
    assert asked.json() == {"problem": "unknown_serial", "serial": "XYZ 1", "products": ["FJ-R1", "FJ-R2"]}
    assert console.state()["run"] is None
    assert console.command("start", serial="xyz 1", product="FJ-R2").status_code == 204
    run = console.wait_for_event("prompted")["run"]
    assert (run["product"], run["is_provisional"]) == ("FJ-R2", True)


def test_a_product_that_this_bench_has_no_plan_for_is_refused(console: Console) -> None:
    console.command("sign-on", name="王芳")
    refused = console.command("start", serial="XYZ1", product="FJ-R9")
    assert (refused.status_code, refused.json()) == (422, {"problem": "unknown_product", "product": "FJ-R9"})


def test_the_serial_rule_wins_over_what_the_page_says(console: Console) -> None:
    console.command("sign-on", name="王芳")
    assert console.command("start", serial="GOOD1", product="FJ-R2").status_code == 204
    assert console.state()["run"]["product"] == "FJ-R1"


@pytest.mark.parametrize("serial", ["", "   ", "A\u0007B", "X" * 65, "FJ*"])
def test_a_serial_that_cannot_be_used_starts_nothing(console: Console, serial: str) -> None:
    console.command("sign-on", name="王芳")
    refused = console.command("start", serial=serial)
    assert (refused.status_code, refused.json()["problem"]) == (422, "bad_serial")
    assert console.state()["run"] is None


@pytest.mark.parametrize(
    ("name", "problem"), [("", "bad_name"), ("X" * 81, "bad_name"), ("GOOD126110001", "serial_as_name")]
)
def test_what_is_no_name_is_not_taken_for_one(console: Console, name: str, problem: str) -> None:
    refused = console.command("sign-on", name=name)
    assert (refused.status_code, refused.json()["problem"]) == (422, problem)
    assert console.state()["station"]["operator"] == ""


def test_what_the_operator_confirms_chooses_and_enters_reaches_the_run(console: Console) -> None:
    console.begin("QUIZ126110001", until="confirm_asked")
    for number, (command, body) in enumerate(QUIZ, 1):
        assert console.command(command, prompt_id=f"question-{number}", **body).status_code == 204
    state = console.wait_for_event("prompted")
    said = [entry["said"] for entry in entries_of(state) if entry["event"] == "answered"]
    assert said == [True, False, "blue", "4,98"]
    assert verdict_of(answer(console, ALL)) == "PASS"


@pytest.mark.parametrize(
    ("command", "body"),
    [
        ("confirm", {"is_so": "yes"}),
        ("confirm", {"is_so": 1}),
        ("confirm", {}),
        ("enter", {"text": "4" * 41}),
        ("enter", {"text": 4.98}),
        ("choose", {"option": None}),
        ("choose", {"option": "white", "is_so": True}),
    ],
)
def test_an_answer_that_is_none_is_refused_by_the_console(
    console: Console, command: str, body: dict[str, object]
) -> None:
    console.begin("QUIZ126110001", until="confirm_asked")
    assert console.command(command, prompt_id="question-1", **body).status_code == 422
    assert "answered" not in console.events()


@pytest.mark.parametrize(
    ("command", "body"),
    [
        ("answer", {"prompt_id": "accessories-1", "present": []}),
        ("confirm", {"prompt_id": "question-1", "is_so": True}),
        ("enter", {"prompt_id": "question-4", "text": "4.98"}),
        ("choose", {"prompt_id": "question-3", "option": "blue"}),
        ("abort", {}),
    ],
)
def test_a_command_to_no_run_is_refused(console: Console, command: str, body: dict[str, object]) -> None:
    refused = console.command(command, **body)
    assert (refused.status_code, refused.json()["problem"]) == (409, "idle")


def test_a_field_nobody_knows_is_refused(console: Console) -> None:
    assert console.command("start", serial="GOOD1", purpose="golden").status_code == 422


def test_a_refused_run_is_shown_and_leaves_no_run_in_the_list(console: Console) -> None:
    console.command("sign-on", name="王芳")
    console.command("start", serial="NOINST1")
    state = console.wait_for(is_over)
    assert entries_of(state)[-1]["event"] == "refused"
    assert state["station"]["recent"] == []


def test_a_process_that_dies_without_a_word_is_said_with_its_last_words(console: Console) -> None:
    console.command("sign-on", name="王芳")
    console.command("start", serial="DIES1")
    last = entries_of(console.wait_for(is_over))[-1]
    assert last == {"event": "exited", "exit_code": 70, "complaint": "the disk is full"}


def test_a_killed_process_frees_the_slot(console: Console) -> None:
    console.begin("GOOD126110001")
    process = console.desk.slots["slot-1"].process_id
    assert process is not None
    os.kill(process, signal.SIGKILL)
    assert entries_of(console.wait_for(is_over))[-1]["exit_code"] == -signal.SIGKILL
    console.begin("GOOD126110002")
    assert verdict_of(answer(console, ALL)) == "PASS"


def follow(response: httpx.Response) -> Iterator[tuple[str, Any]]:
    """The messages of an event stream."""
    name = ""
    for line in response.iter_lines():
        if line.startswith("event: "):
            name = line.removeprefix("event: ")
        elif line.startswith("data: "):
            yield name, json.loads(line.removeprefix("data: "))


def test_every_window_hears_everything_from_wherever_it_begins(console: Console) -> None:
    with console.client.stream("GET", "/events") as early:
        first = follow(early)
        assert next(first)[1]["runs"] == []
        console.begin("GOOD126110001")
        with console.client.stream("GET", "/events") as late:
            second = follow(late)
            seen = next(second)[1]["runs"][0]["entries"]
            assert seen[-1]["event"] == "prompted"
            answer(console, ALL)
            heard_late = seen + rest_of_run(second)
        heard_early = rest_of_run(first)
    assert heard_early == heard_late == entries_of(console.state())


def rest_of_run(messages: Iterator[tuple[str, Any]]) -> list[dict[str, Any]]:
    entries = []
    for name, message in messages:
        if name == "entries":
            entries += [each["entry"] for each in message]
        elif name == "run" and not message["is_running"]:
            return entries
    return entries


def test_a_page_that_is_closed_is_no_longer_told(console: Console) -> None:
    with console.client.stream("GET", "/events") as response:
        messages = follow(response)
        next(messages)
        assert console.desk.feed.listener_count == 1
    console.command("sign-on", name="王芳")
    console.wait_for(lambda _: console.desk.feed.listener_count == 0)


@pytest.mark.parametrize(
    ("picture", "problem"),
    [("", "bad_photo"), ("not base64!", "bad_photo"), ("JVBERi0xLjc=", "bad_photo")],
)
def test_what_is_no_picture_is_refused_and_not_kept(
    console: Console, tmp_path: Path, picture: str, problem: str
) -> None:
    console.begin("GOOD126110001")
    refused = console.command("photo", prompt_id="accessories-1", picture=picture)
    assert (refused.status_code, refused.json()["problem"]) == (422, problem)
    assert not list(tmp_path.rglob("attachments"))


def test_a_picture_longer_than_any_photo_is_no_command(console: Console) -> None:
    console.begin("GOOD126110001")
    assert console.command("photo", prompt_id="accessories-1", picture="A" * 7_000_000).status_code == 422


def test_a_photo_for_which_no_run_asks_is_refused(console: Console) -> None:
    assert console.command("sign-on", name="王芳").status_code == 204
    picture = base64.b64encode(png()).decode()
    assert console.command("photo", prompt_id="x", picture=picture).json()["problem"] == "idle"
