"""Sockets and clips: what was put in is counted, three lost contacts in ten stop a socket, a service begins anew."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path

import pytest

from station.config.address import parse_address
from station.config.bench_file import ProgrammerRow
from station.gates.socket_wear import ask_socket
from station.history.past_runs import PastRuns
from station.history.sockets import SocketLog
from station.model.burn_record import BurnRecord, ChipIdentity, ImageRef, ProgrammerRef
from station.model.errors import Failure, GateClosed
from station.model.ids import new_id

BEGAN = datetime(2026, 11, 27, 8, 0, tzinfo=UTC)
ROW = ProgrammerRow("serprog", "serprog", parse_address("tcp://127.0.0.1:9"), ("U1", "U2"), 3.3, most_insertions=20)


class Bench:
    """Burns one chip a minute."""

    def __init__(self, path: Path) -> None:
        self.log = SocketLog(path, "bench-1")
        self._minutes = count()

    def now(self) -> datetime:
        return BEGAN + timedelta(minutes=next(self._minutes))

    def burn(self, result: str = "PASS", kind: str = "programmer", socket: str = "U1") -> BurnRecord:
        at = self.now()
        failure = None if result == "PASS" else Failure(kind, "serprog", "no chip answers", "contact", at)
        record = BurnRecord(
            id=new_id(at),
            kind="ad_hoc",
            order=None,
            unit=None,
            operator="王芳",
            programmer=ProgrammerRef("serprog", "pico", socket),
            target="W25Q64JV",
            identity=ChipIdentity("", "", ""),
            image=ImageRef("a.bin", "1", "0" * 64, 1),
            before_sha256="",
            after_sha256="",
            regions=(),
            serial_numbers=(),
            proof="none",
            bench_sha256="0" * 64,
            started_at=at,
            finished_at=at,
            stages=(),
            retries=0,
            result=result,
            is_marginal=False,
            failure=failure,
        )
        self.log.keep(record)
        return record


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    return Bench(tmp_path / "history.sqlite3")


def test_a_socket_that_was_never_used_is_new(bench: Bench) -> None:
    wear = bench.log.wear("serprog", "U1")
    assert (wear.insertions, wear.yield_percent) == (0, None)
    ask_socket(ROW, wear)


def test_a_history_of_an_earlier_version_has_sockets_that_are_new(bench: Bench) -> None:
    PastRuns(bench.log.path, "bench-1").products()
    assert bench.log.wear("serprog", "U1").insertions == 0


def test_chips_are_counted_for_the_socket_they_sat_in(bench: Bench) -> None:
    for result in ("PASS", "PASS", "FAIL", "PASS"):
        bench.burn(result, kind="target")
    bench.burn("PASS", socket="U2")
    bench.burn("ERROR", kind="link")
    wear = bench.log.wear("serprog", "U1")
    assert (wear.insertions, wear.burned, wear.good, wear.lost_contacts) == (5, 4, 3, 0)
    assert wear.yield_percent == 75.0
    assert bench.log.wear("serprog", "U2").insertions == 1


def test_a_burn_that_is_told_twice_is_one_chip(bench: Bench) -> None:
    bench.log.keep(bench.burn())
    assert bench.log.wear("serprog", "U1").insertions == 1


def test_three_lost_contacts_in_ten_stop_the_socket_and_name_it(bench: Bench) -> None:
    bench.burn("ERROR")
    bench.burn("ERROR")
    ask_socket(ROW, bench.log.wear("serprog", "U1"))
    bench.burn("ERROR")
    with pytest.raises(GateClosed, match=r"socket U1 of serprog lost contact with 3 of the last 3 chips") as refused:
        ask_socket(ROW, bench.log.wear("serprog", "U1"))
    assert "fanji-station sockets --serviced serprog/U1" in str(refused.value)
    ask_socket(ROW, bench.log.wear("serprog", "U2"))


def test_lost_contacts_long_ago_stop_nothing(bench: Bench) -> None:
    for _ in range(3):
        bench.burn("ERROR")
    for _ in range(8):
        bench.burn()
    ask_socket(ROW, bench.log.wear("serprog", "U1"))


def test_a_socket_takes_no_more_chips_than_it_lasts(bench: Bench) -> None:
    for _ in range(19):
        bench.burn()
    ask_socket(ROW, bench.log.wear("serprog", "U1"))
    bench.burn()
    with pytest.raises(GateClosed, match=r"has taken 20 chips since it was serviced and lasts 20"):
        ask_socket(ROW, bench.log.wear("serprog", "U1"))


def test_a_service_begins_the_counts_anew(bench: Bench) -> None:
    for _ in range(20):
        bench.burn("ERROR")
    bench.log.service("serprog", "U1", bench.now(), "王芳", "replaced")
    wear = bench.log.wear("serprog", "U1")
    assert (wear.insertions, wear.lost_contacts) == (0, 0)
    assert wear.serviced_at is not None
    ask_socket(ROW, wear)
