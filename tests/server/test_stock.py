"""The parts ledger: what moves has two ends, nothing falls below nothing, and two persons stand behind what is dear."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest
import sqlalchemy as sa

from server.admin.audit_queries import audit_entries
from server.db.engine import Database
from server.errors import BadInput, Contradiction, NotAllowed, NotFound, NotInForce
from server.parts.flows import CountLine, CountSheet, Hand, count, issue
from server.parts.lines import Line, lines_of
from server.parts.master_flows import (
    PartForm,
    PlaceForm,
    add_part,
    change_part,
    change_place,
    retire_part,
    retire_place,
)
from server.parts.movements import MovementFilter, movements
from server.parts.queries import PartFilter, part_rows, parts_by_number, place_by_code, sums
from server.parts.requests import OPEN, RequestFilter, requests
from server.parts.tables import stock_balance, stock_movement
from server.parts.verify import differences, rebuild
from tests import databases
from tests.server.conftest import Site
from tests.server.stock_room import BOSS, CLERK, ENGINEER, TECHNICIAN, StockRoom, made_id

pytestmark = pytest.mark.both_databases


@pytest.fixture(scope="module")
def stock_site(prepared_site: Site, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Site, Database]]:
    """One database for the tests of this file: each takes a room of its own."""
    folder = tmp_path_factory.mktemp("stock") / "site"
    databases.copy_site(prepared_site.folder, folder)
    site = Site(folder, prepared_site.tokens)
    database = Database(site.settings.database_url)
    yield site, database
    database.close()
    databases.remove_site(folder)


@pytest.fixture
def room(stock_site: tuple[Site, Database]) -> StockRoom:
    site, database = stock_site
    return StockRoom(database, site.settings)


def history(room: StockRoom, number: str) -> list[tuple[str, int, str, str]]:
    with room.database.reading() as connection:
        found = movements(connection, MovementFilter(text=number))
    return [(row.kind, row.quantity, row.from_code, row.to_code) for row in reversed(found)]


def test_what_is_received_issued_used_and_returned_is_where_the_ledger_says(room: StockRoom) -> None:
    number = room.part(stock=10)
    room.issue(number, 4)
    room.use(number, 3)
    room.give_back(number, 1)
    assert (room.at(number), room.at(number, room.bench), room.at(number, "CASE")) == (7, 0, 3)
    assert history(room, number) == [
        ("receive", 10, "SUPPLIER", "STORE"),
        ("issue", 4, "STORE", room.bench),
        ("issue", 3, room.bench, "CASE"),
        ("return", 1, room.bench, "STORE"),
    ]
    with room.database.reading() as connection:
        newest = movements(connection, MovementFilter(text=number))[0]
        assert (newest.from_after, newest.to_after, newest.actor) == (0, 7, CLERK)
        noted = audit_entries(connection, 1)[0]
    assert (noted.actor, noted.action) == (f"user:{CLERK}", "parts.return")
    assert noted.detail == f"{number} × 1 {room.bench} → STORE"


def test_nothing_is_issued_that_is_not_there_and_the_refusal_moves_nothing(room: StockRoom) -> None:
    number, other = room.part(stock=3), room.part("R", stock=1)
    with pytest.raises(NotInForce, match="STORE has 3, 4 are asked for") as refused:
        room.issue(number, 4)
    assert refused.value.state == "short"
    with pytest.raises(NotInForce), room.database.writing() as connection:
        issue(connection, made_id(), Hand((Line(number, 2), Line(other, 2)), target=room.bench), room.author(CLERK))
    assert history(room, number) == [("receive", 3, "SUPPLIER", "STORE")]


def test_the_database_itself_refuses_a_balance_below_nothing(room: StockRoom) -> None:
    number = room.part(stock=1)
    with room.database.reading() as connection:
        found = parts_by_number(connection, [number])[number]
    change = sa.update(stock_balance).where(stock_balance.c.part_id == found.id, stock_balance.c.is_real)
    with pytest.raises(sa.exc.IntegrityError), room.database.writing() as connection:
        connection.execute(change.values(quantity=-1))
    for wrong in ({"quantity": 0}, {"to_id": sa.literal_column("from_id")}, {"approver": CLERK}):
        with pytest.raises(sa.exc.IntegrityError), room.database.writing() as connection:
            columns = [column for column in stock_movement.c if column.name not in ("id", *wrong)]
            values = [sa.literal(made_id(), stock_movement.c.id.type), *columns, *map(as_column, wrong.values())]
            source = sa.select(*values).where(stock_movement.c.part_id == found.id)
            names = ["id", *(column.name for column in columns), *wrong]
            connection.execute(sa.insert(stock_movement).from_select(names, source))


def as_column(value: object) -> sa.ColumnElement[object]:
    return value if isinstance(value, sa.ColumnElement) else sa.literal(value)


def test_the_same_command_twice_is_one_and_gives_the_first_answer(room: StockRoom) -> None:
    number, command = room.part(), made_id()
    first = room.receive(number, 5, command)
    room.issue(number, 5)
    assert room.receive(number, 5, command) == first and room.at(number) == 0
    with pytest.raises(Contradiction, match="another content"):
        room.receive(number, 6, command)
    with pytest.raises(BadInput):
        room.receive(number, 5, "1")
    asked, drawn = made_id(), made_id()
    room.receive(number, 2)
    assert room.request(number, 1, command=asked) == room.request(number, 1, command=asked) == asked
    room.decide(asked)
    assert room.carry_out(asked, command=drawn) == room.carry_out(asked, command=drawn)
    assert room.at(number) == 1


def test_a_movement_is_taken_back_once_and_by_a_movement(room: StockRoom) -> None:
    number = room.part(stock=4)
    (issued,) = room.issue(number, 3)
    command = made_id()
    back = room.reverse(issued, command=command)
    assert room.reverse(issued, command=command) == back
    assert (room.at(number), room.at(number, room.bench)) == (4, 0)
    with pytest.raises(Contradiction, match="taken back already"):
        room.reverse(issued)
    with pytest.raises(NotInForce, match="not taken back by hand"):
        room.reverse(back)
    with pytest.raises(NotFound):
        room.reverse(made_id())
    (received,) = room.receive(number, 1)
    room.issue(number, 5)
    with pytest.raises(NotInForce, match="STORE has 0"):
        room.reverse(received)
    with room.database.reading() as connection:
        rows = {row.id: row for row in movements(connection, MovementFilter(text=number))}
    assert rows[back].reverses == issued and rows[issued].reversed_by == back


def test_a_requisition_is_approved_by_another_and_handed_out_by_a_third(room: StockRoom) -> None:
    number = room.part(stock=5)
    asked = room.request(number, 2, by=CLERK, person="李雷", note="urgent")
    with pytest.raises(NotInForce, match="is requested"):
        room.carry_out(asked)
    with pytest.raises(NotAllowed, match="may not do this"):
        room.decide(asked, by=CLERK)
    room.decide(asked)
    with pytest.raises(NotInForce, match="is approved"):
        room.decide(asked, by=ENGINEER)
    with pytest.raises(NotAllowed, match="another person hands it out"):
        room.carry_out(asked, by=BOSS)
    room.carry_out(asked)
    with pytest.raises(NotInForce, match="is done"):
        room.carry_out(asked)
    with pytest.raises(NotInForce, match="is done"):
        room.cancel(asked, by=CLERK)
    with room.database.reading() as connection:
        row = movements(connection, MovementFilter(text=number))[0]
    assert (row.kind, row.approver, row.actor, row.person, row.note) == ("requisition", BOSS, CLERK, "李雷", "urgent")
    assert row.request_no and row.document == row.request_no and room.at(number, room.bench) == 2


def test_nobody_approves_their_own_request_and_a_refusal_says_why(room: StockRoom) -> None:
    number = room.part(stock=5)
    own = room.request(number, 1, by=BOSS)
    with pytest.raises(NotAllowed, match="another person decides"):
        room.decide(own)
    room.cancel(own, by=BOSS)
    refused = room.request(number, 1)
    room.decide(refused, is_approved=False)
    with pytest.raises(NotInForce, match="is refused"):
        room.carry_out(refused)
    late = room.request(number, 1)
    with pytest.raises(NotAllowed):
        room.cancel(late, by=CLERK)
    with room.database.reading() as connection:
        found = {row.id: row for row in requests(connection, RequestFilter(), limit=100)}
        waiting = {row.id for row in requests(connection, RequestFilter(state=OPEN), limit=100)}
    assert (found[own].state, found[refused].state, found[late].state) == ("cancelled", "refused", "requested")
    assert found[refused].decision_reason == "why"
    assert late in waiting and not {own, refused} & waiting


def test_a_valuable_part_leaves_the_cabinet_only_by_two_persons(room: StockRoom) -> None:
    number = room.part("LCD", is_valuable=True, place="CABINET")
    (received,) = room.receive(number, 5)
    assert room.at(number, "CABINET") == 5
    for attempt in (lambda: room.issue(number, 1), lambda: room.use(number, 1, by=CLERK, source="CABINET")):
        with pytest.raises(NotInForce, match="is valuable") as refused:
            attempt()
        assert refused.value.state == "valuable"
    with pytest.raises(NotAllowed, match=r"parts\.move"):
        room.use(number, 1, source="CABINET")
    asked = room.request(number, 2, source="CABINET")
    room.decide(asked)
    room.carry_out(asked)
    room.use(number, 1)
    with pytest.raises(NotAllowed, match="another person takes it back"):
        room.reverse(received, by=CLERK)
    scrapped = room.request(number, 1, by=CLERK, kind="scrap", source="CABINET", reason="damaged")
    room.decide(scrapped)
    room.carry_out(scrapped)
    with pytest.raises(NotInForce, match="scrapped as lost"), room.database.writing() as connection:
        sheet = CountSheet("CABINET", (CountLine(number, 2, 1),), "lost")
        count(connection, made_id(), sheet, room.author(CLERK))
    assert (room.at(number, "CABINET"), room.at(number, "SCRAP")) == (2, 1)


def test_a_kit_is_picked_for_a_case_and_what_was_too_much_comes_back_from_it(room: StockRoom) -> None:
    number, case = room.part(stock=5), f"RC-{room.mark}"
    with pytest.raises(BadInput) as refused:
        room.request(number, 3, kind="kit", target="CASE")
    assert refused.value.field == "case_no"
    kit = room.request(number, 3, kind="kit", target="CASE", case_no=case)
    room.decide(kit)
    room.carry_out(kit)
    with pytest.raises(BadInput, match="3 went into"):
        room.give_back(number, 4, source="CASE", case_no=case)
    with pytest.raises(BadInput, match="0 went into"):
        room.give_back(number, 1, source="CASE", case_no="RC-other")
    room.give_back(number, 1, source="CASE", case_no=case)
    assert (room.at(number), room.at(number, "CASE")) == (3, 2)


def test_a_count_posts_its_difference_with_the_reason_and_refuses_an_old_sheet(room: StockRoom) -> None:
    number = room.part(stock=5)
    assert room.count(number, 5, 5, reason="") == ()
    room.count(number, 5, 4, reason="lost")
    room.count(number, 4, 9, reason="miscounted")
    with pytest.raises(Contradiction, match="STORE has 9, not 4 any more"):
        room.count(number, 4, 4)
    with pytest.raises(BadInput) as refused:
        room.count(number, 9, 8, reason="because")
    assert refused.value.field == "reason"
    assert history(room, number)[1:] == [("count", 1, "STORE", "DIFFERENCE"), ("count", 5, "DIFFERENCE", "STORE")]


def test_a_past_balance_stays_what_it_was(room: StockRoom) -> None:
    number = room.part()
    seen = []
    for quantity in (5, 3):
        room.receive(number, quantity)
        with room.database.reading() as connection:
            newest = movements(connection, MovementFilter(text=number))[0]
        seen.append((newest.posted_at, newest.part_id, newest.to_id, newest.to_after))
    room.issue(number, 6)
    assert [row[3] for row in seen] == [5, 8]
    with room.database.reading() as connection:
        for moment, part_id, place_id, was in seen:
            assert sums(connection, moment).at(part_id, place_id) == was
            assert sums(connection, moment, [part_id]).at(part_id, place_id) == was
        assert sums(connection).at(seen[0][1], seen[0][2]) == 2


def test_a_balance_that_was_tampered_with_is_named_and_made_anew(room: StockRoom) -> None:
    number = room.part(stock=5)
    with room.database.writing() as connection:
        assert not [found for found in differences(connection) if number in found]
        found = parts_by_number(connection, [number])[number]
        mine = sa.and_(stock_balance.c.part_id == found.id, stock_balance.c.is_real)
        connection.execute(sa.update(stock_balance).where(mine).values(quantity=6))
        assert list(differences(connection)) == [f"{number} at STORE: the movements make 5, the balance says 6"]
        rebuild(connection, room.author(CLERK).at)
        assert list(differences(connection)) == []
    assert room.at(number) == 5


def test_a_part_below_its_minimum_is_listed_and_one_that_is_in_use_is_not_retired(room: StockRoom) -> None:
    number = room.part(stock=2, minimum="3")
    with room.database.reading() as connection:
        below = part_rows(connection, PartFilter(text=number.lower(), shown="below"))
        found = below[0].part
        assert [(row.part.number, row.in_stock, row.is_below) for row in below] == [(number, 2, True)]
    form = PartForm(number, "电容", "capacitor", minimum="2")
    with room.database.writing() as connection:
        change_part(connection, found.id, 1, form, room.author(CLERK))
        with pytest.raises(Contradiction, match="meanwhile"):
            change_part(connection, found.id, 1, form, room.author(CLERK))
        with pytest.raises(NotInForce) as refused:
            retire_part(connection, found.id, 2, room.author(CLERK))
        assert refused.value.state == "in_stock"
        assert not part_rows(connection, PartFilter(text=number, shown="below"))
        bench = place_by_code(connection, room.bench)
        assert bench is not None
        change_place(connection, bench.id, 1, PlaceForm("", "二号台", custodian="hanmei"), room.author(CLERK))
        retire_place(connection, bench.id, 2, room.author(CLERK))
        store = place_by_code(connection, "STORE")
        assert store is not None
        with pytest.raises(NotInForce):
            retire_place(connection, store.id, store.version, room.author(CLERK))
    with pytest.raises(BadInput):
        room.issue(number, 1)
    room.count(number, 2, 0, "lost")
    with room.database.writing() as connection:
        retire_part(connection, found.id, 2, room.author(CLERK))
    with pytest.raises(NotInForce, match="is retired"):
        room.receive(number, 1)


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"number": "a b"}, "number"),
        ({"number": ""}, "number"),
        ({"name_zh": "", "name_en": ""}, "name_zh"),
        ({"unit": ""}, "unit"),
        ({"kind": "thing"}, "kind"),
        ({"target": "W25Q64JV"}, "type"),
        ({"minimum": "-1"}, "minimum"),
        ({"minimum": "a"}, "minimum"),
        ({"place": "CASE"}, "place"),
        ({"place": "nowhere"}, "place"),
        ({"supplier": "x" * 201}, "supplier"),
    ],
    ids=str,
)
def test_a_part_that_cannot_be_is_refused_by_its_field(room: StockRoom, changes: dict[str, str], field: str) -> None:
    form = replace(PartForm("P1", "电容", "capacitor"), **changes)
    with pytest.raises(BadInput) as refused, room.database.writing() as connection:
        add_part(connection, form, room.author(CLERK))
    assert refused.value.field == field


def test_a_number_and_the_type_of_a_blank_ic_stand_for_one_part(room: StockRoom) -> None:
    target = f"T{room.mark}"
    number = room.part("IC", kind="ic", target=target)
    with pytest.raises(Contradiction, match="already"):
        room.part("IC")
    with pytest.raises(Contradiction, match=f"{number} is the blank {target} already"):
        room.part("IC2", kind="ic", target=target)
    with pytest.raises(NotAllowed), room.database.writing() as connection:
        add_part(connection, PartForm("P2", "电容"), room.author(TECHNICIAN))


def test_lines_are_read_as_scanned_and_typed() -> None:
    text = "c-1\nC-1 5\n\n ｃ-１×2 \nR-2, 3\n"
    assert lines_of(text) == (Line("C-1", 8), Line("R-2", 3))
    for wrong in ("C-1 five", "C-1 5 6", "C-1 -5"):
        with pytest.raises(BadInput, match="line 1"):
            lines_of(wrong)
