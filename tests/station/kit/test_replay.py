"""A recorded run, replayed without its bench: the same values at once; whatever departs is told with file and line."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from station.kit.folder import RecordingFolder
from station.kit.replaying import replay_run
from station.model.errors import ConfigError
from station.sequences import fj_r1
from tests.conftest import WORLDS, start_bench
from tests.station.playing.run_process import ROOT, StationRun, letters, start_station

GOOD = "FJR126110003"
SHIPPED = Path(fj_r1.__file__)


def own_product(folder: Path) -> None:
    """FJ-R1 as a shop's own product."""
    folder.mkdir()
    shutil.copy(SHIPPED, folder / "own.py")
    text = SHIPPED.with_suffix(".toml").read_text(encoding="utf-8")
    (folder / "own.toml").write_text(text.replace('product = "FJ-R1"', 'product = "OWN-1"'), encoding="utf-8")


@pytest.fixture(scope="module")
def recorded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A run of a good unit in real time, recorded; its bench is gone, its product's folder too."""
    home = tmp_path_factory.mktemp("bench")
    box = start_bench(WORLDS / "demo.world.toml", home / "bench.toml", 1.0)
    try:
        box.control("insert", unit=GOOD)
        own_product(home / "ours")
        text = box.bench_file.read_text(encoding="utf-8")
        box.bench_file.write_text(text.replace('slot = "', 'sequences_path = ["ours"]\nslot = "', 1), encoding="utf-8")
        arguments = ["run", GOOD, "--bench", str(box.bench_file), "--product", "OWN-1", "--operator", "Li", "--events"]
        run = start_station(home / "state", [*arguments, "--tick", "all", "--record", str(home / "recording")])
        assert run.end() == 0, run.complaint()
        run.close()
        assert [letter["verdict"] for letter in letters(home / "state")] == ["PASS"]
    finally:
        box.stop()
    shutil.rmtree(home / "ours")
    yield home / "recording"


@pytest.fixture
def recording(recorded: Path, tmp_path: Path) -> Path:
    """A copy in another place."""
    return Path(shutil.copytree(recorded, tmp_path / "copy"))


def replay(folder: Path, *more: str) -> tuple[int, str]:
    """``fanji-station replay`` as typed: exit code, and what it said."""
    command = [sys.executable, "-m", "station.cli", "replay", str(folder), *more]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    return done.returncode, done.stdout + done.stderr


def told_seconds(folder: Path) -> float:
    """How long the recorded run's steps waited."""
    rows = [json.loads(line) for line in RecordingFolder(folder).clock.read_text(encoding="utf-8").splitlines()]
    return sum(float(row["data"]) for row in rows if row["what"] == "wait")


def test_a_replay_gives_the_same_values_to_the_last_digit(recording: Path) -> None:
    replayed = replay_run(recording)
    assert replayed.is_same, (replayed.problems, replayed.differences)
    assert not replayed.is_other_plan
    assert replayed.played.verdict == "PASS" and len(replayed.played.record.measurements) >= 14
    told = [event for event in RecordingFolder(recording).told() if type(event).__name__ == "Measured"]
    assert [entry for entry in replayed.played.entries if type(entry).__name__ == "Measured"] != []
    assert {taken.limit.name: taken.value for taken in replayed.played.record.measurements} == {
        event.name: event.value for event in told
    }


def test_a_replay_does_not_wait(recording: Path) -> None:
    waited_s = told_seconds(recording)
    began = time.monotonic()
    replay_run(recording)
    assert time.monotonic() - began < waited_s / 2


def test_the_command_says_that_all_is_the_same_and_writes_nothing(recording: Path) -> None:
    before = sorted(recording.rglob("*"))
    code, said = replay(recording)
    assert code == 0, said
    assert "measurements, verdict PASS as recorded" in said
    assert sorted(recording.rglob("*")) == before


def test_a_byte_that_was_another_one_is_a_mismatch_with_file_and_line(recording: Path) -> None:
    wire = RecordingFolder(recording).wire("dmm")
    lines = wire.read_text(encoding="utf-8").splitlines()
    place = next(n for n, line in enumerate(lines) if "READ?" in line and n > len(lines) // 2)
    wire.write_text("\n".join(lines).replace(lines[place], lines[place].replace("READ?", "READ!")) + "\n", "utf-8")
    code, said = replay(recording)
    assert code == 1, said
    first = next(n for n, line in enumerate(wire.read_text("utf-8").splitlines(), 1) if "READ!" in line)
    assert f"{wire}:{first}: " in said and "where the recording has > b'READ!" in said


def test_a_value_that_was_another_one_is_a_difference(recording: Path) -> None:
    events = RecordingFolder(recording).events
    rows = [json.loads(line) for line in events.read_text(encoding="utf-8").splitlines()]
    changed = next(row for row in rows if row["event"] == "measured" and row["name"] == "rail_5v")
    changed["value"] = 5.5
    events.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    code, said = replay(recording)
    assert code == 1
    assert "rail_5v: recorded 5.5 V PASS, replayed " in said


def test_a_question_that_was_another_one_is_a_mismatch_with_file_and_line(recording: Path) -> None:
    events = RecordingFolder(recording).events
    rows = [json.loads(line) for line in events.read_text(encoding="utf-8").splitlines()]
    line = next(number for number, row in enumerate(rows, 1) if row["event"] == "prompted")
    rows[line - 1]["en"] = "Something else"
    events.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    code, said = replay(recording)
    assert code == 1
    assert f"{events}:{line}: " in said and "where the recording has 'Something else'" in said


def test_a_plan_that_waits_otherwise_departs_at_the_clocks_line(recording: Path) -> None:
    source = RecordingFolder(recording).sequences[0] / "own.toml"
    text = source.read_text(encoding="utf-8")
    source.write_text(text.replace("[conditions.hold]\nvalue = 0.1", "[conditions.hold]\nvalue = 0.15"), "utf-8")
    code, said = replay(recording)
    assert code == 1
    assert "is another one than when this was recorded" in said
    assert f"MISMATCH {RecordingFolder(recording).clock}:" in said


def test_a_plan_with_other_limits_is_judged_on_the_recorded_bytes(recording: Path, tmp_path: Path) -> None:
    own_product(tmp_path / "changed")
    limits = tmp_path / "changed" / "own.toml"
    text = limits.read_text(encoding="utf-8")
    head, tail = text.split("[measurements.rail_5v]", 1)
    limits.write_text(head + "[measurements.rail_5v]" + tail.replace("low = 4.75", "low = 5.2", 1), encoding="utf-8")
    code, said = replay(recording, "--sequences", str(tmp_path / "changed"))
    assert code == 1, said
    assert "MISMATCH" not in said
    assert "step rails: recorded PASS, replayed FAIL" in said


def test_what_more_was_exchanged_than_is_played_is_left_over(recording: Path) -> None:
    wire = RecordingFolder(recording).wire("psu")
    lines = wire.read_text(encoding="utf-8").splitlines(keepends=True)
    more = next(line for line in reversed(lines) if '"what": ">"' in line)
    wire.write_text("".join([*lines, more]), encoding="utf-8")
    code, said = replay(recording)
    assert code == 1
    assert f"{wire}:{len(lines) + 1}: left over: > " in said


@pytest.mark.parametrize(
    ("damage", "said"),
    [
        (lambda folder: folder.events.unlink(), "events.jsonl: cannot be read"),
        (lambda folder: folder.events.write_text("{}\n"), "events.jsonl:1: is no event of a run"),
        (lambda folder: folder.events.write_text(""), "the run has no end here"),
        (lambda folder: folder.wire("psu").unlink(), "the bench cannot be opened again: psu: "),
    ],
    ids=["no events", "no event", "no end", "no bytes"],
)
def test_what_is_no_recording_is_refused(recording: Path, damage: object, said: str) -> None:
    assert callable(damage)
    damage(RecordingFolder(recording))
    with pytest.raises(ConfigError, match=said):
        replay_run(recording)


def start(home: Path, bench_file: Path, *more: str) -> StationRun:
    arguments = ["run", GOOD, "--bench", str(bench_file), "--product", "FJ-R1", "--operator", "Li", "--events"]
    return start_station(home / "state", [*arguments, *more])


def test_a_run_that_was_stopped_from_outside_is_no_recording(tmp_path: Path) -> None:
    box = start_bench(WORLDS / "demo.world.toml", tmp_path / "bench.toml", 0.0)
    box.control("insert", unit=GOOD)
    run = start(tmp_path, box.bench_file, "--record", str(tmp_path / "cut"))
    run.until_event("prompted")
    run.tell({"command": "abort"})
    assert run.end() == 4
    run.close()
    again = start(tmp_path, box.bench_file, "--record", str(tmp_path / "cut"))
    assert again.end() == 2 and "is not empty" in again.last["message"]
    again.close()
    looped = start(tmp_path, box.bench_file, "--record", str(tmp_path / "x"), "--loop", "2", "--purpose", "debug")
    assert looped.end() == 2 and "leave --loop out" in looped.last["message"]
    looped.close()
    box.stop()
    with pytest.raises(ConfigError, match=r"stopped from outside .stopped by the operator"):
        replay_run(tmp_path / "cut")


def test_chosen_steps_and_a_failing_unit_are_replayed_as_they_were(tmp_path: Path) -> None:
    box = start_bench(WORLDS / "demo.world.toml", tmp_path / "bench.toml", 0.0)
    box.control("insert", unit=GOOD)
    box.control("unit_fault", unit=GOOD, fault="low_5v_rail", on=True)
    chosen = ("--purpose", "debug", "--steps", "rails", "--with-prerequisites")
    run = start(tmp_path, box.bench_file, "--record", str(tmp_path / "part"), *chosen)
    assert run.end() == 1, run.complaint()
    run.close()
    box.stop()
    replayed = replay_run(tmp_path / "part")
    assert replayed.is_same and replayed.played.failed == {"rail_5v"}
    assert [step.name for step in replayed.played.record.steps] == ["power_up", "boot", "rails"]
