"""Whatever is killed, the outputs are off and the run is on record."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable
from pathlib import Path

import psutil
import pytest

from tests.conftest import Bench
from tests.station.playing.run_process import StationRun, letters

Start = Callable[..., StationRun]
OpenBench = Callable[..., Bench]
GOOD = "FJR126110003"
QUICK = 0.25
"""Time scale of runs that are also played to their end."""


def _booting(bench: OpenBench, run: Start, time_scale: float = 1.0) -> tuple[Bench, StationRun]:
    """A run in the middle of its unit's boot, with the supply on; the boot takes 2 s of modelled time."""
    box = bench(time_scale=time_scale)
    box.control("insert", unit=GOOD)
    played = run(box.bench_file)
    played.until_event("trace", step="boot")
    assert box.truth()["outputs"]["1"]["is_on"]
    return box, played


def _until(is_so: Callable[[], bool], seconds: float) -> bool:
    deadline = time.monotonic() + seconds
    while not is_so():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.02)
    return True


def _cut_power(played: StationRun) -> None:
    """Kill all at once: the supervisor is halted first, so that it sees none of the others die."""
    helpers = played.helpers()
    os.kill(played.process.pid, signal.SIGSTOP)
    for process in (*helpers, played.process.pid):
        os.kill(process, signal.SIGKILL)
    played.process.wait()


def _is_off(box: Bench) -> bool:
    outputs = box.truth()["outputs"]
    return not outputs["1"]["is_on"] and not outputs["2"]["is_on"] and outputs["1"]["volts_v"] < 1.0


def test_a_killed_run_leaves_the_supply_at_0_v_within_a_second_and_is_on_record(
    bench: OpenBench, run: Start, state_dir: Path
) -> None:
    box, played = _booting(bench, run)
    guard, child = played.helpers()
    killed_at = box.truth()["monotonic"]
    os.kill(played.process.pid, signal.SIGKILL)
    assert _until(lambda: _is_off(box), 3.0)
    assert box.truth()["outputs"]["1"]["changed_at"] - killed_at < 1.0
    assert _until(lambda: not psutil.pid_exists(guard) and not psutil.pid_exists(child), 3.0)
    (letter,) = letters(state_dir)
    assert (letter["verdict"], letter["failure"]["step"]) == ("ABORTED", "boot")
    assert all(action["is_proved"] for action in letter["make_safe"])
    assert list((state_dir / "journals").iterdir()) == []


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP, signal.SIGINT])
def test_a_stopping_signal_aborts_makes_safe_and_records(
    bench: OpenBench, run: Start, state_dir: Path, number: signal.Signals
) -> None:
    box, played = _booting(bench, run)
    os.kill(played.process.pid, number)
    assert played.end() == 4
    assert played.last["verdict"] == "ABORTED"
    assert _is_off(box)
    assert letters(state_dir)[0]["failure"]["kind"] == ("operator" if number == signal.SIGINT else "station")


def test_an_abort_by_the_operator_is_recorded_as_his(bench: OpenBench, run: Start, state_dir: Path) -> None:
    box, played = _booting(bench, run)
    played.tell({"command": "abort"})
    assert played.end() == 4
    assert _is_off(box)
    (letter,) = letters(state_dir)
    assert letter["failure"] | {"at": ""} == {
        "kind": "operator",
        "subject": "",
        "message": "stopped by the operator",
        "step": "boot",
        "at": "",
    }


def test_a_killed_child_is_an_error_of_the_station(bench: OpenBench, run: Start, state_dir: Path) -> None:
    box, played = _booting(bench, run)
    os.kill(played.helpers()[1], signal.SIGKILL)
    assert played.end() == 3
    assert _is_off(box)
    (letter,) = letters(state_dir)
    assert letter["verdict"] == "ERROR" and "SIGKILL" in letter["failure"]["message"]


def test_without_its_guard_a_run_is_aborted(bench: OpenBench, run: Start, state_dir: Path) -> None:
    box, played = _booting(bench, run)
    os.kill(played.helpers()[0], signal.SIGKILL)
    assert played.end() == 4
    assert _is_off(box)
    assert "guard" in letters(state_dir)[0]["failure"]["message"]


def test_child_and_guard_are_deaf_to_the_signals_that_stop_a_run(bench: OpenBench, run: Start) -> None:
    _, played = _booting(bench, run, QUICK)
    for process in played.helpers():
        for number in (signal.SIGTERM, signal.SIGHUP, signal.SIGINT):
            os.kill(process, number)
    assert played.end() == 0


def test_the_meter_lost_after_the_third_step_is_an_error_that_names_it(
    bench: OpenBench, run: Start, state_dir: Path
) -> None:
    box = bench(time_scale=QUICK)
    box.control("insert", unit=GOOD)
    played = run(box.bench_file)
    for _ in range(3):
        played.until_event("step_finished")
    box.control("fault", device="dmm", fault="close", on=True)
    assert played.end() == 3
    (letter,) = letters(state_dir)
    assert (letter["verdict"], letter["failure"]["kind"], letter["failure"]["subject"]) == ("ERROR", "link", "dmm")
    assert letter["has_failed_measurement"] is False
    assert _is_off(box)


def test_what_a_power_cut_left_is_closed_as_aborted_by_the_next_run(
    bench: OpenBench, run: Start, state_dir: Path
) -> None:
    box, played = _booting(bench, run, QUICK)
    _cut_power(played)
    assert box.truth()["outputs"]["1"]["is_on"]
    journal = next((state_dir / "journals").iterdir())
    with journal.open("ab") as file:
        file.write(b'{"event":"measu')
    assert run(box.bench_file).end() == 0
    cut, passed = letters(state_dir)
    assert (cut["verdict"], cut["id"], passed["verdict"]) == ("ABORTED", journal.stem, "PASS")
    assert all(action["is_proved"] for action in cut["make_safe"])


def test_a_slot_that_is_in_use_refuses_a_second_run(bench: OpenBench, run: Start, state_dir: Path) -> None:
    box, played = _booting(bench, run, time_scale=0.5)
    second = run(box.bench_file)
    assert second.end() == 3
    assert second.last["event"] == "refused"
    assert played.end() == 0
    assert len(letters(state_dir)) == 1


def test_outputs_go_off_though_the_supply_takes_no_client_for_a_moment(
    bench: OpenBench, run: Start, state_dir: Path
) -> None:
    box, played = _booting(bench, run)
    box.control("fault", device="psu", fault="refuse", on=True)
    played.tell({"command": "abort"})
    played.until_event("run_stopped")
    time.sleep(0.2)
    box.control("fault", device="psu", fault="refuse", on=False)
    assert played.end() == 4
    assert _is_off(box)
    assert all(action["is_proved"] for action in letters(state_dir)[0]["make_safe"])


def test_outputs_that_cannot_be_switched_off_are_an_error_that_says_so(
    bench: OpenBench, run: Start, state_dir: Path
) -> None:
    box, played = _booting(bench, run)
    box.control("fault", device="psu", fault="refuse", on=True)
    played.tell({"command": "abort"})
    assert played.end() == 3
    (letter,) = letters(state_dir)
    assert (letter["verdict"], letter["failure"]["kind"]) == ("ERROR", "instrument")
    assert "switch_off was not proved" in letter["failure"]["message"]


def test_a_service_port_that_is_pulled_is_the_stations_error_not_the_units(
    bench: OpenBench, run: Start, state_dir: Path
) -> None:
    box, played = _booting(bench, run)
    box.control("fault", device="dut", fault="close", on=True)
    assert played.end() == 3
    (letter,) = letters(state_dir)
    assert (letter["verdict"], letter["failure"]["kind"], letter["failure"]["subject"]) == ("ERROR", "link", "dut")
    assert _is_off(box)


def test_an_attempt_is_counted_after_what_a_power_cut_left(bench: OpenBench, run: Start, state_dir: Path) -> None:
    box, played = _booting(bench, run, QUICK)
    _cut_power(played)
    second = run(box.bench_file)
    second.until_event("run_started")
    second.tell({"command": "abort"})
    second.end()
    assert [letter["attempt"] for letter in letters(state_dir)] == [1, 2]
