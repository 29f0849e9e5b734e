"""Whatever is received, used, counted and taken back, by two people at the same moment: the parts ledger adds up."""

from __future__ import annotations

import atexit
import sqlite3
import tempfile
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from threading import Barrier
from typing import Any

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from server.admin.author import Author
from server.admin.flows import add_user
from server.config import Settings
from server.db.engine import Database
from server.db.schema import migrate
from server.errors import RequestError
from server.parts import flows, request_flows
from server.parts.burned import BurnOrderIcs, IcAccounts, follow_again, follow_order
from server.parts.flows import CountLine, CountSheet, Hand
from server.parts.lines import Line
from server.parts.master_flows import PartForm, PlaceForm, add_part, add_place
from server.parts.movements import Movement, MovementFilter, movements
from server.parts.queries import KEPT, REAL, Sums, sums
from server.parts.request_flows import Wish
from server.parts.requests import APPROVED, OPEN, REQUESTED, RequestFilter, requests
from server.parts.tables import stock_balance, stock_location
from server.parts.verify import differences
from server.wire.ids import new_id
from tests import databases

PEOPLE = ("ann", "bob")
PARTS = ("CHIP", "LCD", "IC")
"""A common part, a valuable one, and the blank IC of a burn order."""
QUANTITY = st.integers(1, 4)
WHICH = st.integers(0, 200)


@cache
def prepared(kind: str) -> Path:
    """The site of every example: two people, a bench, and three parts."""
    databases.use(kind)
    temporary = tempfile.TemporaryDirectory()
    atexit.register(temporary.cleanup)
    folder, at = Path(temporary.name) / "site", datetime.now(UTC) - timedelta(hours=2)
    database = Database(databases.database_url(folder))
    migrate(database)
    with database.writing() as connection:
        for name in PEOPLE:
            add_user(connection, name, "supervisor", "correct horse battery", at)
        add_place(connection, PlaceForm("BENCH", "维修台"), Author("ann", at))
        for number in PARTS:
            more = {"is_valuable": number == "LCD", "target": "W25Q64JV" if number == "IC" else ""}
            form = PartForm(number, number, kind="ic" if number == "IC" else "component", **more)
            add_part(connection, form, Author("ann", at))
    database.close()  # the last connection moves what is in the -wal file into the database
    return folder


def without_the_disk(connection: Any, entry: Any) -> None:
    """Nothing here is about power cuts."""
    if isinstance(connection, sqlite3.Connection):
        connection.execute("PRAGMA synchronous=OFF")


@dataclass(frozen=True)
class Command:
    """What a person asks for, ready to be asked again."""

    by: str
    id: str
    flow: Callable[..., Any]
    arguments: tuple[Any, ...]


def hand(number: str, quantity: int, **more: str) -> Hand:
    return Hand((Line(number, quantity),), **more)


COMMANDS = st.one_of(
    st.tuples(st.just("receive"), st.sampled_from(PARTS), QUANTITY),
    st.tuples(st.just("issue"), st.sampled_from(PARTS), QUANTITY),
    st.tuples(st.just("use"), st.sampled_from(PARTS), QUANTITY),
    st.tuples(st.just("return"), st.sampled_from(PARTS), QUANTITY),
    st.tuples(st.just("move"), st.sampled_from(PARTS), QUANTITY),
    st.tuples(st.just("count"), st.sampled_from(PARTS), st.integers(0, 6)),
    st.tuples(st.sampled_from(["requisition", "kit", "scrap"]), st.sampled_from(PARTS), QUANTITY),
    st.tuples(st.sampled_from(["approve", "carry_out", "cancel", "reverse", "again"]), st.none(), WHICH),
    st.tuples(st.sampled_from(["taken", "good", "scrapped", "returned", "follow"]), st.none(), QUANTITY),
)
PERSON = st.sampled_from(PEOPLE)


class StockUnderFire(RuleBasedStateMachine):
    """Two people, each with a connection of their own, and every command at any time."""

    kind = databases.DEFAULT

    @initialize()
    def open(self) -> None:
        self.folder = tempfile.TemporaryDirectory()
        self.site = Path(self.folder.name) / "site"
        databases.copy_site(prepared(self.kind), self.site)
        self.databases = [Database(databases.database_url(self.site)) for _ in PEOPLE]
        for database in self.databases:
            sa.event.listen(database.engine, "connect", without_the_disk)
        self.at = datetime.now(UTC) - timedelta(hours=1)
        self.asked: list[Command] = []
        self.answers: dict[str, Any] = {}
        self.past: list[tuple[datetime, Sums]] = []
        self.accounts = IcAccounts()
        for number in PARTS:
            self.run(self.databases[0], self.command(("receive", number, 3), "ann"))

    def teardown(self) -> None:
        for database in self.databases:
            database.close()
        databases.remove_site(self.site)
        self.folder.cleanup()

    @rule(what=COMMANDS, by=PERSON)
    def one_person(self, what: tuple[str, str, int], by: str) -> None:
        self.run(self.databases[0], self.command(what, by))

    @rule(first=COMMANDS, second=COMMANDS, is_same=st.booleans())
    def both_at_once(self, first: tuple[str, str, int], second: tuple[str, str, int], is_same: bool) -> None:
        """Each in a thread of their own; ``is_same`` sends one command twice, as an impatient browser does."""
        one = self.command(first, "ann")
        commands = (one, one if is_same else self.command(second, "bob"))
        barrier = Barrier(len(commands))

        def go(database: Database, command: Command) -> None:
            barrier.wait(30)
            self.run(database, command)

        with ThreadPoolExecutor(len(commands)) as pool:
            for done in [pool.submit(go, *pair) for pair in zip(self.databases, commands, strict=True)]:
                done.result()

    def run(self, database: Database, command: Command) -> None:
        """Carry it out, refused or not; a refusal leaves nothing, and an answer stays the answer."""
        author = Author(command.by, self.at)
        try:
            with database.writing() as connection:
                answer = command.flow(connection, *command.arguments, author)
        except RequestError:
            return
        if isinstance(answer, tuple):
            assert self.answers.setdefault(command.id, answer) == answer

    def command(self, what: tuple[str, str, int], by: str) -> Command:
        self.at += timedelta(milliseconds=3)
        kind, number, amount = what
        made = new_id(self.at)
        if kind == "again" and self.asked:
            return self.asked[amount % len(self.asked)]
        flow, arguments = self.flow_of(kind, number, amount, made)
        command = Command(by, made, flow, arguments)
        self.asked.append(command)
        return command

    def flow_of(self, kind: str, number: str, amount: int, made: str) -> tuple[Callable[..., Any], tuple[Any, ...]]:
        case = "RC-1"
        if kind in ("requisition", "kit", "scrap"):
            more = {"reason": "damaged"} if kind == "scrap" else {"target": "BENCH", "case_no": case}
            return request_flows.make_request, (made, Wish(kind, (Line(number, amount),), "STORE", **more), Settings())
        if kind in ("approve", "carry_out", "cancel", "reverse"):
            return self.flow_about(kind, amount, made)
        if kind == "count":
            return self.count, (made, number, amount)
        if kind == "follow":
            return follow_again, ("BO-1",)
        if kind in ("taken", "good", "scrapped", "returned"):
            return self.tell, (kind, amount)
        simple: dict[str, tuple[Callable[..., Any], Hand]] = {
            "receive": (flows.receive, hand(number or "CHIP", amount)),
            "issue": (flows.issue, hand(number, amount, target="BENCH")),
            "use": (flows.issue_to_case, hand(number, amount, source="BENCH", case_no=case)),
            "return": (flows.give_back, hand(number, amount, source="CASE" if amount % 2 else "BENCH", case_no=case)),
            "move": (flows.move, hand(number, amount, source="STORE", target="CABINET")),
        }
        flow, asked = simple.get(kind, simple["receive"])
        return flow, (made, asked)

    def flow_about(self, kind: str, which: int, made: str) -> tuple[Callable[..., Any], tuple[Any, ...]]:
        """A command about a request or movement that is on record."""
        with self.databases[0].reading() as connection:
            state = {"approve": REQUESTED, "carry_out": APPROVED}.get(kind, OPEN) if which % 4 else ""
            known = [row.id for row in requests(connection, RequestFilter(state=state), limit=1000)]
            moved = [row.id for row in movements(connection, MovementFilter(), limit=None)]
        request_id = known[which % len(known)] if known else made
        if kind == "reverse":
            return flows.reverse, (made, moved[which % len(moved)], "a mistake")
        if kind == "approve":
            return request_flows.decide, (request_id, True, "")
        if kind == "cancel":
            return request_flows.cancel, (request_id, "not needed")
        return request_flows.carry_out, (made, request_id)

    @staticmethod
    def count(connection: sa.Connection, made: str, number: str, counted: int, author: Author) -> tuple[str, ...]:
        """Counted by a sheet of that moment."""
        store = sa.select(stock_location.c.id).where(stock_location.c.code == "STORE").scalar_subquery()
        found = flows.known_lines(connection, [Line(number, 1)])[0][0]
        query = sa.select(stock_balance.c.quantity).where(
            stock_balance.c.part_id == found.id, stock_balance.c.location_id == store
        )
        sheet = CountSheet("STORE", (CountLine(number, connection.scalar(query) or 0, counted),), "miscounted")
        return flows.count(connection, made, sheet, author)

    def tell(self, connection: sa.Connection, event: str, amount: int, author: Author) -> None:
        """A burn order's accounts grow, as far as an order's accounts can."""
        before = self.accounts
        out = before.taken - before.good - before.scrapped - before.returned
        if event == "taken" or amount <= out:
            self.accounts = IcAccounts(**(dict(before.pairs) | {event: dict(before.pairs)[event] + amount}))
            follow_order(connection, BurnOrderIcs("BO-1", "W25Q64JV", before, self.accounts), author)

    @invariant()
    def the_ledger_adds_up(self) -> None:
        with self.databases[0].reading() as connection:
            rows = movements(connection, MovementFilter(), limit=None)
            assert list(differences(connection)) == [], "a balance is the sum of its movements, and none is negative"
            made = sums(connection)
            cached = connection.execute(sa.select(stock_balance, stock_location.c.kind).join(stock_location)).all()
            for moment, was in self.past[-3:]:
                assert sums(connection, moment) == was, "what is past stays as it was"
            if rows:
                self.past.append((rows[0].posted_at, sums(connection, rows[0].posted_at)))
        totals: Counter[str] = Counter()
        for (part_id, _), quantity in made.of.items():
            totals[part_id] += quantity
        assert set(totals.values()) <= {0}
        assert all(row.quantity >= 0 for row in cached if row.kind in REAL)
        self.check(rows)

    def check(self, rows: list[Movement]) -> None:
        """What holds of the movements themselves."""
        by_id = {row.id: row for row in rows}
        taken_back = Counter(row.reverses for row in rows if row.reverses)
        assert set(taken_back.values()) <= {1}, "a movement is taken back once"
        for row in rows:
            if row.reverses:
                original = by_id[row.reverses]
                assert (row.from_id, row.to_id, row.quantity) == (original.to_id, original.from_id, original.quantity)
            elif row.is_valuable and row.from_kind in KEPT and row.to_kind not in KEPT and row.to_kind != "supplier":
                assert row.kind in ("requisition", "kit", "scrap") and row.approver not in ("", row.actor)


StockUnderFire.TestCase.settings = settings(
    max_examples=7,
    stateful_step_count=20,
    deadline=None,
    suppress_health_check=list(HealthCheck),
    phases=(Phase.explicit, Phase.generate),
)
"""Nothing is made shorter: two threads do not do the same again."""


class StockOnPostgresql(StockUnderFire):
    """The same on the other database."""

    kind = databases.POSTGRESQL


StockOnPostgresql.TestCase.settings = settings(StockUnderFire.TestCase.settings, max_examples=2, stateful_step_count=15)


@pytest.mark.filterwarnings("ignore::ResourceWarning")
class TestStockUnderFire(StockUnderFire.TestCase):  # type: ignore[misc,name-defined]
    """Collected by pytest."""


@pytest.mark.filterwarnings("ignore::ResourceWarning")
@pytest.mark.referee("postgresql")
class TestStockOnPostgresql(StockOnPostgresql.TestCase):  # type: ignore[misc,name-defined]
    """Collected by pytest."""
