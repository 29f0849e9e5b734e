"""Whatever is sent, asked and typed in whatever order: the accounts of burn orders add up, and good means read back."""

from __future__ import annotations

import atexit
import io
import json
import sqlite3
import tempfile
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, initialize, invariant, rule

from server.admin.author import Author
from server.admin.flows import add_user
from server.config import Settings
from server.db.engine import Database
from server.db.schema import migrate
from server.errors import RequestError
from server.images.flows import Upload, Use, approve_image, put_test, take_image
from server.images.store import ImageStore
from server.ingest.acceptance import accept_burn
from server.ingest.flows import take
from server.ingest.submission import submit
from server.numbers.flows import PoolForm, make_pool
from server.numbers.queries import events_of, find_numbers
from server.orders.flows import Wish, approve_order, correct_accounts, end_order, request_order
from server.orders.leases import lease_numbers
from server.orders.queries import GOOD, STATES, entries_of, orders
from server.wire.ids import new_id
from server.wire.lease import LeaseRequest
from tests import databases
from tests.server.letter_book import Letter, LetterBook
from tests.server.order_desk import TARGET, digest

POOL = "serial"
CONTENT = {"plain": b"plain", "numbered": b"numbered", "other": b"other"}
FIELD = {"name": "n", "kind": "ascii", "address": 0, "length": 20, "pool": POOL}
RECIPES = {"plain": "", "numbered": json.dumps({"serialisation": {"fields": [FIELD], "checksums": []}}), "other": ""}
PATHS = (["void"], ["burned"], ["burned", "verified"], ["burned", "verified", "bound"], ["burned", "void"], [])


@cache
def prepared(kind: str) -> tuple[Path, dict[str, str]]:
    """The site of every example: two persons, a pool and three images; the images' approvals by name."""
    databases.use(kind)
    temporary = tempfile.TemporaryDirectory()
    atexit.register(temporary.cleanup)
    folder = Path(temporary.name) / "site"
    at = datetime.now(UTC) - timedelta(hours=2)
    ann, bob = Author("ann", at), Author("bob", at)
    database = Database(databases.database_url(folder))
    migrate(database)
    with database.writing() as connection:
        for name in ("ann", "bob"):
            add_user(connection, name, "supervisor", "correct horse battery", at)
        make_pool(connection, PoolForm(POOL, "N", "10", "4", "1", "9"), ann)
    approvals = {}
    for name, content in CONTENT.items():
        asked = Upload(f"{name}.bin", "1", "", "")
        sha256 = take_image(database, ImageStore(folder / "images"), asked, io.BytesIO(content), ann)
        with database.writing() as connection:
            put_test(connection, sha256, "PASS", ann)
            approvals[name] = approve_image(connection, sha256, Use("FJ-R1", "", TARGET, RECIPES[name]), bob)
    database.close()  # the last connection moves what is in the -wal file into the database
    return folder, approvals


def without_the_disk(connection: Any, entry: Any) -> None:
    """Nothing here is about power cuts."""
    if isinstance(connection, sqlite3.Connection):
        connection.execute("PRAGMA synchronous=OFF")


class OrdersUnderFire(RuleBasedStateMachine):
    """Two persons, a station, and every command at any time."""

    kind = databases.DEFAULT
    nos = Bundle("nos")
    burns = Bundle("burns")

    @initialize(target=nos, image=st.sampled_from(["plain", "numbered"]), quantity=st.integers(1, 2))
    def open(self, image: str, quantity: int) -> str:
        """Begin with an order that may be burned."""
        folder, self.approvals = prepared(self.kind)
        self.folder = tempfile.TemporaryDirectory()
        self.site = Path(self.folder.name) / "site"
        databases.copy_site(folder, self.site)
        self.database = Database(databases.database_url(self.site))
        sa.event.listen(self.database.engine, "connect", without_the_disk)
        self.at, self.book, self.good = datetime.now(UTC) - timedelta(hours=1), LetterBook(), set[str]()
        self.numbers: list[str] = []
        self.images: dict[str, str] = {}
        no = self.request(image, quantity)
        self.approve(no, "bob")
        self.hand_over(no, "taken", quantity + 1)
        return no

    def teardown(self) -> None:
        self.database.close()
        databases.remove_site(self.site)
        self.folder.cleanup()

    def author(self, name: str) -> Author:
        self.at += timedelta(milliseconds=5)
        return Author(name, self.at)

    def send(self, letter: Letter) -> None:
        with self.database.writing() as connection:
            submission = submit(letter.kind, letter.id, letter.body, "bench-1")
            take(connection, [submission], "test", datetime.now(UTC))

    def attempt(self, flow: Any, *arguments: Any) -> Any:
        """What a person does, refused or not; a refusal leaves nothing."""
        try:
            with self.database.writing() as connection:
                return flow(connection, *arguments)
        except RequestError:
            return None

    def request(self, image: str, quantity: int) -> str:
        wish = Wish(self.approvals[image], "stock", "", str(quantity), "")
        no: str = self.attempt(request_order, wish, Settings(), self.author("ann")) or "BO-2026-999999"
        self.images[no] = image
        return no

    @rule(target=nos, image=st.sampled_from(["plain", "numbered"]), approver=st.sampled_from(["ann", "bob"]))
    def request_another(self, image: str, approver: str) -> str:
        no = self.request(image, 1)
        self.approve(no, approver)
        return no

    def approve(self, no: str, name: str) -> None:
        self.attempt(approve_order, no, self.author(name))

    @rule(no=nos, how=st.sampled_from(["closed", "cancelled", "", "", ""]))
    def end(self, no: str, how: str) -> None:
        self.attempt(end_order, no, how, "why", self.author("bob"))

    @rule(no=nos, event=st.sampled_from(["taken", "scrapped", "returned"]), quantity=st.integers(1, 3))
    def hand_over_some(self, no: str, event: str, quantity: int) -> None:
        self.hand_over(no, event, quantity)

    def hand_over(self, no: str, event: str, quantity: int) -> None:
        reason = "lost" if event == "scrapped" else None
        content = {"order": no, "event": event, "quantity": quantity, "reason": reason, "note": ""}
        self.send(self.book.letter("custody", "custody-taken", content))

    @rule(no=nos, event=st.sampled_from(["taken", "good", "scrapped", "returned"]), quantity=st.integers(-3, 3))
    def correct(self, no: str, event: str, quantity: int) -> None:
        self.attempt(correct_accounts, no, event, str(quantity), "why", self.author("bob"))

    @rule(target=burns, no=nos, chip=st.integers(0, 2))
    def burn_as_ordered(self, no: str, chip: int) -> tuple[str, str]:
        return self.burn(no, self.images.get(no, "plain"), True, chip)

    @rule(target=burns, no=nos, chip=st.integers(0, 2))
    def burn_another(self, no: str, chip: int) -> tuple[str, str]:
        return self.burn(no, self.images.get(no, "plain"), True, chip)

    @rule(target=burns, no=nos, image=st.sampled_from([*CONTENT]), is_read=st.booleans())
    def burn_oddly(self, no: str, image: str, is_read: bool) -> tuple[str, str]:
        return self.burn(no, image, is_read, 0)

    def burn(self, no: str, image: str, is_read: bool, chip: int) -> tuple[str, str]:
        if image == "numbered":
            self.lease(no, 1)
        numbers = self.numbers[:1] if image == "numbered" else []
        self.numbers = self.numbers[len(numbers) :]
        written = digest(CONTENT[image] + "".join(numbers).encode())
        named = {"name": "x", "version": "1", "sha256": written, "size_bytes": 5, "file_sha256": digest(CONTENT[image])}
        after = written if is_read else "ab" * 32
        identity = {"jedec": "EF4017", "sfdp_sha256": "", "unique_id": f"{chip:02X}" if chip else ""}
        made = {"order": no, "kind": "stock", "image": named, "after_sha256": after, "identity": identity}
        letter = self.book.burn(serial=None, serial_numbers=numbers, **made)
        if is_read and image == self.images.get(no):
            self.good.add(letter.id)
        self.send(letter)
        return no, letter.id

    @rule(burned=burns)
    def judge_again(self, burned: tuple[str, str]) -> None:
        self.attempt(accept_burn, *burned, "why", self.author("bob"))

    def lease(self, no: str, count: int) -> None:
        asked = LeaseRequest("fanji/lease-request/1", new_id(self.author("ann").at), no, POOL, count)
        given = self.attempt(lease_numbers, asked, "bench-1", self.at)
        self.numbers += [row.text for row in given[0].numbers] if given else []

    @invariant()
    def the_accounts_add_up(self) -> None:
        with self.database.reading() as connection:
            for order in orders(connection, limit=1000):
                accounts = order.accounts
                assert min(accounts.taken, accounts.good, accounts.scrapped, accounts.returned, accounts.out) >= 0
                assert accounts.good <= order.quantity and order.state in STATES
                assert order.state != "closed" or accounts.out == 0
                assert order.approved_by != order.requested_by
                counted = [row for row in entries_of(connection, order.no) if row.event == GOOD and row.is_counted]
                assert len(counted) == accounts.good and {row.burn_id for row in counted} <= self.good
                chips = [row.unique_id for row in counted if row.unique_id]
                assert len(chips) == len(set(chips)) and len({row.burn_id for row in counted}) == len(counted)

    @invariant()
    def no_number_goes_back(self) -> None:
        with self.database.reading() as connection:
            for number in find_numbers(connection, limit=1000):
                assert [event.state for event in events_of(connection, number.number)] in PATHS


OrdersUnderFire.TestCase.settings = settings(
    max_examples=15, stateful_step_count=40, deadline=None, suppress_health_check=list(HealthCheck)
)


class OrdersOnPostgresql(OrdersUnderFire):
    """The same on the other database."""

    kind = databases.POSTGRESQL


OrdersOnPostgresql.TestCase.settings = settings(OrdersUnderFire.TestCase.settings, max_examples=3)


class TestOrdersUnderFire(OrdersUnderFire.TestCase):  # type: ignore[misc,name-defined]
    """Collected by pytest."""

    pytestmark = pytest.mark.filterwarnings("ignore::ResourceWarning")


@pytest.mark.filterwarnings("ignore::ResourceWarning")
@pytest.mark.referee("postgresql")
class TestOrdersOnPostgresql(OrdersOnPostgresql.TestCase):  # type: ignore[misc,name-defined]
    """Collected by pytest."""
