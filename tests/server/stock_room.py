"""A stock room in a test's database: parts, benches and what people do with them through the server's flows."""

from __future__ import annotations

import secrets
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from server.admin.author import Author
from server.config import Settings
from server.db.engine import Database
from server.parts import flows, request_flows
from server.parts.flows import CountLine, CountSheet, Hand
from server.parts.lines import Line
from server.parts.master_flows import PartForm, PlaceForm, add_part, add_place
from server.parts.posting import REQUISITION
from server.parts.queries import balances, parts_by_number, place_by_code
from server.parts.request_flows import Wish
from server.wire.ids import new_id

CLERK, BOSS, ENGINEER, TECHNICIAN = "parts_clerk", "supervisor", "engineer", "technician"


def made_id() -> str:
    """As a client makes one for a command."""
    return new_id(datetime.now(UTC))


@dataclass
class StockRoom:
    """Parts and a bench that no other room has, so that rooms share a database."""

    database: Database
    settings: Settings
    mark: str = field(default_factory=lambda: secrets.token_hex(4).upper())

    def __post_init__(self) -> None:
        self.bench = f"BENCH-{self.mark}"
        with self.database.writing() as connection:
            form = PlaceForm(self.bench, "维修台", "bench", "bench", TECHNICIAN)
            add_place(connection, form, self.author(CLERK))

    def author(self, name: str) -> Author:
        return Author(name, datetime.now(UTC))

    def part(self, name: str = "C", stock: int = 0, **changes: Any) -> str:
        """A part's number; with ``stock``, so many are received."""
        number = f"{name}-{self.mark}"
        form = PartForm(**({"number": number, "name_zh": "电容", "name_en": "capacitor"} | changes))
        with self.database.writing() as connection:
            add_part(connection, form, self.author(CLERK))
        if stock:
            self.receive(number, stock)
        return number

    def receive(self, number: str, quantity: int, command: str = "", **hand: str) -> tuple[str, ...]:
        with self.database.writing() as connection:
            asked = Hand((Line(number, quantity),), **hand)
            return flows.receive(connection, command or made_id(), asked, self.author(CLERK))

    def issue(self, number: str, quantity: int, command: str = "", by: str = CLERK, **hand: str) -> tuple[str, ...]:
        with self.database.writing() as connection:
            asked = Hand((Line(number, quantity),), **({"target": self.bench} | hand))
            return flows.issue(connection, command or made_id(), asked, self.author(by))

    def use(self, number: str, quantity: int, command: str = "", by: str = TECHNICIAN, **hand: str) -> tuple[str, ...]:
        with self.database.writing() as connection:
            asked = Hand((Line(number, quantity),), **({"source": self.bench, "case_no": f"RC-{self.mark}"} | hand))
            return flows.issue_to_case(connection, command or made_id(), asked, self.author(by))

    def give_back(self, number: str, quantity: int, **hand: str) -> tuple[str, ...]:
        with self.database.writing() as connection:
            asked = Hand((Line(number, quantity),), **({"source": self.bench} | hand))
            return flows.give_back(connection, made_id(), asked, self.author(CLERK))

    def move(self, number: str, quantity: int, source: str, target: str) -> tuple[str, ...]:
        with self.database.writing() as connection:
            asked = Hand((Line(number, quantity),), source, target)
            return flows.move(connection, made_id(), asked, self.author(CLERK))

    def count(self, number: str, expected: int, counted: int, reason: str = "miscounted") -> tuple[str, ...]:
        with self.database.writing() as connection:
            sheet = CountSheet("STORE", (CountLine(number, expected, counted),), reason)
            return flows.count(connection, made_id(), sheet, self.author(CLERK))

    def reverse(self, movement_id: str, by: str = BOSS, command: str = "") -> str:
        with self.database.writing() as connection:
            return flows.reverse(connection, command or made_id(), movement_id, "a mistake", self.author(by))

    def request(self, number: str, quantity: int, by: str = TECHNICIAN, command: str = "", **wish: Any) -> str:
        """A request's id."""
        asked = {"kind": REQUISITION, "source": "STORE", "target": self.bench} | wish
        with self.database.writing() as connection:
            wished = Wish(lines=(Line(number, quantity),), **asked)
            made = request_flows.make_request(connection, command or made_id(), wished, self.settings, self.author(by))
            return made.id

    def decide(self, request_id: str, by: str = BOSS, is_approved: bool = True) -> None:
        with self.database.writing() as connection:
            request_flows.decide(connection, request_id, is_approved, "why", self.author(by))

    def carry_out(self, request_id: str, by: str = CLERK, command: str = "") -> tuple[str, ...]:
        with self.database.writing() as connection:
            return request_flows.carry_out(connection, command or made_id(), request_id, self.author(by))

    def cancel(self, request_id: str, by: str = TECHNICIAN) -> None:
        with self.database.writing() as connection:
            request_flows.cancel(connection, request_id, "not needed", self.author(by))

    def at(self, number: str, code: str = "STORE") -> int:
        """How many of a part are at a place."""
        with self.database.reading() as connection:
            found, place = parts_by_number(connection, [number])[number], place_by_code(connection, code)
            assert place is not None
            return balances(connection, [found.id]).at(found.id, place.id)
