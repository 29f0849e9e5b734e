"""What the page is told of the bench: how instruments were last seen, by whom, and how long their calibration holds."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from station.config.bench_file import BenchFile, read_bench_file
from station.config.settings import Settings
from station.console.lookout import after_selftest, instruments_of
from station.gates.selftest_result import GOOD, PROBLEM, SelftestCheck, SelftestResult, keep_selftest
from station.history.instruments import Sighting, Sightings
from station.sequences.catalogue import load_plan
from tests.conftest import WORLDS, Bench, start_bench
from tests.station.console.speaking_console import speaking_console
from tests.station.gates.gate_cases import GOLDEN, Disk
from tests.station.playing.run_process import start_station

SEEN_AT = datetime(2026, 11, 26, 8, 0, tzinfo=UTC)
LATER = SEEN_AT + timedelta(hours=1)


@pytest.fixture(scope="module")
def box(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bench]:
    started = start_bench(WORLDS / "demo.world.toml", tmp_path_factory.mktemp("bench") / "bench.toml", 0.0)
    yield started
    started.stop()


@pytest.fixture
def bench_file(box: Bench) -> BenchFile:
    return read_bench_file(box.bench_file)


def selftest(at: datetime, **marks: str) -> SelftestResult:
    checks = tuple(SelftestCheck(name, mark, f"{name} says {mark}") for name, mark in marks.items())
    return SelftestResult("bench-1", "0" * 64, at, 1.0, checks)


def test_every_instrument_of_the_bench_file_is_told_whether_it_was_ever_seen_or_not(bench_file: BenchFile) -> None:
    seen = {"psu": Sighting("psu", SEEN_AT, "HMP", "")}
    shown = {one.name: one for one in instruments_of(bench_file, seen, SEEN_AT.date())}
    assert set(shown) == set(bench_file.instruments)
    assert (shown["psu"].seen_at, shown["psu"].found, shown["dmm"].seen_at) == (SEEN_AT, "HMP", None)


@pytest.mark.parametrize("days", [-3, 0, 5])
def test_the_days_are_counted_to_the_day_on_which_the_calibration_is_due(bench_file: BenchFile, days: int) -> None:
    due = bench_file.instruments["dmm"].calibration_due
    assert due is not None
    shown = {one.name: one for one in instruments_of(bench_file, {}, due - timedelta(days=days))}
    assert shown["dmm"].due_days == days


def test_a_self_test_says_how_an_instrument_is_until_somebody_has_seen_it_since() -> None:
    seen = {"psu": Sighting("psu", SEEN_AT, "HMP", "lost"), "dmm": Sighting("dmm", LATER, "DMM", "")}
    found = after_selftest(seen, selftest(SEEN_AT + timedelta(minutes=5), psu=GOOD, dmm=PROBLEM, dut=PROBLEM))
    assert (found["psu"].problem, found["psu"].found) == ("", "HMP")
    assert found["dmm"].problem == "", "it gave a value after the self-test"
    assert found["dut"].problem == "dut says problem"


def test_the_page_hears_of_instruments_and_of_a_self_test_that_another_process_made(
    tmp_path: Path, bench_file: BenchFile
) -> None:
    settings = Settings(tmp_path, "", None)
    with speaking_console(tmp_path, bench=bench_file) as console:
        assert console.state()["station"]["selftest"] is None
        Sightings(settings.history, "bench-1").note([Sighting("psu", SEEN_AT, "", "psu: no answer")])
        console.wait_for(lambda state: "psu: no answer" in json.dumps(state["station"]["instruments"]))
        keep_selftest(settings, selftest(LATER, psu=GOOD, disk=PROBLEM))
        state = console.wait_for(lambda state: state["station"]["selftest"] is not None)
        assert state["station"]["selftest"]["problems"] == ["disk: disk says problem"]
        assert "psu: no answer" not in json.dumps(state["station"]["instruments"])


def test_doctor_lets_the_page_know_what_it_has_seen(box: Bench, tmp_path: Path) -> None:
    box.control("fault", device="dmm", fault="refuse", on=True)
    examined = start_station(tmp_path / "state", ["doctor", "--bench", str(box.bench_file)])
    assert examined.process.wait() != 0
    examined.close()
    box.control("fault", device="dmm", fault="refuse", on=False)
    seen = Sightings(tmp_path / "state/history.sqlite3", read_bench_file(box.bench_file).station_id).last()
    assert "refused" in seen["dmm"].problem
    assert (seen["psu"].problem, "HMP4040" in seen["psu"].found) == ("", True)


def test_the_page_hears_how_the_golden_units_stand_and_of_a_run_that_another_process_played(tmp_path: Path) -> None:
    disk = Disk(tmp_path, f'[golden.FJ-R1]\nserial = "{GOLDEN}"\nevery_h = 24\n')
    with speaking_console(disk.settings.state_dir, bench=disk.bench) as console:
        (told,) = console.state()["station"]["golden"]
        assert (told["product"], told["serial"], told["slot"]) == ("FJ-R1", GOLDEN, "slot-1")
        assert (told["standing"], told["due_at"]) == ("never", None)
        passed_at = datetime.now(UTC)
        disk.golden("PASS", passed_at, plan=load_plan("FJ-R1").ref)
        console.wait_for(lambda state: state["station"]["golden"][0]["standing"] == "good")
        (told,) = console.state()["station"]["golden"]
        assert datetime.fromisoformat(told["due_at"]) == passed_at + timedelta(hours=24)
