"""Two runs at once on one bench: each true to its own unit, neither harmed by what happens to the other."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from station.link.lease import Leases
from tests.conftest import Bench
from tests.station.playing.run_process import StationRun, letters, start_station

StartRun = Callable[..., StationRun]
LEFT, RIGHT = "FJR126110001", "FJR126110002"
SHORT = ("--purpose", "debug", "--steps", "power_up,boot,rails,outputs")
OF_SLOT = {"left": (1, 2), "right": (3, 4)}


@pytest.fixture
def box(bench: Callable[..., Bench]) -> Bench:
    """A good unit in each jig."""
    started = bench("two-slots")
    started.control("insert", unit=LEFT, jig="left")
    started.control("insert", unit=RIGHT, jig="right")
    return started


@pytest.fixture
def run(box: Bench, state_dir: Path) -> Iterator[StartRun]:
    """``run("left")`` starts a run of the unit in that jig; everything is there."""
    with ExitStack() as stack:

        def start(slot: str, more: tuple[str, ...] = ()) -> StationRun:
            serial = {"left": LEFT, "right": RIGHT}[slot]
            where = ["--bench", str(box.bench_file), "--slot", slot, "--product", "FJ-R1", "--operator", "王芳"]
            started = start_station(state_dir, ["run", serial, *where, "--events", "--tick", "all", *more])
            stack.callback(started.close)
            return started

        yield start


def are_off(box: Bench, slot: str) -> bool:
    outputs = box.control("truth", jig=slot)["outputs"]
    return not any(outputs[str(channel)]["is_on"] for channel in OF_SLOT[slot])


def span(started: StationRun) -> tuple[datetime, datetime]:
    """When the first step began and the last one ended."""
    steps = [said for said in started.events if said["event"] in ("step_started", "step_finished")]
    times = [datetime.fromisoformat(said["at"]) for said in steps]
    return min(times), max(times)


def check_waits(started: StationRun, other: str) -> None:
    """Who waits says so before the step begins, whose deadline counts from there."""
    for said in started.of("step_waiting"):
        assert said["resource"] in ("psu", "dmm", "relays")
        assert said["holder"] == other
        later = started.events[started.events.index(said) + 1 :]
        assert "step_started" in [event["event"] for event in later if event.get("step") == said["step"]]


def value(letter: dict[str, Any], name: str) -> float:
    found: float = next(row["value"] for row in letter["measurements"] if row["name"] == name)
    return found


def test_two_runs_at_once_pass_and_each_record_is_true_to_its_own_unit(
    box: Bench, run: StartRun, state_dir: Path
) -> None:
    for serial, amperes in ((LEFT, 0.0011), (RIGHT, 0.0023)):
        box.control("plant", unit=serial, trait="asleep_a", value=amperes)
    runs = {slot: run(slot) for slot in OF_SLOT}
    assert {slot: (started.end(), started.last["verdict"]) for slot, started in runs.items()} == {
        "left": (0, "PASS"),
        "right": (0, "PASS"),
    }
    left, right = (span(started) for started in runs.values())
    assert max(left[0], right[0]) < min(left[1], right[1])  # they were under way at the same time
    sent = {letter["slot"]: letter for letter in letters(state_dir)}
    assert {slot: letter["unit"]["serial"] for slot, letter in sent.items()} == {"left": LEFT, "right": RIGHT}
    assert value(sent["left"], "dark_current") == pytest.approx(0.0011, rel=0.1)
    assert value(sent["right"], "dark_current") == pytest.approx(0.0023, rel=0.1)
    assert all(are_off(box, slot) for slot in OF_SLOT)
    for slot, started in runs.items():
        check_waits(started, {"left": "right", "right": "left"}[slot])
    assert any(started.of("step_waiting") for started in runs.values())


def test_each_unit_fails_by_its_own_fault_and_by_no_other_ones(box: Bench, run: StartRun) -> None:
    box.control("unit_fault", unit=LEFT, fault="low_3v3_rail")
    box.control("unit_fault", unit=RIGHT, fault="leaking_standby")
    runs = {slot: run(slot) for slot in OF_SLOT}
    ends = {slot: (started.end(), started.last["verdict"], started.last["failed"]) for slot, started in runs.items()}
    assert ends == {"left": (1, "FAIL", ["rail_3v3"]), "right": (1, "FAIL", ["dark_current"])}


def test_a_killed_run_frees_its_leases_and_its_outputs_go_off_while_the_other_run_passes(
    box: Bench, run: StartRun, state_dir: Path
) -> None:
    give_back = hold(state_dir, "psu")
    left = run("left", SHORT)
    left.until_event("step_waiting", resource="psu")
    right = run("right", SHORT)
    right.until_event("step_waiting")  # behind the left slot
    give_back()
    left.until_event("step_started", step="power_up")  # it has the supply, and the right slot is next
    os.kill(left.helpers()[1], signal.SIGKILL)
    assert left.end() == 3
    assert (left.last["verdict"], left.last["failure"]["kind"]) == ("ERROR", "station")
    assert are_off(box, "left")
    assert right.end() == 0
    assert right.last["verdict"] == "PASS"


def test_the_kill_of_a_whole_run_leaves_the_other_slots_run_unharmed(
    box: Bench, run: StartRun, state_dir: Path
) -> None:
    left, right = run("left", SHORT), run("right", SHORT)
    left.until_event("step_finished", step="boot")
    right.until_event("step_started")
    left.process.kill()
    assert right.end() == 0
    wait_until(lambda: are_off(box, "left"))
    wait_until(lambda: len(letters(state_dir)) == 2)
    assert {letter["slot"]: letter["verdict"] for letter in letters(state_dir)} == {"left": "ABORTED", "right": "PASS"}


def test_an_abort_while_a_step_waits_ends_the_run_at_once(box: Bench, run: StartRun, state_dir: Path) -> None:
    give_back = hold(state_dir, "psu")
    right = run("right")
    right.until_event("step_waiting", resource="psu", holder="middle")
    began = time.monotonic()
    right.tell({"command": "abort"})
    assert right.end() == 4
    assert time.monotonic() - began < 5
    assert right.last["verdict"] == "ABORTED"
    assert all(action["is_proved"] for action in right.of("made_safe")[0]["actions"])
    give_back()


def test_a_bench_of_several_slots_has_to_be_told_which(box: Bench, state_dir: Path) -> None:
    arguments = ["run", LEFT, "--bench", str(box.bench_file), "--product", "FJ-R1", "--operator", "X", "--events"]
    for more, problem in (([], "say which slot"), (["--slot", "up"], "no slot 'up'")):
        with closing(start_station(state_dir, [*arguments, *more])) as started:
            assert started.end() == 2
            assert (started.last["event"], problem in started.last["message"]) == ("refused", True)


def test_a_slot_plays_one_run_at_a_time(box: Bench, run: StartRun, state_dir: Path) -> None:
    give_back = hold(state_dir, "dmm")
    first = run("left", SHORT)
    first.until_event("step_waiting")
    second = run("left", SHORT)
    assert second.end() == 3
    assert "another run is using left" in second.last["message"]
    first.tell({"command": "abort"})
    assert first.end() == 4
    give_back()


def hold(state_dir: Path, instrument: str) -> Callable[[], None]:
    """Have the instrument, as a step of another slot has it; gives what gives it back."""
    lease = Leases(state_dir / "leases" / "bench-1", "middle").of(instrument)
    assert lease.take(lambda: False)
    return lease.give_back


def wait_until(is_so: Callable[[], bool], longest_s: float = 20.0) -> None:
    deadline = time.monotonic() + longest_s
    while not is_so():
        assert time.monotonic() < deadline
        time.sleep(0.05)
