"""Whatever is burned, moved, sent, lost and asked, however the clock jumps: no IC counts twice, none is forgotten."""

from __future__ import annotations

import hashlib
import json
import tempfile
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from station.config.settings import Settings
from station.link.clock import SystemClock
from station.model.burn_record import BurnRecord, BurnStage, ChipIdentity, ImageRef, ProgrammerRef
from station.model.custody import CustodyRecord
from station.model.errors import Failure
from station.model.ids import new_id
from station.outbox.burn_letter import burn_letter
from station.outbox.courier import Courier
from station.outbox.custody_letter import custody_letter
from station.outbox.letter import Place
from station.outbox.order_book import OrderBook
from station.outbox.order_claims import claim, claimed
from station.outbox.order_events import account_of
from station.outbox.order_sheet import ToldOrder
from station.outbox.outbox_file import outbox_transaction
from station.outbox.spool import Spool
from tests.thread.counting_office import IMAGE, STATION, TARGET, counting_office, other_letter, prepared_office

SHA256 = hashlib.sha256(IMAGE).hexdigest()


@cache
def prepared() -> bytes:
    with tempfile.TemporaryDirectory() as folder:
        return prepared_office(Path(folder))


class JumpingClock(SystemClock):
    """A PC's clock that somebody sets."""

    ahead = timedelta()

    def utc(self) -> datetime:
        return super().utc() + self.ahead


class AccountsUnderFire(RuleBasedStateMachine):
    """One order, one station with several programmers, a line that loses answers, a clock that jumps."""

    @initialize(quantity=st.integers(1, 4), taken=st.integers(1, 4))
    def open(self, quantity: int, taken: int) -> None:
        self.exits = ExitStack()
        folder = Path(self.exits.enter_context(tempfile.TemporaryDirectory()))
        self.office = self.exits.enter_context(counting_office(prepared(), folder / "office.sqlite", quantity))
        token = folder / "token"
        token.touch(0o600)
        token.write_text("secret")
        self.quantity, self.clock = quantity, JumpingClock()
        self.settings = Settings(folder / "state", self.office.url, token)
        self.spool, self.book = Spool(self.settings.outbox), OrderBook(self.settings, self.clock)
        self.courier = self.exits.enter_context(Courier(self.spool, self.office.url, "secret", self.clock))
        self.events: dict[str, tuple[str, int]] = {}
        self.under_way: list[str] = []
        self.told: list[tuple[ToldOrder, frozenset[str]]] = []
        self.ask()
        self.hand_over("taken", min(taken, quantity), is_sound=True)

    def teardown(self) -> None:
        if hasattr(self, "exits"):
            self.exits.close()

    @rule()
    def ask(self) -> None:
        """The order is asked for once more; what it says must be right at once, and whenever it is used later."""
        uncounted = self.office.uncounted()
        self.told.append((self.book.told(self.office.no), uncounted))

    @rule(hours=st.floats(-24, 24))
    def set_the_clock(self, hours: float) -> None:
        self.clock.ahead = timedelta(hours=hours)

    @rule(event=st.sampled_from(["taken", "scrapped", "returned"]), quantity=st.integers(1, 3), is_sound=st.booleans())
    def hand_over(self, event: Any, quantity: int, is_sound: bool) -> None:
        """As the station's custody allows it; a letter that is not sound is one the server cannot read."""
        at, no = self.clock.utc(), self.office.no
        with outbox_transaction(self.settings.outbox) as database:
            account = account_of(database, self.told[-1][0])
        room = account.left - account.in_hand if event == "taken" else account.in_hand
        if quantity > room:
            return
        record = CustodyRecord(
            id=new_id(at),
            order=no,
            event=event,
            quantity=quantity,
            reason="damaged" if event == "scrapped" else None,
            note="",
            burn=None,
            operator="li",
            bench_sha256=SHA256,
            at=at,
        )
        self.spool.commit_custody(
            record, STATION, at, lambda place: spoiled(custody_letter(record, place), is_sound), lambda database: None
        )
        self.events[record.id] = (event, quantity)

    @rule()
    def begin_a_burn(self) -> None:
        """As the station begins one: it claims an IC where one is left beside those that are being burned."""
        burn_id, no = new_id(self.clock.utc()), self.office.no
        with outbox_transaction(self.settings.outbox) as database:
            account = account_of(database, self.told[-1][0])
            if account.burnable("stock") - claimed(database, no, burn_id) <= 0:
                return
            claim(database, no, burn_id, f"programmer {burn_id}")
        self.under_way.append(burn_id)

    @precondition(lambda self: self.under_way)
    @rule(is_good=st.booleans(), fate=st.sampled_from(["sound", "sound", "unreadable", "other", "displaced"]))
    def end_a_burn(self, is_good: bool, fate: str) -> None:
        """``other``: the server has another letter of this id already, ``displaced``: one in its place of the chain."""
        at, record = self.clock.utc(), burned(self.under_way.pop(0), self.office.no, self.clock.utc(), is_good)

        def written(place: Place) -> bytes:
            body = burn_letter(record, place)
            if fate == "other":
                self.office.put(record.id, other_letter(body))
            elif fate == "displaced":
                other = new_id(at)
                self.office.put(other, other_letter(body, id=other, chain_id=place.chain_id, seq=place.seq))
            return spoiled(body, fate not in ("unreadable", "displaced"))

        self.spool.commit_burn(record, STATION, at, written)
        if is_good:
            self.events[record.id] = ("good", 1)

    @rule(lost=st.integers(0, 2))
    def carry(self, lost: int) -> None:
        """The letters are sent; some answers get lost, so that the server knows what the station does not know of."""
        self.office.lost = lost
        self.courier.carry()
        self.office.lost = 0

    @invariant()
    def every_ic_counts_once(self) -> None:
        """By every answer there ever was, what the station says is what happened, but for what the office judged."""
        if not hasattr(self, "told"):
            return
        for told, uncounted in self.told:
            account = self.spool.account_of(told)
            true: Counter[str] = Counter()
            for letter_id, (event, quantity) in self.events.items():
                true[event] += 0 if letter_id in uncounted else quantity
            assert (account.taken, account.good) == (true["taken"], true["good"])
            assert (account.scrapped, account.returned) == (true["scrapped"], true["returned"])
            assert account.good + account.scrapped + account.returned + account.in_hand == account.taken

    @invariant()
    def no_ic_is_burned_too_many(self) -> None:
        if not hasattr(self, "told"):
            return
        uncounted = self.office.uncounted()
        good = [letter_id for letter_id, (event, _) in self.events.items() if event == "good"]
        assert sum(letter_id not in uncounted for letter_id in good) <= self.quantity


def spoiled(body: bytes, is_sound: bool) -> bytes:
    """A letter that the server cannot read, where it is not to be sound."""
    return body if is_sound else json.dumps(json.loads(body) | {"operator": 7}).encode()


def burned(burn_id: str, no: str, at: datetime, is_good: bool) -> BurnRecord:
    result = "PASS" if is_good else "FAIL"
    return BurnRecord(
        id=burn_id,
        kind="stock",
        order=no,
        unit=None,
        operator="li",
        programmer=ProgrammerRef("prog", "serprog", "U1"),
        target=TARGET,
        identity=ChipIdentity("EF4017", "", ""),
        image=ImageRef("image.bin", "1", SHA256, len(IMAGE)),
        before_sha256="",
        after_sha256=SHA256 if is_good else "",
        regions=(),
        serial_numbers=(),
        proof="readback_final" if is_good else "none",
        bench_sha256=SHA256,
        started_at=at,
        finished_at=at,
        stages=(BurnStage("read_back", at, at, result, 5, ""),),
        retries=0,
        result=result,
        is_marginal=False,
        failure=None if is_good else Failure("target", "", "a bit is stuck", "read_back", at),
    )


AccountsUnderFire.TestCase.settings = settings(
    max_examples=10, stateful_step_count=25, deadline=None, suppress_health_check=list(HealthCheck)
)


class TestAccountsUnderFire(AccountsUnderFire.TestCase):  # type: ignore[misc,name-defined]
    """Collected by pytest."""

    pytestmark = pytest.mark.filterwarnings("ignore::ResourceWarning")


@pytest.fixture
def desk() -> Iterator[AccountsUnderFire]:
    """Three ICs ordered and taken; the order was asked for before."""
    desk = AccountsUnderFire()
    desk.open(3, 3)
    yield desk
    desk.teardown()


def test_a_letter_that_is_set_aside_counts_here_though_its_answer_was_lost(desk: AccountsUnderFire) -> None:
    for fate in ("sound", "unreadable", "sound"):
        desk.begin_a_burn()
        desk.end_a_burn(True, fate)
    desk.carry(100)
    desk.ask()
    desk.every_ic_counts_once()
    assert desk.spool.account_of(desk.told[-1][0]).set_aside == 0
    desk.carry(0)
    desk.ask()
    desk.every_ic_counts_once()
    account = desk.spool.account_of(desk.told[-1][0])
    assert (account.good, account.in_hand, account.set_aside) == (3, 0, 1)


def test_a_letter_that_is_set_aside_counts_here_though_another_has_its_place(desk: AccountsUnderFire) -> None:
    for fate in ("sound", "displaced", "sound"):
        desk.begin_a_burn()
        desk.end_a_burn(True, fate)
    desk.carry(0)
    desk.ask()
    account = desk.spool.account_of(desk.told[-1][0])
    assert (account.taken, account.set_aside) == (3, 1)
    desk.every_ic_counts_once()


def test_a_server_that_does_not_say_what_it_heard_has_what_it_had_acknowledged(desk: AccountsUnderFire) -> None:
    desk.begin_a_burn()
    desk.end_a_burn(True, "sound")
    desk.carry(0)
    desk.set_the_clock(-5)
    desk.begin_a_burn()
    desk.end_a_burn(True, "sound")
    desk.office.is_old = True
    desk.ask()
    desk.carry(0)
    desk.every_ic_counts_once()
    assert desk.spool.account_of(desk.told[-1][0]).good == 2
