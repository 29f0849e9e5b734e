"""A courier's bill: read whole or told why not, each line in one class, decided, and closed with a total that stays."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
import sqlalchemy as sa
from hypothesis import given
from hypothesis import strategies as st

from server.admin.author import Author
from server.db.engine import Database
from server.errors import BadInput, Contradiction, NotAllowed, NotFound, NotInForce
from server.freight import bill_file
from server.freight.bill_file import BillFile, read_bill
from server.freight.flows import BillEntry, DecisionEntry, close_month, decide, import_bill, month_span
from server.freight.matching import CLASSES, Line, Ours, match_lines
from server.freight.queries import bills, close_of, review
from server.logistics.flows import enter_waybill, name_waybill
from server.logistics.queries import Details, standing_of
from server.web.amounts import read_money, read_weight
from server.web.spreadsheet import as_xlsx
from tests.server.conftest import Site

pytestmark = pytest.mark.both_databases

AT = datetime(2026, 11, 27, 8, 0, tzinfo=UTC)
CLERK = Author("assistant", AT)
SF, MONTH = "顺丰速运", "2026-11"
TITLES = ("运单号", "方向", "日期", "计费重量", "费用")
ROWS = (
    ("SF1", "寄件", "2026-11-02", "1", "12.50"),
    ("SF2", "寄件", "2026-11-03", "2", "20"),
    ("SF3", "收件", "2026-11-03", "9", "18.00"),
    ("SF1", "寄件", "2026-11-04", "1", "12.50"),
    ("SF9", "寄件", "2026-11-05", "1", "¥1,010.00"),
    ("SF4", "寄件", "2026-11-06", "", "8.8"),
)
OURS = (
    ("SF1", "out", 900, 1250),
    ("SF2", "out", 1500, 1800),
    ("SF3", "in", 1500, 1800),
    ("SF4", "out", None, None),
    ("SF5", "out", 500, 1000),
)


@pytest.fixture
def connection(database: Database) -> Iterator[sa.Connection]:
    with database.writing() as made:
        yield made


def csv_of(rows: tuple[tuple[str, ...], ...], encoding: str = "utf-8") -> bytes:
    cells = [[f'"{cell}"' if "," in cell else cell for cell in row] for row in (TITLES, *rows)]
    return "\n".join(",".join(row) for row in cells).encode(encoding)


def read(folder: Path, content: bytes) -> BillFile:
    path = folder / "bill"
    path.write_bytes(content)
    return read_bill(path)


def imported(connection: sa.Connection, folder: Path, rows: tuple[tuple[str, ...], ...] = ROWS) -> str:
    """Our waybills and the bill about them; the bill's sha256."""
    for number, direction, weight_g, freight_minor in OURS:
        details = Details(weight_g=weight_g, freight_minor=freight_minor)
        enter_waybill(connection, direction, name_waybill(SF, number), "4S", details, "main", CLERK)
    assert import_bill(connection, "ab" * 32, BillEntry(SF, MONTH, "bill.csv"), read(folder, csv_of(rows)), CLERK)
    return "ab" * 32


def kinds(connection: sa.Connection, site: Site) -> list[str]:
    (bill,) = bills(connection)
    return [row.match.kind for row in review(connection, bill, month_span(site.settings, MONTH)).rows]


@pytest.mark.parametrize("kind", ["utf-8", "utf-8-sig", "gb18030", "xlsx"])
def test_a_bill_is_read_as_the_courier_sends_it(tmp_path: Path, kind: str) -> None:
    content = csv_of(ROWS, kind) if kind != "xlsx" else as_xlsx("账单", TITLES, ROWS)
    bill = read(tmp_path, content)
    assert bill.unreadable == ()
    assert [(line.number, line.direction, line.weight_g, line.price_minor) for line in bill.lines][:3] == [
        ("SF1", "out", 1000, 1250),
        ("SF2", "out", 2000, 2000),
        ("SF3", "in", 9000, 1800),
    ]
    assert bill.total_minor == 1250 + 2000 + 1800 + 1250 + 101000 + 880


def test_a_workbook_whose_numbers_are_numbers_reads_the_same(tmp_path: Path) -> None:
    bill = read(tmp_path, as_xlsx("账单", ("number", "amount", "weight"), [(73100012345678, 12.5, 1.25), (7, 0.3, 1)]))
    assert [(line.number, line.price_minor, line.weight_g) for line in bill.lines] == [
        ("73100012345678", 1250, 1250),
        ("7", 30, 1000),
    ]


def test_every_line_that_cannot_be_read_is_named_and_a_total_must_add_up(tmp_path: Path) -> None:
    rows = (
        ROWS[0],
        ("", "寄件", "", "1", "3"),
        ("SF7", "somewhere", "", "1", "3"),
        ("SF8", "寄件", "", "heavy", "3"),
        ("SF10", "寄件", "", "1", "three"),
        ("SF11", "寄件", "", "1", "3.005"),
        ("合计", "", "", "", "12.50"),
        ("合计", "", "", "", "99"),
    )
    bill = read(tmp_path, csv_of(rows))
    assert [(row.position, row.code) for row in bill.unreadable] == [
        (3, "number"),
        (4, "direction"),
        (5, "weight"),
        (6, "price"),
        (7, "price"),
        (9, "total"),
    ]
    assert bill.total_minor == 1250


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"number\n1\n",
        "运单号,费用\n".encode(),
        b"PK\x03\x04 no archive",
        b"\xff\xfe\x00\x80",
        b'number,amount\n"x',
    ],
)
def test_a_file_that_is_no_bill_is_refused(tmp_path: Path, content: bytes) -> None:
    with pytest.raises(BadInput):
        read(tmp_path, content)


def test_a_workbook_that_unpacks_to_too_much_is_refused_unread(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    content = as_xlsx("账单", TITLES, ROWS)
    monkeypatch.setattr(bill_file, "MAX_UNPACKED_BYTES", len(content) // 2)
    with pytest.raises(BadInput, match="unpacks to too much"):
        read(tmp_path, content)


def test_each_line_is_told_apart_and_what_the_bill_has_not_is_missing(
    connection: sa.Connection, site: Site, tmp_path: Path
) -> None:
    imported(connection, tmp_path)
    assert kinds(connection, site) == ["agrees", "other_price", "other_weight", "double", "not_ours", "unpriced"]
    (bill,) = bills(connection)
    made = review(connection, bill, month_span(site.settings, MONTH))
    assert [row.number for row in made.matching.missing] == ["SF5"]
    assert sum(made.matching.sums_minor.values()) == bill.total_minor
    assert made.waiting == 5


def test_the_same_file_again_changes_nothing_and_another_bill_with_the_same_line_has_it_double(
    connection: sa.Connection, site: Site, tmp_path: Path
) -> None:
    sha256 = imported(connection, tmp_path)
    file = read(tmp_path, csv_of(ROWS))
    assert not import_bill(connection, sha256, BillEntry(SF, MONTH, "again.csv"), file, CLERK)
    with pytest.raises(Contradiction, match="on record for"):
        import_bill(connection, sha256, BillEntry(SF, "2026-12", "bill.csv"), file, CLERK)
    later = Author("assistant", AT.replace(hour=9))
    rows = (ROWS[0], ("SF5", "寄件", "", "1", "10"))
    assert import_bill(connection, "cd" * 32, BillEntry(SF, MONTH, "more.csv"), read(tmp_path, csv_of(rows)), later)
    first, second = sorted(bills(connection), key=lambda bill: bill.imported_at)
    span = month_span(site.settings, MONTH)
    assert [row.match.kind for row in review(connection, second, span).rows] == ["double", "agrees"]
    assert review(connection, first, span).rows[0].match.kind == "agrees"
    assert review(connection, first, span).matching.missing == ()


def test_a_bill_with_a_line_that_cannot_be_read_is_not_imported_at_all(
    connection: sa.Connection, tmp_path: Path
) -> None:
    file = read(tmp_path, csv_of((*ROWS, ("SF7", "寄件", "", "1", "x"))))
    with pytest.raises(BadInput):
        import_bill(connection, "ab" * 32, BillEntry(SF, MONTH, "bill.csv"), file, CLERK)
    for wrong in (BillEntry(SF, "2026-13", "x"), BillEntry("", MONTH, "x")):
        with pytest.raises(BadInput):
            import_bill(connection, "ab" * 32, wrong, read(tmp_path, csv_of(ROWS)), CLERK)
    with pytest.raises(NotAllowed):
        import_bill(connection, "ab" * 32, BillEntry(SF, MONTH, "x"), file, Author("logistics", AT))
    assert bills(connection) == []


def test_a_month_is_closed_when_every_line_is_decided_and_its_total_stays(
    connection: sa.Connection, site: Site, tmp_path: Path
) -> None:
    sha256, calendar = imported(connection, tmp_path), site.settings
    with pytest.raises(NotInForce, match="wait for a decision"):
        close_month(connection, SF, MONTH, calendar, CLERK)
    wrong = [
        DecisionEntry(3, "claim", 2001),
        DecisionEntry(3, "claim", 0),
        DecisionEntry(3, "accept", 5),
        DecisionEntry(3, "forget"),
    ]
    for entry in wrong:
        with pytest.raises(BadInput):
            decide(connection, sha256, entry, calendar, CLERK)
    with pytest.raises(Contradiction, match="agrees"):
        decide(connection, sha256, DecisionEntry(2, "accept"), calendar, CLERK)
    with pytest.raises(NotFound):
        decide(connection, sha256, DecisionEntry(99, "accept"), calendar, CLERK)
    for entry in (
        DecisionEntry(3, "accept"),
        DecisionEntry(3, "claim", 200, "the contract says 18"),
        DecisionEntry(4, "accept"),
        DecisionEntry(5, "claim", 1250),
        DecisionEntry(6, "claim", 101000),
        DecisionEntry(7, "accept"),
    ):
        decide(connection, sha256, entry, calendar, CLERK)
    close_month(connection, SF, MONTH, calendar, CLERK)
    closed = close_of(connection, SF, MONTH)
    assert closed is not None
    assert (closed.billed_minor, closed.claimed_minor) == (108180, 200 + 1250 + 101000)
    assert closed.accepted_minor + closed.claimed_minor == closed.billed_minor
    for again in (
        lambda: decide(connection, sha256, DecisionEntry(3, "accept"), calendar, CLERK),
        lambda: close_month(connection, SF, MONTH, calendar, CLERK),
        lambda: import_bill(
            connection, "ef" * 32, BillEntry(SF, MONTH, "late.csv"), read(tmp_path, csv_of(ROWS)), CLERK
        ),
    ):
        with pytest.raises(NotInForce, match="is closed"):
            again()
    with pytest.raises(NotFound):
        close_month(connection, SF, "2026-10", calendar, CLERK)


def test_accepting_what_nobody_had_priced_says_what_the_parcel_costs(
    connection: sa.Connection, site: Site, tmp_path: Path
) -> None:
    sha256 = imported(connection, tmp_path)
    decide(connection, sha256, DecisionEntry(7, "accept"), site.settings, CLERK)
    assert kinds(connection, site)[-1] == "agrees"
    (bill,) = bills(connection)
    ours = review(connection, bill, month_span(site.settings, MONTH)).rows[-1].match.ours
    assert ours is not None
    standing = standing_of(connection, ours.waybill_id)
    assert standing is not None and standing.details.freight_minor == 880


NUMBERS = st.sampled_from(["A", "B", "C", "D"])
LINES = st.lists(
    st.builds(
        Line,
        st.integers(1, 99),
        NUMBERS,
        st.sampled_from(["in", "out", ""]),
        st.none() | st.integers(0, 9000),
        st.integers(-500, 5000),
    ),
    max_size=12,
)
WAYBILLS = st.lists(
    st.tuples(
        NUMBERS, st.sampled_from(["in", "out"]), st.none() | st.integers(0, 9000), st.none() | st.integers(0, 5000)
    ),
    unique_by=lambda row: row[:2],
)


@given(LINES, WAYBILLS, st.sets(st.integers(0, 7)))
def test_every_line_lands_in_exactly_one_class_and_the_sums_add_up(
    lines: list[Line], waybills: list[tuple[str, str, int | None, int | None]], before: set[int]
) -> None:
    ours = [Ours(str(place), *row) for place, row in enumerate(waybills)]
    made = match_lines(lines, ours, {str(place) for place in before})
    assert [match.line for match in made.matches] == lines
    assert all(match.kind in CLASSES for match in made.matches)
    assert sum(made.counts.values()) == len(lines)
    assert sum(made.sums_minor.values()) == sum(line.price_minor for line in lines)
    paid = [match.ours.waybill_id for match in made.matches if match.ours and match.kind != "double"]
    assert len(set(paid)) == len(paid), "no waybill is paid twice"
    told = {row.waybill_id for row in made.missing} | set(paid) | {str(place) for place in before}
    assert told >= {row.waybill_id for row in ours}, "no waybill is forgotten"
    for match in made.matches:
        assert (match.ours is None) == (match.kind == "not_ours")
        assert match.ours is None or match.line.direction in ("", match.ours.direction)


@pytest.mark.parametrize(
    ("text", "minor"), [("12.5", 1250), (" ¥1,012.50 ", 101250), ("-3", -300), ("１２．３４元", 1234), ("0.10", 10)]
)
def test_an_amount_is_read_exactly(text: str, minor: int) -> None:
    assert read_money(text, "amount") == minor


@pytest.mark.parametrize("text", ["", "1.005", "1e3", "12,5", "NaN", "1.2.3", "９" * 12])
def test_what_is_no_amount_is_refused(text: str) -> None:
    with pytest.raises(BadInput):
        read_money(text, "amount")


@pytest.mark.parametrize(("text", "grams"), [("1.25", 1250), ("1.25 kg", 1250), ("900g", 900), ("2公斤", 2000)])
def test_a_weight_is_read_exactly(text: str, grams: int) -> None:
    assert read_weight(text, "weight") == grams


@pytest.mark.parametrize("text", ["", "heavy", "1.5 g", "-1", "1.0005"])
def test_what_is_no_weight_is_refused(text: str) -> None:
    with pytest.raises(BadInput):
        read_weight(text, "weight")
