"""Whatever is tested, repaired, asked and moved in whatever order: a case leaves repair only for a reason on record."""

from __future__ import annotations

import atexit
import secrets
import sqlite3
import tempfile
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from server.admin.author import Author
from server.admin.flows import add_user
from server.burns.tables import burn
from server.config import Settings
from server.db.engine import Database
from server.db.schema import migrate
from server.errors import RequestError
from server.gates.passage import move_case
from server.ingest.flows import take as take_letters
from server.ingest.submission import submit
from server.repairs import desk
from server.repairs.asked import Repair
from server.repairs.flows import correct, record
from server.repairs.queries import OUTCOMES, SCRAP, Entry, entries_of_case, scrap_requests
from server.repairs.scrapping import ScrapWish, ask_scrap, decide_scrap
from server.returns.flows import Move
from server.returns.machine import machine
from server.returns.queries import CaseEvent, ReturnCase, bare_case, events_of
from server.returns.receiving import Arrival, ArrivedUnit, receive
from server.units.flows import add_serial_rule
from server.units.queries import broken_link
from server.wire.ids import new_id
from server.wire.state import moment_text
from tests import databases
from tests.server.letter_book import Letter, LetterBook

PEOPLE = ("ann", "bob")
MOVES = ("diagnose", "repair", "wait_for_parts", "parts_came", "refurbish", "ready", "scrap", "take", "rework")
BEFORE_WORK = ("received", "diagnosing", "refurbishing")
SENT_BACK = ("fail", "rework")


@cache
def shop(kind: str) -> Database:
    """One database for every example: each has a unit of its own, and nothing here is about power cuts."""
    databases.use(kind)
    temporary = tempfile.TemporaryDirectory()
    atexit.register(temporary.cleanup)
    database = Database(databases.database_url(Path(temporary.name) / "site"))
    sa.event.listen(database.engine, "connect", without_the_disk)
    migrate(database)
    with database.writing() as connection:
        add_serial_rule(connection, "FJ-R1", "FJ-R1", "FJR1[0-9]{12}", datetime.now(UTC))
        for name in PEOPLE:
            add_user(connection, name, "supervisor", "correct horse battery", datetime.now(UTC))
    return database


def without_the_disk(connection: Any, entry: Any) -> None:
    if isinstance(connection, sqlite3.Connection):
        connection.execute("PRAGMA synchronous=OFF")


class RepairsUnderFire(RuleBasedStateMachine):
    """Two persons who may do everything, a station, and every command at any time."""

    @initialize()
    def open(self) -> None:
        """Begin with a unit that has just come."""
        self.database = shop(databases.DEFAULT)
        self.at, self.book = datetime.now(UTC) - timedelta(hours=1), LetterBook()
        self.serial = f"FJR1{secrets.randbelow(10**12):012}"
        arrival = Arrival(new_id(self.at), "SF", secrets.token_hex(8), "4S", (ArrivedUnit(self.serial, "x"),))
        with self.database.writing() as connection:
            self.case_id = receive(connection, arrival, "user:ann", Settings(), self.at).cases[0].id
        self.asked: list[Repair] = []
        self.found_faulty: list[datetime] = []

    def author(self, name: str) -> Author:
        self.at += timedelta(seconds=1)
        return Author(name, self.at)

    def attempt(self, flow: Any, *arguments: Any) -> Any:
        """What a person does, refused or not; a refusal leaves nothing."""
        try:
            with self.database.writing() as connection:
                return flow(connection, *arguments)
        except RequestError:
            return None

    def send(self, letter: Letter) -> None:
        self.at += timedelta(seconds=1)
        with self.database.writing() as connection:
            take_letters(connection, [submit(letter.kind, letter.id, letter.body, "bench-1")], "test", self.at)

    def times(self) -> dict[str, str]:
        self.at += timedelta(seconds=1)
        return {"started_at": moment_text(self.at), "finished_at": moment_text(self.at)}

    @rule(golden=st.sampled_from(["run-pass", "run-fail"]), purpose=st.sampled_from(["incoming", "outgoing"]))
    def test(self, golden: str, purpose: str) -> None:
        self.send(self.book.run(golden, self.serial, purpose=purpose, **self.times()))
        if (golden, purpose) == ("run-fail", "incoming"):
            self.found_faulty.append(self.at)

    @rule(golden=st.sampled_from(["burn-pass", "burn-fail"]))
    def burn(self, golden: str) -> None:
        self.send(self.book.burn(golden, self.serial, **self.times()))

    @rule(name=st.sampled_from(MOVES), who=st.sampled_from(PEOPLE))
    def move(self, name: str, who: str) -> None:
        changes = {"owner": who} if name == "take" else {}
        author = self.author(who)
        self.attempt(move_case, Move(new_id(author.at), self.case_id, name, "because", changes=changes), author)

    @rule()
    def ready(self) -> None:
        """Asked for most of all, and refused most of all."""
        self.move("ready", "ann")

    @rule(is_again=st.booleans())
    def fail(self, is_again: bool) -> None:
        """The unit fails its test, and somebody may try to test it again at once."""
        self.ready()
        self.test("run-fail", "outgoing")
        if is_again:
            self.ready()

    @rule(outcome=st.sampled_from(OUTCOMES), cause=st.sampled_from(["C11", "C14", "C62"]), who=st.sampled_from(PEOPLE))
    def repair(self, outcome: str, cause: str, who: str) -> None:
        author = self.author(who)
        asked = Repair(new_id(author.at), self.case_id, "S11", cause, "A11", author.at, author.at, outcome, note="x")
        asked = replace(asked, scrap_reason="liquid") if outcome == SCRAP else asked
        self.asked.append(asked)
        self.attempt(record, asked, author)

    @rule(data=st.data(), who=st.sampled_from(PEOPLE))
    def repeat_or_correct(self, data: st.DataObject, who: str) -> None:
        """Send a repair again, which changes nothing, or correct one."""
        if not self.asked:
            return
        known = data.draw(st.sampled_from(self.asked))
        author = self.author(who)
        if data.draw(st.booleans()):
            before = len(self.entries())
            made = self.attempt(record, known, author)
            assert len(self.entries()) == before or not made.is_repeated
            return
        asked = Repair(
            new_id(author.at), self.case_id, "S11", "C14", "A11", author.at, author.at, note="x", corrects=known.id
        )
        self.attempt(correct, asked, author)

    @rule(who=st.sampled_from(PEOPLE))
    def take(self, who: str) -> None:
        self.attempt(desk.take, self.serial, self.author(who))

    @rule(who=st.sampled_from(PEOPLE))
    def ask_to_scrap(self, who: str) -> None:
        author = self.author(who)
        self.attempt(ask_scrap, ScrapWish(new_id(author.at), self.case_id, "liquid", ""), author)

    @rule(who=st.sampled_from(PEOPLE), is_approved=st.booleans())
    def decide(self, who: str, is_approved: bool) -> None:
        with self.database.reading() as connection:
            asked = scrap_requests(connection, self.case().unit_id, self.case_id)
        if asked:
            self.attempt(decide_scrap, asked[0].id, is_approved, "because", self.author(who))

    @invariant()
    def every_way_to_the_test_has_its_reason(self) -> None:
        """A case that was sent to its test after a FAIL was repaired or burned between the two."""
        events = self.events()
        entries = self.entries()
        for index, event in enumerate(events):
            if event.move != "ready":
                continue
            since = next((back for back in reversed(events[:index]) if back.move in SENT_BACK), None)
            work = [entry for entry in entries if entry.corrects is None and _between(since, entry.recorded_at, event)]
            if since is not None or any(at <= event.at for at in self.found_faulty):
                since = since or events[0]
                assert work or self._is_burned(since.at, event.at), "nothing was done after it failed"
            elif events[index - 1].state not in BEFORE_WORK:
                assert work or self._is_burned(events[0].at, event.at) or '"no_fault"' in event.basis

    @invariant()
    def what_is_scrapped_was_asked_by_one_and_decided_by_another(self) -> None:
        if self.case().state != "scrapped":
            return
        with self.database.reading() as connection:
            told = scrap_requests(connection, self.case().unit_id, self.case_id)
        (approved,) = [row for row in told if row.is_approved]
        assert approved.requested_by != approved.decided_by

    @invariant()
    def the_case_is_where_its_moves_lead_and_the_chain_of_the_unit_is_whole(self) -> None:
        events = self.events()
        assert machine().fold(event.move for event in events) == self.case().state == events[-1].state
        with self.database.reading() as connection:
            assert broken_link(connection, self.case().unit_id) is None

    @invariant()
    def of_a_repair_and_its_corrections_one_counts(self) -> None:
        entries = self.entries()
        first = [entry for entry in entries if entry.corrects is None]
        assert len([entry for entry in entries if not entry.is_corrected]) == len(first)
        assert len({entry.id for entry in entries}) == len(entries)

    def case(self) -> ReturnCase:
        with self.database.reading() as connection:
            found = bare_case(connection, self.case_id)
        assert found is not None
        return found

    def events(self) -> Sequence[CaseEvent]:
        with self.database.reading() as connection:
            return events_of(connection, self.case())

    def entries(self) -> list[Entry]:
        with self.database.reading() as connection:
            return entries_of_case(connection, self.case().unit_id, self.case_id)

    def _is_burned(self, start: datetime, end: datetime) -> bool:
        query = sa.select(burn.c.received_at).where(burn.c.serial == self.serial, burn.c.result == "PASS")
        with self.database.reading() as connection:
            return any(start <= at <= end for at in connection.scalars(query))


def _between(since: CaseEvent | None, moment: datetime, until: CaseEvent) -> bool:
    return moment <= until.at and (since is None or moment >= since.at)


RepairsUnderFire.TestCase.settings = settings(
    max_examples=12, stateful_step_count=15, deadline=None, suppress_health_check=list(HealthCheck)
)
TestRepairsUnderFire = RepairsUnderFire.TestCase
