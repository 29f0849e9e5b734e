"""The ledgers: filtered, paged from the newest, cut by the site's days; and everything of one burn."""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy.dialects import postgresql
from sqlalchemy.schema import CreateIndex, CreateTable

from server.burns.queries import BurnFilter, burn_by_id, count_by_result
from server.burns.queries import ledger as burn_ledger
from server.db.insert_only import insert_only
from server.db.metadata import metadata
from server.db.span import Span, day_of
from server.ingest.queries import home
from server.runs.queries import RunFilter, count_by_verdict, failed_measurements
from server.runs.queries import ledger as run_ledger
from server.wire.ids import order_id
from tests.server.conftest import RunningServer
from tests.server.letter_book import LetterBook, measurement

ZONE = ZoneInfo("Asia/Shanghai")
LONG_AGO = Span(datetime(2020, 1, 1, tzinfo=UTC), datetime(2020, 1, 2, tzinfo=UTC))


@pytest.fixture
def filled(server: RunningServer, book: LetterBook) -> RunningServer:
    """Four runs of two units, one with a discrepancy, and three burns."""
    letters = [
        book.run(),
        book.run("run-fail", serial="FJR126110002"),
        book.run("run-error", serial="FJR126110002", product="FJ-N2"),
        book.run(measurements=[measurement(value=9.0)]),
        book.burn(),
        book.burn("burn-fail", serial=None),
        book.burn(serial=None, kind="stock", order="BO-7", target="W25Q128JV", after_sha256="0" * 64),
    ]
    for letter in letters:
        assert server.put(letter).status_code == 201
    return server


@pytest.mark.parametrize(
    ("wanted", "verdicts"),
    [
        (RunFilter(), ["PASS", "ERROR", "FAIL", "PASS"]),
        (RunFilter(verdict="FAIL"), ["FAIL"]),
        (RunFilter(product="FJ-N2"), ["ERROR"]),
        (RunFilter(station_id="bench-9"), []),
        (RunFilter(purpose="outgoing", serial="fjr126110002"), ["ERROR", "FAIL"]),
        (RunFilter(with_discrepancy=True), ["PASS"]),
        (RunFilter(started=LONG_AGO), []),
        (RunFilter(started=day_of(datetime(2026, 11, 23, 8, 0, tzinfo=UTC), ZONE)), ["PASS", "ERROR", "FAIL", "PASS"]),
    ],
)
def test_the_test_ledger_shows_what_is_asked_for(filled: RunningServer, wanted: RunFilter, verdicts: list[str]) -> None:
    with filled.database.reading() as connection:
        assert [row.verdict for row in run_ledger(connection, wanted)] == verdicts


def test_the_ledgers_are_paged_without_loss(filled: RunningServer) -> None:
    with filled.database.reading() as connection:
        whole = run_ledger(connection)
        first = run_ledger(connection, limit=3)
        assert first + run_ledger(connection, after=first[-1].id, limit=3) == whole
        burns = burn_ledger(connection)
        some = burn_ledger(connection, limit=2)
        assert some + burn_ledger(connection, after=some[-1].id, limit=2) == burns


def test_a_line_of_the_ledger_names_what_failed(filled: RunningServer) -> None:
    with filled.database.reading() as connection:
        failed = run_ledger(connection, RunFilter(verdict="FAIL"))[0]
        assert failed_measurements(connection, [failed.id]) == {failed.id: ["dark_current"]}


@pytest.mark.parametrize(
    ("wanted", "results"),
    [
        (BurnFilter(), ["PASS", "FAIL", "PASS"]),
        (BurnFilter(result="FAIL"), ["FAIL"]),
        (BurnFilter(target="W25Q128JV"), ["PASS"]),
        (BurnFilter(serial="FJR1"), ["PASS"]),
        (BurnFilter(image_sha256="0" * 64), []),
        (BurnFilter(with_discrepancy=True), ["PASS"]),
        (BurnFilter(started=LONG_AGO), []),
    ],
)
def test_the_burn_ledger_shows_what_is_asked_for(filled: RunningServer, wanted: BurnFilter, results: list[str]) -> None:
    with filled.database.reading() as connection:
        assert [row.result for row in burn_ledger(connection, wanted)] == results


def test_every_part_of_a_burn_is_kept_and_its_key_is_its_order_where_it_has_no_unit(filled: RunningServer) -> None:
    with filled.database.reading() as connection:
        stock, ad_hoc, of_unit = (burn_by_id(connection, row.id) for row in burn_ledger(connection))
    assert stock is not None
    assert ad_hoc is not None
    assert of_unit is not None
    assert (stock.row.unit_id, stock.row.serial) == (order_id("BO-7"), None)
    assert "was read back instead" in stock.discrepancies[0].detail
    assert ad_hoc.row.unit_id == ad_hoc.row.id
    assert ad_hoc.failure is not None
    assert ad_hoc.failure.message == "address 0x01F000: expected 0x5A, read back 0xFF"
    assert [stage.name for stage in of_unit.stages] == [
        "contact",
        "identify",
        "backup",
        "erase",
        "program",
        "read_back",
    ]
    assert of_unit.row.serial == "FJR126110001"
    assert of_unit.regions[0].length == 1048576


def test_the_counts_of_the_home_page_are_those_of_the_day(filled: RunningServer) -> None:
    today = day_of(datetime(2026, 11, 23, 8, 0, tzinfo=UTC), filled.site.settings.zone)
    with filled.database.reading() as connection:
        assert count_by_verdict(connection) == {"PASS": 2, "FAIL": 1, "ERROR": 1}
        assert count_by_result(connection, LONG_AGO) == {}
        counts = home(connection, today)
    assert counts.runs_today == {"PASS": 2, "FAIL": 1, "ERROR": 1}
    assert counts.burns_today == {"PASS": 2, "FAIL": 1}
    assert (counts.units, counts.discrepancies, counts.quarantined, counts.gaps) == (2, 3, 0, ())
    assert counts.open_orders == {}


def test_the_same_tables_and_guards_can_be_made_on_postgresql() -> None:
    dialect = postgresql.dialect()  # type: ignore[no-untyped-call]  # untyped in SQLAlchemy
    for table in metadata.sorted_tables:
        assert str(CreateTable(table).compile(dialect=dialect))
        for index in table.indexes:
            assert str(CreateIndex(index).compile(dialect=dialect))
    assert "WHERE closed_at IS NULL" in str(
        CreateIndex(next(i for i in metadata.tables["return_case"].indexes if i.unique)).compile(dialect=dialect)
    )
    assert any("BEFORE UPDATE OR DELETE" in statement for statement in insert_only("postgresql", "run"))
