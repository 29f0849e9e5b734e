"""What changes on the station's disk while a process waits for its order is what counts when the order comes."""

from __future__ import annotations

import os
import shutil
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest

from tests.conftest import Bench
from tests.station.cli.test_gated_runs import hold, keep_snapshot
from tests.station.playing.run_process import StationRun, letters, start_station
from tests.station.playing.test_waiting_family import GOOD, give

OpenBench = Callable[..., Bench]


@pytest.fixture
def box(bench: OpenBench) -> Bench:
    started = bench()
    started.control("insert", unit=GOOD)
    os.utime(started.bench_file, (time.time() - 60, time.time() - 60))
    return started


@pytest.fixture
def standing(box: Bench, state_dir: Path) -> Iterator[StationRun]:
    keep_snapshot(state_dir.parent, holds=[])
    os.utime(state_dir / "state.json", (time.time() - 60, time.time() - 60))
    with closing(start_station(state_dir, ["ready", "--bench", str(box.bench_file)])) as started:
        started.until_event("ready")
        yield started


def gates_of(state_dir: Path) -> dict[str, str]:
    return {gate["name"]: gate["outcome"] for letter in letters(state_dir) for gate in letter["gates"]}


def test_a_unit_that_is_held_meanwhile_is_held(box: Bench, standing: StationRun, state_dir: Path) -> None:
    keep_snapshot(state_dir.parent, holds=[hold(serial=GOOD)])
    give(standing, box)  # a debug run: what would refuse another is waived
    assert standing.end() == 0
    assert gates_of(state_dir)["hold"] == "waived"


def test_a_snapshot_that_nobody_can_read_any_more_is_not_the_one_of_before(
    box: Bench, standing: StationRun, state_dir: Path
) -> None:
    (state_dir / "state.json").write_text("{", encoding="utf-8")
    give(standing, box)
    assert standing.end() == 0
    assert gates_of(state_dir)["hold"] == "waived"
    assert letters(state_dir)[0]["cached_state_version"] is None


def replaced(outbox: Path) -> None:
    shutil.copy(outbox, outbox.with_suffix(".copy"))
    outbox.with_suffix(".copy").replace(outbox)


def deleted(outbox: Path) -> None:
    outbox.unlink()


@pytest.mark.parametrize("lose", [replaced, deleted])
def test_an_outbox_that_went_while_it_waited_is_told_before_anything_is_begun_and_the_next_run_has_the_new_one(
    box: Bench, standing: StationRun, state_dir: Path, lose: Callable[[Path], None]
) -> None:
    before = box.truth()["outputs"]
    lose(state_dir / "outbox.sqlite3")
    give(standing, box)
    assert standing.end() == 3
    assert [said["event"] for said in standing.events] == ["ready", "refused"]
    assert "replaced or deleted" in standing.last["message"]
    assert box.truth()["outputs"] == before
    assert letters(state_dir) == [] and not (state_dir / "journals").exists()
    with closing(start_station(state_dir, ["ready", "--bench", str(box.bench_file)])) as following:
        following.until_event("ready")
        give(following, box)
        assert following.end() == 0
    assert [letter["verdict"] for letter in letters(state_dir)] == ["PASS"]


def test_an_outbox_that_is_deleted_while_it_plays_costs_a_verdict_and_no_record(
    box: Bench, standing: StationRun, state_dir: Path
) -> None:
    give(standing, box)
    run_id = standing.until_event("run_started")["run_id"]
    for file in state_dir.glob("outbox.sqlite3*"):
        file.unlink()
    assert standing.end() == 3
    assert standing.of("run_finished") == [] and "replaced or deleted" in standing.last["message"]
    outputs = box.truth()["outputs"]
    assert not outputs["1"]["is_on"] and not outputs["2"]["is_on"]
    with closing(start_station(state_dir, ["ready", "--bench", str(box.bench_file)])) as following:
        following.until_event("ready")
        give(following, box)
        following.end()
    found, played = letters(state_dir)
    assert (found["id"], found["verdict"]) == (run_id, "ABORTED")
    assert played["verdict"] == "PASS"
