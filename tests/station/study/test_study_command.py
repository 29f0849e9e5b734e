"""``fanji-station study`` on the bench in a box: its runs on record, gone on with after a stop, judged at the end."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.conftest import WORLDS, Bench, start_bench
from tests.station.playing.run_process import ROOT, letters

PARTS = ("FJR126110002", "FJR126110003")
GOOD = PARTS[1]
RAILS = ("--product", "FJ-R1", "--steps", "rails", "--with-prerequisites")


@pytest.fixture(scope="module")
def box(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bench]:
    """One bench for all tests of this file: each leaves it as it found it."""
    running = start_bench(WORLDS / "demo.world.toml", tmp_path_factory.mktemp("bench") / "bench.toml", 0.0)
    running.control("insert", unit=GOOD)
    yield running
    running.stop()


def start(box: Bench, home: Path, *arguments: str) -> subprocess.Popen[str]:
    """The command, with a state folder and a study's folder below ``home``."""
    environment = {key: value for key, value in os.environ.items() if not key.startswith("FANJI_")}
    environment |= {"FANJI_STATE_DIR": str(home / "state"), "PYTHONIOENCODING": "utf-8"}
    command = [sys.executable, "-m", "station.cli", "study", *arguments]
    pipe = subprocess.PIPE
    return subprocess.Popen(
        [*command, "--bench", str(box.bench_file), "--out", str(home / "study")],
        cwd=ROOT,
        env=environment,
        stdin=pipe,
        stdout=pipe,
        stderr=subprocess.STDOUT,
        encoding="utf-8",
    )


def swap(box: Bench, study: subprocess.Popen[str], most: int = 1000) -> str:
    """Put in what is asked for and press ENTER, ``most`` times, then q; gives all that was said."""
    assert study.stdin is not None and study.stdout is not None
    said = ""
    for line in study.stdout:
        said += line
        if asked := re.match(r"run \d+ of \d+: put (\w+) into the jig", line):
            box.control("insert", unit=asked[1])
        if line.startswith("ENTER when it is there"):
            study.stdin.write("\n" if most > 0 else "q\n")
            study.stdin.flush()
            most -= 1
    study.wait()
    study.stdin.close()
    study.stdout.close()
    return said


def figures(home: Path) -> dict[str, object]:
    read: dict[str, object] = json.loads((home / "study/figures.json").read_text("utf-8"))
    return read


def test_a_crossed_study_is_stopped_gone_on_with_and_judged(box: Bench, tmp_path: Path) -> None:
    crossed = ["rr", *RAILS, "--parts", ",".join(PARTS), "--operators", "Li,Wang", "--trials", "2"]
    first = start(box, tmp_path, *crossed)
    said = swap(box, first, most=3)
    assert first.returncode == 4, said
    assert "not complete: stopped by the operator; the same command goes on" in said
    second = start(box, tmp_path, *crossed)
    said = swap(box, second)
    box.control("insert", unit=GOOD)
    assert second.returncode == 0, said
    assert "run 4 of 8" in said and "run 3 of 8" not in said
    assert re.search(r"rail_5v: EV \S+  AV \S+  GRR \S+  PV \S+  ndc \d+", said)
    sent = letters(tmp_path / "state")
    assert len(sent) == 8 and {letter["purpose"] for letter in sent} == {"grr"}
    assert {letter["plan"]["name"] for letter in sent} == {"FJ-R1 outgoing: power_up, boot, rails"}
    assert {(letter["operator"], letter["unit"]["serial"]) for letter in sent} == {
        (operator, part) for operator in ("Li", "Wang") for part in PARTS
    }
    assert figures(tmp_path)["is_complete"] is True
    ids = [line.split(",")[3] for line in (tmp_path / "study/values.csv").read_text("utf-8").splitlines()[1:]]
    assert ids == [letter["id"] for letter in sent]
    assert "Gauge repeatability and reproducibility" in (tmp_path / "study/report.html").read_text("utf-8")


def test_repeated_runs_show_spread_drift_and_capability(box: Bench, tmp_path: Path) -> None:
    repeat = ["repeat", GOOD, *RAILS, "--operator", "Li", "--runs", "4", "--reference", "rail_5v=5.02"]
    study = start(box, tmp_path, *repeat)
    said = study.communicate(timeout=100)[0]
    assert study.returncode == 0, said
    assert "4 runs: 4 PASS" in said
    line = next(line for line in said.splitlines() if line.startswith("rail_5v "))
    assert line.split()[1] == "4" and re.search(r"[▁▂▃▄▅▆▇█]{4} V$", line)
    assert re.search(r"rail_5v: Cgk -?\d+\.\d\d: (fine|not good enough) \(1\.33\)", said)
    assert {letter["purpose"] for letter in letters(tmp_path / "state")} == {"grr"}


def test_a_soak_keeps_its_first_failure_and_does_not_end_well_with_one(box: Bench, tmp_path: Path) -> None:
    box.control("unit_fault", unit=GOOD, fault="low_5v_rail", on=True)
    study = start(box, tmp_path, "soak", GOOD, *RAILS, "--operator", "Li", "--runs", "2")
    said = study.communicate(timeout=100)[0]
    box.control("unit_fault", unit=GOOD, fault="low_5v_rail", on=False)
    assert study.returncode == 1, said
    assert "2 runs: 2 FAIL" in said
    kept = [json.loads(line) for line in (tmp_path / "study/first-failure.jsonl").read_text("utf-8").splitlines()]
    assert (kept[0]["event"], kept[-1]["event"], kept[-1]["failed"]) == ("run_started", "run_finished", ["rail_5v"])
    assert kept[0]["run_id"] == letters(tmp_path / "state")[0]["id"]
    assert {letter["purpose"] for letter in letters(tmp_path / "state")} == {"debug"}


def interrupt(study: subprocess.Popen[str], at: str, number: int) -> str:
    """Send the signal when a line begins with ``at``; gives what was said afterwards."""
    assert study.stdin is not None and study.stdout is not None
    for line in study.stdout:
        if line.startswith(at):
            study.send_signal(number)
            break
    said = study.stdout.read()
    study.wait()
    study.stdin.close()
    study.stdout.close()
    return said


def test_a_soak_that_is_interrupted_is_reported_and_gone_on_with(box: Bench, tmp_path: Path) -> None:
    soak = ["soak", GOOD, *RAILS, "--operator", "Li", "--hours", "1"]
    study = start(box, tmp_path, *soak)
    said = interrupt(study, "letter 2 is", signal.SIGINT)
    assert study.returncode == 4, said
    before = len(letters(tmp_path / "state"))
    assert before >= 2 and figures(tmp_path)["is_complete"] is False
    assert (tmp_path / "study/report.html").exists()
    again = start(box, tmp_path, *soak)
    said = interrupt(again, "letter ", signal.SIGTERM)
    assert again.returncode == 4, said
    after = letters(tmp_path / "state")
    assert len(after) > before
    rows = (tmp_path / "study/values.csv").read_text("utf-8").splitlines()[1:]
    begun = [row for row in rows if row.split(",")[3]]  # a trial that was stopped before its run began has no run
    assert len(begun) == len(after)


def test_a_study_can_be_written_down(box: Bench, tmp_path: Path) -> None:
    file = tmp_path / "rails.study.toml"
    file.write_text(
        f'[study]\nproduct = "FJ-R1"\nsteps = ["rails"]\nwith_prerequisites = true\nparts = ["{GOOD}"]\n'
        'operators = ["Li"]\ntrials = 2\n\n[references]\nrail_5v = 5.02\n',
        "utf-8",
    )
    study = start(box, tmp_path, "repeat", "--study", str(file))
    said = study.communicate(timeout=100)[0]
    assert study.returncode == 0, said
    assert "2 runs: 2 PASS" in said


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("rr", "--product", "FJ-R1", "--parts", "A", "--operators", "X,Y", "--trials", "2"), "two of each at least"),
        (("rr", "--product", "FJ-R1", "--parts", "A,A", "--operators", "X,Y", "--trials", "2"), "named twice"),
        (("repeat", "--product", "FJ-R1", "--runs", "2"), "give SERIAL and --operator"),
        (("repeat", GOOD, "--operator", "Li", "--runs", "2"), "whose plan is played"),
        (("repeat", GOOD, "--operator", "Li", "--product", "FJ-R1"), "how many runs?"),
        (("repeat", GOOD, "--operator", "Li", "--product", "FJ-R1", "--hours", "1"), "--hours is for soak"),
        (("repeat", GOOD, *RAILS, "--operator", "Li", "--runs", "2", "--reference", "rail_5v"), "is not NAME=NUMBER"),
        (
            ("repeat", GOOD, *RAILS, "--operator", "Li", "--runs", "2", "--reference", "x=1"),
            "x is no number that these",
        ),
        (("soak", GOOD, "--product", "FJ-R9", "--operator", "Li", "--runs", "2"), "there is no plan for 'FJ-R9'"),
        (("soak", GOOD, *RAILS, "--operator", "Li", "--runs", "0"), "1 or more"),
    ],
)
def test_what_is_no_such_study_is_refused(box: Bench, tmp_path: Path, arguments: tuple[str, ...], said: str) -> None:
    study = start(box, tmp_path, *arguments)
    told = study.communicate(timeout=60)[0]
    assert study.returncode == 2, told
    assert said in told
    assert letters(tmp_path / "state") == []
