"""Questions to a year's history: figures, yields, a unit's life and the ledgers' pages, on SQLite."""

from __future__ import annotations

import os
import statistics
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import sqlalchemy as sa

from benchmarks.result import Result
from server.config import read_settings
from server.db.engine import Database
from server.db.schema import migrate
from server.db.span import Span
from server.ingest.queries import home
from server.runs.figures import figures, first_pass_yields, values_of
from server.runs.queries import RunFilter, ledger
from server.runs.summing import sum_up
from server.units.queries import recent_units, search_units, timeline
from server.upkeep.demo_data import PRODUCTS, make_history

UNITS = int(os.environ.get("FANJI_BENCH_UNITS", "60000"))
"""Some 1.67 runs each: 100,000."""
TIMES = 7


def measure() -> list[Result]:
    """Server time alone: the query and its rows, without the page's HTML."""
    with tempfile.TemporaryDirectory(prefix="fanji-bench-") as name:
        database = Database(
            read_settings({"FANJI_DATABASE_URL": f"sqlite:///{Path(name) / 'demo.sqlite'}"}).database_url
        )
        migrate(database)
        started = time.perf_counter()
        runs = make_history(database, "bench", UNITS)
        made_s = time.perf_counter() - started
        started = time.perf_counter()
        is_left = True
        while is_left:
            with database.writing() as connection:
                is_left = sum_up(connection) > 0
        summed_s = time.perf_counter() - started
        with database.reading() as connection:
            results = _asked(connection, runs)
        database.close()
    of = f"of {runs} runs"
    return [
        Result("server", f"demo-data, a run {of}", made_s * 1000 / runs, "ms", None),
        Result("server", f"the follower's sums, a run {of}", summed_s * 1000 / runs, "ms", None),
        *results,
    ]


def _asked(connection: sa.Connection, runs: int) -> list[Result]:
    now = datetime.now(UTC)
    year = Span(now - timedelta(days=366), now)
    months = [Span(now - timedelta(days=30 * (month + 1)), now - timedelta(days=30 * month)) for month in range(12)]
    product = PRODUCTS[0]
    figure = figures(connection, product, ["rail_5v_a"], year)[0]
    unit_id = recent_units(connection, 1)[0].unit_id
    middle = ledger(connection, RunFilter(), limit=50)[-1].id
    asked: dict[str, tuple[Callable[[], object], float]] = {
        "Ppk of a measurement from a year's sums": (lambda: figures(connection, product, ["rail_5v_a"], year), 50.0),
        "all values of a measurement": (lambda: values_of(connection, product, figure.mdef_sha256), 400.0),
        "first-pass yield of 12 months": (lambda: first_pass_yields(connection, months), 80.0),
        "a unit's history": (lambda: timeline(connection, unit_id), 2.0),
        "ledger, first page": (lambda: ledger(connection), 50.0),
        "ledger, a later page": (lambda: ledger(connection, RunFilter(), after=middle), 50.0),
        "ledger, failed ones of a product": (lambda: ledger(connection, RunFilter("FAIL", product)), 50.0),
        "ledger, one serial number": (lambda: ledger(connection, RunFilter(serial="DEMO00000042")), 50.0),
        "units by the end of a serial": (lambda: search_units(connection, "0042"), 50.0),
        "the home page's numbers": (lambda: home(connection, Span(now - timedelta(days=1), now)), 50.0),
    }
    return [Result("server", f"{what}, {runs} runs", _median_ms(ask), "ms", bar) for what, (ask, bar) in asked.items()]


def _median_ms(ask: Callable[[], object]) -> float:
    times = []
    for _ in range(TIMES):
        started = time.perf_counter()
        ask()
        times.append((time.perf_counter() - started) * 1000)
    return statistics.median(times)
