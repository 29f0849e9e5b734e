"""Killed processes between bench and page: letters wait, arrive once, and outputs are off."""

from __future__ import annotations

import json
import signal
import subprocess
import time
from collections.abc import Callable

import httpx

from fixtures.demo.office import lost_letters
from fixtures.demo.processes import SERVER, STATION
from fixtures.demo.story import GOOD, LEAKING, Story

MakeStage = Callable[[float], Story]


def letters_on_server(story: Story) -> list[str]:
    """The id of every letter that the server stored, in the order of arrival."""
    listed = story.processes.call("letters", [*SERVER, "letters", "--json"])
    return [json.loads(line)["id"] for line in listed.splitlines()]


def test_letters_wait_while_the_server_is_dead_and_arrive_exactly_once(make_stage: MakeStage) -> None:
    story = make_stage(0.0)
    story.box.ask("insert", unit=LEAKING)
    story.box.ask("socket", programmer="prog", unit=GOOD)
    story.results["before"] = story.run(LEAKING)
    story.office.process.send_signal(signal.SIGKILL)
    story.office.process.wait()
    story.results["burn"] = story.burn()
    story.results["after"] = story.run(LEAKING)
    assert story.results["after"].last["verdict"] == "FAIL"
    story.office.serve()
    clerk = story.office.log_in("lin")
    assert lost_letters(clerk, story.letters(), 60.0) == []
    clerk.close()
    assert sorted(letters_on_server(story)) == sorted(letter["id"] for letter in story.letters())


def test_a_killed_run_leaves_the_supply_off_within_a_second_and_is_on_record_as_aborted(
    make_stage: MakeStage,
) -> None:
    story = make_stage(1.0)
    story.box.ask("insert", unit=LEAKING)
    arguments = ["run", LEAKING, "--bench", str(story.bench_file), "--product", "FJ-R1", "--operator", "Wang Fang"]
    process = story.processes.start("run", [*STATION, *arguments, "--events"], stdout=subprocess.PIPE)
    assert process.stdout is not None
    run_id = ""
    for line in process.stdout:
        event = json.loads(line)
        run_id = run_id or event.get("run_id", "")
        if event["event"] == "step_started" and story.box.ask("truth")["outputs"]["1"]["is_on"]:
            break
    killed_at = story.box.ask("truth")["monotonic"]
    process.send_signal(signal.SIGKILL)
    process.wait()
    clerk = story.office.log_in("lin")
    assert letter_when_it_arrives(clerk, run_id)["verdict"] == "ABORTED"
    clerk.close()
    outputs = story.box.ask("truth")["outputs"]
    assert {channel: output["is_on"] for channel, output in outputs.items()} == dict.fromkeys(outputs, False)
    assert max(output["off_at"] for output in outputs.values()) - killed_at <= 1.0
    assert max(output["volts_v"] for output in outputs.values()) < 1.0


def letter_when_it_arrives(clerk: httpx.Client, letter_id: str) -> dict[str, object]:
    """The letter ``letter_id`` as soon as the server has it, at the latest after 20 s."""
    until = time.monotonic() + 20.0
    while time.monotonic() < until:
        answer = clerk.get(f"/v1/letters/{letter_id}")
        if answer.status_code == 200:
            letter: dict[str, object] = answer.json()
            return letter
        time.sleep(0.05)
    raise AssertionError(f"letter {letter_id} did not arrive")
