"""A bench of several slots: each plays its own run, a command says which slot it means, and all can be stopped."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.station.console.speaking_console import Console, speaking_console

SLOTS = ("left", "right", "third")


@pytest.fixture
def console(tmp_path: Path) -> Iterator[Console]:
    with speaking_console(tmp_path, slots=SLOTS) as console:
        assert console.command("sign-on", name="王芳").status_code == 204
        yield console


def start(console: Console, slot: str, serial: str) -> None:
    assert console.command("start", slot=slot, serial=serial).status_code == 204


def runs_of(state: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return {run["slot"]: run for run in state["runs"]}


def events(run: dict[str, Any]) -> list[str]:
    return [entry["event"] for entry in run["entries"]]


def all_ask(state: dict[str, Any]) -> bool:
    return len(state["runs"]) == 2 and all("prompted" in events(run)[-1:] for run in state["runs"])


def test_each_slot_plays_its_own_run_and_every_run_has_a_number_of_its_own(console: Console) -> None:
    start(console, "right", "GOOD126110001")
    start(console, "left", "BAD126110002")
    runs = runs_of(console.wait_for(all_ask))
    assert (runs["left"]["serial"], runs["right"]["serial"]) == ("BAD126110002", "GOOD126110001")
    assert runs["left"]["number"] != runs["right"]["number"]
    assert console.state()["bench"]["slots"] == list(SLOTS)
    busy = console.command("start", slot="left", serial="GOOD126110003")
    assert (busy.status_code, busy.json()["problem"]) == (409, "busy")


def test_an_answer_goes_to_the_slot_it_names_and_to_no_other(console: Console) -> None:
    start(console, "left", "GOOD126110001")
    start(console, "right", "GOOD126110002")
    console.wait_for(all_ask)
    ticks = {"prompt_id": "accessories-1", "present": ["power_cable", "remote", "manual"]}
    assert console.command("answer", slot="right", **ticks).status_code == 204
    runs = runs_of(console.wait_for(lambda state: not runs_of(state)["right"]["is_running"]))
    assert events(runs["right"])[-1] == "run_finished"
    assert runs["left"]["is_running"] and events(runs["left"])[-1:] == ["prompted"]


@pytest.mark.parametrize("body", [{}, {"slot": ""}, {"slot": "fourth"}])
def test_a_command_that_names_no_slot_of_several_does_nothing(console: Console, body: dict[str, str]) -> None:
    start(console, "left", "GOOD126110001")
    for command, said in (("start", {"serial": "GOOD126110002"}), ("abort", {})):
        answer = console.command(command, **said, **body)
        assert (answer.status_code, answer.json()["problem"]) == (422, "no_slot")
    assert list(runs_of(console.state())) == ["left"]
    assert runs_of(console.state())["left"]["is_running"]


def test_one_is_stopped_alone_and_the_others_together(console: Console) -> None:
    for number, slot in enumerate(SLOTS):
        start(console, slot, f"GOOD12611000{number}")
    console.wait_for(lambda state: len(state["runs"]) == 3 and all("prompted" in events(r) for r in state["runs"]))
    assert console.command("abort", slot="right").status_code == 204
    console.wait_for(lambda state: not runs_of(state)["right"]["is_running"])
    assert runs_of(console.state())["left"]["is_running"]
    assert console.command("abort-all").status_code == 204
    state = console.wait_for(lambda state: not any(run["is_running"] for run in state["runs"]))
    assert {run["entries"][-1]["verdict"] for run in state["runs"]} == {"ABORTED"}
    assert console.command("abort-all").status_code == 204


def test_nobody_leaves_while_any_slot_tests(console: Console) -> None:
    start(console, "third", "GOOD126110001")
    assert console.command("leave").json() == {"problem": "shift_running"}
    assert console.command("sign-on", name="李娜").json() == {"problem": "shift_running"}


def test_a_console_that_ends_stops_every_slot(tmp_path: Path) -> None:
    with speaking_console(tmp_path, slots=SLOTS) as console:
        console.command("sign-on", name="王芳")
        start(console, "left", "GOOD126110001")
        start(console, "right", "GOOD126110002")
        console.wait_for(all_ask)
        console.close()
        assert not console.desk.is_testing
        verdicts = {slot.run.verdict for slot in console.desk.slots.values() if slot.run is not None}
    assert verdicts == {"ABORTED"}
