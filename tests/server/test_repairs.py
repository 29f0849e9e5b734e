"""Repairs: once on record, never changed, each moves its case on; a unit is scrapped by two persons alone."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

import pytest
import sqlalchemy as sa

from server.admin.author import Author
from server.admin.permissions import permissions
from server.admin.tables import audit
from server.errors import BadInput, Contradiction, NotAllowed, NotFound, NotInForce
from server.gates.flows import demand_repair
from server.gates.passage import move_case
from server.gates.queries import UnitRoute, demands, routes
from server.parts.lines import Line
from server.repairs.desk import assign, take
from server.repairs.flows import record, send_to_test
from server.repairs.queries import GOES_ON, SCRAP, WAITING, entries_of_case, open_scrap_requests, scrap_requests
from server.repairs.scrapping import ScrapWish, ask_scrap, decide_scrap
from server.returns.flows import Move
from server.units.queries import broken_link, timeline
from server.wire.ids import new_id
from tests.server.conftest import RunningServer, Site
from tests.server.order_desk import shared_server
from tests.server.repair_shop import FAILED, MINUTE, UnitInRepair, now


@pytest.fixture(scope="module")
def shop(prepared_site: Site, tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningServer]:
    with shared_server(prepared_site, tmp_path_factory.mktemp("shop") / "site") as server:
        yield server


@pytest.fixture
def unit(shop: RunningServer) -> UnitInRepair:
    return UnitInRepair(shop).receive()


def test_a_repair_moves_its_case_to_the_test_and_is_on_the_units_timeline(unit: UnitInRepair) -> None:
    run_id = unit.test("FAIL")
    made = unit.repair(run_id=run_id, measurement=FAILED, note="熔断两次")
    assert unit.case.state == "awaiting_test"
    entry = made.entry
    assert (entry.symptom, entry.cause, entry.action, entry.technician) == ("S11", "C11", "A11", "technician")
    assert (entry.run_id, entry.measurement, entry.designators) == (run_id, FAILED, ("F1",))
    assert [(part.number, part.quantity, part.movement_id) for part in entry.parts] == [("FUSE-10A", 1, None)]
    with unit.server.database.reading() as connection:
        told = timeline(connection, entry.unit_id)
        assert broken_link(connection, entry.unit_id) is None
        line = connection.scalar(
            sa.select(audit.c.detail).where(audit.c.action == "repair.record").order_by(audit.c.id.desc())
        )
    event = next(event for event in told if event.kind == "repaired")
    assert event.id == entry.id
    assert event.payload["cause"] == {"code": "C11", "zh": "保险丝熔断", "en": "Fuse blown"}
    assert line == f"{unit.serial} S11 C11 A11 F1"


@pytest.mark.parametrize(
    ("outcome", "state"), [("awaiting_test", "awaiting_test"), (WAITING, "waiting_parts"), (GOES_ON, "repairing")]
)
@pytest.mark.parametrize("before", ["received", "diagnosing", "waiting_parts", "refurbishing"])
def test_wherever_work_goes_on_an_entry_leads_to_what_it_says(
    unit: UnitInRepair, before: str, outcome: str, state: str
) -> None:
    for step in {
        "received": (),
        "diagnosing": ("diagnose",),
        "waiting_parts": ("repair", "wait_for_parts"),
        "refurbishing": ("refurbish",),
    }[before]:
        unit.move(step)
    unit.repair(outcome=outcome)
    assert unit.case.state == ("refurbishing" if (before, outcome) == ("refurbishing", GOES_ON) else state)


def test_the_same_repair_twice_is_one_and_its_id_stands_for_nothing_else(unit: UnitInRepair) -> None:
    asked = unit.asked()
    author = Author("technician", now())
    with unit.server.database.writing() as connection:
        first = record(connection, asked, author)
        again = record(connection, asked, author)
        assert (first.is_repeated, again.is_repeated, again.entry) == (False, True, first.entry)
        with pytest.raises(Contradiction, match="another content"):
            record(connection, replace(asked, cause="C14"), author)
        assert len(entries_of_case(connection, first.entry.unit_id, unit.case_id)) == 1
    received = unit.server.database
    with received.writing() as connection, pytest.raises(Contradiction, match="something else"):
        record(connection, replace(asked, id=unit.case_id), author)


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"symptom": "C11"}, "symptom"),
        ({"cause": "C62"}, "cause"),
        ({"action": "A34"}, "action"),
        ({"designators": ("1F",)}, "designators"),
        ({"designators": tuple(f"R{number}" for number in range(21))}, "designators"),
        ({"outcome": "shipped"}, "outcome"),
        ({"technician": "reader"}, "technician"),
        ({"technician": "nobody"}, "technician"),
        ({"run_id": "1"}, "run_id"),
        ({"run_id": new_id(now()), "measurement": FAILED}, "measurement"),
        ({"parts": (Line("X", 0),)}, "lines"),
        ({"note": "x" * 501}, "note"),
        ({"id": "1"}, "id"),
        ({"outcome": SCRAP}, "scrap_reason"),
        ({"outcome": SCRAP, "scrap_reason": "other"}, "note"),
    ],
)
def test_what_cannot_be_is_refused_by_its_field_and_nothing_moves(
    unit: UnitInRepair, changes: dict[str, object], field: str
) -> None:
    with pytest.raises(BadInput) as refused:
        unit.repair(**changes)
    assert refused.value.field == field
    assert unit.case.state == "received"


def test_a_repair_does_not_begin_before_the_unit_came_nor_end_after_now(unit: UnitInRepair) -> None:
    for changes, field in (
        ({"started_at": now() - timedelta(hours=1)}, "started_at"),
        ({"ended_at": now() - MINUTE}, "ended_at"),
        ({"ended_at": now() + timedelta(hours=1)}, "ended_at"),
    ):
        with pytest.raises(BadInput) as refused:
            unit.repair(**changes)
        assert refused.value.field == field


def test_a_passed_measurement_and_a_test_of_another_case_are_answered_by_no_repair(unit: UnitInRepair) -> None:
    run_id = unit.test("FAIL")
    with pytest.raises(BadInput):
        unit.repair(run_id=run_id, measurement="rail_5v")
    with pytest.raises(BadInput):
        UnitInRepair(unit.server).receive().repair(run_id=run_id, measurement=FAILED)


def test_nothing_is_repaired_that_is_past_its_repair_or_not_on_record(unit: UnitInRepair) -> None:
    unit.repair()
    with pytest.raises(NotInForce) as refused:
        unit.repair()
    assert refused.value.state == "not_in_repair"
    with pytest.raises(NotFound):
        unit.repair(case_id=new_id(now()))


def test_a_correction_counts_instead_and_moves_nothing(unit: UnitInRepair) -> None:
    before = unit.repair().entry
    made = unit.correct(corrects=before.id, cause="C14", designators=("C812",), note="看错了位置", parts=()).entry
    with unit.server.database.reading() as connection:
        rows = entries_of_case(connection, before.unit_id, unit.case_id)
        kinds = [event.kind for event in timeline(connection, before.unit_id)]
    assert [(row.id, row.is_corrected) for row in rows] == [(made.id, False), (before.id, True)]
    assert (made.corrects, made.outcome, made.parts) == (before.id, before.outcome, before.parts)
    assert unit.case.state == "awaiting_test"
    assert kinds.count("repaired") == 1, "a correction is no work: it voids no test"
    assert kinds[-1] == "repair_corrected"
    with pytest.raises(NotInForce) as refused:
        unit.correct(corrects=before.id, note="again")
    assert refused.value.state == "corrected"
    with pytest.raises(BadInput):
        unit.correct(corrects=made.id, note="")


@pytest.mark.parametrize("steps", [(), ("diagnose",), ("repair",), ("refurbish",)])
def test_a_case_does_not_go_to_test_after_a_failed_one_until_something_is_done(
    unit: UnitInRepair, steps: tuple[str, ...]
) -> None:
    unit.test("FAIL")
    for step in steps:
        unit.move(step)
    with unit.server.database.writing() as connection, pytest.raises(NotInForce) as refused:
        send_to_test(connection, new_id(now()), unit.case_id, Author("technician", now()))
    assert refused.value.state == "nothing_done"
    unit.burn()
    with unit.server.database.writing() as connection:
        send_to_test(connection, new_id(now()), unit.case_id, Author("technician", now()))
    assert unit.case.state == "awaiting_test"


def test_a_case_whose_incoming_test_passed_goes_to_test_with_nothing_found(unit: UnitInRepair) -> None:
    unit.test("PASS")
    unit.move("repair")
    with unit.server.database.writing() as connection:
        moved = send_to_test(connection, new_id(now()), unit.case_id, Author("technician", now()))
    assert moved.case.state == "awaiting_test"
    assert '"no_fault"' in moved.event.basis


def test_who_asks_does_not_decide_and_what_is_decided_is_scrapped_or_stays(unit: UnitInRepair) -> None:
    unit.repair(by="repair_leader", outcome=SCRAP, scrap_reason="beyond_repair", note="主板烧穿")
    assert unit.case.state == "repairing"
    supervisor = Author("supervisor", now())
    with unit.server.database.writing() as connection:
        first = open_scrap_requests(connection)[unit.case_id].id
        for name in ("repair_leader", "technician"):
            with pytest.raises(NotAllowed):
                decide_scrap(connection, first, True, "", Author(name, now()))
        with pytest.raises(NotInForce):
            ask_scrap(connection, ScrapWish(new_id(now()), unit.case_id, "liquid", ""), Author("technician", now()))
        with pytest.raises(BadInput):
            decide_scrap(connection, first, False, "", supervisor)
        refused = decide_scrap(connection, first, False, "先换主板试试", supervisor)
        assert decide_scrap(connection, first, False, "again", supervisor) == refused
        with pytest.raises(NotInForce):
            decide_scrap(connection, first, True, "", supervisor)
    assert unit.case.state == "repairing"
    wish = ScrapWish(new_id(now()), unit.case_id, "not_worth_it", "")
    with unit.server.database.writing() as connection:
        asked = ask_scrap(connection, wish, Author("technician", now()))
        assert ask_scrap(connection, wish, Author("technician", now())) == asked
        with pytest.raises(Contradiction):
            ask_scrap(connection, replace(wish, reason="liquid"), Author("technician", now()))
        decide_scrap(connection, asked.id, True, "", supervisor)
        told = scrap_requests(connection, asked.unit_id, unit.case_id)
        assert [(row.is_approved, row.decided_by) for row in told] == [(True, "supervisor"), (False, "supervisor")]
        with pytest.raises(NotFound):
            decide_scrap(connection, new_id(now()), True, "", supervisor)
        with pytest.raises(NotInForce):
            ask_scrap(connection, replace(wish, id=new_id(now())), Author("technician", now()))
    assert (unit.case.state, unit.case.closed_at is None) == ("scrapped", False)


def test_a_scanned_unit_is_the_technicians_until_the_leader_gives_it_to_another(unit: UnitInRepair) -> None:
    technician, other = Author("technician", now()), Author("repair_leader", now())
    with unit.server.database.writing() as connection:
        case = take(connection, unit.serial.lower(), technician)
        assert (case.state, case.owner) == ("diagnosing", "technician")
        assert take(connection, unit.serial, technician).version == case.version, "a second scan changes nothing"
        with pytest.raises(NotInForce) as refused:
            take(connection, unit.serial, other)
        assert refused.value.state == "owned"
        with pytest.raises(NotAllowed):
            assign(connection, [unit.case_id], "technician", "", technician)
        assert assign(connection, [unit.case_id], "repair_leader", "2026-12-24", other) == 1
        assert take(connection, unit.serial, other).owner == "repair_leader"
        for owner, due_on in (("reader", ""), ("", ""), ("", "soon")):
            with pytest.raises(BadInput):
                assign(connection, [unit.case_id], owner, due_on, other)
        with pytest.raises(BadInput):
            assign(connection, [], "technician", "", other)
    assert str(unit.case.due_on) == "2026-12-24"
    with unit.server.database.writing() as connection, pytest.raises(NotFound):
        take(connection, "FJR100000000", technician)


def test_a_unit_that_nobody_has_is_taken_wherever_it_is_worked_on(unit: UnitInRepair) -> None:
    unit.move("repair")
    with unit.server.database.writing() as connection:
        case = take(connection, unit.serial, Author("technician", now()))
        assert (case.state, case.owner) == ("repairing", "technician")
    unit.repair()
    with unit.server.database.writing() as connection, pytest.raises(NotInForce):
        take(connection, unit.serial, Author("technician", now()))


def test_what_was_done_before_the_last_failed_test_does_not_count_again(unit: UnitInRepair) -> None:
    unit.repair()
    unit.test("FAIL", "outgoing", now() + timedelta(seconds=1))
    assert unit.case.state == "repairing"
    with unit.server.database.writing() as connection, pytest.raises(NotInForce):
        send_to_test(connection, new_id(now()), unit.case_id, Author("technician", now()))
    unit.repair()
    assert unit.case.state == "awaiting_test"


def test_only_the_roles_of_the_table_repair(unit: UnitInRepair) -> None:
    for role in permissions().roles:
        if not permissions().allows(role, "cases.repair"):
            with pytest.raises(NotAllowed):
                unit.repair(by=role)


def test_a_repair_that_was_demanded_is_done_by_an_entry_and_stations_count_attempts_anew(unit: UnitInRepair) -> None:
    with unit.server.database.writing() as connection:
        demand_repair(connection, unit.serial, "no sound", Author("engineer", now()))
    unit.repair(outcome=WAITING)
    with unit.server.database.reading() as connection:
        assert [row.what for row in demands(connection, [unit.case.unit_id])] == ["repair"], "it waits for parts"
        assert route_of(connection, unit).repaired_at is None
    made = unit.repair().entry
    with unit.server.database.reading() as connection:
        assert demands(connection, [unit.case.unit_id]) == []
        assert route_of(connection, unit).repaired_at == made.recorded_at


def route_of(connection: sa.Connection, unit: UnitInRepair) -> UnitRoute:
    return next(route for route in routes(connection, now()) if route.unit_id == unit.case.unit_id)


def test_the_api_of_cases_asks_repairs_before_a_test_and_before_scrapping(unit: UnitInRepair) -> None:
    unit.test("FAIL")
    unit.move("repair")
    author = Author("supervisor", now())
    with unit.server.database.writing() as connection:
        for name, state in (("ready", "nothing_done"), ("scrap", "not_agreed")):
            with pytest.raises(NotInForce) as refused:
                move_case(connection, Move(new_id(now()), unit.case_id, name, "because"), author)
            assert refused.value.state == state
            with pytest.raises(NotAllowed):
                move_case(connection, Move(new_id(now()), unit.case_id, name, "because"), Author("reader", now()))
