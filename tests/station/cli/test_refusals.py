"""What is wrong before a run begins: no run, no letter, and who must act is told."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.conftest import Bench
from tests.station.playing.run_process import ROOT, StationRun, letters

OpenBench = Callable[..., Bench]
Start = Callable[..., StationRun]
GOOD = "FJR126110003"


def _run_arguments(bench_file: Path, serial: str = GOOD, product: str = "FJ-R1") -> list[str]:
    return ["run", serial, "--bench", str(bench_file), "--product", product, "--operator", "王芳", "--events"]


def test_an_instrument_that_is_missing_at_the_start_makes_no_run(
    bench: OpenBench, station: Start, tmp_path: Path
) -> None:
    box = bench()
    box.control("fault", device="dmm", fault="refuse", on=True)
    run = station(*_run_arguments(box.bench_file))
    assert run.end() == 3
    assert [said["event"] for said in run.events] == ["refused"]
    assert run.last["kind"] == "link" and "dmm" in run.last["message"]
    assert letters(tmp_path / "state") == []
    assert list((tmp_path / "state/journals").iterdir()) == []


def test_with_the_servers_list_of_operators_on_this_disk_only_who_is_on_it_tests(
    bench: OpenBench, station: Start, tmp_path: Path
) -> None:
    box = bench()
    box.control("insert", unit=GOOD)
    (tmp_path / "state").mkdir()
    (tmp_path / "state/state.json").write_bytes((ROOT / "fixtures/wire/v1/golden/state-operators.json").read_bytes())
    arguments = [*_run_arguments(box.bench_file), "--tick", "all"]
    stranger = station(*("Wang Fan" if argument == "王芳" else argument for argument in arguments))
    assert stranger.end() == 2
    assert (stranger.last["event"], stranger.last["kind"]) == ("refused", "operator")
    assert "Wang Fan is not on the server's list of operators" in stranger.last["message"]
    assert letters(tmp_path / "state") == []
    run = station(*(" 王芳 " if argument == "王芳" else argument for argument in arguments))
    assert run.end() == 0, run.last
    assert letters(tmp_path / "state")[0]["operator"] == "王芳"


def test_a_wrong_identity_stops_the_start_with_both_identities(bench: OpenBench, station: Start) -> None:
    box = bench()
    text = box.bench_file.read_text(encoding="utf-8")
    psu, dmm = box.address["psu"], box.address["dmm"]
    swapped = text.replace(psu, "tcp://swap").replace(dmm, psu).replace("tcp://swap", dmm)
    box.bench_file.write_text(swapped, encoding="utf-8")
    run = station(*_run_arguments(box.bench_file))
    assert run.end() == 3
    assert "HMP4040" in run.last["message"] and "DMM6500" in run.last["message"]


def test_a_malformed_bench_file_is_named_with_line_and_field(bench: OpenBench, station: Start) -> None:
    box = bench()
    text = box.bench_file.read_text(encoding="utf-8")
    box.bench_file.write_text(text.replace("station_id", "station_nr"), encoding="utf-8")
    run = station(*_run_arguments(box.bench_file))
    assert run.end() == 2
    assert run.last["kind"] == "config"
    line = next(n for n, text in enumerate(text.splitlines(), 1) if "station_id" in text)
    assert f"{box.bench_file}:{line}: bench.station_nr" in run.last["message"]


@pytest.mark.parametrize(
    ("serial", "product", "words"),
    [
        ("", "FJ-R1", "empty"),
        ("A*B", "FJ-R1", "scan the label again"),
        (GOOD, "FJ-R9", "there are: FJ-R1, FJ-R5, FJ-N7"),
    ],
)
def test_what_was_typed_wrong_is_told_and_makes_no_run(
    bench: OpenBench, station: Start, serial: str, product: str, words: str
) -> None:
    run = station(*_run_arguments(bench().bench_file, serial, product))
    assert run.end() == 2
    assert (run.last["event"], run.last["kind"]) == ("refused", "operator")
    assert words in run.last["message"]


def test_a_bench_without_a_role_that_the_plan_needs_is_refused(bench: OpenBench, station: Start) -> None:
    box = bench()
    text = box.bench_file.read_text(encoding="utf-8")
    box.bench_file.write_text(text.replace("[roles.current]", "[roles.amps]"), encoding="utf-8")
    run = station(*_run_arguments(box.bench_file))
    assert run.end() == 2
    assert "needs the role current" in run.last["message"]


def test_an_unknown_command_is_exit_code_2(station: Start) -> None:
    run = station("fly")
    assert run.process.wait() == 2


def test_doctor_says_of_each_part_that_it_is_there(bench: OpenBench, station: Start) -> None:
    box = bench()
    run = station("doctor", "--bench", str(box.bench_file))
    assert run.process.stdout is not None
    said = run.process.stdout.read()
    assert run.process.wait() == 0, said
    for part in ("psu", "dmm", "dut", "prog", "FJ-R1", "outbox"):
        assert f"ok      {part}" in said


def test_doctor_marks_a_missing_instrument(bench: OpenBench, station: Start) -> None:
    box = bench()
    box.control("fault", device="psu", fault="refuse", on=True)
    run = station("doctor", "--bench", str(box.bench_file))
    assert run.process.stdout is not None
    said = run.process.stdout.read()
    assert run.process.wait() == 3
    assert "PROBLEM psu" in said and "ok      dmm" in said


def test_without_events_a_run_tells_a_person_step_by_step(bench: OpenBench, station: Start) -> None:
    box = bench()
    box.control("insert", unit=GOOD)
    arguments = [argument for argument in _run_arguments(box.bench_file) if argument != "--events"]
    run = station(*arguments)
    assert run.process.stdin is not None and run.process.stdout is not None
    said = ""
    for line in run.process.stdout:
        said += line
        if line.startswith("ENTER if all is there"):
            run.process.stdin.write("7\n1, 3\n")
            run.process.stdin.flush()
    assert run.process.wait() == 1
    for words in ("Dark current", "Power harness", "proved", "FAIL", "not with the unit: harness, remote"):
        assert words in said


def test_a_name_that_is_not_utf_8_is_refused_in_words(bench: OpenBench, station: Start) -> None:
    box = bench()
    for arguments in (
        _run_arguments(box.bench_file, product="FJ\udcff"),
        _run_arguments(box.bench_file, serial="A\udcff"),
        _run_arguments(Path("no\udcff.toml")),
    ):
        run = station(*arguments)
        assert run.end() == 2, run.complaint()
        assert run.last["event"] == "refused"


def test_a_program_that_fails_by_itself_is_never_taken_for_a_failed_unit(bench: OpenBench, tmp_path: Path) -> None:
    """Exit code 1 says that the unit failed; with too few descriptors the program cannot even make its pipes."""
    box = bench()
    box.control("insert", unit=GOOD)
    arguments = [sys.executable, "-m", "station.cli", *_run_arguments(box.bench_file)]
    environment = {**os.environ, "FANJI_STATE_DIR": str(tmp_path / "state")}
    limited = ["sh", "-c", 'ulimit -n 12; exec "$@"', "sh", *arguments]
    done = subprocess.run(limited, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 3, done.stderr
    assert "says nothing of the unit" in done.stderr


def with_psu_due(text: str, day: str) -> str:
    """A bench file whose first instrument, the supply, is due on another day."""
    return re.sub(r"calibration_due = [0-9-]+", f"calibration_due = {day}", text, count=1)


def test_a_run_with_an_instrument_whose_calibration_is_over_is_refused_before_anything_is_opened(
    bench: OpenBench, station: Start
) -> None:
    box = bench()
    box.control("insert", unit=GOOD)
    text = box.bench_file.read_text(encoding="utf-8")
    box.bench_file.write_text(with_psu_due(text, "2020-03-31"), encoding="utf-8")
    before = box.truth()["outputs"]
    run = station(*_run_arguments(box.bench_file))
    assert run.process.wait() == 3
    assert run.process.stdout is not None
    assert "psu: calibration was due on 2020-03-31: have it calibrated" in run.process.stdout.read()
    assert box.truth()["outputs"] == before


def test_a_debug_run_proves_nothing_and_may_use_any_instrument(bench: OpenBench, station: Start) -> None:
    box = bench()
    box.control("insert", unit=GOOD)
    text = box.bench_file.read_text(encoding="utf-8")
    box.bench_file.write_text(with_psu_due(text, "2020-03-31"), encoding="utf-8")
    run = station(*_run_arguments(box.bench_file), "--purpose", "debug", "--tick", "all")
    assert run.process.wait() == 0


def test_doctor_names_both_identities_and_a_calibration_that_is_over(bench: OpenBench, station: Start) -> None:
    box = bench()
    text = box.bench_file.read_text(encoding="utf-8")
    box.bench_file.write_text(with_psu_due(text, "2020-03-31"), encoding="utf-8")
    box.control("fault", device="dmm", fault="wrong_identity", on=True, identity="ACME,DMM1,7,1.0")
    run = station("doctor", "--bench", str(box.bench_file))
    assert run.process.stdout is not None
    said = run.process.stdout.read()
    assert run.process.wait() == 3
    lines = {line.split()[1]: line for line in said.splitlines()}
    assert lines["psu"].startswith("PROBLEM") and "calibration was due on 2020-03-31" in lines["psu"]
    assert lines["dmm"].startswith("PROBLEM") and "found ACME,DMM1,7" in lines["dmm"]
    assert "expected KEITHLEY INSTRUMENTS,MODEL DMM6500" in lines["dmm"]
    assert lines["prog"].startswith("ok")
