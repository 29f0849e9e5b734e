"""A server that is killed under eight stations: what it acknowledged it has, and what is sent again is there once.

On both databases; PostgreSQL itself lives on, for its own durability is its makers' to test.
"""

from __future__ import annotations

import tempfile
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path
from random import Random

import httpx
import sqlalchemy as sa

from server.db.engine import Database
from server.runs.summing import rebuild, sum_up
from server.runs.tables import measured_hour
from server.units.queries import broken_link
from server.wire.ids import unit_id
from tests import databases
from tests.server.conftest import TLS
from tests.server.letter_book import Letter, LetterBook
from tests.server_process import ServerProcess, set_up
from tests.soak.finding import Finding

KILLS = 100
STATIONS = 8
LETTERS_A_KILL = 24
"""So many are acknowledged before the next kill; each comes at another moment of the next letters' way."""
PATIENCE_S = 120.0
BETWEEN_S = 0.02
ACKNOWLEDGED = frozenset({200, 201})


@dataclass
class Station:
    """Sends its letters in order, each until it is acknowledged, as a courier does."""

    token: str
    number: int
    book: LetterBook = field(init=False)
    client: httpx.Client = field(init=False)
    acknowledged: list[Letter] = field(default_factory=list)
    sent: list[Letter] = field(default_factory=list)
    refused: list[int] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.book = LetterBook(f"bench-{self.number}")
        self.client = httpx.Client(timeout=PATIENCE_S, trust_env=False, verify=TLS)

    @property
    def serial(self) -> str:
        """Two stations share a unit."""
        return f"FJR12611{self.number // 2:04d}"

    def work(self, server: ServerProcess, is_over: threading.Event) -> None:
        while not is_over.is_set():
            letter = self.book.run(serial=self.serial)
            self.sent.append(letter)
            while not is_over.is_set() and not self.put(server.url, letter):
                time.sleep(BETWEEN_S)

    def put(self, url: str, letter: Letter) -> bool:
        try:
            headers = {"Authorization": f"Bearer {self.token}"}
            answer = self.client.put(f"{url}{letter.path}", content=letter.body, headers=headers)
        except httpx.TransportError:
            return False
        if answer.status_code in ACKNOWLEDGED:
            self.acknowledged.append(letter)
        elif answer.status_code != 503:
            self.refused.append(answer.status_code)
        return answer.status_code in ACKNOWLEDGED


def soak() -> list[Finding]:
    return [kills(kind, KILLS) for kind in (databases.SQLITE, databases.POSTGRESQL)]


def kills(kind: str, count: int, seed: int = 0) -> Finding:
    """Kill the server ``count`` times under load, then send everything again; what is wrong after that."""
    began, random = time.monotonic(), Random(seed)  # noqa: S311 (when to kill)
    databases.use(kind)
    with tempfile.TemporaryDirectory(prefix="fanji-soak-") as name:
        folder = Path(name) / "site"
        tokens = set_up(folder, tuple(f"bench-{number}" for number in range(STATIONS)))
        stations = [Station(tokens[f"bench-{number}"], number) for number in range(STATIONS)]
        server, is_over = ServerProcess(folder).start(), threading.Event()
        threads = [threading.Thread(target=station.work, args=(server, is_over)) for station in stations]
        for thread in threads:
            thread.start()
        try:
            for _ in range(count):
                _wait_for(stations, _acknowledged(stations) + LETTERS_A_KILL)
                time.sleep(random.random() * BETWEEN_S)
                server.kill()
                server.start()
            _wait_for(stations, _acknowledged(stations) + LETTERS_A_KILL)
        finally:
            is_over.set()
            for thread in threads:
                thread.join(PATIENCE_S)
        database = Database(databases.database_url(folder))
        wrong = _lost(database, stations)
        again = [station.put(server.url, letter) for station in stations for letter in station.sent]
        for station in stations:
            station.client.close()
        server.stop()
        wrong += again.count(False) + _doubled(database, stations) + sum(len(station.refused) for station in stations)
        database.close()
        databases.remove_site(folder)
    sent = sum(len(station.sent) for station in stations)
    what = f"letters of {STATIONS} stations, {count} kills, {kind}"
    return Finding("server", what, sent, wrong, time.monotonic() - began, right=sent - wrong, least_right=count)


def _acknowledged(stations: list[Station]) -> int:
    return sum(len(station.acknowledged) for station in stations)


def _wait_for(stations: list[Station], count: int) -> None:
    until = time.monotonic() + PATIENCE_S
    while _acknowledged(stations) < count:
        if time.monotonic() > until:
            raise TimeoutError(f"{_acknowledged(stations)} of {count} letters were acknowledged")
        time.sleep(BETWEEN_S)


def _lost(database: Database, stations: list[Station]) -> int:
    """Letters that were acknowledged and are not on record as they were sent."""
    with database.reading() as connection:
        kept = {tuple(row) for row in connection.execute(sa.text("SELECT id, sha256 FROM letter"))}
    return len({(letter.id, letter.sha256) for station in stations for letter in station.acknowledged} - kept)


def _doubled(database: Database, stations: list[Station]) -> int:
    """Rows too many or too few, chains that break, and sums that are not those of the runs."""
    sent = sum(len(station.sent) for station in stations)
    with database.writing() as connection:
        counts = [connection.scalar(sa.text(f"SELECT count(*) FROM {table}")) for table in ("letter", "run")]  # noqa: S608
        found = connection.scalar(sa.text("SELECT count(*) FROM discrepancy")) or 0
        serials = {station.serial for station in stations}
        broken = sum(broken_link(connection, unit_id("FJ-R1", serial)) is not None for serial in serials)
        while sum_up(connection):
            pass
        followed = _counts(connection)
        rebuild(connection)
        return sum(count != sent for count in counts) + found + broken + (followed != _counts(connection))


def _counts(connection: sa.Connection) -> list[tuple[object, ...]]:
    columns = [*measured_hour.primary_key, measured_hour.c.count]
    rows = connection.execute(sa.select(*columns).order_by(*measured_hour.primary_key))
    return [tuple(row) for row in rows]
