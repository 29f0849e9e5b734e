"""What an author does at the bench: chosen steps, step by step, until it fails, again and again; all on record."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.conftest import WORLDS, Bench, start_bench
from tests.station.playing.run_process import StationRun, letters, start_station

Start = Callable[..., StationRun]
GOOD = "FJR126110003"


@pytest.fixture(scope="module")
def box(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bench]:
    """One bench with a good unit for all tests of this file: each leaves it as it found it."""
    running = start_bench(WORLDS / "demo.world.toml", tmp_path_factory.mktemp("bench") / "bench.toml", 0.0)
    running.control("insert", unit=GOOD)
    yield running
    running.stop()


@pytest.fixture
def run(box: Bench, tmp_path: Path) -> Iterator[Start]:
    """A run for debugging, with what more was typed."""
    started = []

    def start(*more: str, purpose: str = "debug", events: bool = True) -> StationRun:
        arguments = ["run", GOOD, "--bench", str(box.bench_file), "--product", "FJ-R1", "--operator", "Li"]
        told = ["--events"] if events else []
        started.append(start_station(tmp_path / "state", [*arguments, *told, "--purpose", purpose, *more]))
        return started[-1]

    yield start
    for process in started:
        process.close()


def test_chosen_steps_are_played_alone_and_the_record_says_which(run: Start, tmp_path: Path) -> None:
    played = run("--steps", "rails", "--with-prerequisites")
    assert played.end() == 0, played.complaint()
    (letter,) = letters(tmp_path / "state")
    assert [step["name"] for step in letter["steps"]] == ["power_up", "boot", "rails"]
    assert letter["plan"]["name"] == "FJ-R1 outgoing: power_up, boot, rails"
    assert (letter["purpose"], letter["verdict"], letter["accessories"]) == ("debug", "PASS", [])


@pytest.mark.parametrize(
    "more", [("--steps", "boot"), ("--break-on-fail",), ("--single-step",), ("--loop", "2")], ids=lambda more: more[0]
)
@pytest.mark.parametrize("purpose", ["outgoing", "golden", "grr"])
def test_nothing_but_debugging_plays_less_than_the_plan_once(
    run: Start, tmp_path: Path, more: tuple[str, ...], purpose: str
) -> None:
    refused = run(*more, purpose=purpose)
    assert refused.end() == 2
    assert f"{more[0]} is for authors of a plan: write --purpose debug" in refused.last["message"]
    assert letters(tmp_path / "state") == []


@pytest.mark.parametrize(
    ("more", "said"),
    [
        (("--steps", "boot,rail"), "has no step rail; there are: power_up, boot,"),
        (("--with-prerequisites",), "about the steps that --steps names"),
        (("--single-step", "--tick", "all"), "leave --tick out"),
    ],
)
def test_what_cannot_be_played_is_told(run: Start, more: tuple[str, ...], said: str) -> None:
    refused = run(*more)
    assert refused.end() == 2
    assert said in refused.last["message"]


def test_a_run_that_breaks_on_failure_ends_there_with_its_outputs_off(box: Bench, run: Start, tmp_path: Path) -> None:
    box.control("unit_fault", unit=GOOD, fault="low_5v_rail", on=True)
    played = run("--break-on-fail", "--tick", "all")
    code = played.end()
    box.control("unit_fault", unit=GOOD, fault="low_5v_rail", on=False)
    assert code == 1
    (letter,) = letters(tmp_path / "state")
    outcomes = {step["name"]: step["outcome"] for step in letter["steps"]}
    assert outcomes["rails"] == "FAIL" and outcomes["dark_current"] == "SKIPPED"
    assert all(action["is_proved"] for action in letter["make_safe"])


def test_a_run_step_by_step_waits_until_it_is_told_to_go_on(run: Start, tmp_path: Path) -> None:
    played = run("--single-step", "--steps", "power_up,boot")
    for _ in range(2):
        asked = played.until_event("prompted")
        assert asked["items"] == [] and asked["en"].startswith("next: ")
        played.tell({"command": "answer", "prompt_id": asked["prompt_id"], "present": []})
    assert played.end() == 0
    (letter,) = letters(tmp_path / "state")
    assert [step["name"] for step in letter["steps"]] == ["halt_1", "power_up", "halt_2", "boot"]


def test_at_a_terminal_enter_goes_on_and_q_stops(run: Start, tmp_path: Path) -> None:
    played = run("--single-step", "--steps", "power_up,boot", events=False)
    process = played.process
    assert process.stdin is not None and process.stdout is not None
    typed = ["\n", "q\n"]
    for line in process.stdout:
        if line.startswith("ENTER goes on; q stops"):
            process.stdin.write(typed.pop(0))
            process.stdin.flush()
    assert (typed, process.wait()) == ([], 4)
    (letter,) = letters(tmp_path / "state")
    assert (letter["verdict"], letter["failure"]["kind"]) == ("ABORTED", "operator")


def test_a_loop_is_as_many_runs_on_record_and_tells_all_their_values(run: Start, tmp_path: Path) -> None:
    played = run("--loop", "3", "--steps", "rails", "--with-prerequisites")
    assert played.end() == 0, played.complaint()
    assert [letter["attempt"] for letter in letters(tmp_path / "state")] == [1, 2, 3]
    assert played.last["event"] == "loop_finished" and played.last["verdicts"] == ["PASS"] * 3
    recorded = [
        taken["value"]
        for letter in letters(tmp_path / "state")
        for taken in letter["measurements"]
        if taken["name"] == "rail_5v"
    ]
    assert played.last["values"]["rail_5v"] == recorded


def test_a_loop_shows_its_statistics_and_ends_with_the_worst_verdict(box: Bench, run: Start) -> None:
    box.control("unit_fault", unit=GOOD, fault="low_5v_rail", on=True)
    played = run("--loop", "2", "--steps", "rails", "--with-prerequisites", events=False)
    said, complaint = played.process.communicate(timeout=60)
    box.control("unit_fault", unit=GOOD, fault="low_5v_rail", on=False)
    assert played.process.returncode == 1, complaint
    assert "2 runs: 2 FAIL" in said
    assert next(line for line in said.splitlines() if line.startswith("rail_3v3 ")).split()[1] == "2"


def test_a_loop_that_is_stopped_ends_with_the_run_it_is_in(run: Start, tmp_path: Path) -> None:
    played = run("--loop", "1000", "--steps", "boot", "--with-prerequisites")
    for _ in range(2):
        played.until_event("run_started")
    played.process.send_signal(2)
    assert played.end() == 4
    verdicts = [letter["verdict"] for letter in letters(tmp_path / "state")]
    assert verdicts == ["PASS"] * (len(verdicts) - 1) + verdicts[-1:]
    assert played.last["verdicts"] == verdicts
