"""Gates of the bench itself: golden unit, self-test, retest policy, calibration; all from this station's own disk."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace

from station.gates import ask_gates
from station.gates.selftest_result import NOTE, PROBLEM, selftest_file
from station.model.errors import CalibrationOver, ConfigError, GateClosed
from station.model.run_record import PlanRef, UnitRef
from tests.station.gates.gate_cases import GOLDEN, SERIAL, UNIT, Disk, outcomes, route, snapshot
from tests.station.runner.bench_pieces import START

HOUR = timedelta(hours=1)
GOLDEN_RULE = f'[golden.FJ-R1]\nserial = "{GOLDEN.lower()}"\nevery_h = 24\n'
SELFTEST_RULE = "[gates]\nselftest_every_h = 24\n"
RETEST_RULE = "[retest]\nattempts = 3\n"


def refusal(disk: Disk, purpose: str = "outgoing", **changes: Any) -> GateClosed:
    with pytest.raises(GateClosed) as refused:
        ask_gates(disk.case(purpose, **changes))
    return refused.value


def test_a_bench_that_asks_for_nothing_is_asked_for_nothing(tmp_path: Path) -> None:
    disk = Disk(tmp_path)
    for verdict in ("FAIL",) * 9:
        disk.played(verdict)
    disk.golden("FAIL")
    assert set(outcomes(ask_gates(disk.case()))) == {"calibration", "hold", "released_plan", "routing"}


def test_no_unit_is_judged_before_the_golden_unit_has_passed_here(tmp_path: Path) -> None:
    disk = Disk(tmp_path, GOLDEN_RULE)
    refused = refusal(disk)
    assert refused.gate == "golden_unit"
    assert f"the golden unit {GOLDEN} is due" in refused.problem and "--purpose golden" in refused.zh
    disk.golden("PASS")
    assert outcomes(ask_gates(disk.case(at=START + 23 * HOUR)))["golden_unit"] == "passed"
    assert "24 h are allowed" in refusal(disk, at=START + 25 * HOUR).problem
    assert "lies in the future" in refusal(disk, at=START - HOUR).problem


def test_a_golden_unit_that_fails_stops_the_bench_until_it_passes(tmp_path: Path) -> None:
    disk = Disk(tmp_path, GOLDEN_RULE)
    disk.golden("PASS")
    disk.golden("FAIL", START + HOUR)
    assert "failed here at 2026-11-23" in refusal(disk, at=START + 2 * HOUR).problem
    disk.golden("ERROR", START + 2 * HOUR)
    assert "failed here" in refusal(disk, at=START + 3 * HOUR).problem
    disk.golden("PASS", START + 3 * HOUR)
    ask_gates(disk.case(at=START + 4 * HOUR))


def test_a_golden_run_that_the_station_could_not_judge_says_nothing_either_way(tmp_path: Path) -> None:
    disk = Disk(tmp_path, GOLDEN_RULE)
    disk.golden("ERROR")
    assert "not been tested here" in refusal(disk).problem
    disk.golden("PASS")
    for verdict in ("ERROR", "ABORTED"):
        disk.golden(verdict)
    ask_gates(disk.case())


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"bench_sha256": "0" * 64}, "bench file was changed"),
        ({"plan": PlanRef("FJ-R1 outgoing", "2", "cd" * 32)}, "plan was changed"),
        ({"slot": "slot-2"}, "not been tested here"),
        ({"product": "FJ-R5"}, "not been tested here"),
        ({"unit": UNIT}, "not been tested here"),
        ({"purpose": "outgoing"}, "not been tested here"),
    ],
)
def test_what_passed_somewhere_else_or_before_a_change_is_no_golden_run(
    tmp_path: Path, changes: dict[str, Any], why: str
) -> None:
    disk = Disk(tmp_path, GOLDEN_RULE)
    disk.golden("PASS", **changes)
    assert why in refusal(disk).problem


def test_only_the_golden_unit_itself_is_tested_as_one(tmp_path: Path) -> None:
    disk = Disk(tmp_path, GOLDEN_RULE)
    assert f"is not the golden unit of FJ-R1 at this bench, which is {GOLDEN}" in refusal(disk, "golden").problem
    notes = ask_gates(disk.case("golden", unit=UnitRef("FJ-R1", GOLDEN, UNIT.id)))
    assert outcomes(notes)["golden_unit"] == "passed"


def test_the_golden_gate_needs_no_server(tmp_path: Path) -> None:
    disk = Disk(tmp_path, GOLDEN_RULE)
    disk.golden("PASS")
    notes = {note.name: note for note in ask_gates(disk.case())}
    assert notes["golden_unit"].outcome == "passed" and notes["hold"].outcome == "unknown"


def test_a_bench_that_asks_for_a_self_test_needs_one_that_is_good_fresh_and_of_this_file(tmp_path: Path) -> None:
    disk = Disk(tmp_path, SELFTEST_RULE)
    assert "none is on this disk" in refusal(disk).problem
    disk.selftested()
    assert outcomes(ask_gates(disk.case(at=START + 23 * HOUR)))["selftest"] == "passed"
    assert "24 h are allowed" in refusal(disk, at=START + 25 * HOUR).problem
    assert "lies in the future" in refusal(disk, at=START - HOUR).problem
    disk.selftested(bench_sha256="0" * 64)
    assert "bench file was changed" in refusal(disk).problem
    disk.selftested(mark=PROBLEM)
    refused = refusal(disk, "grr")
    assert refused.gate == "selftest" and "it found psu: error queue holds -222" in refused.problem
    assert "fanji-station selftest --bench" in refused.zh
    disk.selftested(mark=NOTE)
    ask_gates(disk.case())


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b'{"is_good": true}', b"\xff"])
def test_a_self_test_that_cannot_be_read_is_none(tmp_path: Path, content: bytes) -> None:
    disk = Disk(tmp_path, SELFTEST_RULE)
    disk.selftested()
    selftest_file(disk.settings, "bench-1").write_bytes(content)
    assert "none is on this disk" in refusal(disk).problem


def test_a_unit_that_failed_as_often_as_allowed_goes_back_to_repair(tmp_path: Path) -> None:
    disk = Disk(tmp_path, RETEST_RULE)
    for number in range(3):
        assert outcomes(ask_gates(disk.case(at=START + HOUR)))["retest"] == "passed", number
        disk.played("FAIL")
        disk.played("ERROR")
        disk.played("FAIL", purpose="incoming")
    refused = refusal(disk, at=START + HOUR)
    assert refused.gate == "retest" and "failed its outgoing test 3 times" in refused.problem
    assert "back to repair" in refused.problem and "请退回维修" in refused.zh
    other = UnitRef("FJ-R1", "FJR126110002", UNIT.id)
    ask_gates(disk.case(at=START + HOUR, unit=other))
    ask_gates(disk.case("incoming", at=START + HOUR))


def test_a_pass_or_a_repair_begins_the_count_anew(tmp_path: Path) -> None:
    disk = Disk(tmp_path, RETEST_RULE)
    for _ in range(3):
        disk.played("FAIL")
    disk.keep_snapshot(snapshot(routes=[route(repaired_at=START - HOUR)]))
    assert refusal(disk).gate == "retest"
    disk.keep_snapshot(snapshot(routes=[route(repaired_at=START + HOUR)]))
    ask_gates(disk.case(at=START + 2 * HOUR))
    disk.keep_snapshot(snapshot(routes=[]))
    disk.played("PASS")
    ask_gates(disk.case(at=START + 2 * HOUR))


def test_the_count_is_the_serial_numbers_whatever_family_it_has_today(tmp_path: Path) -> None:
    disk = Disk(tmp_path, RETEST_RULE)
    for _ in range(3):
        disk.played("FAIL", unit=UnitRef("", SERIAL, "d5ce6e11-4d4d-59f8-aaa4-fe1ae43c0000"))
    assert refusal(disk).gate == "retest"


def test_a_debug_run_waives_what_the_bench_asks_for(tmp_path: Path) -> None:
    disk = Disk(tmp_path, GOLDEN_RULE + SELFTEST_RULE + "[retest]\nattempts = 1\n")
    disk.played("FAIL")
    found = outcomes(ask_gates(disk.case("debug")))
    assert {found[name] for name in ("golden_unit", "selftest", "retest")} == {"waived"}


def test_calibration_is_a_gate_like_the_others(tmp_path: Path) -> None:
    disk = Disk(tmp_path)
    bench = disk.bench
    late = replace(bench.instruments["dut"], calibration_due=date(2020, 1, 1))
    bench = replace(bench, instruments={"dut": late})
    with pytest.raises(CalibrationOver):
        ask_gates(disk.case(bench=bench))
    assert outcomes(ask_gates(disk.case("debug", bench=bench)))["calibration"] == "waived"


def test_a_letter_that_is_committed_twice_is_counted_once(tmp_path: Path) -> None:
    disk = Disk(tmp_path, "[retest]\nattempts = 2\n")
    for _ in range(2):
        disk.played("FAIL", id="01a00000-0000-7000-8000-000000000001")
    ask_gates(disk.case())


@pytest.mark.parametrize(
    ("rules", "field"),
    [
        ("[gates]\nselftest_every_h = 0\n", "gates.selftest_every_h"),
        ("[gates]\nselftest_every_h = nan\n", "gates.selftest_every_h"),
        ("[gates]\nselftest = 1\n", "gates.selftest"),
        ("[retest]\nattempts = 0\n", "retest.attempts"),
        ('[golden.FJ-R1]\nserial = "A*"\nevery_h = 1\n', "golden.FJ-R1.serial"),
        ('[golden.FJ-R1]\nserial = "A"\nevery_h = -1\n', "golden.FJ-R1.every_h"),
        ('[golden.FJ-R1]\nserial = "A"\n', "golden.FJ-R1.every_h"),
    ],
)
def test_what_is_wrong_with_the_rules_is_told_with_its_key(tmp_path: Path, rules: str, field: str) -> None:
    with pytest.raises(ConfigError) as refused:
        _ = Disk(tmp_path, rules).bench
    assert refused.value.field == field and refused.value.line > 0
