"""Sums of measurements and first results of visits: what a follower makes of the runs, and what it comes to."""

from __future__ import annotations

import math
import statistics
import time
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
import pytest
import sqlalchemy as sa
from hypothesis import given, settings
from hypothesis import strategies as st

from server.db.engine import Database
from server.db.span import Span
from server.ingest.flows import take
from server.ingest.submission import submit
from server.runs.figures import figures, first_pass_yields, values_of
from server.runs.follower import SumFollower
from server.runs.summing import has_unsummed, rebuild, sum_up
from server.runs.sums import Sums, sums_of_columns, total
from server.runs.tables import measured_hour, visit_result
from server.wire.state import moment_text
from tests.server.conftest import RunningServer
from tests.server.letter_book import Letter, LetterBook, measurement

pytestmark = pytest.mark.both_databases

DAY = datetime(2026, 11, 20, tzinfo=UTC)
EVER = Span(datetime(2020, 1, 1, tzinfo=UTC), datetime(2030, 1, 1, tzinfo=UTC))
SEEN_S = 30.0


def run(book: LetterBook, value: Any, hour: int = 8, serial: str = "FJR126110001", **changes: Any) -> Letter:
    """A run that measured the 5 V rail."""
    at = DAY + timedelta(hours=hour)
    rows = [measurement(value=value)]
    times = {"started_at": moment_text(at), "finished_at": moment_text(at)}
    return book.run(serial=serial, measurements=rows, **(times | changes))


def keep(database: Database, letters: Sequence[Letter]) -> None:
    with database.writing() as connection:
        submissions = [submit("run", letter.id, letter.body, "bench-1") for letter in letters]
        take(connection, submissions, "test", datetime.now(UTC))


def caches(database: Database) -> tuple[list[Any], list[Any]]:
    """Sums with 12 digits, and first results."""
    with database.reading() as connection:
        rows = connection.execute(sa.select(measured_hour).order_by(*measured_hour.primary_key)).all()
        sums = [(*row[:5], *(float(f"{value:.12g}") for value in row[5:])) for row in rows]
        return sums, list(connection.execute(sa.select(visit_result).order_by(*visit_result.primary_key)))


def test_the_figures_of_a_measurement_are_those_of_its_values(database: Database, book: LetterBook) -> None:
    values = [5.0 + 0.01 * (index % 7) for index in range(30)]
    keep(database, [run(book, value, hour=index // 4) for index, value in enumerate(values)])
    with database.writing() as connection:
        assert sum_up(connection) == 30
        (figure,) = figures(connection, "FJ-R1", ["rail_5v"], EVER)
        assert [taken.value for taken in values_of(connection, "FJ-R1", figure.mdef_sha256)] == values
    assert (figure.unit, figure.low, figure.high, figure.sums.count) == ("V", 4.75, 5.25, 30)
    assert (figure.sums.lowest, figure.sums.highest) == (5.0, max(values))
    sigma = statistics.stdev(values)
    assert math.isclose(figure.sums.sigma or 0, sigma, rel_tol=1e-9)
    assert math.isclose(figure.ppk or 0, (5.25 - statistics.mean(values)) / (3 * sigma), rel_tol=1e-9)


def test_no_ppk_is_told_of_few_values_of_values_without_spread_or_without_a_limit() -> None:
    assert Sums(24, 5.0, 1.0, 4.0, 6.0).ppk(4.0, 6.0) is None
    assert Sums(30, 5.0, 0.0, 5.0, 5.0).ppk(4.0, 6.0) is None
    assert Sums(30, 5.0, 1.0, 4.0, 6.0).ppk(None, None) is None
    one_sided = Sums(30, 5.0, 29.0, 4.0, 6.0).ppk(None, 8.0)
    assert one_sided == 1.0


def test_other_limits_are_another_measurement(database: Database, book: LetterBook) -> None:
    wider = run(book, 5.0)
    keep(database, [run(book, 5.0), book.run(measurements=[measurement(high=6.0)]), wider])
    with database.writing() as connection:
        sum_up(connection)
        assert sorted(figure.high or 0 for figure in figures(connection, "FJ-R1", ["rail_5v"], EVER)) == [5.25, 6.0]


def test_what_is_no_value_and_no_judged_run_is_left_out(database: Database, book: LetterBook) -> None:
    letters = [
        run(book, 5.0),
        run(book, 5.0, purpose="golden"),
        book.run(measurements=[measurement(value=None, outcome="ERROR")], verdict="ERROR"),
        book.run(measurements=[measurement(value=9.0, outcome="PASS")]),
    ]
    keep(database, letters)
    with database.writing() as connection:
        assert sum_up(connection) == 4
        assert [figure.sums.count for figure in figures(connection, "FJ-R1", ["rail_5v"], EVER)] == [1]


def test_sums_that_grew_letter_by_letter_are_those_that_are_made_anew(database: Database) -> None:
    books = [LetterBook(), LetterBook()]
    letters = [run(books[index % 2], 5 + index / 100, index % 3, f"FJR12611000{index % 4}") for index in range(24)]
    for start in range(0, 24, 6):
        keep(database, letters[start : start + 6])
        with database.writing() as connection:
            assert sum_up(connection) == 6
    with database.reading() as connection:
        assert not has_unsummed(connection)
    grown = caches(database)
    assert len(grown[0]) == 3
    with database.writing() as connection:
        assert rebuild(connection) == 24
    assert caches(database) == grown


def test_the_first_test_of_a_visit_is_its_yield_also_when_its_letter_comes_last(
    database: Database, book: LetterBook
) -> None:
    failed = book.run("run-fail", started_at=moment_text(DAY), finished_at=moment_text(DAY))
    passed, other = run(book, 5.0), run(book, 5.0, serial="FJR126110002")
    aborted = book.run("run-error", serial="FJR126110003", verdict="ABORTED")
    for letters in ([passed, other], [aborted], [failed]):
        keep(database, letters)
        with database.writing() as connection:
            sum_up(connection)
    with database.reading() as connection:
        row = connection.execute(
            sa.select(visit_result.c.run_id).where(visit_result.c.unit_id == failed.content["unit"]["id"])
        )
        assert row.scalar() == failed.id
        (month,) = first_pass_yields(connection, [Span(DAY, DAY + timedelta(days=9))])
        assert (month.passed, month.tested) == (1, 2)
        assert first_pass_yields(connection, [EVER], product="FJ-N9")[0].tested == 0


def test_letters_are_in_the_sums_within_seconds_of_their_receipt(server: RunningServer, book: LetterBook) -> None:
    assert server.put(run(book, 5.0)).status_code == 201
    until = time.monotonic() + SEEN_S
    while True:
        with server.database.reading() as connection:
            if figures(connection, "FJ-R1", ["rail_5v"], EVER):
                return
        assert time.monotonic() < until, "no sums"
        time.sleep(0.05)


def test_what_a_follower_leaves_undone_waits_for_the_next(database: Database, book: LetterBook) -> None:
    follower = SumFollower(database, pause_s=0.01)
    follower.start()
    follower.stop()
    keep(database, [run(book, 5.0)])
    with database.reading() as connection:
        assert has_unsummed(connection)


@settings(max_examples=60)
@given(st.lists(st.floats(-1e6, 1e6), min_size=1, max_size=12), st.integers(1, 4))
def test_sums_in_parts_are_the_sums_of_all(values: list[float], parts: int) -> None:
    def sums(of: Sequence[float]) -> Sums | None:
        return sums_of_columns([np.float64(value).tobytes() for value in of], [b"\0"] * len(of))[0] if of else None

    pieces = [made for start in range(parts) if (made := sums(values[start::parts])) is not None]
    whole, added = sums(values), total(pieces)
    assert whole is not None and added is not None
    assert (added.count, added.lowest, added.highest) == (whole.count, whole.lowest, whole.highest)
    assert math.isclose(added.mean, whole.mean, rel_tol=1e-9, abs_tol=1e-6)
    assert math.isclose(added.squares, whole.squares, rel_tol=1e-6, abs_tol=1e-2)
