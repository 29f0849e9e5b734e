"""The bench's self-test by its front door, and as the gate before a run."""

from __future__ import annotations

import fcntl
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from station.config.settings import Settings
from station.gates.selftest_result import PROBLEM, last_selftest
from tests.conftest import Bench
from tests.station.playing.run_process import StationRun, letters

OpenBench = Callable[..., Bench]
Start = Callable[..., StationRun]
GOOD = "FJR126110003"


def settings_of(tmp_path: Path) -> Settings:
    return Settings(tmp_path / "state", "", None)


def said(run: StationRun) -> str:
    assert run.process.stdout is not None
    return run.process.stdout.read()


def self_tested(station: Start, box: Bench) -> tuple[int, dict[str, Any]]:
    """Exit code, and what was found by name."""
    run = station("selftest", "--bench", str(box.bench_file), "--json")
    text = said(run)
    code = run.process.wait()
    found = json.loads(text)
    assert found["is_good"] is (code == 0)
    return code, {check["name"]: check for check in found["result"]["checks"]}


def test_a_good_bench_is_told_part_by_part_and_kept(bench: OpenBench, station: Start, tmp_path: Path) -> None:
    box = bench()
    run = station("selftest", "--bench", str(box.bench_file))
    text = said(run)
    assert run.process.wait() == 0, text
    for part in ("psu", "dmm", "dut", "prog", "slot-1: supply", "slot-1: acc setting", "plan FJ-R1", "disk", "outbox"):
        assert f"ok      {part}" in text
    assert "set to 0.5 V and 0.1 A with its output off, read back" in text
    assert "note    snapshot" in text and "the bench may be used" in text
    result = last_selftest(settings_of(tmp_path), "bench-1")
    assert result is not None and result.is_good
    assert not any(output["is_on"] for output in box.truth()["outputs"].values())


def test_an_instrument_that_is_missing_is_a_problem_and_so_is_an_output_that_cannot_be_proved_off(
    bench: OpenBench, station: Start, tmp_path: Path
) -> None:
    box = bench()
    box.control("fault", device="psu", fault="refuse", on=True)
    code, found = self_tested(station, box)
    assert code == 3
    assert found["psu"]["mark"] == found["slot-1: supply"]["mark"] == PROBLEM
    assert found["slot-1: supplies"]["mark"] == "note" and "slot-1: supply setting" not in found
    assert found["dmm"]["mark"] == "ok"
    result = last_selftest(settings_of(tmp_path), "bench-1")
    assert result is not None and not result.is_good


def test_what_the_server_last_said_and_the_clock_are_looked_at(
    bench: OpenBench, station: Start, tmp_path: Path
) -> None:
    box = bench()
    state = tmp_path / "state/state.json"
    state.parent.mkdir()
    parts = {"schema": "fanji/state/1", "version": 3, "expires_at": "2999-01-01T00:00:00.000000Z", "serial_rules": []}
    state.write_text(json.dumps(parts | {"issued_at": "2026-01-01T00:00:00.000000Z"}), encoding="utf-8")
    code, found = self_tested(station, box)
    assert code == 3
    assert found["clock"]["mark"] == PROBLEM and "ahead of the server's" in found["clock"]["detail"]
    assert found["snapshot"]["mark"] == "ok" and found["snapshot"]["detail"].startswith("version 3, ")
    state.write_text(json.dumps(parts | {"holds": 7}), encoding="utf-8")
    code, found = self_tested(station, box)
    assert code == 3 and found["snapshot"]["mark"] == PROBLEM and found["clock"]["mark"] == "note"


def test_a_bench_is_not_tested_while_a_run_uses_it(bench: OpenBench, station: Start, tmp_path: Path) -> None:
    box = bench()
    lock = tmp_path / "state/locks/bench-1-slot-1"
    lock.parent.mkdir(parents=True)
    with lock.open("w") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        run = station("selftest", "--bench", str(box.bench_file))
        assert run.process.wait() == 2
        assert "a run is using slot-1" in run.complaint()
    assert last_selftest(settings_of(tmp_path), "bench-1") is None


def test_a_bench_that_asks_for_a_self_test_plays_after_one_and_not_after_its_file_was_changed(
    bench: OpenBench, station: Start, tmp_path: Path
) -> None:
    box = bench()
    box.control("insert", unit=GOOD)
    with box.bench_file.open("a", encoding="utf-8") as file:
        file.write("\n[gates]\nselftest_every_h = 24\n")
    arguments = ["run", GOOD, "--bench", str(box.bench_file), "--product", "FJ-R1", "--operator", "王芳"]
    arguments += ["--events", "--tick", "all"]
    run = station(*arguments)
    assert run.end() == 3
    assert (run.last["event"], run.last["kind"], run.last["gate"]) == ("refused", "gate", "selftest")
    assert "fanji-station selftest" in run.last["zh"] and letters(tmp_path / "state") == []
    assert self_tested(station, box)[0] == 0
    run = station(*arguments)
    assert run.end() == 0
    (letter,) = letters(tmp_path / "state")
    assert {gate["name"]: gate["outcome"] for gate in letter["gates"]}["selftest"] == "passed"
    with box.bench_file.open("a", encoding="utf-8") as file:
        file.write("\n# another cable\n")
    run = station(*arguments)
    assert run.end() == 3 and "the bench file was changed" in run.last["message"]
