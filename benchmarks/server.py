"""Letters a second that are on disk when they are answered, beside bare SQLite and the service one usually writes."""

from __future__ import annotations

import json
import sqlite3
import statistics
import struct
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

import psutil

from benchmarks.letter_load import LoadReport, chain, put_all
from benchmarks.result import Result
from fixtures.demo.processes import SERVER, Processes

STATION = "bench-1"
CONNECTIONS, LETTERS, NAIVE_LETTERS, ROUNDS = 16, 60, 10, 5
NAIVE = (sys.executable, "-m", "benchmarks.naive_endpoint")


@dataclass(frozen=True, slots=True)
class Served:
    """The medians of some loads on one server."""

    per_s: float
    cpu_ms: float
    wait_p95_ms: float


def measure() -> list[Result]:
    """16 connections put runs of 50 measurements; every 201 is after its commit with synchronous=FULL."""
    with tempfile.TemporaryDirectory(prefix="fanji-bench-") as name:
        folder = Path(name)
        processes = Processes(folder / "logs")
        processes.environment |= {
            "FANJI_DATABASE_URL": f"sqlite:///{folder / 'fanji.sqlite'}",
            "FANJI_DATA_DIR": str(folder),
            "PYTHONDONTWRITEBYTECODE": "",  # as it is installed: modules are compiled once
            "PYTHONPYCACHEPREFIX": str(folder / "compiled"),
        }
        try:
            set_up_s, token = set_up(processes)
            ours = served(processes, (*SERVER, "serve", "--port", "0"), token, LETTERS)
            naive = served(processes, (*NAIVE, str(folder / "naive.sqlite")), token, NAIVE_LETTERS)
        finally:
            processes.stop_all()
        bare = statistics.median(bare_per_s(folder / f"bare-{round_}.sqlite") for round_ in range(ROUNDS))
    load = f"{CONNECTIONS} connections, 50 measurements"
    return [
        Result("server", f"durable ingest, {load}", ours.per_s, "letters/s", None, "sqlite3, a commit each", bare),
        Result("server", f"durable ingest, {load}", ours.per_s, "letters/s", None, "usual service", naive.per_s),
        Result("server", "server's CPU for a letter", ours.cpu_ms, "ms", 4.0, "usual service", naive.cpu_ms),
        Result("server", f"wait p95, {load}", ours.wait_p95_ms, "ms", 150.0, "usual service", naive.wait_p95_ms),
        Result("server", "user add, exec to end", set_up_s, "s", 0.6),
    ]


def set_up(processes: Processes) -> tuple[float, str]:
    """A migrated database with accounts and a token; the median time of ``user add``, and the token."""
    processes.call("migrate", (*SERVER, "migrate"))
    times = []
    for number in range(ROUNDS):
        command = (*SERVER, "user", "add", f"reader-{number}", "--role", "reader", "--password-stdin")
        started = time.perf_counter()
        processes.call("user", command, "long enough\n")
        times.append(time.perf_counter() - started)
    return statistics.median(times), processes.call("token", (*SERVER, "token", "add", STATION)).strip()


def served(processes: Processes, command: tuple[str, ...], token: str, letters: int) -> Served:
    """ROUNDS loads of ``letters`` on each connection, after one that warms up."""
    process, line = processes.start_and_read_line("server", command)
    url, meter = line.split()[1], psutil.Process(process.pid)
    put_all(url, token, [chain(STATION, 5) for _ in range(CONNECTIONS)])
    reports: list[LoadReport] = []
    cpu_ms: list[float] = []
    for _ in range(ROUNDS):
        chains = [chain(STATION, letters) for _ in range(CONNECTIONS)]
        before = sum(meter.cpu_times()[:2])
        reports.append(put_all(url, token, chains))
        cpu_ms.append((sum(meter.cpu_times()[:2]) - before) * 1000 / reports[-1].letters)
    processes.stop(process)
    return Served(
        statistics.median(report.per_s for report in reports),
        statistics.median(cpu_ms),
        statistics.median(report.wait_ms(0.95) for report in reports),
    )


def bare_per_s(file: Path) -> float:
    """Body and packed values of a letter in one transaction each, without a socket, a check or a chain."""
    posts = chain(STATION, LETTERS * 4)
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
