"""Burns and custody letters against their orders, in the transaction that is about to store them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime

import sqlalchemy as sa

from server.admin.author import Author
from server.db.pending import PendingRows, Row
from server.images.burned import BurnedImages
from server.images.recipe import read_recipe
from server.orders.demands import shortfalls
from server.orders.flows import end_row, moved
from server.orders.number_book import NumberBook
from server.orders.queries import (
    APPROVED,
    CLOSED,
    GOOD,
    SCRAPPED,
    TAKEN,
    UNIT,
    Order,
    counted_chips,
    orders_by_no,
)
from server.orders.tables import custody_entry, order_end
from server.units.flows import Finding
from server.wire.burn import BurnLetter
from server.wire.custody import CustodyLetter
from server.wire.decode import to_datetime

SERVER = "server"


@dataclass(frozen=True, slots=True)
class Acceptance:
    """A person has a burn judged again: the id of the entry to be made, by whom, and why."""

    entry_id: str
    by: str
    reason: str


class OrderBook:
    """The orders that some letters name; each letter sees what those before it moved.

    With ``acceptance`` the one burn is on record already, and its numbers may be burned by it.
    """

    def __init__(
        self,
        connection: sa.Connection,
        burns: list[BurnLetter],
        custody: list[CustodyLetter],
        images: BurnedImages,
        acceptance: Acceptance | None = None,
    ) -> None:
        named = {letter.order for letter in burns if letter.order} | {letter.order for letter in custody}
        self._orders = orders_by_no(connection, named) if named else {}
        chips = {letter.identity.unique_id for letter in burns if letter.order} - {""}
        self._chips = counted_chips(connection, self._orders, chips) if self._orders and chips else {}
        self._images = images
        self._acceptance = acceptance
        self._numbers = NumberBook(connection, burns, self._orders, is_again=acceptance is not None)
        self._ended: set[str] = set()

    def order_of(self, letter: BurnLetter | CustodyLetter) -> Order | None:
        """The order that a letter names, behind the letters before it."""
        return self._orders.get(letter.order) if letter.order else None

    def burn_findings(self, letter: BurnLetter) -> Iterator[Finding]:
        """Where a burn is not what its order asked for."""
        order = self._orders.get(letter.order) if letter.order else None
        if letter.order and order is None:
            yield Finding("order", f"no burn order {letter.order} is on record")
        if order is not None:
            yield from self._misfits(letter, order)
            if letter.result == "PASS":
                yield from self._excess(letter, order)
        yield from self._numbers.findings(letter, order)

    def custody_findings(self, letter: CustodyLetter) -> Iterator[Finding]:
        """Where the accounts of the order cannot bear what changed hands."""
        order = self._orders.get(letter.order)
        if order is None:
            yield Finding("order", f"no burn order {letter.order} is on record")
            return
        if self._state(order) != APPROVED:
            yield Finding("order", f"the burn order {order.no} is {self._state(order)}")
        if letter.event != TAKEN and letter.quantity > order.accounts.out:
            out = max(0, order.accounts.out)
            yield Finding("custody", f"{letter.quantity} ICs are {letter.event}, {out} of {order.no} are out")
        if (letter.event == SCRAPPED) != (letter.reason is not None):
            yield Finding("custody", "ICs that are scrapped have a reason, and no others")
        if letter.reason == "other" and not letter.note.strip():
            yield Finding("custody", "another reason needs words")

    def keep_burn(self, pending: PendingRows, letter: BurnLetter, is_sound: bool, at: datetime) -> None:
        """Count a good IC, and put on record what became of its numbers."""
        self._numbers.keep(pending, letter, is_sound, at)
        order = self._orders.get(letter.order) if letter.order else None
        if order is None or letter.result != "PASS":
            return
        row = _entry(letter, order.no, GOOD, 1, is_sound, at) | {
            "burn_id": letter.id,
            "unique_id": letter.identity.unique_id,
            "at": to_datetime(letter.finished_at),
        }
        if (judged := self._acceptance) is not None:
            row |= {"id": judged.entry_id, "operator": judged.by, "note": judged.reason}
        pending.add(custody_entry, row)
        if is_sound:
            self._chips.setdefault(order.no, set()).add(letter.identity.unique_id)
            self._move(pending, order, GOOD, 1, at)

    def keep_custody(self, pending: PendingRows, letter: CustodyLetter, is_sound: bool, at: datetime) -> None:
        """Put what changed hands on record; it counts where the letter is sound."""
        order = self._orders.get(letter.order)
        if order is None:
            return
        row = _entry(letter, order.no, letter.event, letter.quantity, is_sound, at) | {
            "reason": letter.reason or "",
            "note": letter.note,
            "burn_id": letter.burn,
            "at": to_datetime(letter.at),
        }
        pending.add(custody_entry, row)
        if is_sound:
            self._move(pending, order, letter.event, letter.quantity, at)

    def _misfits(self, letter: BurnLetter, order: Order) -> Iterator[Finding]:
        if self._state(order) != APPROVED:
            yield Finding("order", f"the burn order {order.no} is {self._state(order)}")
        image = self._images.of(letter)
        is_changed = bool(letter.image.file_sha256) and (letter.serial_numbers or read_recipe(order.recipe).preserve)
        if image is None or image.sha256 != order.image_sha256:
            yield Finding("order", f"{order.no} asks for the image {order.image_sha256}, {_named(letter)} was burned")
        elif image.content_sha256 and letter.image.sha256 != image.content_sha256 and not is_changed:
            yield Finding("order", f"the file of {order.no} does not make {letter.image.sha256}, which was burned")
        if letter.target != order.target:
            yield Finding("order", f"{order.no} asks for a {order.target}, a {letter.target} was burned")
        if letter.kind != order.kind:
            yield Finding("order", f"{order.no} is for {order.kind}, the burn is {letter.kind}")
        if order.kind == UNIT and letter.unit is not None and letter.unit.id != order.unit_id:
            yield Finding("order", f"{order.no} is for {order.serial}, {letter.unit.serial} was burned")

    def _excess(self, letter: BurnLetter, order: Order) -> Iterator[Finding]:
        """What makes a passing burn count for nothing."""
        yield from shortfalls(letter, order.no, read_recipe(order.recipe))
        if order.accounts.good >= order.quantity:
            yield Finding("order", f"{order.no} asks for {order.quantity}, all of which are burned")
        elif not order.is_for_board and order.accounts.out < 1:
            yield Finding("order", f"no IC of the {order.accounts.taken} that were taken for {order.no} is left")
        unique_id = letter.identity.unique_id
        if unique_id and unique_id in self._chips.get(order.no, ()):
            yield Finding("order", f"the IC {unique_id} counts for {order.no} already")

    def _state(self, order: Order) -> str:
        return CLOSED if order.no in self._ended else order.state

    def _move(self, pending: PendingRows, order: Order, event: str, quantity: int, at: datetime) -> None:
        """Count it, and close the order when all is burned and accounted for."""
        after = replace(order, accounts=moved(order.accounts, event, quantity))
        self._orders[order.no] = after
        if after.is_done:
            self._ended.add(order.no)
            pending.add(order_end, end_row(order.no, CLOSED, "", Author(SERVER, at)))


def _entry(letter: BurnLetter | CustodyLetter, no: str, event: str, quantity: int, is_sound: bool, at: datetime) -> Row:
    return {
        "id": letter.id,
        "order_no": no,
        "event": event,
        "quantity": quantity,
        "is_counted": is_sound,
        "reason": "",
        "note": "",
        "burn_id": None,
        "unique_id": "",
        "station_id": letter.station_id,
        "operator": letter.operator,
        "received_at": at,
    }


def _named(letter: BurnLetter) -> str:
    return str(letter.image.file_sha256 or letter.image.sha256)


def letters_of(letters: Iterable[object]) -> tuple[list[BurnLetter], list[CustodyLetter]]:
    """The burns and the custody letters among some letters."""
    known = list(letters)
    burns = [letter for letter in known if isinstance(letter, BurnLetter)]
    return burns, [letter for letter in known if isinstance(letter, CustodyLetter)]
