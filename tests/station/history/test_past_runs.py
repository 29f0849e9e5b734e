"""The history of a bench: bounded, searched, and there again after everything that was closed."""

from __future__ import annotations

import json
import sqlite3
import threading
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from station.history import past_runs
from station.history.instruments import Sighting, Sightings
from station.history.past_runs import PastRuns, Wanted
from station.model.errors import Failure, StorageError
from station.model.ids import new_id
from station.model.limit import Limit
from station.model.run_record import Measurement, PlanRef, RunRecord, UnitRef

BEGAN = datetime(2026, 11, 26, 8, 0, tzinfo=UTC)
LIMIT = Limit("idle_current", "A", "at_most", None, 1.0, (), True, "data sheet")


def record(
    minute: int = 0,
    serial: str = "FJR126110001",
    verdict: str = "PASS",
    product: str = "FJ-R1",
    operator: str = "王芳",
    failure: Failure | None = None,
) -> RunRecord:
    at = BEGAN + timedelta(minutes=minute)
    is_failed = verdict == "FAIL"
    return RunRecord(
        id=new_id(at),
        unit=UnitRef("FJ-R1", serial, "b2f0"),
        slot="slot-1",
        product=product,
        plan=PlanRef("FJ-R1 outgoing", "1", "0" * 64),
        purpose="outgoing",
        attempt=1,
        operator=operator,
        cached_state_version=None,
        bench_sha256="0" * 64,
        started_at=at,
        finished_at=at + timedelta(seconds=40),
        verdict=verdict,
        has_failed_measurement=is_failed,
        failure=failure,
        make_safe=(),
        steps=(),
        measurements=(Measurement("power_up", LIMIT, 0.5, "FAIL" if is_failed else "PASS", 0, "dmm", None, at),),
        accessories=(),
        traces=(),
    )


@pytest.fixture
def runs(tmp_path: Path) -> PastRuns:
    return PastRuns(tmp_path / "history.sqlite3", "bench-1")


def serials(runs: PastRuns, count: int = 50, **wanted: object) -> list[str]:
    return [run.serial for run in runs.find(Wanted(**wanted), count)]  # type: ignore[arg-type]


def test_a_bench_without_a_history_has_no_runs_and_makes_no_file(runs: PastRuns) -> None:
    assert runs.find(Wanted(), 10) == ()
    assert (runs.told("x"), runs.products(), runs.operators()) == (None, (), ())
    assert not runs.path.exists()


def test_runs_come_newest_first_and_page_by_page(runs: PastRuns) -> None:
    for minute in range(5):
        runs.keep(record(minute, f"S{minute}"), b"[]")
    first = runs.find(Wanted(), 2)
    assert [run.serial for run in first] == ["S4", "S3"]
    assert [run.serial for run in runs.find(Wanted(), 9, before=first[-1].number)] == ["S2", "S1", "S0"]


def test_a_run_is_found_by_a_part_of_its_serial_its_verdict_product_operator_and_time(runs: PastRuns) -> None:
    runs.keep(record(0, "FJR126110001"), b"[]")
    runs.keep(record(1, "FJR126110002", "FAIL", product="FJ-R5"), b"[]")
    runs.keep(record(2, "FJR526110003", operator="Li Na"), b"[]")
    assert serials(runs, serial="R5") == ["FJR526110003"]
    assert serials(runs, serial="%") == [], "what is searched for is no pattern"
    assert serials(runs, verdict="FAIL") == ["FJR126110002"]
    assert serials(runs, product="FJ-R5") == ["FJR126110002"]
    assert serials(runs, operator="Li Na") == ["FJR526110003"]
    ended = BEGAN + timedelta(minutes=1, seconds=40)
    assert serials(runs, since=ended) == ["FJR526110003", "FJR126110002"]
    assert serials(runs, until=ended) == ["FJR126110001"]
    assert serials(runs, serial="FJR1", verdict="PASS", since=BEGAN) == ["FJR126110001"]
    assert runs.products() == ("FJ-R1", "FJ-R5")
    assert runs.operators() == ("Li Na", "王芳")


def test_what_a_run_told_comes_back_as_it_was(runs: PastRuns) -> None:
    told = json.dumps([{"event": "measured", "value": 0.5, "en": "电流"}]).encode()
    kept = record()
    runs.keep(kept, told)
    assert runs.told(kept.id) == told
    assert PastRuns(runs.path, "bench-2").told(kept.id) is None, "another bench on this PC has a history of its own"
    assert PastRuns(runs.path, "bench-2").find(Wanted(), 5) == ()


def test_a_run_that_is_closed_twice_is_there_once(runs: PastRuns) -> None:
    kept = record()
    for told in (b"[1]", b"[2]"):
        runs.keep(kept, told)
    assert len(runs.find(Wanted(), 5)) == 1
    assert runs.told(kept.id) == b"[2]"


def test_the_oldest_runs_lose_their_values_first_and_are_dropped_then(
    runs: PastRuns, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(past_runs, "KEPT_WHOLE", 2)
    monkeypatch.setattr(past_runs, "KEPT_RUNS", 4)
    for minute in range(7):
        runs.keep(record(minute, f"S{minute}"), b"[]")
    kept = runs.find(Wanted(), 50)
    assert [(run.serial, run.is_whole) for run in kept] == [("S6", True), ("S5", True), ("S4", False), ("S3", False)]


def test_it_says_in_a_line_what_a_run_did_not_pass_for(runs: PastRuns) -> None:
    runs.keep(record(0, verdict="FAIL"), b"[]")
    lost = Failure("link", "dmm", "dmm: the peer closed the connection", "boot", BEGAN)
    runs.keep(record(1, verdict="ERROR", failure=lost), b"[]")
    runs.keep(record(2), b"[]")
    assert [run.why for run in runs.find(Wanted(), 5)] == ["", "dmm: the peer closed the connection", "idle_current"]


def test_processes_that_keep_runs_at_the_same_time_lose_none(runs: PastRuns) -> None:
    def keep(part: int) -> None:
        for number in range(10):
            runs.keep(record(number, f"T{part}-{number}"), b"[]")

    threads = [threading.Thread(target=keep, args=(part,)) for part in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(runs.find(Wanted(), 100)) == 40


def test_a_file_that_is_no_history_is_said_to_be_none(runs: PastRuns) -> None:
    runs.path.write_bytes(b"no database" * 1000)
    with pytest.raises(StorageError, match=r"history\.sqlite3"):
        runs.keep(record(), b"[]")
    with pytest.raises(StorageError, match=r"history\.sqlite3"):
        runs.find(Wanted(), 5)


def test_searching_a_full_history_reads_no_values(runs: PastRuns) -> None:
    runs.keep(record(), b"[]")
    with closing(sqlite3.connect(runs.path)) as database:
        narrow = database.execute(
            "EXPLAIN QUERY PLAN SELECT number FROM run WHERE station_id = 'bench-1' AND operator = 'x'"
            " AND product = 'y' ORDER BY number DESC LIMIT 50"
        ).fetchall()
        plan = database.execute(
            "EXPLAIN QUERY PLAN SELECT number FROM run WHERE station_id = 'bench-1' ORDER BY number DESC LIMIT 50"
        ).fetchall()
    assert "TEMP B-TREE" not in str([plan, narrow]), "the newest are met first, nothing is sorted"


def test_an_instrument_that_gave_values_is_well_and_the_one_a_run_blames_is_not(runs: PastRuns) -> None:
    seen = Sightings(runs.path, "bench-1")
    assert seen.last() == {}
    runs.keep(record(), b"[]")
    assert seen.last()["dmm"].problem == ""
    lost = Failure("link", "dmm", "dmm: the peer closed the connection", "boot", BEGAN)
    runs.keep(record(5, verdict="ERROR", failure=lost), b"[]")
    assert seen.last()["dmm"].problem == "dmm: the peer closed the connection"
    runs.keep(record(9, verdict="ERROR", failure=Failure("dut", "", "no answer", "boot", BEGAN)), b"[]")
    assert seen.last()["dmm"].problem == "", "it gave a value since"


def test_an_identity_stays_known_and_an_older_sighting_changes_nothing(runs: PastRuns) -> None:
    seen = Sightings(runs.path, "bench-1")
    seen.note([Sighting("dmm", BEGAN, "KEITHLEY DMM6500 04512345", "")])
    runs.keep(record(), b"[]")
    assert seen.last()["dmm"].found == "KEITHLEY DMM6500 04512345"
    seen.note([Sighting("dmm", BEGAN, "", "does not answer")])
    assert seen.last()["dmm"].problem == ""
    assert Sightings(runs.path, "bench-2").last() == {}
