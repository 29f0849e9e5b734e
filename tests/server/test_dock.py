"""The dock: what is scanned is told at once, and nothing leaves the house whose gates are shut."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import sqlalchemy as sa

from server.admin.author import Author
from server.config import Settings
from server.db.engine import Database
from server.dock.packing import pack, packed_units, send
from server.dock.queries import look, look_if_possible
from server.errors import BadInput, Contradiction, GateShut, NotInForce
from server.gates.case_flows import check_accessories
from server.gates.flows import hold_product, hold_unit, release_hold
from server.gates.passage import move_case
from server.logistics.flows import enter_waybill, name_waybill, unpack_unit
from server.logistics.queries import Details, standing_of, units_on
from server.returns.flows import Move
from server.returns.queries import bare_case
from tests.server.case_desk import (
    BAD,
    GOOD,
    fresh_id,
    go,
    now,
    open_cases,
    override,
    played,
    release_golden_plan,
)
from tests.server.case_desk import send as send_letter
from tests.server.conftest import Site
from tests.server.letter_book import LetterBook


@pytest.fixture
def connection(database: Database) -> Iterator[sa.Connection]:
    with database.writing() as made:
        yield made


@pytest.fixture
def settings(site: Site) -> Settings:
    return site.settings


def by(role: str = "logistics") -> Author:
    return Author(role, now())


def parcel(connection: sa.Connection, number: str = "SF-OUT-1") -> str:
    return enter_waybill(connection, "out", name_waybill("SF", number), "4S", Details(), "main", by())


def passed_case(connection: sa.Connection, settings: Settings, serial: str = GOOD) -> str:
    """A case whose unit has passed its outgoing test; the case's id."""
    (case,) = open_cases(connection, settings, (serial,))
    go(connection, case.id, "ready")
    release_golden_plan(connection)
    assert send_letter(connection, played(LetterBook(), serial=serial)) == ()
    check_accessories(connection, fresh_id(), case.id, {"packing": True}, by())
    return case.id


def state_of(connection: sa.Connection, case_id: str) -> str:
    case = bare_case(connection, case_id)
    assert case is not None
    return case.state


def test_a_scan_tells_product_open_case_hold_and_earlier_visits(connection: sa.Connection, settings: Settings) -> None:
    (case,) = open_cases(connection, settings, (GOOD,))
    hold_product(connection, "FJ-R1", "recall 12", by("engineer"))
    hold_unit(connection, "X-9", "stolen", by("engineer"))
    first, second, unnamed = look(connection, [GOOD.lower(), BAD, "X-9"])
    assert (first.name.product, first.open_case and first.open_case.case_no) == ("FJ-R1", case.case_no)
    assert (first.holds, second.holds, unnamed.holds) == (("recall 12",), ("recall 12",), ("stolen",))
    assert (second.open_case, second.visits, unnamed.name.is_provisional) == (None, 0, True)
    go(connection, case.id, "scrap")
    assert look(connection, [GOOD])[0].visits == 1
    assert look_if_possible(connection, "BAD%SERIAL") is None


def test_a_unit_that_passed_is_packed_by_scan_and_leaves_with_its_parcel(
    connection: sa.Connection, settings: Settings
) -> None:
    case_id, waybill_id = passed_case(connection, settings), parcel(connection)
    assert state_of(connection, case_id) == "passed"
    pack(connection, waybill_id, GOOD, by())
    pack(connection, waybill_id, GOOD, by())
    assert state_of(connection, case_id) == "packing" and len(units_on(connection, waybill_id)) == 1
    (row,) = packed_units(connection, waybill_id)
    assert row.may_leave, row.reasons
    assert send(connection, waybill_id, by()) == 1
    assert state_of(connection, case_id) == "shipped"
    standing = standing_of(connection, waybill_id)
    assert standing is not None and standing.status == "handed_over"
    with pytest.raises(Contradiction):
        send(connection, waybill_id, by())


def test_one_unit_whose_gate_is_shut_keeps_the_whole_parcel_here(database: Database, settings: Settings) -> None:
    with database.writing() as connection:
        good, waybill_id = passed_case(connection, settings), parcel(connection)
        (bad,) = open_cases(connection, settings, (BAD,))
        pack(connection, waybill_id, GOOD, by())
        pack(connection, waybill_id, BAD, by())
        assert [row.may_leave for row in packed_units(connection, waybill_id)] == [True, False]
    with pytest.raises(Contradiction), database.writing() as connection:
        send(connection, waybill_id, by())
    with database.writing() as connection:
        assert (state_of(connection, good), state_of(connection, bad.id)) == ("packing", "received")
        unpack_unit(connection, waybill_id, bad.unit_id, by())
        assert send(connection, waybill_id, by()) == 1


def test_a_held_unit_is_neither_packed_nor_sent(connection: sa.Connection, settings: Settings) -> None:
    passed_case(connection, settings)
    waybill_id, hold = parcel(connection), hold_unit(connection, GOOD, "recall", by("engineer"))
    with pytest.raises(NotInForce, match="is held"):
        pack(connection, waybill_id, GOOD, by())
    release_hold(connection, hold, "over", by("engineer"))
    pack(connection, waybill_id, GOOD, by())
    hold_unit(connection, GOOD, "recall again", by("engineer"))
    with pytest.raises(NotInForce, match="recall again"):
        send(connection, waybill_id, by())


def test_a_unit_without_a_case_leaves_from_stock_alone(connection: sa.Connection, settings: Settings) -> None:
    waybill_id = parcel(connection)
    for serial in (GOOD, "X-9"):
        with pytest.raises(NotInForce, match="not in stock"):
            pack(connection, waybill_id, serial, by())
    with pytest.raises(BadInput):
        pack(connection, waybill_id, "BAD%SERIAL", by())
    case_id = passed_case(connection, settings)
    move_case(connection, Move(fresh_id(), case_id, "stock_in", changes={"grade": "A"}), by("supervisor"))
    pack(connection, waybill_id, GOOD, by())
    assert send(connection, waybill_id, by()) == 1
    assert state_of(connection, case_id) == "stocked_in"


def test_a_unit_from_stock_that_came_back_meanwhile_does_not_leave(
    connection: sa.Connection, settings: Settings
) -> None:
    waybill_id, case_id = parcel(connection), passed_case(connection, settings)
    move_case(connection, Move(fresh_id(), case_id, "stock_in", changes={"grade": "A"}), by("supervisor"))
    pack(connection, waybill_id, GOOD, by())
    open_cases(connection, settings, (GOOD,))
    with pytest.raises(NotInForce, match="come back"):
        send(connection, waybill_id, by())


def test_a_unit_that_was_never_tested_leaves_by_an_override_of_two_persons_alone(
    connection: sa.Connection, settings: Settings
) -> None:
    (case,) = open_cases(connection, settings, (GOOD,))
    go(connection, case.id, "ready")
    waybill_id = parcel(connection)
    pack(connection, waybill_id, GOOD, by())
    assert state_of(connection, case.id) == "awaiting_test"
    with pytest.raises(Contradiction, match="cannot ship"):
        send(connection, waybill_id, by())
    override(connection, case.id)
    move_case(connection, Move(fresh_id(), case.id, "pass"), by("supervisor"))
    pack(connection, waybill_id, GOOD, by())
    (row,) = packed_units(connection, waybill_id)
    assert state_of(connection, case.id) == "packing" and not row.may_leave
    with pytest.raises(GateShut):
        send(connection, waybill_id, by())
