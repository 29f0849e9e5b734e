"""Rules are declared and ended, what they met is decided, and lots of production are noted."""

from __future__ import annotations

import hashlib
import re
from dataclasses import asdict, astuple, dataclass, replace
from datetime import UTC, date, datetime

import msgspec
import sqlalchemy as sa

from server.admin.author import Author, typed
from server.admin.flows import note
from server.errors import BadInput, Contradiction, NotFound
from server.interception.catching import catch_up
from server.interception.criteria import MAX_LOT, MAX_PRODUCT, MAX_SUPPLIER, Criteria, checked, serial_range
from server.interception.matching import DECISIONS, SCRAPPED
from server.interception.queries import decisions, is_known_to, is_void, lot_by_id, rule_by_id
from server.interception.rule import DOES, HOLD, Lot, Rule
from server.interception.tables import (
    interception_decision,
    interception_end,
    interception_rule,
    production_lot,
    production_lot_void,
)
from server.units.event import NewEvent
from server.units.flows import UnitName
from server.units.queries import unit_by_id
from server.units.timelines import add_event
from server.wire.fields import UUID

WRITE, DECIDE = "interception.write", "interception.decide"
MAX_TITLE, MAX_REASON = 100, 300
DECIDED = "interception_decided"
"""The kind of the unit's event of a decision."""


@dataclass(frozen=True, slots=True)
class Wish:
    """What a rule is to be; ``id`` is made by the client, ``starts_at`` None for at once."""

    id: str
    title: str
    reason: str
    asks: Criteria
    does: str = HOLD
    starts_at: datetime | None = None
    ends_at: datetime | None = None

    @property
    def sha256(self) -> str:
        content = [self.title, self.reason, asdict(self.asks), self.does, self.starts_at, self.ends_at]
        return hashlib.sha256(msgspec.json.encode(content)).hexdigest()


@dataclass(frozen=True, slots=True)
class Decision:
    """What becomes of a unit under a rule; ``id`` is made by the client."""

    id: str
    rule_id: str
    unit_id: str
    kind: str
    reason: str


@dataclass(frozen=True, slots=True)
class LotEntry:
    """Which units are of a lot; ``id`` is made by the client."""

    id: str
    lot: str
    product: str
    supplier: str
    made_on: date | None
    serial_first: str
    serial_last: str


def as_meant(asked: Wish) -> Wish:
    """The rule as it would be declared; raises BadInput that names the field."""
    _require_id(asked.id)
    if asked.does not in DOES:
        raise BadInput(f"is one of {', '.join(DOES)}", "does")
    if asked.starts_at and asked.ends_at and asked.starts_at >= asked.ends_at:
        raise BadInput("the last day is not before the first", "ends_at")
    return replace(
        asked,
        title=typed(asked.title, "title", MAX_TITLE),
        reason=typed(asked.reason, "reason", MAX_REASON),
        asks=checked(asked.asks),
        starts_at=asked.starts_at and asked.starts_at.astimezone(UTC),
        ends_at=asked.ends_at and asked.ends_at.astimezone(UTC),
    )


def declare(connection: sa.Connection, asked: Wish, author: Author) -> Rule:
    """Declare a rule and meet what it should have met since it is in force; the same again changes nothing.

    Raises BadInput, NotAllowed, and Contradiction where the id stands for another rule.
    """
    author.require(connection, WRITE)
    asked = as_meant(asked)
    known = rule_by_id(connection, asked.id)
    if known is not None:
        if known.sha256 != asked.sha256:
            raise Contradiction(f"the rule {asked.id} is on record with another content")
        return known
    row = asdict(asked.asks) | {"id": asked.id, "title": asked.title, "reason": asked.reason, "does": asked.does}
    row |= {"starts_at": asked.starts_at or author.at, "ends_at": asked.ends_at, "sha256": asked.sha256}
    row |= {"declared_at": author.at, "declared_by": author.name}
    connection.execute(sa.insert(interception_rule), row)
    note(connection, author.at, author.actor, "interception.declare", asked.title, asked.reason)
    catch_up(connection, author.at, asked.id)
    return known_rule(connection, asked.id)


def end_rule(connection: sa.Connection, rule_id: str, reason: str, author: Author) -> Rule:
    """End a rule: it meets nothing more, and what it met waits on for its decision.

    The same again changes nothing. Raises BadInput, NotAllowed, NotFound, and Contradiction where it ended otherwise.
    """
    author.require(connection, WRITE)
    reason = typed(reason, "reason", MAX_REASON)
    known = known_rule(connection, rule_id)
    if known.ended_at is not None:
        if known.end_reason != reason:
            raise Contradiction("the rule was ended already")
        return known
    row = {"rule_id": rule_id, "reason": reason, "ended_at": author.at, "ended_by": author.name}
    connection.execute(sa.insert(interception_end), row)
    note(connection, author.at, author.actor, "interception.end", known.title, reason)
    return known_rule(connection, rule_id)


def decide(connection: sa.Connection, asked: Decision, author: Author) -> None:
    """Say what became of a unit that the rule met or matches: once, but a scrapped one may be let go after all.

    The same again changes nothing. Raises BadInput, NotAllowed, NotFound for a unit that is none of the rule's, and
    Contradiction where it was decided otherwise.
    """
    author.require(connection, DECIDE)
    _require_id(asked.id)
    reason = typed(asked.reason, "reason", MAX_REASON)
    if asked.kind not in DECISIONS:
        raise BadInput(f"is one of {', '.join(DECISIONS)}", "kind")
    rule = known_rule(connection, asked.rule_id)
    before = decisions(connection, rule.id, asked.unit_id)
    if any(row.id == asked.id and (row.kind, row.reason) == (asked.kind, reason) for row in before):
        return
    if any(row.id == asked.id for row in before) or (before and before[-1].kind != SCRAPPED):
        raise Contradiction("it was decided otherwise already")
    if not is_known_to(connection, rule, asked.unit_id):
        raise NotFound("the rule neither met nor matches this unit")
    row = {"unit_id": asked.unit_id, "rule_id": rule.id, "seq": len(before) + 1, "id": asked.id, "kind": asked.kind}
    row |= {"reason": reason, "decided_at": author.at, "decided_by": author.name}
    connection.execute(sa.insert(interception_decision), row)
    serial = _tell_unit(connection, asked, rule, reason, author)
    note(connection, author.at, author.actor, f"interception.{asked.kind}", serial, f"{rule.title}: {reason}")


def look_again(connection: sa.Connection, rule_id: str, author: Author) -> int:
    """Meet what the rule missed since it is in force; how many hits that made. Raises NotAllowed and NotFound."""
    author.require(connection, WRITE)
    return catch_up(connection, author.at, known_rule(connection, rule_id).id)


def note_lot(connection: sa.Connection, asked: LotEntry, author: Author) -> Lot:
    """Say which units are of a lot; rules that ask for it meet them. The same again changes nothing.

    Raises BadInput, NotAllowed, and Contradiction where the id stands for another lot.
    """
    author.require(connection, WRITE)
    _require_id(asked.id)
    first, last = serial_range(asked.serial_first, asked.serial_last)
    if not first:
        raise BadInput("is needed for this", "serial_first")
    entry = replace(
        asked,
        lot=typed(asked.lot, "lot", MAX_LOT),
        product=typed(asked.product, "product", MAX_PRODUCT, may_be_empty=True),
        supplier=typed(asked.supplier, "supplier", MAX_SUPPLIER, may_be_empty=True),
        serial_first=first,
        serial_last=last,
    )
    known = lot_by_id(connection, asked.id)
    if known is not None:
        if astuple(known)[: len(astuple(entry))] != astuple(entry):
            raise Contradiction(f"the lot {asked.id} is on record with another content")
        return known
    connection.execute(sa.insert(production_lot), asdict(entry) | {"noted_at": author.at, "noted_by": author.name})
    note(connection, author.at, author.actor, "lot.note", entry.lot, f"{first} … {last}")
    catch_up(connection, author.at)
    return known_lot(connection, asked.id)


def void_lot(connection: sa.Connection, lot_id: str, reason: str, author: Author) -> None:
    """Say that a lot was noted wrongly; what it made rules meet stays on record. Raises as ``end_rule``."""
    author.require(connection, WRITE)
    reason = typed(reason, "reason", MAX_REASON)
    known = known_lot(connection, lot_id)
    if is_void(connection, lot_id):
        return
    row = {"lot_id": lot_id, "reason": reason, "voided_at": author.at, "voided_by": author.name}
    connection.execute(sa.insert(production_lot_void), row)
    note(connection, author.at, author.actor, "lot.void", known.lot, reason)


def known_rule(connection: sa.Connection, rule_id: str) -> Rule:
    """The rule; raises NotFound."""
    found = rule_by_id(connection, rule_id)
    if found is None:
        raise NotFound("no such interception rule is on record")
    return found


def known_lot(connection: sa.Connection, lot_id: str) -> Lot:
    """The lot; raises NotFound."""
    found = lot_by_id(connection, lot_id)
    if found is None:
        raise NotFound("no such lot is on record")
    return found


def _tell_unit(connection: sa.Connection, asked: Decision, rule: Rule, reason: str, author: Author) -> str:
    """The decision on the unit's timeline; the unit's serial number."""
    unit = unit_by_id(connection, asked.unit_id)
    if unit is None:
        raise NotFound(f"no unit {asked.unit_id}")
    payload: dict[str, object] = {"rule_id": rule.id, "title": rule.title, "decision": asked.kind, "reason": reason}
    event = NewEvent(asked.id, DECIDED, author.at, author.actor, payload)
    add_event(connection, UnitName(unit.unit_id, unit.family, unit.serial, unit.product), event, unit.site, author.at)
    return unit.serial


def _require_id(text: str) -> None:
    if not re.fullmatch(UUID, text):
        raise BadInput("is no UUID", "id")
