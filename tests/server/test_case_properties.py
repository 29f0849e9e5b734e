"""Whatever is sent and pressed in whatever order: nothing leaves without its gates, and no unit has two open cases."""

from __future__ import annotations

import atexit
import sqlite3
import tempfile
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from server.admin.author import Author
from server.admin.flows import add_user
from server.config import Settings
from server.db.engine import Database
from server.db.schema import migrate
from server.errors import RequestError
from server.gates.case_flows import check_accessories, decide_override, request_override
from server.gates.flows import hold_unit, release_hold, release_plan
from server.gates.passage import move_case
from server.gates.queries import holds
from server.interception.criteria import Criteria
from server.interception.flows import Decision, Wish, declare
from server.interception.flows import decide as decide_hit
from server.logistics.flows import enter_waybill, name_waybill, pack_unit, unpack_unit
from server.logistics.queries import Details
from server.returns.announcing import Announcement, announce
from server.returns.flows import Move, move
from server.returns.machine import machine
from server.returns.queries import ReturnCase, cases_of_unit, open_case
from server.returns.receiving import Arrival, ArrivedUnit, receive
from server.units.flows import add_serial_rule, name_unit
from server.units.queries import broken_link
from server.wire.ids import new_id, unit_id
from server.wire.state import moment_text
from tests import databases
from tests.server.case_desk import assert_folds, file_of, send
from tests.server.letter_book import Letter, LetterBook

SERIALS = ("FJR126110001", "FJR126110002")
PERSONS = ("ann", "bob")
USUAL = ("burn", "ready", "test", "pack", "tick", "parcel", "release", "decide")
BEGINNING = datetime.now(UTC) - timedelta(hours=1)


@cache
def prepared(kind: str) -> Path:
    """The site of every example: two supervisors, a serial rule, a released plan and a waybill out."""
    databases.use(kind)
    temporary = tempfile.TemporaryDirectory()
    atexit.register(temporary.cleanup)
    folder = Path(temporary.name) / "site"
    database = Database(databases.database_url(folder))
    migrate(database)
    content = LetterBook().run().content
    with database.writing() as connection:
        for name in PERSONS:
            add_user(connection, name, "supervisor", "correct horse battery", BEGINNING)
        add_serial_rule(connection, "FJ-R1", "FJ-R1", "FJR1[0-9]{8}", BEGINNING)
        release_plan(connection, "FJ-R1", content["plan"]["sha256"], Author("ann", BEGINNING))
    database.close()
    return folder


def without_the_disk(connection: Any, entry: Any) -> None:
    """Nothing here is about power cuts."""
    if isinstance(connection, sqlite3.Connection):
        connection.execute("PRAGMA synchronous=OFF")


@dataclass
class Known:
    """What the test itself remembers of a unit, in its own words."""

    has_passed: bool = False
    ticked: dict[str, bool] = field(default_factory=dict)
    is_held: bool = False
    rules: set[str] = field(default_factory=set)
    waybill: str = ""
    overridden: set[str] = field(default_factory=set)

    def forget(self) -> None:
        """Something happened to the unit: what was found before no longer counts."""
        self.has_passed = False
        self.ticked = {}
        self.overridden = set()

    def may(self, gate: str) -> bool:
        """Whether the unit may leave by ``gate``."""
        has_passed = self.has_passed or "passed" in self.overridden
        wanted = ("harness", "remote") if gate == "stocked_in" else ("harness", "remote", "packing")
        has_all = all(self.ticked.get(name) for name in wanted) or gate in self.overridden
        return (
            has_passed
            and has_all
            and not self.is_held
            and not self.rules
            and (gate == "stocked_in" or bool(self.waybill))
        )


def was_decided(connection: sa.Connection, asked: Decision, author: Author) -> bool:
    """True where it is not refused."""
    decide_hit(connection, asked, author)
    return True


class CasesUnderFire(RuleBasedStateMachine):
    """Two persons, a station, two units, and every command at any time."""

    kind = databases.DEFAULT

    @initialize()
    def open(self) -> None:
        folder = prepared(self.kind)
        self.folder = tempfile.TemporaryDirectory()
        self.site = Path(self.folder.name) / "site"
        databases.copy_site(folder, self.site)
        self.database = Database(databases.database_url(self.site))
        sa.event.listen(self.database.engine, "connect", without_the_disk)
        self.at, self.book = BEGINNING + timedelta(minutes=1), LetterBook()
        self.known = {serial: Known() for serial in SERIALS}
        self.parcels: dict[str, str] = {}
        self.overrides: dict[str, tuple[str, str]] = {}
        self.receive(SERIALS[0], "SF1")

    def teardown(self) -> None:
        self.database.close()
        databases.remove_site(self.site)
        self.folder.cleanup()

    def author(self, name: str = "ann") -> Author:
        self.at = max(self.at + timedelta(milliseconds=2), datetime.now(UTC))
        return Author(name, self.at)

    def attempt(self, flow: Callable[..., Any], *arguments: Any) -> Any:
        """What a person does, refused or not; a refusal leaves nothing."""
        try:
            with self.database.writing() as connection:
                return flow(connection, *arguments)
        except RequestError:
            return None

    def case_of(self, serial: str) -> ReturnCase | None:
        with self.database.reading() as connection:
            return open_case(connection, unit_id("FJ-R1", serial))

    @rule(serial=st.sampled_from(SERIALS), number=st.sampled_from(["SF1", "SF2"]))
    def receive(self, serial: str, number: str) -> None:
        author = self.author()
        asked = Arrival(new_id(author.at), "SF", number, "4S", (ArrivedUnit(serial, "no sound"),))
        if self.attempt(receive, asked, author.actor, Settings(), author.at):
            self.known[serial].forget()
            self.known[serial].waybill = ""

    @rule(serial=st.sampled_from(SERIALS))
    def announce(self, serial: str) -> None:
        author = self.author()
        asked = Announcement(new_id(author.at), "4S", "repair", (ArrivedUnit(serial, "no sound"),))
        self.attempt(announce, asked, Settings(), author)

    @rule(
        serial=st.sampled_from(SERIALS), name=st.sampled_from(sorted(machine().moves)), grade=st.sampled_from(["A", ""])
    )
    def press(self, serial: str, name: str, grade: str) -> None:
        self.go(serial, name, grade)

    @rule(
        serial=st.sampled_from(SERIALS),
        left_out=st.sampled_from(["", *USUAL]),
        out=st.sampled_from(["ship", "stock_in"]),
    )
    def go_the_usual_way(self, serial: str, left_out: str, out: str) -> None:
        """Everything that a unit needs, with one thing left out, and then the door."""
        if left_out == "decide":
            self.intercept(serial, False)
        for name in USUAL:
            if name != left_out:
                self.do(serial, name)
        self.go(serial, out, "A")

    def do(self, serial: str, name: str) -> None:
        match name:
            case "burn":
                self.burn(serial)
            case "test":
                self.test(serial, "PASS", True)
            case "tick":
                for item in ("harness", "remote", "packing"):
                    self.tick(serial, item, True)
            case "parcel":
                self.pack_parcel(serial)
            case "release":
                self.release(serial)
            case "decide":
                self.decide_hits(serial, "cleared")
            case _:
                self.go(serial, name, "A")

    @rule(serial=st.sampled_from(SERIALS), out=st.sampled_from(["ship", "stock_in"]))
    def arrive_and_go(self, serial: str, out: str) -> None:
        self.receive(serial, "SF3")
        self.go_the_usual_way(serial, "", out)

    @rule(left_out=st.sampled_from(USUAL), out=st.sampled_from(["ship", "stock_in"]))
    def arrive_and_go_without(self, left_out: str, out: str) -> None:
        self.receive(SERIALS[1], "SF3")
        self.go_the_usual_way(SERIALS[1], left_out, out)

    @rule(serial=st.sampled_from(SERIALS), spoil=st.sampled_from(["burn", "fail", "hold", "rule", "untick", "unpack"]))
    def spoil_at_the_door(self, serial: str, spoil: str) -> None:
        """All is well, and then something happens before the unit leaves."""
        self.receive(serial, "SF4")
        for name in USUAL:
            self.do(serial, name)
        match spoil:
            case "burn":
                self.burn(serial)
            case "fail":
                self.test(serial, "FAIL", True)
            case "hold":
                self.hold(serial)
            case "rule":
                self.intercept(serial, False)
            case "untick":
                self.tick(serial, "remote", False)
            case _:
                self.unpack_parcel(serial)
        self.go(serial, "ship", "A")

    def go(self, serial: str, name: str, grade: str) -> None:
        case, known = self.last_case(serial), self.known[serial]
        if case is None:
            return
        changes = {"stock_in": {"grade": grade} if grade else {}, "take": {"owner": "ann"}}.get(name, {})
        if name == "replace":
            (other,) = set(SERIALS) - {serial}
            changes = {"replaced_by": unit_id("FJ-R1", other)}
        asked = Move(new_id(self.author().at), case.id, name, "why", None, changes)
        moved = self.attempt(move_case, asked, self.author())
        if moved is None:
            return
        if name in ("ship", "stock_in"):
            assert known.may({"ship": "shipped"}.get(name, "stocked_in")), (name, known)
        if name in ("pass", "pack"):
            assert known.has_passed or "passed" in known.overridden, (name, known)
        if moved.case.state in machine().work_states or name in ("ready", "reopen"):
            known.forget()

    def last_case(self, serial: str) -> ReturnCase | None:
        with self.database.reading() as connection:
            found = cases_of_unit(connection, unit_id("FJ-R1", serial))
        return found[0] if found else None

    @rule(serial=st.sampled_from(SERIALS), name=st.sampled_from(sorted(machine().moves)))
    def force(self, serial: str, name: str) -> None:
        """Nobody gets past a guard without the gate's own word."""
        case = self.last_case(serial)
        if case is not None and machine().moves[name].guard:
            assert self.attempt(move, Move(new_id(self.author().at), case.id, name), self.author()) is None

    @rule(
        serial=st.sampled_from(SERIALS),
        verdict=st.sampled_from(["PASS", "PASS", "PASS", "FAIL", "ERROR"]),
        is_released=st.sampled_from([True, True, False]),
    )
    def test(self, serial: str, verdict: str, is_released: bool) -> None:
        case, known = self.case_of(serial), self.known[serial]
        golden = "run-fail" if verdict == "FAIL" else "run-pass"
        changes: dict[str, Any] = {} if verdict != "ERROR" else {"verdict": "ERROR"}
        if not is_released:
            changes["plan"] = {"name": "FJ-R1 outgoing", "version": "2", "sha256": "ab" * 32}
        letter = self.letter(self.book.run, golden, serial, changes)
        known.overridden = set()
        known.has_passed = verdict == "PASS" and is_released and self.was_sent(case)
        if self.was_sent(case):
            known.ticked |= {row["name"]: row["is_present"] for row in letter.content["accessories"]}

    def was_sent(self, case: ReturnCase | None) -> bool:
        return case is not None and case.state in ("awaiting_test", "passed", "packing")

    @rule(serial=st.sampled_from(SERIALS))
    def burn(self, serial: str) -> None:
        self.letter(self.book.burn, "burn-pass", serial, {})
        self.known[serial].has_passed = False
        self.known[serial].overridden = set()

    def letter(self, make: Callable[..., Letter], golden: str, serial: str, changes: dict[str, Any]) -> Letter:
        begun = self.author().at
        times = {"started_at": moment_text(begun), "finished_at": moment_text(begun + timedelta(milliseconds=1))}
        letter = make(golden, serial, **(times | changes))
        with self.database.writing() as connection:
            send(connection, letter, self.author().at)
        return letter

    @rule(
        serial=st.sampled_from(SERIALS),
        name=st.sampled_from(["harness", "remote", "packing"]),
        is_present=st.sampled_from([True, True, False]),
    )
    def tick(self, serial: str, name: str, is_present: bool) -> None:
        case, author = self.case_of(serial), self.author()
        if case and self.attempt(check_accessories, new_id(author.at), case.id, {name: is_present}, author):
            if self.was_sent(case):
                self.known[serial].ticked[name] = is_present
            self.known[serial].overridden -= {"shipped", "stocked_in"}

    @rule(serial=st.sampled_from(SERIALS))
    def hold(self, serial: str) -> None:
        self.attempt(hold_unit, serial, "recall", self.author())
        self.known[serial].is_held = True

    @rule(serial=st.sampled_from(SERIALS))
    def release(self, serial: str) -> None:
        with self.database.reading() as connection:
            found = [row.id for row in holds(connection) if row.serial == serial]
        for hold_id in found:
            self.attempt(release_hold, hold_id, "checked", self.author())
        self.known[serial].is_held = False

    @rule(serial=st.sampled_from(SERIALS), is_wide=st.booleans())
    def intercept(self, serial: str, is_wide: bool) -> None:
        """Quality names one unit, or every unit of the product."""
        author = self.author()
        asks = Criteria(product="FJ-R1") if is_wide else Criteria(serial_first=serial)
        made = self.attempt(declare, Wish(new_id(author.at), "Amplifier", "may catch fire", asks), author)
        for met in SERIALS if is_wide else (serial,):
            self.known[met].rules.add(made.id)

    @rule(serial=st.sampled_from(SERIALS), kind=st.sampled_from(["cleared", "reworked", "cleared", "scrapped"]))
    def decide_hits(self, serial: str, kind: str) -> None:
        unit, known = unit_id("FJ-R1", serial), self.known[serial]
        for rule_id in sorted(known.rules):
            author = self.author()
            asked = Decision(new_id(author.at), rule_id, unit, kind, "looked at")
            if self.attempt(was_decided, asked, author) and kind != "scrapped":
                known.rules.discard(rule_id)

    @rule(serial=st.sampled_from(SERIALS))
    def pack_parcel(self, serial: str) -> None:
        case, author = self.case_of(serial), self.author()
        if case is None or self.known[serial].waybill:
            return
        if last := self.parcels.get(serial):
            self.attempt(unpack_unit, last, unit_id("FJ-R1", serial), author)
        name = name_waybill("SF", new_id(author.at))
        waybill_id = self.attempt(enter_waybill, "out", name, "4S", Details(), "main", author)
        with self.database.reading() as connection:
            unit = name_unit(connection, serial)
        if self.attempt(pack_unit, waybill_id, unit, case.id, author):
            self.known[serial].waybill = self.parcels[serial] = waybill_id

    @rule(serial=st.sampled_from(SERIALS))
    def unpack_parcel(self, serial: str) -> None:
        known = self.known[serial]
        if known.waybill:
            self.attempt(unpack_unit, known.waybill, unit_id("FJ-R1", serial), self.author())
            known.waybill = ""

    @rule(
        serial=st.sampled_from(SERIALS),
        gate=st.sampled_from(["passed", "shipped", "stocked_in"]),
        by=st.sampled_from(PERSONS),
    )
    def ask(self, serial: str, gate: str, by: str) -> None:
        case, author = self.case_of(serial), self.author(by)
        if case is not None:
            made = new_id(author.at)
            if self.attempt(request_override, made, case.id, gate, "as is", author):
                self.overrides[made] = (serial, gate)

    @rule(by=st.sampled_from(PERSONS), is_approved=st.sampled_from([True, True, False]))
    def decide(self, by: str, is_approved: bool) -> None:
        for made, (serial, gate) in list(self.overrides.items()):
            author = self.author(by)
            decided = self.attempt(decide_override, made, is_approved, "why", new_id(author.at), author)
            if decided is not None:
                del self.overrides[made]
                assert decided.decided_by != decided.requested_by
                if decided.is_approved:
                    self.known[serial].overridden.add(gate)

    @invariant()
    def the_state_is_what_the_events_say_and_one_case_is_open(self) -> None:
        with self.database.reading() as connection:
            for serial in SERIALS:
                found = cases_of_unit(connection, unit_id("FJ-R1", serial))
                assert sum(case.closed_at is None for case in found) <= 1
                for case in found:
                    assert_folds(file_of(connection, case.id))
                assert broken_link(connection, unit_id("FJ-R1", serial)) is None


CasesUnderFire.TestCase.settings = settings(
    max_examples=8, stateful_step_count=30, deadline=None, suppress_health_check=list(HealthCheck)
)


class CasesOnPostgresql(CasesUnderFire):
    """The same on the other database."""

    kind = databases.POSTGRESQL


CasesOnPostgresql.TestCase.settings = settings(CasesUnderFire.TestCase.settings, max_examples=3)


@pytest.mark.filterwarnings("ignore::ResourceWarning")
class TestCasesUnderFire(CasesUnderFire.TestCase):  # type: ignore[misc,name-defined]
    """Collected by pytest."""


@pytest.mark.filterwarnings("ignore::ResourceWarning")
@pytest.mark.referee("postgresql")
class TestCasesOnPostgresql(CasesOnPostgresql.TestCase):  # type: ignore[misc,name-defined]
    """Collected by pytest."""
