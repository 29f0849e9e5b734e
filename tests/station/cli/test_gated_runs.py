"""Gates by the front door: what a run says when it may not begin, and what its letter says when it may."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from station.sequences.catalogue import load_plan
from tests.conftest import Bench
from tests.station.playing.run_process import StationRun, letters

OpenBench = Callable[..., Bench]
Start = Callable[..., StationRun]
GOOD = "FJR126110003"
OTHER = "FJR126110001"
RULE = {"family": "FJ-R1", "product": "FJ-R1", "pattern": "FJR1[0-9]{8}"}
STAMP = "2026-11-22T08:00:00.000000Z"


def keep_snapshot(tmp_path: Path, **parts: Any) -> None:
    """What the server last said, on the station's disk."""
    head = {"schema": "fanji/state/1", "version": 12, "issued_at": STAMP, "expires_at": "2999-01-01T00:00:00.000000Z"}
    (tmp_path / "state").mkdir(exist_ok=True)
    file = tmp_path / "state/state.json"
    file.write_text(json.dumps(head | {"serial_rules": [RULE]} | parts), encoding="utf-8")


def hold(**about: str) -> dict[str, str]:
    row = {"unit_id": "", "serial": "", "product": "", "reason": "lot 26-11", "held_by": "zhao", "held_at": STAMP}
    return row | about


def arguments(box: Bench, *more: str, serial: str = GOOD) -> list[str]:
    typed = ["run", serial, "--bench", str(box.bench_file), "--product", "FJ-R1", "--operator", "王芳"]
    return [*typed, "--events", "--tick", "all", *more]


def test_a_held_unit_is_refused_before_anything_is_opened_and_leaves_no_letter(
    bench: OpenBench, station: Start, tmp_path: Path
) -> None:
    box = bench()
    box.control("insert", unit=GOOD)
    keep_snapshot(tmp_path, holds=[hold(serial=GOOD)])
    before = box.truth()["outputs"]
    run = station(*arguments(box))
    assert run.end() == 3
    assert [said["event"] for said in run.events] == ["refused"]
    assert (run.last["kind"], run.last["gate"]) == ("gate", "hold")
    assert "held by zhao" in run.last["message"] and "lot 26-11" in run.last["zh"]
    assert box.truth()["outputs"] == before and letters(tmp_path / "state") == []


def test_a_debug_run_of_a_held_unit_is_played_and_its_letter_says_what_was_waived(
    bench: OpenBench, station: Start, tmp_path: Path
) -> None:
    box = bench()
    box.control("insert", unit=GOOD)
    keep_snapshot(tmp_path, holds=[hold(serial=GOOD)])
    run = station(*arguments(box, "--purpose", "debug"))
    assert run.end() == 0
    (letter,) = letters(tmp_path / "state")
    gates = {gate["name"]: gate for gate in letter["gates"]}
    assert gates["hold"]["outcome"] == "waived" and "lot 26-11" in gates["hold"]["basis"]
    assert gates["routing"]["outcome"] == "unknown"


def test_the_letter_of_a_run_says_what_let_it_begin_and_how_old_the_snapshot_was(
    bench: OpenBench, station: Start, tmp_path: Path
) -> None:
    box = bench()
    box.control("insert", unit=GOOD)
    release = {"sha256": load_plan("FJ-R1").ref.sha256, "released_by": "zhao", "released_at": STAMP}
    keep_snapshot(tmp_path, holds=[], routes=[], plans=[{"product": "FJ-R1", "released": [release]}])
    run = station(*arguments(box))
    assert run.end() == 0
    (letter,) = letters(tmp_path / "state")
    gates = {gate["name"]: gate for gate in letter["gates"]}
    assert list(gates) == ["calibration", "hold", "released_plan", "routing"]
    assert gates["hold"]["basis"] == "not on the list of holds, version 12"
    assert gates["released_plan"]["outcome"] == "passed" and gates["released_plan"]["state_age_s"] > 0
    assert gates["routing"] | {"state_age_s": 0} == {
        "name": "routing",
        "outcome": "unknown",
        "basis": "no return case is known of this unit",
        "state_age_s": 0,
    }
    assert letter["cached_state_version"] == 12


def test_a_plan_that_is_not_released_is_refused_at_the_terminal_in_words(
    bench: OpenBench, station: Start, tmp_path: Path
) -> None:
    box = bench()
    keep_snapshot(tmp_path, plans=[{"product": "FJ-R1", "released": []}])
    run = station(*(word for word in arguments(box) if word != "--events"))
    assert run.process.stdout is not None
    said = run.process.stdout.read()
    assert run.process.wait() == 3
    assert "nothing was begun" in said and "must release it at the server" in said and "--purpose debug" in said


def test_a_unit_goes_back_to_repair_after_as_many_failures_as_the_bench_allows(
    bench: OpenBench, station: Start, tmp_path: Path
) -> None:
    box = bench()
    box.control("insert", unit=OTHER)  # another unit than the label says: the serial numbers differ
    with box.bench_file.open("a", encoding="utf-8") as file:
        file.write("\n[retest]\nattempts = 1\n")
    run = station(*arguments(box))
    assert run.end() == 1
    run = station(*arguments(box))
    assert run.end() == 3
    assert run.last["gate"] == "retest" and "back to repair" in run.last["message"]
    box.control("insert", unit=GOOD)
    route = {"unit_id": run_unit(tmp_path), "serial": GOOD, "case_no": "", "missing": []}
    keep_snapshot(tmp_path, routes=[route | {"repaired_at": "2998-01-01T00:00:00.000000Z"}])
    run = station(*arguments(box))
    assert run.end() == 0


def run_unit(tmp_path: Path) -> str:
    unit_id: str = letters(tmp_path / "state")[0]["unit"]["id"]
    return unit_id


def test_the_golden_unit_opens_its_bench_and_a_failed_one_closes_it(
    bench: OpenBench, station: Start, tmp_path: Path
) -> None:
    box = bench()
    with box.bench_file.open("a", encoding="utf-8") as file:
        file.write(f'\n[golden.FJ-R1]\nserial = "{GOOD}"\nevery_h = 24\n')
    box.control("insert", unit=OTHER)
    run = station(*arguments(box, serial=OTHER))
    assert run.end() == 3 and run.last["gate"] == "golden_unit"
    run = station(*arguments(box, "--purpose", "golden"))
    assert run.end() == 1, "the unit in the jig is another one, so that the golden run fails"
    run = station(*arguments(box, serial=OTHER))
    assert run.end() == 3 and "failed here" in run.last["message"]
    box.control("insert", unit=GOOD)
    assert station(*arguments(box, "--purpose", "golden")).end() == 0
    run = station(*arguments(box, serial=OTHER))
    run.end()
    assert run.of("run_started"), "it may be tested, whatever comes of it"


def test_a_study_stops_at_a_closed_gate_in_words(bench: OpenBench, station: Start, tmp_path: Path) -> None:
    box = bench()
    with box.bench_file.open("a", encoding="utf-8") as file:
        file.write("\n[gates]\nselftest_every_h = 1\n")
    command = ["study", "repeat", GOOD, "--bench", str(box.bench_file), "--out", str(tmp_path / "study")]
    run = station(*command, "--product", "FJ-R1", "--operator", "Li", "--runs", "2", "--tick", "all")
    assert run.process.wait() == 3
    assert "the bench's self-test is due" in run.complaint()
