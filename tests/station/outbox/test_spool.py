"""The outbox: one chain without gaps from any number of processes; what is committed stays."""

from __future__ import annotations

import hashlib
import json
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest

from station.model.errors import StorageError
from station.model.run_record import RunRecord
from station.outbox.letter import FIRST_PREV_SHA256, Place
from station.outbox.spool import Spool
from station.runner.entries import MadeSafe
from station.runner.record import record_of
from tests.station.runner.bench_pieces import SAFE, START, plan_of, row, start_of
from tests.station.runner.test_play import first

WRITER = """
import sys
from datetime import UTC, datetime
from pathlib import Path
from station.model.ids import new_id
from station.outbox.spool import Spool

spool = Spool(Path(sys.argv[1]))
for _ in range(int(sys.argv[2])):
    at = datetime.now(UTC)
    spool.commit("runs", new_id(at), "unit", "bench-1", at, lambda place: f"{place.seq} {place.prev_sha256}".encode())
    print("committed", flush=True)
"""


def _rows(path: Path) -> list[tuple[int, str, bytes, str]]:
    with closing(sqlite3.connect(path)) as database:
        return database.execute("SELECT seq, sha256, body, chain_id FROM letter ORDER BY seq").fetchall()


def _require_chain(path: Path, count: int) -> None:
    rows = _rows(path)
    assert [row[0] for row in rows] == list(range(1, count + 1))
    prev = FIRST_PREV_SHA256
    for seq, sha256, body, _ in rows:
        assert body == f"{seq} {prev}".encode()
        assert hashlib.sha256(body).hexdigest() == sha256
        prev = sha256
    assert len({row[3] for row in rows}) == 1


def test_four_processes_that_start_at_once_make_one_chain(tmp_path: Path) -> None:
    path = tmp_path / "outbox.sqlite3"
    writers = [subprocess.Popen([sys.executable, "-c", WRITER, str(path), "20"], stdout=-1) for _ in range(4)]
    for writer in writers:
        writer.communicate()
        assert writer.returncode == 0
    _require_chain(path, 80)


def test_a_killed_writer_leaves_what_it_had_said_was_committed(tmp_path: Path) -> None:
    path = tmp_path / "outbox.sqlite3"
    with subprocess.Popen([sys.executable, "-c", WRITER, str(path), "100000"], stdout=subprocess.PIPE) as writer:
        assert writer.stdout is not None
        for _ in range(10):
            writer.stdout.readline()
        writer.kill()
        said = 10 + writer.stdout.read().count(b"committed\n")
    assert said <= len(_rows(path)) <= said + 1
    _require_chain(path, len(_rows(path)))


def test_a_record_committed_twice_keeps_its_first_letter(tmp_path: Path) -> None:
    spool = Spool(tmp_path / "outbox.sqlite3")
    first = spool.commit("runs", "id", "unit", "bench-1", START, lambda place: b"one")
    assert spool.commit("runs", "id", "unit", "bench-1", START, lambda place: b"two") == first
    assert [letter.body for letter in spool.waiting(beyond=0, count=9)] == [b"one"]


def test_a_letter_that_cannot_be_written_takes_no_place(tmp_path: Path) -> None:
    spool = Spool(tmp_path / "outbox.sqlite3")

    def fails(place: Place) -> bytes:
        raise ValueError(place.seq)

    with pytest.raises(ValueError, match="1"):
        spool.commit("runs", "id", "unit", "bench-1", START, fails)
    assert spool.commit("runs", "id", "unit", "bench-1", START, lambda place: b"one").seq == 1


def test_each_station_id_has_its_own_chain(tmp_path: Path) -> None:
    spool = Spool(tmp_path / "outbox.sqlite3")
    places: list[Place] = []

    def write(place: Place) -> bytes:
        places.append(place)
        return json.dumps(place.seq).encode()

    for number, station_id in enumerate(["bench-1", "bench-2", "bench-1"]):
        spool.commit("runs", str(number), "unit", station_id, START, write)
    assert [(place.station_id, place.seq) for place in places] == [("bench-1", 1), ("bench-2", 1), ("bench-1", 2)]
    assert places[0].chain_id == places[2].chain_id != places[1].chain_id


def test_a_receipt_drops_the_body_and_keeps_the_row(tmp_path: Path) -> None:
    spool = Spool(tmp_path / "outbox.sqlite3")
    letter = spool.commit("runs", "id", "unit", "bench-1", START, lambda place: b"one")
    spool.deliver("id", "stored", START)
    assert [(row[0], row[1], row[2]) for row in _rows(tmp_path / "outbox.sqlite3")] == [(1, letter.sha256, None)]
    assert spool.count_of("runs", "unit") == 1
    assert spool.all_set_aside() == ()


def test_a_file_that_is_no_outbox_is_told_not_overwritten(tmp_path: Path) -> None:
    path = tmp_path / "outbox.sqlite3"
    path.write_bytes(b"this is somebody's letter, not a database" * 50)
    with pytest.raises(StorageError, match=r"outbox\.sqlite3"):
        Spool(path).waiting_count()
    assert path.read_bytes().startswith(b"this is somebody's letter")


def _record(tmp_path: Path) -> RunRecord:
    start = start_of(plan_of(tmp_path, [first], row("idle", unit="A", high=0.5)))
    return record_of([start, MadeSafe(SAFE, START)], START)


def test_a_letter_that_is_rehearsed_is_nowhere_and_takes_no_place(tmp_path: Path) -> None:
    path, record = tmp_path / "outbox.sqlite3", _record(tmp_path)
    spool = Spool(path)
    rehearsed = spool.rehearse_run(record, "bench-1", START, lambda place: f"{place.seq}".encode())
    assert rehearsed is not None and rehearsed.seq == 1
    assert spool.waiting_count() == 0 and _rows(path) == []
    assert spool.count_of("runs", record.unit.id) == 0 and spool.failed_since_pass(record.unit.serial, None) == 0
    kept = spool.commit_run(record, "bench-1", START, lambda place: f"{place.seq} {place.prev_sha256}".encode())
    assert kept.seq == 1
    _require_chain(path, 1)


def test_a_rehearsal_where_nothing_can_be_written_says_nothing(tmp_path: Path) -> None:
    path = tmp_path / "outbox.sqlite3"
    path.write_bytes(b"no database at all, but long enough to be looked at" * 40)
    assert Spool(path).rehearse_run(_record(tmp_path), "bench-1", START, lambda place: b"") is None
