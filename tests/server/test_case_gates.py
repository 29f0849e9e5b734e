"""The gates of a case are computed from what is on record, say what is missing, and are opened by two persons only."""

from __future__ import annotations

import pytest
import sqlalchemy as sa

from server.admin.author import Author
from server.db.engine import Database
from server.errors import BadInput, Contradiction, GateShut, NotAllowed
from server.gates.case_flows import check_accessories, decide_override, request_override
from server.gates.case_gates import Gate, case_gates, waiting_overrides
from server.gates.case_tables import gate_override, gate_override_decision
from server.gates.flows import hold_product, hold_unit, release_hold, withdraw_plan
from server.gates.passage import move_case
from server.gates.queries import holds
from server.logistics.flows import enter_waybill, name_waybill, pack_unit
from server.logistics.queries import Details
from server.products.content import AccessoryItem, Configuration, Firmware
from server.products.flows import activate, add_product, write_configuration
from server.returns.flows import Move, Moved
from server.returns.queries import ReturnCase, bare_case
from server.units.flows import name_unit
from server.units.links import install_board
from server.web.language import CHINESE, ENGLISH
from tests.server.case_desk import (
    BAD,
    GOOD,
    assert_folds,
    burned,
    file_of,
    fresh_id,
    go,
    now,
    on_record,
    open_cases,
    override,
    played,
    release_golden_plan,
    send,
)
from tests.server.conftest import Site
from tests.server.letter_book import LetterBook, measurement

SUPERVISOR = "supervisor"


@pytest.fixture
def case(database: Database, site: Site) -> ReturnCase:
    """A case that waits for its test, of a product whose plan is released."""
    with database.writing() as connection:
        release_golden_plan(connection)
        return go(connection, open_cases(connection, site.settings)[0].id, "repair", "ready").case


def codes(connection: sa.Connection, case: ReturnCase, gate: str = "passed") -> list[str]:
    return [reason.code for reason in case_gates(connection, case)[gate].reasons]


def texts(gate: Gate) -> list[str]:
    return [reason.text(ENGLISH) for reason in gate.reasons]


def state_of(connection: sa.Connection, case: ReturnCase) -> str:
    found = bare_case(connection, case.id)
    assert found is not None
    return found.state


def ask(connection: sa.Connection, case: ReturnCase, name: str, by: str = SUPERVISOR, **changes: str) -> Moved:
    return move_case(connection, Move(fresh_id(), case.id, name, "as agreed", changes=changes), Author(by, now()))


def check(connection: sa.Connection, case: ReturnCase, **items: bool) -> None:
    check_accessories(connection, fresh_id(), case.id, items, Author("test_operator", now()))


def send_out(connection: sa.Connection, case: ReturnCase) -> None:
    clerk = Author("logistics", now())
    waybill_id = enter_waybill(connection, "out", name_waybill("SF", fresh_id()), "4S", Details(), "main", clerk)
    pack_unit(connection, waybill_id, name_unit(connection, case.serial), case.id, clerk)


def configure(connection: sa.Connection, *firmware: Firmware) -> None:
    """The product's shipping configuration, with a remote control, a manual that may lack, and a box."""
    items = (
        AccessoryItem("harness", "电源线束", "power harness"),
        AccessoryItem("remote", "遥控器", "remote control"),
        AccessoryItem("manual", "说明书", "manual", is_required=False),
        AccessoryItem("box", "外箱", "carton", is_packing=True),
    )
    writer = Author("engineer", now())
    add_product(connection, "FJ-R1", "FJ-R1", writer)
    version = write_configuration(connection, "FJ-R1", Configuration("A", "", "", firmware, items), "", 0, writer)
    activate(connection, "FJ-R1", version, Author(SUPERVISOR, now()))


def test_a_test_that_satisfies_its_gate_passes_the_case_with_its_letter(
    database: Database, case: ReturnCase, book: LetterBook
) -> None:
    with database.writing() as connection:
        assert codes(connection, case) == ["not_tested"]
        letter = played(book)
        assert send(connection, letter) == ()
        file = file_of(connection, case.id)
        assert (file.case.state, file.events[-1].actor) == ("passed", "station:bench-1")
        assert letter.id in file.events[-1].basis
        assert_folds(file)
        send(connection, letter)
        assert len(file_of(connection, case.id).events) == len(file.events)


def test_a_failed_test_sends_the_case_back_to_repair_also_after_it_had_passed(
    database: Database, case: ReturnCase, book: LetterBook
) -> None:
    with database.writing() as connection:
        send(connection, played(book, "run-fail"))
        assert state_of(connection, case) == "repairing"
        go(connection, case.id, "ready")
        send(connection, played(book))
        assert state_of(connection, case) == "passed"
        send(connection, played(book, "run-fail"))
        assert state_of(connection, case) == "repairing"
        assert_folds(file_of(connection, case.id))


def test_a_failed_test_of_before_the_repair_that_comes_late_moves_nothing(
    database: Database, site: Site, book: LetterBook
) -> None:
    with database.writing() as connection:
        late = played(book, "run-fail")
        case = go(connection, open_cases(connection, site.settings)[0].id, "repair", "ready").case
        send(connection, late)
        assert state_of(connection, case) == "awaiting_test"
        assert codes(connection, case) == ["no_released_plan", "not_tested"]


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"plan": {"name": "FJ-R1 outgoing", "version": "2", "sha256": "ab" * 32}}, "plan_not_released"),
        ({"verdict": "ERROR"}, "test_not_passed"),
        ({"purpose": "debug"}, "not_tested"),
        ({"purpose": "incoming"}, "not_tested"),
        ({"measurements": [measurement(value=5.9)]}, "discrepancy"),
        ({"started_at": "2026-11-23T08:00:01.000000Z"}, "not_tested"),
    ],
)
def test_a_test_that_proves_too_little_leaves_the_case_where_it_is(
    database: Database, case: ReturnCase, book: LetterBook, changes: dict[str, object], code: str
) -> None:
    with database.writing() as connection:
        send(connection, played(book, **changes))
        assert state_of(connection, case) == "awaiting_test"
        assert code in codes(connection, case)
        with pytest.raises(GateShut):
            ask(connection, case, "pass")


def test_work_after_the_test_voids_it(database: Database, case: ReturnCase, book: LetterBook) -> None:
    with database.writing() as connection:
        send(connection, played(book))
        assert codes(connection, case) == []
        send(connection, burned(book))
        assert codes(connection, case) == ["test_before_work"]
        send(connection, played(book))
        assert codes(connection, case) == []
        board = on_record(connection, "FJR126119002")
        install_board(connection, fresh_id(), board.unit_id, case.unit_id, Author("technician", now()))
        with pytest.raises(GateShut, match="last work on it: board put in"):
            ask(connection, case, "pack")


def test_a_plan_that_is_withdrawn_shuts_the_gate_again(database: Database, case: ReturnCase, book: LetterBook) -> None:
    with database.writing() as connection:
        letter = played(book)
        send(connection, letter)
        withdraw_plan(connection, "FJ-R1", letter.content["plan"]["sha256"], "wrong limit", Author("engineer", now()))
        assert codes(connection, case) == ["no_released_plan"]


def test_a_unit_is_shipped_when_nothing_is_missing_any_more_and_each_thing_missing_is_named(
    database: Database, case: ReturnCase, book: LetterBook
) -> None:
    with database.writing() as connection:
        configure(connection)
        send(connection, played(book, accessories=[{"name": "harness", "is_present": True}]))
        ask(connection, case, "pack")
        gate = case_gates(connection, case)["shipped"]
        assert texts(gate) == [
            "Accessory remote control is missing.",
            "Packing carton is missing.",
            "It is on no outbound waybill.",
        ]
        assert gate.reasons[0].text(CHINESE) == "缺少配件：遥控器。"
        with pytest.raises(GateShut, match="remote control") as shut:
            ask(connection, case, "ship")
        assert shut.value.reasons == tuple(texts(gate))
        check(connection, case, remote=True, box=True)
        hold = hold_unit(connection, GOOD, "recall 12", Author("engineer", now()))
        send_out(connection, case)
        assert texts(case_gates(connection, case)["shipped"]) == [f"{GOOD} is held: recall 12"]
        release_hold(connection, hold, "checked", Author("engineer", now()))
        shipped = ask(connection, case, "ship", by="logistics")
        assert (shipped.case.state, shipped.case.closed_at is not None) == ("shipped", True)
        assert_folds(file_of(connection, case.id))


def test_what_a_check_says_last_counts_and_only_since_the_unit_was_sent_to_test(
    database: Database, case: ReturnCase, book: LetterBook
) -> None:
    with database.writing() as connection:
        send(connection, played(book))
        check(connection, case, remote=False, packing=True)
        assert codes(connection, case, "shipped") == ["accessory_missing", "no_waybill"]
        check(connection, case, remote=True)
        assert codes(connection, case, "shipped") == ["no_waybill"]
        go(connection, case.id, "rework", "ready")
        assert codes(connection, case, "shipped") == [
            "not_tested",
            "accessories_unchecked",
            "packing_missing",
            "no_waybill",
        ]


def test_stock_needs_a_grade_and_no_hold_but_no_waybill(database: Database, case: ReturnCase, book: LetterBook) -> None:
    with database.writing() as connection:
        send(connection, played(book))
        with pytest.raises(GateShut, match="grade"):
            ask(connection, case, "stock_in")
        with pytest.raises(BadInput, match="grade"):
            ask(connection, case, "stock_in", grade="Z")
        hold_product(connection, "FJ-R1", "recall", Author("engineer", now()))
        with pytest.raises(GateShut, match="FJ-R1 is held"):
            ask(connection, case, "stock_in", grade="A")
        (row,) = holds(connection)
        release_hold(connection, row.id, "over", Author("engineer", now()))
        assert ask(connection, case, "stock_in", grade="A").case.grade == "A"


@pytest.mark.parametrize(
    ("firmware", "reported", "found"),
    [
        (Firmware("flash", "1.4.2"), {}, []),
        (Firmware("flash", "1.4.3"), {}, ["Firmware of flash: 1.4.2 ≠ 1.4.3."]),
        (Firmware("flash", "1.4.2", "412BF12B"), {}, ["Nothing proves the firmware of flash: 1.4.2 is released."]),
        (Firmware("flash", "1.4.2", "412BF12B"), {"firmware_checksum": "412bf12b"}, []),
        (
            Firmware("flash", "1.4.2", "412BF12B"),
            {"firmware_checksum": "00000000"},
            ["Firmware of flash: 00000000 ≠ 412BF12B."],
        ),
    ],
)
def test_the_firmware_that_the_unit_reports_is_the_released_one(
    database: Database,
    case: ReturnCase,
    book: LetterBook,
    firmware: Firmware,
    reported: dict[str, str],
    found: list[str],
) -> None:
    with database.writing() as connection:
        configure(connection, firmware)
        send(connection, played(book, measurements=identity(firmware_version="1.4.2", **reported)))
        assert texts(case_gates(connection, case)["passed"]) == found
        assert state_of(connection, case) == ("awaiting_test" if found else "passed")


def identity(**values: str) -> list[dict[str, object]]:
    """What a unit reports of itself."""
    known = {"unit": "", "comparator": "equals", "low": None, "high": None}
    return [measurement(name=name, value=value, expected=[value], **known) for name, value in values.items()]


def test_the_last_burn_proves_the_firmware_that_a_unit_does_not_report(
    database: Database, case: ReturnCase, book: LetterBook
) -> None:
    with database.writing() as connection:
        burn = burned(book)
        configure(connection, Firmware("flash", "9.9", "", burn.content["image"]["sha256"]))
        send(connection, burn)
        send(connection, played(book, measurements=[measurement()]))
        assert codes(connection, case) == []
        other = {**burn.content["image"], "sha256": "cd" * 32}
        send(connection, burned(book, image=other, after_sha256="cd" * 32))
        send(connection, played(book, measurements=[measurement()]))
        assert codes(connection, case) == ["firmware_unproved"]


def test_two_persons_let_a_unit_through_and_only_as_it_was_when_they_said_so(
    database: Database, case: ReturnCase, book: LetterBook
) -> None:
    with database.writing() as connection:
        asked = request_override(
            connection, fresh_id(), case.id, "passed", "goes back as is", Author("engineer", now())
        )
        assert [row.id for row in waiting_overrides(connection)] == [asked.id]
        assert codes(connection, case) == ["not_tested"]
        with pytest.raises(NotAllowed, match="another person"):
            decide_override(connection, asked.id, True, "", fresh_id(), Author("engineer", now()))
        decide_override(connection, asked.id, True, "agreed", fresh_id(), Author(SUPERVISOR, now()))
        gate = case_gates(connection, case)["passed"]
        assert (gate.is_open, [reason.code for reason in gate.waived]) == (True, ["not_tested"])
        moved = ask(connection, case, "pass")
        assert asked.id in moved.event.basis
        send(connection, played(book, verdict="ERROR"))
        assert "test_not_passed" in codes(connection, case)
        with pytest.raises(GateShut):
            ask(connection, case, "pack")
        assert waiting_overrides(connection) == []


def test_an_override_opens_neither_past_a_hold_nor_an_open_gate_nor_twice(
    database: Database, case: ReturnCase, book: LetterBook
) -> None:
    author = Author("engineer", now())
    with database.writing() as connection:
        send(connection, played(book))
        with pytest.raises(Contradiction, match="nothing that can be overridden"):
            request_override(connection, fresh_id(), case.id, "passed", "why not", author)
        hold_unit(connection, GOOD, "recall", author)
        send_out(connection, case)
        check(connection, case, remote=False, packing=True)
        override(connection, case.id, "shipped")
        assert codes(connection, case, "shipped") == ["held"]
        with pytest.raises(Contradiction):
            request_override(connection, fresh_id(), case.id, "shipped", "again", author)
        check(connection, case, harness=False)
        assert codes(connection, case, "shipped") == ["held", "accessory_missing", "accessory_missing"]


def test_the_database_itself_refuses_a_decision_by_who_asked(database: Database, case: ReturnCase) -> None:
    with database.writing() as connection:
        asked = request_override(connection, fresh_id(), case.id, "passed", "as is", Author("engineer", now()))
    row = {"unit_id": asked.unit_id, "override_id": asked.id, "is_approved": True, "note": "", "decided_at": now()}
    with pytest.raises(sa.exc.IntegrityError, match="other_person"), database.writing() as connection:
        both = {"requested_by": "engineer", "decided_by": "engineer"}
        connection.execute(sa.insert(gate_override_decision), row | both)


def test_a_unit_given_in_exchange_must_be_one_that_could_leave_itself(
    database: Database, case: ReturnCase, site: Site, book: LetterBook
) -> None:
    with database.writing() as connection:
        other = on_record(connection, BAD)
        for named, words in (
            (fresh_id(), "not on record"),
            (case.unit_id, "this unit itself"),
            (other.unit_id, "no passed outgoing test"),
        ):
            with pytest.raises(GateShut, match=words):
                ask(connection, case, "replace", replaced_by=named)
        with pytest.raises(GateShut, match="not named"):
            ask(connection, case, "replace")
        send(connection, played(book, serial=BAD))
        (busy,) = open_cases(connection, site.settings, (BAD,))
        with pytest.raises(GateShut, match=busy.case_no):
            ask(connection, case, "replace", replaced_by=other.unit_id)
        go(connection, busy.id, "scrap")
        replaced = ask(connection, case, "replace", replaced_by=other.unit_id).case
        assert (replaced.state, replaced.replaced_by) == ("replaced", other.unit_id)


def test_a_check_and_an_override_sent_twice_are_one(database: Database, case: ReturnCase) -> None:
    author, check_id, asked_id = Author("engineer", now()), fresh_id(), fresh_id()
    with database.writing() as connection:
        assert check_accessories(connection, check_id, case.id, {"remote": True}, author)
        assert not check_accessories(connection, check_id, case.id, {"remote": True}, author)
        with pytest.raises(Contradiction, match="another content"):
            check_accessories(connection, check_id, case.id, {"remote": False}, author)
        first = request_override(connection, asked_id, case.id, "passed", "as is", author)
        assert request_override(connection, asked_id, case.id, "passed", "as is", author) == first
        assert len(connection.execute(sa.select(gate_override)).all()) == 1
