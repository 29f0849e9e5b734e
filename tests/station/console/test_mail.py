"""The console sends what waits while it runs, and shows how that goes."""

from __future__ import annotations

import hashlib
import json
import threading
import time
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from station.config.settings import Settings
from station.console.board import Letters
from station.console.mail import Mail
from station.link.clock import SystemClock
from station.outbox.answers import Fate
from station.outbox.spool import Spool
from station.outbox.state_cache import StateCache
from station.outbox.turn import courier_turn
from tests.station.outbox.answering_server import AnsweringServer, Got, Reply

SNAPSHOT = {"schema": "fanji/state/1", "version": 3, "expires_at": "2036-11-30T08:00:00.000000Z", "serial_rules": []}


class Office(BaseHTTPRequestHandler):
    """Takes every letter as the contract says, and gives the snapshot."""

    def do_GET(self) -> None:
        self._answer(200, SNAPSHOT)

    def do_PUT(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        digest = hashlib.sha256(body).hexdigest()
        self._answer(201, {"schema": "fanji/receipt/1", "sha256": digest, "outcome": "stored", "problem": ""})

    def _answer(self, status: int, body: dict[str, object]) -> None:
        content = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *_: object) -> None:
        """Nothing on the terminal."""


@pytest.fixture
def office() -> Iterator[str]:
    with ThreadingHTTPServer(("127.0.0.1", 0), Office) as server:
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


@pytest.fixture
def mail(tmp_path: Path) -> Iterator[Callable[[str], Heard]]:
    started: list[Mail] = []

    def start(url: str) -> Heard:
        heard = Heard()
        token = tmp_path / "token"
        token.write_text("a-token", encoding="utf-8")
        token.chmod(0o600)
        started.append(Mail(Settings(tmp_path, url, token), SystemClock(), heard.note))
        started[-1].start()
        return heard

    yield start
    for mail in started:
        mail.stop()
        mail.join(10)
        assert not mail.is_alive()


class Heard:
    """What the page would show."""

    def __init__(self) -> None:
        self._news = threading.Condition()
        self._last = Letters()

    def note(self, letters: Letters) -> None:
        with self._news:
            self._last = letters
            self._news.notify_all()

    def wait_for(self, is_met: Callable[[Letters], bool]) -> Letters:
        with self._news:
            assert self._news.wait_for(lambda: is_met(self._last), 10), self._last
            return self._last


def put_letter(folder: Path, record_id: str) -> None:
    spool = Spool(folder / "outbox.sqlite3")
    spool.commit("runs", record_id, "unit", "bench-1", SystemClock().utc(), lambda place: b'{"seq":%d}' % place.seq)


def test_a_waiting_letter_is_sent_and_shown_as_sent(tmp_path: Path, office: str, mail: Callable[[str], Heard]) -> None:
    put_letter(tmp_path, "run-1")
    letters = mail(office).wait_for(lambda letters: letters.fates.get("run-1") is Fate.DELIVERED)
    assert (letters.waiting, letters.set_aside, letters.is_reachable, letters.problem) == (0, 0, True, "")


def test_a_letter_that_is_written_while_the_console_runs_is_sent(
    tmp_path: Path, office: str, mail: Callable[[str], Heard]
) -> None:
    heard = mail(office)
    heard.wait_for(lambda letters: letters.is_reachable is True)
    put_letter(tmp_path, "run-1")
    heard.wait_for(lambda letters: letters.fates.get("run-1") is Fate.DELIVERED)


def test_the_snapshot_is_kept_for_the_next_scan(tmp_path: Path, office: str, mail: Callable[[str], Heard]) -> None:
    mail(office).wait_for(lambda letters: letters.is_reachable is True)
    assert json.loads((tmp_path / "state.json").read_bytes()) == SNAPSHOT


def test_a_server_that_is_away_is_shown_and_the_letter_waits(tmp_path: Path, mail: Callable[[str], Heard]) -> None:
    put_letter(tmp_path, "run-1")
    letters = mail("http://127.0.0.1:9").wait_for(lambda letters: letters.is_reachable is False)
    assert letters.waiting == 1
    assert "no answer from the server" in letters.problem


def test_without_a_server_letters_wait_in_peace(tmp_path: Path, mail: Callable[[str], Heard]) -> None:
    put_letter(tmp_path, "run-1")
    letters = mail("").wait_for(lambda letters: letters.waiting == 1)
    assert (letters.is_reachable, letters.problem, letters.fates) == (None, "", {"run-1": Fate.KEPT})


def test_another_courier_s_turn_is_respected_and_said(
    tmp_path: Path, office: str, mail: Callable[[str], Heard]
) -> None:
    put_letter(tmp_path, "run-1")
    with courier_turn(tmp_path / "outbox.sqlite3") as is_taken:
        assert is_taken
        letters = mail(office).wait_for(lambda letters: letters.is_carried_elsewhere)
    assert (letters.is_reachable, letters.waiting) == (None, 1)


def test_an_outbox_that_cannot_be_read_is_said(tmp_path: Path, mail: Callable[[str], Heard]) -> None:
    (tmp_path / "outbox.sqlite3").write_bytes(b"this is no database" * 100)
    letters = mail("").wait_for(lambda letters: letters.problem != "")
    assert "outbox.sqlite3" in letters.problem


def test_news_is_kept_as_soon_as_the_server_has_it(tmp_path: Path, mail: Callable[[str], Heard]) -> None:
    is_held, is_asked = threading.Event(), threading.Event()

    def answer(got: Got) -> Reply:
        if "since=3&wait_s=" in got.path:
            is_asked.set()
            is_held.wait(10)
        if "since=4" in got.path:
            return 304, b""
        return 200, json.dumps(SNAPSHOT | {"version": 4 if is_held.is_set() else 3}).encode()

    cache = StateCache(tmp_path / "state.json")
    with AnsweringServer(answer) as server:
        heard = mail(server.url)
        heard.wait_for(lambda letters: letters.is_reachable is True)
        assert is_asked.wait(10) and cache.version() == 3
        is_held.set()
        told_at = time.monotonic()
        while cache.version() != 4:
            assert time.monotonic() - told_at < 3, "sooner than the next look without it"
            time.sleep(0.01)


def test_a_token_that_comes_later_is_read(tmp_path: Path, office: str, mail: Callable[[str], Heard]) -> None:
    heard = mail(office)
    (tmp_path / "token").unlink(missing_ok=True)
    put_letter(tmp_path, "run-1")
    heard.wait_for(lambda letters: "token" in letters.problem)
    (tmp_path / "token").write_text("a-token", encoding="utf-8")
    (tmp_path / "token").chmod(0o600)
    heard.wait_for(lambda letters: letters.fates.get("run-1") is Fate.DELIVERED)
