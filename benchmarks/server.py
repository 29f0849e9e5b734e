"""Letters a second that are on disk when they are answered, beside bare SQLite and the service one usually writes."""

from __future__ import annotations

import json
import sqlite3
import statistics
import struct
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import httpx
import psutil

from benchmarks import server_pages
from benchmarks.letter_load import LoadReport, chain, put_all
from benchmarks.result import Result
from fixtures.demo.processes import SERVER, Processes
from tests.postgresql import make_cluster

STATION = "bench-1"
CONNECTIONS, ROUNDS = 16, 7
LETTERS, NAIVE_LETTERS, BARE_LETTERS = 40, 10, 200
"""On each connection in a round; of the bare database in a round."""
BACKLOG = 10_000
NAIVE = (sys.executable, "-m", "benchmarks.naive_endpoint")
TIMES_NAIVE, TIMES_BARE, BACKLOG_PER_S = 5.0, 0.9, 500.0
PAGE_MS = 200.0


@dataclass
class Contender:
    """A server under load: the process, and what each round came to."""

    url: str
    token: str
    letters: int
    meter: psutil.Process
    reports: list[LoadReport] = field(default_factory=list)
    cpu_ms: list[float] = field(default_factory=list)

    def play(self) -> None:
        """One round."""
        chains = [chain(STATION, self.letters) for _ in range(CONNECTIONS)]
        before = sum(self.meter.cpu_times()[:2])
        self.reports.append(put_all(self.url, self.token, chains))
        self.cpu_ms.append((sum(self.meter.cpu_times()[:2]) - before) * 1000 / self.reports[-1].letters)

    @property
    def per_s(self) -> float:
        return statistics.median(report.per_s for report in self.reports)

    @property
    def wait_p95_ms(self) -> float:
        return statistics.median(report.wait_ms(0.95) for report in self.reports)


def measure() -> list[Result]:
    """Rounds of all contenders in turn, then a backlog with somebody at the pages, then a year's history."""
    with _stage() as (processes, folder):
        set_up_s, ours = _ours(processes, f"sqlite:///{folder / 'fanji.sqlite'}", folder)
        cluster = make_cluster({})
        cluster.create("fanji")
        _, on_postgresql = _ours(processes, cluster.url("fanji"), folder / "on-postgresql")
        naive = _started(processes, (*NAIVE, str(folder / "naive.sqlite")), "", NAIVE_LETTERS)
        contenders = (ours, on_postgresql, naive)
        for contender in contenders:
            contender.play()
            contender.reports.clear(), contender.cpu_ms.clear()  # that was to warm up
        bare = []
        for round_ in range(ROUNDS):
            for contender in contenders:
                contender.play()
            bare.append(bare_per_s(folder / f"bare-{round_}.sqlite"))
        backlog = _backlog(processes, ours, folder)
        size = _bytes_a_value(folder / "fanji.sqlite")
    results = _ingest_results(ours, on_postgresql, naive, statistics.median(bare))
    return [
        *results,
        *backlog,
        size,
        Result("server", "user add, exec to end", set_up_s, "s", 0.6),
        *server_pages.measure(),
    ]


def _ingest_results(ours: Contender, on_postgresql: Contender, naive: Contender, bare: float) -> list[Result]:
    load = f"{CONNECTIONS} connections, 50 measurements"
    most, usual = 1 / TIMES_NAIVE, "usual service"
    return [
        Result("server", f"durable ingest, {load}", ours.per_s, "letters/s", None, usual, naive.per_s),
        Result("server", f"the same on PostgreSQL, {load}", on_postgresql.per_s, "letters/s", None, usual, naive.per_s),
        Result("server", f"durable ingest, {load}", ours.per_s, "letters/s", None, "sqlite3, a commit each", bare),
        Result("server", "time for a letter, usual service = 1", naive.per_s / ours.per_s, "", most),
        Result("server", "on PostgreSQL, usual service = 1", naive.per_s / on_postgresql.per_s, "", most),
        Result("server", "time for a letter, sqlite3 = 1", bare / ours.per_s, "", 1 / TIMES_BARE),
        Result(
            "server",
            "server's CPU for a letter",
            statistics.median(ours.cpu_ms),
            "ms",
            1.2,
            usual,
            statistics.median(naive.cpu_ms),
        ),
        Result("server", f"wait p95, {load}", ours.wait_p95_ms, "ms", 50.0, usual, naive.wait_p95_ms),
    ]


@contextmanager
def _stage() -> Iterator[tuple[Processes, Path]]:
    with tempfile.TemporaryDirectory(prefix="fanji-bench-") as name:
        folder = Path(name)
        processes = Processes(folder / "logs")
        processes.environment |= {
            "PYTHONDONTWRITEBYTECODE": "",  # as it is installed: modules are compiled once
            "PYTHONPYCACHEPREFIX": str(folder / "compiled"),
        }
        try:
            yield processes, folder
        finally:
            processes.stop_all()


def _ours(processes: Processes, database_url: str, data_dir: Path) -> tuple[float, Contender]:
    """A migrated database with accounts and a token, served; the median time of ``user add`` too."""
    processes.environment |= {"FANJI_DATABASE_URL": database_url, "FANJI_DATA_DIR": str(data_dir)}
    processes.call("migrate", (*SERVER, "migrate"))
    times = []
    for number in range(3):
        command = (*SERVER, "user", "add", f"reader-{number}", "--role", "reader", "--password-stdin")
        started = time.perf_counter()
        processes.call("user", command, "long enough\n")
        times.append(time.perf_counter() - started)
    token = processes.call("token", (*SERVER, "token", "add", STATION)).strip()
    return statistics.median(times), _started(processes, (*SERVER, "serve", "--port", "0"), token, LETTERS)


def _started(processes: Processes, command: tuple[str, ...], token: str, letters: int) -> Contender:
    process, line = processes.start_and_read_line("server", command)
    return Contender(line.split()[1], token, letters, psutil.Process(process.pid))


def _backlog(processes: Processes, ours: Contender, folder: Path) -> list[Result]:
    """Stations that were cut off send what they have, while somebody reads the ledger."""
    chains = [chain(STATION, BACKLOG // CONNECTIONS) for _ in range(CONNECTIONS)]
    waits_ms: list[float] = []
    is_over = threading.Event()

    def read() -> None:
        with httpx.Client(base_url=ours.url, trust_env=False, timeout=60) as client:
            login = client.post("/v1/session", json={"name": "reader-0", "password": "long enough"})
            login.raise_for_status()
            while not is_over.is_set():
                started = time.perf_counter()
                client.get("/runs").raise_for_status()
                waits_ms.append((time.perf_counter() - started) * 1000)
                is_over.wait(0.2)

    reader = threading.Thread(target=read)
    reader.start()
    report = put_all(ours.url, ours.token, chains)
    is_over.set()
    reader.join()
    return [
        Result(
            "server", f"a backlog of {BACKLOG} letters, 1000 of them", 1000 / report.per_s, "s", 1000 / BACKLOG_PER_S
        ),
        Result(
            "server", "the ledger's page meanwhile, p95", sorted(waits_ms)[int(0.95 * len(waits_ms))], "ms", PAGE_MS
        ),
    ]


def _bytes_a_value(file: Path) -> Result:
    """What the values of a measurement take in a run's row."""
    connection = sqlite3.connect(file)
    total, places = connection.execute(
        "SELECT sum(length(values_f64) + length(outcomes) + length(texts)), sum(length(outcomes)) FROM run"
    ).fetchone()
    connection.close()
    return Result("server", "values of a measurement", total / places, "bytes", 10.0)


def bare_per_s(file: Path) -> float:
    """Body and packed values of a letter in one transaction each, without a socket, a check or a chain."""
    posts = chain(STATION, BARE_LETTERS)
    connection = sqlite3.connect(file, isolation_level=None)
    for pragma in ("journal_mode=WAL", "synchronous=FULL"):
        connection.execute(f"PRAGMA {pragma}")
    connection.execute("CREATE TABLE letter (id TEXT PRIMARY KEY, body BLOB)")
    connection.execute("CREATE TABLE run (id TEXT PRIMARY KEY, serial TEXT, verdict TEXT, given BLOB)")
    started = time.perf_counter()
    for post in posts:
        run = json.loads(post.body)
        given = struct.pack(f"<{len(run['measurements'])}d", *(row["value"] for row in run["measurements"]))
        connection.execute("BEGIN IMMEDIATE")
        connection.execute("INSERT INTO letter VALUES (?, ?)", (post.id, post.body))
        connection.execute(
            "INSERT INTO run VALUES (?, ?, ?, ?)", (post.id, run["unit"]["serial"], run["verdict"], given)
        )
        connection.execute("COMMIT")
    elapsed_s = time.perf_counter() - started
    connection.close()
    return len(posts) / elapsed_s
