"""Interception: a rule meets its units wherever they are scanned, and none of them leaves before it is decided."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta

import pytest
import sqlalchemy as sa

from server.admin.author import Author
from server.config import Settings
from server.db.engine import Database
from server.dock.packing import pack, send
from server.dock.queries import look
from server.errors import BadInput, Contradiction, GateShut, NotAllowed, NotFound, NotInForce
from server.gates.case_flows import check_accessories
from server.gates.case_gates import case_gates
from server.gates.passage import move_case
from server.gates.snapshot import snapshot, snapshot_version
from server.interception.catching import catch_up
from server.interception.criteria import Criteria
from server.interception.flows import Decision, Wish, decide, declare, end_rule, void_lot
from server.interception.queries import count_matching, figures, hits, not_met, rules_in_force
from server.logistics.flows import enter_waybill, name_waybill
from server.logistics.queries import Details
from server.returns.flows import Move
from server.returns.merging import merge_unit
from server.units.queries import broken_link, timeline
from server.wire.ids import unit_id
from tests.server.case_desk import (
    BAD,
    GOOD,
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
)
from tests.server.case_desk import send as send_letter
from tests.server.conftest import Site
from tests.server.letter_book import LetterBook, unit
from tests.server.quality_desk import ONE_UNIT, UNIT, decided, noted_lot, occasions, quality, rule_on, told

FIRST, LAST = ONE_UNIT, Criteria(serial_first=GOOD, serial_last="FJR126110099")
WHY = "Amplifier: may catch fire"
ALL = Criteria(product="FJ-R1")


@pytest.fixture
def connection(database: Database) -> Iterator[sa.Connection]:
    with database.writing() as made:
        yield made


@pytest.fixture
def settings(site: Site) -> Settings:
    return site.settings


def at_the_door(connection: sa.Connection, settings: Settings, book: LetterBook) -> str:
    """A case with every gate open but for holds; its id."""
    (case,) = open_cases(connection, settings)
    release_golden_plan(connection)
    go(connection, case.id, "repair", "ready")
    send_letter(connection, played(book))
    move_case(connection, Move(fresh_id(), case.id, "pack"), Author("supervisor", now()))
    items = {"harness": True, "remote": True, "packing": True}
    check_accessories(connection, fresh_id(), case.id, items, Author("logistics", now()))
    return case.id


def ship(connection: sa.Connection, case_id: str) -> None:
    move_case(connection, Move(fresh_id(), case_id, "ship"), Author("logistics", now()))


@pytest.mark.both_databases
def test_a_unit_is_met_when_it_is_received_tested_and_burned_by_whoever_did_it(
    connection: sa.Connection, settings: Settings, book: LetterBook
) -> None:
    rule = rule_on(connection)
    open_cases(connection, settings, (GOOD, BAD))
    send_letter(connection, played(book))
    send_letter(connection, played(book))
    send_letter(connection, book.burn("burn-fail"))
    send_letter(connection, played(book, serial=BAD))
    expected = [("receive", "user:logistics"), ("test", "station:bench-1"), ("burn", "station:bench-1")]
    assert occasions(connection, rule) == expected
    assert told(connection) == ["receive", "test", "burn"]
    assert broken_link(connection, UNIT) is None
    assert occasions(connection, rule, unit_id("FJ-R1", BAD)) == []
    assert (figures(connection, rule).known, figures(connection, rule).found) == (1, 1)


@pytest.mark.both_databases
def test_an_attempt_to_ship_is_refused_and_is_on_record_all_the_same(
    database: Database, settings: Settings, book: LetterBook
) -> None:
    with database.writing() as connection:
        case_id = at_the_door(connection, settings, book)
        rule = rule_on(connection)
        assert occasions(connection, rule) == []
    with pytest.raises(GateShut, match="Amplifier: may catch fire"), database.writing() as connection:
        ship(connection, case_id)
    with database.writing() as connection:
        assert occasions(connection, rule) == [("ship", "user:logistics")]
        decided(connection, rule)
        assert case_gates(connection, file_of(connection, case_id).case)["shipped"].reasons[0].code == "no_waybill"
        assert told(connection, "interception_decided") == ["cleared"]


def test_a_parcel_does_not_take_a_held_unit_and_the_scan_is_on_record(
    database: Database, settings: Settings, book: LetterBook
) -> None:
    with database.writing() as connection:
        at_the_door(connection, settings, book)
        rule = rule_on(connection)
        name = name_waybill("SF", "SF-OUT-1")
        waybill = enter_waybill(connection, "out", name, "4S", Details(), "main", Author("logistics", now()))
    with pytest.raises(NotInForce, match="Amplifier"), database.writing() as connection:
        pack(connection, waybill, GOOD, Author("logistics", now()))
    with database.writing() as connection:
        assert occasions(connection, rule) == [("ship", "user:logistics")]
        decided(connection, rule, "reworked")
        pack(connection, waybill, GOOD, Author("logistics", now()))
        second = rule_on(connection)
    with pytest.raises(NotInForce), database.writing() as connection:
        send(connection, waybill, Author("logistics", now()))
    with database.writing() as connection:
        decided(connection, second)
        assert send(connection, waybill, Author("logistics", now())) == 1


def test_what_is_refused_for_another_reason_leaves_no_false_hit(database: Database, settings: Settings) -> None:
    with database.writing() as connection:
        (case,) = open_cases(connection, settings)
        rule = rule_on(connection, Criteria(serial_first=BAD))
    with pytest.raises(Contradiction), database.writing() as connection:
        ship(connection, case.id)
    with database.reading() as connection:
        assert hits(connection, rule.id) == []


@pytest.mark.both_databases
def test_a_rule_asks_for_all_that_it_names(connection: sa.Connection, settings: Settings, book: LetterBook) -> None:
    open_cases(connection, settings, (GOOD, BAD))
    burn = burned(book)
    send_letter(connection, burn)
    noted_lot(connection)
    name, version = burn.content["image"]["name"], burn.content["image"]["version"]
    day = now()
    counts = {
        ALL: 2,
        FIRST: 1,
        LAST: 2,
        Criteria(product="FJ-N7", serial_first=GOOD): 0,
        Criteria(image_name=name): 1,
        Criteria(image_name=name, image_version=version): 1,
        Criteria(image_name=name, image_version="0.0"): 0,
        Criteria(lot="L-0815"): 2,
        Criteria(lot="L-0815", supplier="ACME"): 2,
        Criteria(lot="L-0815", supplier="other"): 0,
        Criteria(made_since=date(2026, 11, 2), made_until=date(2026, 11, 2)): 2,
        Criteria(made_since=date(2026, 11, 3)): 0,
        Criteria(received_since=day - timedelta(hours=1), received_until=day + timedelta(hours=1)): 2,
        Criteria(received_since=day + timedelta(hours=1)): 0,
    }
    assert {asks: count_matching(connection, asks) for asks in counts} == counts


def test_a_lot_that_was_noted_wrongly_names_no_unit(connection: sa.Connection, settings: Settings) -> None:
    open_cases(connection, settings)
    lot_id = noted_lot(connection, product="FJ-R1")
    assert count_matching(connection, Criteria(lot="L-0815")) == 1
    void_lot(connection, lot_id, "a slip", quality())
    assert count_matching(connection, Criteria(lot="L-0815")) == 0
    noted_lot(connection, product="FJ-N7")
    assert count_matching(connection, Criteria(lot="L-0815")) == 0


def test_only_what_was_declared_as_a_hold_holds(
    connection: sa.Connection, settings: Settings, book: LetterBook
) -> None:
    tells = rule_on(connection, does="tell")
    case_id = at_the_door(connection, settings, book)
    assert ("test", "station:bench-1") in occasions(connection, tells)
    assert (look(connection, [GOOD])[0].holds, look(connection, [GOOD])[0].tells) == ((), (WHY,))
    assert case_gates(connection, file_of(connection, case_id).case)["shipped"].reasons[0].code == "no_waybill"


def test_a_unit_that_was_never_here_is_told_when_it_is_scanned(connection: sa.Connection) -> None:
    rule_on(connection, LAST)
    assert look(connection, [GOOD])[0].holds == (WHY,)
    assert look(connection, ["FJR126110100"])[0].holds == ()


def test_what_is_decided_is_decided_once_but_for_a_scrapped_unit(connection: sa.Connection, settings: Settings) -> None:
    rule = rule_on(connection)
    open_cases(connection, settings)
    asked = Decision(fresh_id(), rule.id, UNIT, "scrapped", "burned")
    decide(connection, asked, quality())
    decide(connection, asked, quality())
    assert look(connection, [GOOD])[0].holds
    decided(connection, rule, "cleared")
    assert look(connection, [GOOD])[0].holds == ()
    with pytest.raises(Contradiction):
        decided(connection, rule, "scrapped")
    assert told(connection, "interception_decided") == ["scrapped", "cleared"]


def test_a_decision_before_the_unit_was_met_invents_no_hit(connection: sa.Connection) -> None:
    on_record(connection, GOOD)
    rule = rule_on(connection)
    assert [row.unit_id for row in not_met(connection, rule)] == [UNIT]
    decided(connection, rule)
    assert (hits(connection, rule.id), not_met(connection, rule)) == ([], [])
    made = figures(connection, rule)
    assert (made.known, made.found, made.decided, made.closing_rate) == (1, 1, 1, 1.0)
    with pytest.raises(NotFound):
        decided(connection, rule, unit=on_record(connection, BAD).unit_id)


def test_only_the_permitted_declare_and_decide(connection: sa.Connection, settings: Settings) -> None:
    open_cases(connection, settings)
    wish = Wish(fresh_id(), "Amplifier", "may catch fire", ONE_UNIT)
    with pytest.raises(NotAllowed):
        declare(connection, wish, quality("technician"))
    rule = declare(connection, wish, quality("telephone"))
    with pytest.raises(NotAllowed):
        decide(connection, Decision(fresh_id(), rule.id, UNIT, "cleared", "why"), quality("telephone"))


def test_an_ended_rule_meets_nothing_more_and_holds_what_it_met(
    connection: sa.Connection, settings: Settings, book: LetterBook
) -> None:
    rule = rule_on(connection, LAST)
    open_cases(connection, settings)
    ended = end_rule(connection, rule.id, "all found", quality())
    assert end_rule(connection, rule.id, "all found", quality()) == ended
    send_letter(connection, played(book, serial=BAD))
    assert [hit.serial for hit in hits(connection, rule.id)] == [GOOD]
    assert [bool(row.holds) for row in look(connection, [GOOD, BAD])] == [True, False]
    with pytest.raises(Contradiction):
        end_rule(connection, rule.id, "another reason", quality())


def test_a_rule_is_in_force_between_its_days(connection: sa.Connection, settings: Settings) -> None:
    soon = now() + timedelta(days=1)
    rule = rule_on(connection, starts_at=soon, ends_at=soon + timedelta(days=1))
    open_cases(connection, settings)
    assert hits(connection, rule.id) == []
    in_force = [bool(rules_in_force(connection, soon + timedelta(hours=hours))) for hours in (-1, 0, 23, 24)]
    assert in_force == [False, True, True, False]
    assert [rule.state(soon + timedelta(hours=hours)) for hours in (-1, 0, 24)] == ["coming", "in_force", "over"]


@pytest.mark.both_databases
def test_a_rule_of_an_earlier_day_meets_what_happened_since(
    connection: sa.Connection, settings: Settings, book: LetterBook
) -> None:
    open_cases(connection, settings)
    send_letter(connection, played(book))
    rule = rule_on(connection, starts_at=now() - timedelta(hours=1))
    assert occasions(connection, rule) == [("receive", "user:logistics"), ("test", "station:bench-1")]
    assert catch_up(connection, now()) == 0
    by_lot = rule_on(connection, Criteria(lot="L-0815"), starts_at=now() - timedelta(hours=1))
    assert hits(connection, by_lot.id) == []
    noted_lot(connection)
    assert [where for where, _ in occasions(connection, by_lot)] == ["receive", "test"]


@pytest.mark.sqlite_only
def test_a_letter_is_stored_though_interception_fails_and_the_hit_is_made_up_for(
    database: Database, book: LetterBook
) -> None:
    with database.writing() as connection:
        rule = rule_on(connection)
        connection.execute(
            sa.text("CREATE TRIGGER broken BEFORE INSERT ON interception_hit BEGIN SELECT RAISE(ABORT, 'broken'); END")
        )
    with database.writing() as connection:
        letter = played(book)
        send_letter(connection, letter)
    with database.writing() as connection:
        assert [event.id for event in timeline(connection, UNIT)] == [letter.id]
        assert look(connection, [GOOD])[0].holds
        connection.execute(sa.text("DROP TRIGGER broken"))
        assert catch_up(connection, now()) == 1
        assert occasions(connection, rule) == [("test", "station:bench-1")]


def test_what_met_a_provisional_unit_holds_the_real_one(
    connection: sa.Connection, settings: Settings, book: LetterBook
) -> None:
    rule = rule_on(connection, Criteria(serial_first="X-1"))
    (case,) = open_cases(connection, settings, ("X-1",))
    merge_unit(connection, fresh_id(), case.unit_id, GOOD, "read wrongly", (settings, Author("logistics", now())))
    (hit,) = hits(connection, rule.id)
    assert (hit.unit_id, hit.carried_from, hit.occasion) == (UNIT, case.unit_id, "receive")
    assert look(connection, [GOOD])[0].holds
    assert look(connection, ["X-1"])[0].holds
    send_letter(connection, played(book, unit=unit("X-1", "")))
    assert [where for where, _ in occasions(connection, rule)] == ["receive", "test"]
    decided(connection, rule)
    assert [row.holds for row in look(connection, [GOOD, "X-1"])] == [(), ()]
    assert figures(connection, rule).decided == 1


@pytest.mark.both_databases
def test_what_was_burned_into_a_provisional_unit_is_in_the_real_one(
    connection: sa.Connection, settings: Settings, book: LetterBook
) -> None:
    (case,) = open_cases(connection, settings, ("X-1",))
    burn = burned(book, unit=unit("X-1", ""))
    send_letter(connection, burn)
    asks = Criteria(image_name=burn.content["image"]["name"])
    early = rule_on(connection, asks)
    merge_unit(connection, fresh_id(), case.unit_id, GOOD, "read wrongly", (settings, Author("logistics", now())))
    late = rule_on(connection, asks, does="tell")
    words = look(connection, [GOOD])[0]
    assert (words.holds, words.tells) == ((WHY,), (WHY,))
    assert (figures(connection, early).found, figures(connection, late).known) == (1, 1)


def test_stations_are_told_of_held_units_that_are_here_and_of_no_others(
    connection: sa.Connection, settings: Settings
) -> None:
    for number in range(3, 30):
        on_record(connection, f"FJR1261100{number:02}")
    open_cases(connection, settings)
    before = snapshot_version(connection)
    rule = rule_on(connection, ALL)
    assert snapshot_version(connection) > before
    rows = snapshot(connection, 1, now()).holds
    assert [(row.unit_id, row.serial, row.reason) for row in rows] == [(UNIT, GOOD, "Amplifier: may catch fire")]
    before = snapshot_version(connection)
    decided(connection, rule)
    assert snapshot_version(connection) > before
    assert snapshot(connection, 1, now()).holds == ()


@pytest.mark.parametrize(
    ("asks", "field"),
    [
        (Criteria(), "criteria"),
        (Criteria(serial_first="A2", serial_last="A1"), "serial_last"),
        (Criteria(serial_first="A1", serial_last="A10"), "serial_last"),
        (Criteria(image_version="1"), "image_name"),
        (Criteria(made_since=date(2026, 2, 2), made_until=date(2026, 2, 1)), "made_until"),
    ],
)
def test_a_rule_that_cannot_be_meant_names_its_field(connection: sa.Connection, asks: Criteria, field: str) -> None:
    with pytest.raises(BadInput) as refused:
        rule_on(connection, asks)
    assert refused.value.field == field


def test_a_rule_sent_twice_is_one_and_another_content_is_refused(connection: sa.Connection) -> None:
    wish = Wish(fresh_id(), "Amplifier", "may catch fire", ONE_UNIT)
    assert declare(connection, wish, quality()) == declare(connection, wish, quality())
    with pytest.raises(Contradiction):
        declare(connection, Wish(wish.id, "Another", "may catch fire", ONE_UNIT), quality())


def test_no_override_lets_a_held_unit_pass(connection: sa.Connection, settings: Settings, book: LetterBook) -> None:
    case_id = at_the_door(connection, settings, book)
    rule_on(connection)
    with pytest.raises(Contradiction, match="nothing that can be overridden"):
        override(connection, case_id, "shipped")
