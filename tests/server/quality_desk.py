"""Interception as tests need it: rules declared, units met, and what is on record of both."""

from __future__ import annotations

from datetime import date
from typing import Any

import sqlalchemy as sa

from server.admin.author import Author
from server.interception.criteria import Criteria
from server.interception.flows import Decision, LotEntry, Wish, decide, declare, end_rule, note_lot, void_lot
from server.interception.queries import hits
from server.interception.rule import Rule
from server.units.queries import timeline
from server.wire.ids import unit_id
from tests.server.case_desk import GOOD, fresh_id, now

UNIT = unit_id("FJ-R1", GOOD)
ONE_UNIT = Criteria(serial_first=GOOD, serial_last=GOOD)


def quality(role: str = "engineer") -> Author:
    return Author(role, now())


def rule_on(connection: sa.Connection, asks: Criteria = ONE_UNIT, **changes: Any) -> Rule:
    """A rule of the engineer's that holds, from this moment on."""
    return declare(connection, Wish(fresh_id(), "Amplifier", "may catch fire", asks, **changes), quality())


def decided(connection: sa.Connection, rule: Rule, kind: str = "cleared", unit: str = UNIT) -> None:
    decide(connection, Decision(fresh_id(), rule.id, unit, kind, "looked at"), quality())


def occasions(connection: sa.Connection, rule: Rule, unit: str = UNIT) -> list[tuple[str, str]]:
    """(occasion, actor) of the unit's hits, the oldest first."""
    found = [hit for hit in hits(connection, rule.id) if hit.unit_id == unit]
    return [(hit.occasion, hit.actor) for hit in sorted(found, key=lambda hit: (hit.at, hit.occasion == "burn"))]


def told(connection: sa.Connection, kind: str = "intercepted", unit: str = UNIT) -> list[object]:
    """What the unit's timeline says of hits, or of decisions."""
    key = "occasion" if kind == "intercepted" else "decision"
    return [event.payload[key] for event in timeline(connection, unit) if event.kind == kind]


def noted_lot(connection: sa.Connection, lot: str = "L-0815", supplier: str = "ACME", product: str = "") -> str:
    """A lot of nine units, the good one among them; its id."""
    entry = LotEntry(fresh_id(), lot, product, supplier, date(2026, 11, 2), "FJR126110001", "FJR126110009")
    return note_lot(connection, entry, quality()).id


def leave_interception(connection: sa.Connection) -> None:
    """A row in each of the tables of interception; the good unit is on record."""
    void_lot(connection, noted_lot(connection), "a slip", quality())
    rule = rule_on(connection, starts_at=now().replace(year=2020))
    decided(connection, rule)
    end_rule(connection, rule.id, "all were found", quality())
