"""What is told of a golden unit beforehand is what the gate says of it when a unit is to be judged."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from station.config.bench_file import read_bench_file
from station.console.golden_units import PLANS_AGAIN_AFTER_S, GoldenUnits, golden_told
from station.gates import ask_gates
from station.gates.golden_standing import GoldenStanding, golden_standings
from station.model.errors import GateClosed
from station.model.run_record import PlanRef
from station.outbox.spool import Spool
from station.outbox.state_cache import StateCache
from station.sequences.catalogue import load_plan
from tests.station.gates.gate_cases import BENCH, GOLDEN, PLAN, Disk, snapshot, stamp
from tests.station.runner.bench_pieces import START, CountingClock

RULE = f'[golden.FJ-R1]\nserial = "{GOLDEN}"\nevery_h = 24\n'
HOUR = timedelta(hours=1)


def told(disk: Disk, at: Any = START) -> GoldenStanding:
    (found,) = golden_standings(disk.bench, ["slot-1"], Spool(disk.settings.outbox), lambda product: PLAN.sha256, at)
    return found


def is_open(disk: Disk, at: Any) -> bool:
    try:
        ask_gates(disk.case(at=at))
    except GateClosed as refused:
        assert refused.gate == "golden_unit"
        return False
    return True


@pytest.mark.parametrize(
    ("verdict", "changes", "after", "standing"),
    [
        ("", {}, HOUR, "never"),
        ("ERROR", {}, HOUR, "never"),
        ("PASS", {"slot": "slot-2"}, HOUR, "never"),
        ("FAIL", {}, HOUR, "failed"),
        ("PASS", {"bench_sha256": "0" * 64}, HOUR, "bench_changed"),
        ("PASS", {"plan": PlanRef("FJ-R1 outgoing", "2", "cd" * 32)}, HOUR, "plan_changed"),
        ("PASS", {}, -timedelta(minutes=6), "future"),
        ("PASS", {}, -timedelta(minutes=5), "good"),
        ("PASS", {}, 24 * HOUR, "good"),
        ("PASS", {}, 24 * HOUR + timedelta(seconds=1), "overdue"),
    ],
)
def test_the_standing_is_good_exactly_where_the_gate_is_open(
    tmp_path: Path, verdict: str, changes: dict[str, Any], after: timedelta, standing: str
) -> None:
    disk = Disk(tmp_path, RULE)
    if verdict:
        disk.golden(verdict, **changes)
    found = told(disk, START + after)
    assert (found.product, found.slot, found.serial, found.standing) == ("FJ-R1", "slot-1", GOLDEN, standing)
    assert is_open(disk, START + after) == (standing == "good")


def test_it_says_when_the_unit_passed_and_until_when_that_holds(tmp_path: Path) -> None:
    disk = Disk(tmp_path, RULE)
    assert (told(disk).judged_at, told(disk).due_at) == (None, None)
    disk.golden("PASS")
    assert (told(disk).judged_at, told(disk).due_at) == (START, START + 24 * HOUR)
    disk.golden("FAIL", START + HOUR)
    assert (told(disk).judged_at, told(disk).due_at) == (START + HOUR, None)


def test_every_slot_and_product_of_the_bench_has_its_own(tmp_path: Path) -> None:
    disk = Disk(tmp_path, RULE + RULE.replace("FJ-R1", "FJ-R5"))
    disk.golden("PASS", slot="slot-2")
    spool = Spool(disk.settings.outbox)
    found = golden_standings(disk.bench, ["slot-1", "slot-2"], spool, lambda product: PLAN.sha256, START)
    assert [(one.product, one.slot, one.standing) for one in found] == [
        ("FJ-R1", "slot-1", "never"),
        ("FJ-R1", "slot-2", "good"),
        ("FJ-R5", "slot-1", "never"),
        ("FJ-R5", "slot-2", "never"),
    ]


def test_a_bench_without_golden_units_has_nothing_to_tell(tmp_path: Path) -> None:
    assert GoldenUnits(Disk(tmp_path).bench, ["slot-1"], Spool(tmp_path / "none"), CountingClock()).stand() == ()
    assert not (tmp_path / "none").exists()


def test_the_console_holds_it_against_the_plan_as_it_is_on_the_disk(tmp_path: Path) -> None:
    (tmp_path / "own.py").write_text("from station.sequences.fj_r1 import STEPS as STEPS\n", encoding="utf-8")
    limits = tmp_path / "own.toml"
    base = Path(load_plan("FJ-R1").limits_file.file)
    text = f'[plan]\nname = "Own"\nproduct = "OWN"\nversion = "1"\nbase = "{base}"\n'
    limits.write_text(text, encoding="utf-8")
    own = BENCH.replace("[bench]", f'[bench]\nsequences_path = ["{tmp_path}"]')
    file = tmp_path / "own.bench.toml"
    file.write_text(own + RULE.replace("FJ-R1", "OWN") + RULE.replace("FJ-R1", "GONE"), encoding="utf-8")
    disk, bench, clock = Disk(tmp_path), read_bench_file(file), CountingClock()
    units = GoldenUnits(bench, ["slot-1"], Spool(disk.settings.outbox), clock)
    plan = load_plan("OWN", [tmp_path]).ref
    disk.golden("PASS", product="OWN", plan=plan, bench_sha256=bench.sha256)
    disk.golden("PASS", product="GONE", plan=plan, bench_sha256=bench.sha256)
    assert [(one.product, one.standing) for one in units.stand()] == [("OWN", "good"), ("GONE", "plan_changed")]
    limits.write_text(text.replace('"1"', '"2"'), encoding="utf-8")
    clock.wait(PLANS_AGAIN_AFTER_S + 1)
    assert [one.standing for one in units.stand()] == ["plan_changed", "plan_changed"]


def told_row(**changes: Any) -> Any:
    return {
        "station_id": "bench-1",
        "product": "FJ-R1",
        "serial": GOLDEN,
        "every_h": 24,
        "set_by": "zhao",
        "set_at": "2026-11-20T08:00:00.000000Z",
    } | changes


def test_a_golden_unit_that_the_server_set_is_asked_for_and_the_record_says_whose_word_it_was(tmp_path: Path) -> None:
    disk = Disk(tmp_path)
    disk.keep_snapshot(snapshot(golden_units=[told_row()]))
    assert not is_open(disk, START)
    disk.golden("PASS")
    (note,) = [one for one in ask_gates(disk.case()) if one.name == "golden_unit"]
    assert (note.outcome, note.state_age_s) == ("passed", 3600)
    assert GOLDEN in note.basis and "set by the server" in note.basis
    late = START + timedelta(hours=23)
    disk.keep_snapshot(snapshot(golden_units=[told_row()], expires_at=stamp(START + HOUR)))
    (expired,) = [one for one in ask_gates(disk.case(at=late)) if one.name == "golden_unit"]
    assert expired.outcome == "unknown"


def test_it_comes_instead_of_the_bench_files_and_only_at_the_station_that_it_was_set_for(tmp_path: Path) -> None:
    disk = Disk(tmp_path, RULE)
    disk.golden("PASS")
    for others in ([], [told_row(station_id="bench-2", serial="OTHER-1")], [told_row(product="FJ-N7")]):
        disk.keep_snapshot(snapshot(golden_units=others))
        assert is_open(disk, START)
    disk.keep_snapshot(snapshot(golden_units=[told_row(serial="OTHER-1")]))
    with pytest.raises(GateClosed, match="OTHER-1 is due"):
        ask_gates(disk.case())
    with pytest.raises(GateClosed, match="at this bench, which is OTHER-1"):
        ask_gates(disk.case("golden"))


def test_the_console_tells_of_those_that_the_server_set(tmp_path: Path) -> None:
    disk, clock = Disk(tmp_path), CountingClock()
    disk.keep_snapshot(snapshot(golden_units=[told_row()]))
    told = golden_told(disk.settings.cached_state, clock)
    units = GoldenUnits(disk.bench, ["slot-1"], Spool(disk.settings.outbox), clock, lambda: told)
    assert [(one.product, one.serial, one.standing) for one in units.stand()] == [("FJ-R1", GOLDEN, "never")]


def test_golden_units_that_cannot_be_read_close_the_gate_and_are_fetched_again(tmp_path: Path) -> None:
    disk = Disk(tmp_path)
    disk.keep_snapshot(snapshot(golden_units=[{"serial": 1}]))
    assert not is_open(disk, START)
    assert StateCache(disk.settings.cached_state).known_at(START) is None
