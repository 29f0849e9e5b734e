"""``fanji-station flush``: sends what waits, fetches the snapshot, says who must act."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from station.outbox.spool import Spool
from station.outbox.state_cache import StateCache
from station.outbox.turn import courier_turn
from tests.station.outbox.answering_server import AnsweringServer, Got, Reply, stored
from tests.station.playing.run_process import ROOT
from tests.station.runner.bench_pieces import START

SNAPSHOT = (ROOT / "fixtures/wire/v1/golden/state.json").read_bytes()


def _answer(got: Got) -> Reply:
    return (200, SNAPSHOT) if got.method == "GET" else stored(got)


def _flush(state: Path, url: str, *more: str) -> subprocess.Popen[str]:
    token = state / "token"
    state.mkdir(exist_ok=True)
    token.write_text("secret", encoding="utf-8")
    token.chmod(0o600)
    environment = {
        **os.environ,
        "FANJI_STATE_DIR": str(state),
        "FANJI_SERVER_URL": url,
        "FANJI_TOKEN_FILE": str(token),
    }
    command = [sys.executable, "-m", "station.cli", "flush", *more]
    return subprocess.Popen(command, cwd=ROOT, env=environment, stderr=subprocess.PIPE, text=True)


def _commit(state: Path, letter_id: str) -> Spool:
    spool = Spool(state / "outbox.sqlite3")
    spool.commit("runs", letter_id, "unit", "bench-1", START, lambda place: b"{}")
    return spool


def test_flush_sends_what_waits_and_keeps_the_snapshot(tmp_path: Path) -> None:
    spool = _commit(tmp_path, "one")
    with AnsweringServer(_answer) as server:
        flush = _flush(tmp_path, server.url)
        assert "1 delivered, 0 set aside, 0 waiting" in flush.communicate()[1]
    assert (flush.returncode, spool.waiting_count()) == (0, 0)
    assert StateCache(tmp_path / "state.json").version() == 3


def test_flush_fails_and_says_who_must_act_while_letters_wait(tmp_path: Path) -> None:
    _commit(tmp_path, "one")
    with AnsweringServer(lambda got: (401, b"")) as server:
        flush = _flush(tmp_path, server.url)
        said = flush.communicate()[1]
    assert flush.returncode == 3
    assert "administrator must renew" in said and "1 waiting" in said


def test_flush_without_a_server_is_a_matter_of_settings(tmp_path: Path) -> None:
    flush = _flush(tmp_path, "")
    assert "FANJI_SERVER_URL" in flush.communicate()[1]
    assert flush.returncode == 2


def test_a_second_courier_gives_way(tmp_path: Path) -> None:
    with courier_turn(tmp_path / "outbox.sqlite3"):
        flush = _flush(tmp_path, "http://127.0.0.1:9")
        assert "another courier" in flush.communicate()[1]
    assert flush.returncode == 3


@pytest.mark.parametrize("is_server_late", [False, True])
def test_following_sends_letters_as_they_come_and_outlives_a_server_that_is_away(
    tmp_path: Path, is_server_late: bool
) -> None:
    is_up = not is_server_late

    def answer(got: Got) -> Reply:
        return _answer(got) if is_up else (503, b"")

    with AnsweringServer(answer) as server:
        flush = _flush(tmp_path, server.url, "--follow")
        spool = _commit(tmp_path, "one")
        if is_server_late:
            _until(lambda: len(server.got) >= 1)
            is_up = True
        _until(lambda: spool.waiting_count() == 0)
        _commit(tmp_path, "two")
        _until(lambda: spool.waiting_count() == 0)
        flush.terminate()
        flush.communicate()


def test_following_waits_at_the_server_for_news_and_keeps_it(tmp_path: Path) -> None:
    is_held = threading.Event()
    news = json.dumps(json.loads(SNAPSHOT) | {"version": 4}).encode()

    def answer(got: Got) -> Reply:
        if "since=4" in got.path:
            return 304, b""
        if "since=3&wait_s=20" in got.path:
            is_held.wait(10)
            return 200, news
        return 200, SNAPSHOT

    cache = StateCache(tmp_path / "state.json")
    with AnsweringServer(answer) as server:
        flush = _flush(tmp_path, server.url, "--follow")
        _until(lambda: cache.version() == 3)
        _until(lambda: len(server.got) == 2)
        is_held.set()
        _until(lambda: cache.version() == 4)
        _until(lambda: len(server.got) == 3)
        time.sleep(0.5)
        assert len(server.got) == 3, "an answer at once without news is followed by a pause"
        flush.terminate()
        flush.communicate()


def _until(is_so: object) -> None:
    assert callable(is_so)
    deadline = time.monotonic() + 15
    while not is_so():
        assert time.monotonic() < deadline
        time.sleep(0.05)


def test_a_flush_that_is_interrupted_does_not_say_that_all_was_sent(tmp_path: Path) -> None:
    _commit(tmp_path, "one")
    is_over = threading.Event()

    def answer(got: Got) -> Reply:
        is_over.wait(10)
        return stored(got)

    with AnsweringServer(answer) as server:
        flush = _flush(tmp_path, server.url)
        _until(lambda: len(server.got) >= 1)
        flush.send_signal(signal.SIGINT)
        flush.communicate(timeout=5)
        is_over.set()
    assert flush.returncode == 4
