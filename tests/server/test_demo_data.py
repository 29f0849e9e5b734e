"""A made-up history is as sound as a real one, and is never mixed with one."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
import sqlalchemy as sa

from server.db.engine import Database
from server.db.span import Span
from server.errors import Contradiction
from server.ingest.chain import gaps
from server.runs.figures import figures, first_pass_yields
from server.runs.queries import count_by_verdict
from server.runs.summing import sum_up
from server.upkeep.demo_data import KINDS, PRODUCTS, DemoHistory, make_history
from server.upkeep.verify import broken_records
from tests.server.conftest import RunningServer, Site
from tests.server.letter_book import LetterBook

UNITS = 30
EVER = Span(datetime(2020, 1, 1, tzinfo=UTC), datetime(2040, 1, 1, tzinfo=UTC))


def test_a_made_up_history_contradicts_nothing_and_has_figures(database: Database, site: Site) -> None:
    runs = make_history(database, "test", UNITS)
    with database.writing() as connection:
        while sum_up(connection):
            pass
        assert connection.scalar(sa.text("SELECT count(*) FROM discrepancy")) == 0
        assert gaps(connection) == [] and list(broken_records(connection, site.folder)) == []
        counts = count_by_verdict(connection)
        assert sum(counts.values()) == runs and counts["PASS"] >= UNITS and counts["FAIL"] > 0
        assert sum(row.tested for row in first_pass_yields(connection, [EVER])) == UNITS
        found = [figure for product in PRODUCTS for figure in figures(connection, product, ["rail_5v_a"], EVER)]
        assert sum(figure.sums.count for figure in found) >= UNITS
    assert sum(len(kind.places) for kind in KINDS) == 50


def test_the_same_seed_makes_the_same_values_and_another_does_not() -> None:
    end = datetime(2026, 11, 20, tzinfo=UTC)

    def bodies(seed: int) -> list[bytes]:
        return [body[body.index(b'"measurements"') :] for *_, body in DemoHistory(3, end, seed).letters()]

    assert bodies(1) == bodies(1) != bodies(2)
    made = [at for at, *_ in DemoHistory(3, end).letters()]
    assert made == sorted(made) and end - timedelta(days=366) < made[0] < made[-1] < end


def test_a_made_up_history_is_not_mixed_with_records(server: RunningServer, book: LetterBook) -> None:
    server.put(book.run())
    with pytest.raises(Contradiction, match="real stations"):
        make_history(server.database, "test", 1)


def test_a_history_is_made_up_once(database: Database) -> None:
    make_history(database, "test", 1)
    with pytest.raises(Contradiction, match="already"):
        make_history(database, "test", 1)
