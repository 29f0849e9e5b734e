"""Serial numbers in burn letters: whose they are, whether they were used before, and what becomes of them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from datetime import datetime

import sqlalchemy as sa

from server.db.pending import PendingRows
from server.images.recipe import read_recipe
from server.numbers.flows import NumberUse, event_row
from server.numbers.queries import BOUND, BURNED, FORWARD, RESERVED, VERIFIED, VOID, Number, burned_by, numbers
from server.numbers.tables import number_event
from server.orders.queries import Order
from server.units.flows import Finding, UnitName
from server.wire.burn import BurnLetter


class NumberBook:
    """The numbers that some letters name; each letter sees what became of them in those before it."""

    def __init__(
        self, connection: sa.Connection, letters: Iterable[BurnLetter], orders: Mapping[str, Order], is_again: bool
    ) -> None:
        named = {number for letter in letters for number in letter.serial_numbers}
        self._numbers = numbers(connection, named) if named else {}
        self._burned_by = burned_by(connection, named) if named and is_again else {}
        self._pools = {no: read_recipe(order.recipe).pools for no, order in orders.items()}

    def findings(self, letter: BurnLetter, order: Order | None) -> Iterator[Finding]:
        """Numbers that were never leased, are another order's or station's, or were used before."""
        pools = self._pools.get(order.no, ()) if order else ()
        for text in letter.serial_numbers:
            number = self._numbers.get(text)
            if number is not None:
                yield from self._number_findings(letter, number)
            elif order is not None:
                yield Finding("serial_number", f"the number {text} was never leased")
        if letter.result == "PASS" and order is not None:
            found = Counter(self._numbers[text].pool for text in letter.serial_numbers if text in self._numbers)
            if found != Counter(pools):
                yield Finding("serial_number", f"{order.no} needs one number of each of its {len(pools)} pools")

    def keep(self, pending: PendingRows, letter: BurnLetter, is_sound: bool, at: datetime) -> None:
        """A PASS makes reserved numbers burned, and verified where nothing contradicts it, and bound to the unit."""
        reached: tuple[str, ...] = (VOID,)
        if letter.result == "PASS":
            reached = (BURNED, VERIFIED, BOUND) if is_sound and letter.unit else (BURNED, VERIFIED)
            reached = reached if is_sound else (BURNED,)
        for text in dict.fromkeys(letter.serial_numbers):
            number = self._numbers.get(text)
            if number is None or not self._is_free(letter, number):
                continue
            for state in reached:
                if state in FORWARD[number.state]:
                    number = replace(number, state=state)
                    pending.add(number_event, event_row(text, state, letter.operator, at, _use(letter, state)))
            self._numbers[text] = number

    def _number_findings(self, letter: BurnLetter, number: Number) -> Iterator[Finding]:
        if number.order_no != letter.order:
            yield Finding("serial_number", f"the number {number.number} is leased for {number.order_no}")
        if number.station_id != letter.station_id:
            yield Finding("serial_number", f"the number {number.number} is leased to {number.station_id}")
        if not self._is_free(letter, number):
            yield Finding("serial_number", f"the number {number.number} was used before: it is {number.state}")

    def _is_free(self, letter: BurnLetter, number: Number) -> bool:
        """Whether no other burn has it."""
        is_its_own = number.state == BURNED and self._burned_by.get(number.number) == letter.id
        return number.state == RESERVED or is_its_own


def _use(letter: BurnLetter, state: str) -> NumberUse:
    named = letter.unit
    unit = UnitName(named.id, named.family, named.serial) if named is not None and state == BOUND else None
    return NumberUse(letter.id, unit, f"the burn ended as {letter.result}" if state == VOID else "")
