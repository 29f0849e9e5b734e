"""Everything that is asked about units: search, timeline, chain, discrepancies, and the serial rules."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

import msgspec
import sqlalchemy as sa

from server.units.event import GENESIS, NewEvent, event_sha256
from server.units.tables import discrepancy, serial_rule, unit, unit_event

LAST_CHARACTER = "\U0010ffff"


@dataclass(frozen=True, slots=True)
class Unit:
    """A unit as it stands; ``is_provisional`` while no serial rule matches its serial number."""

    unit_id: str
    site: str
    family: str
    serial: str
    product: str
    is_provisional: bool
    first_seen_at: datetime
    last_event_at: datetime | None
    last_event_kind: str | None
    last_verdict: str | None


@dataclass(frozen=True, slots=True)
class UnitEvent:
    """One event of a unit's timeline; ``payload`` depends on ``kind``."""

    unit_id: str
    id: str
    seq: int
    kind: str
    at: datetime
    received_at: datetime
    actor: str
    station_id: str | None
    case_id: str | None
    payload: Mapping[str, object]
    sha256: str
    prev_sha256: str


@dataclass(frozen=True, slots=True)
class Discrepancy:
    """What contradicts what; ``subject_kind`` is run or burn, and ``subject_id`` the letter's id."""

    unit_id: str
    id: str
    subject_kind: str
    subject_id: str
    station_id: str
    code: str
    detail: str
    found_at: datetime


@dataclass(frozen=True, slots=True)
class SerialRule:
    """Serial numbers that ``pattern`` matches as a whole belong to ``family``."""

    version: int
    family: str
    product: str
    pattern: str
    added_at: datetime
    retired_in: int | None


def search_units(
    connection: sa.Connection, text: str, after: tuple[str, str] | None = None, limit: int = 50
) -> list[Unit]:
    """Units whose serial begins or ends with ``text``, by serial; all for an empty text.

    ``after`` is (serial, unit_id) of the last row of the page before.
    """
    wanted = unicodedata.normalize("NFKC", text).upper().strip()
    query = _UNITS.order_by(unit.c.serial, unit.c.unit_id).limit(limit)
    if wanted:
        query = query.where(
            sa.or_(
                unit.c.serial.between(wanted, wanted + LAST_CHARACTER),
                unit.c.serial_reversed.between(wanted[::-1], wanted[::-1] + LAST_CHARACTER),
            )
        )
    if after is not None:
        last = sa.tuple_(sa.literal(after[0], unit.c.serial.type), sa.literal(after[1], unit.c.unit_id.type))
        query = query.where(sa.tuple_(unit.c.serial, unit.c.unit_id) > last)
    return [Unit(**row) for row in connection.execute(query).mappings()]


def recent_units(connection: sa.Connection, limit: int = 50) -> list[Unit]:
    """The units that something happened to last."""
    query = _UNITS.order_by(unit.c.last_event_at.desc().nulls_last()).limit(limit)
    return [Unit(**row) for row in connection.execute(query).mappings()]


def unit_by_id(connection: sa.Connection, unit_id: str) -> Unit | None:
    """The unit, if it is on record."""
    row = connection.execute(_UNITS.where(unit.c.unit_id == unit_id)).mappings().first()
    return Unit(**row) if row else None


def timeline(connection: sa.Connection, unit_id: str) -> list[UnitEvent]:
    """Everything that happened to the unit, in the order the server learned of it."""
    rows = connection.execute(_EVENTS.where(unit_event.c.unit_id == unit_id).order_by(unit_event.c.seq))
    return [_event(row) for row in rows.mappings()]


def has_event(connection: sa.Connection, unit_id: str, event_id: str) -> bool:
    """Whether something with this id happened to the unit."""
    query = sa.select(sa.literal(1)).where(unit_event.c.unit_id == unit_id, unit_event.c.id == event_id)
    return connection.scalar(query) is not None


def events_of_case(connection: sa.Connection, unit_id: str, case_id: str) -> list[UnitEvent]:
    """What happened to the unit during one return case."""
    rows = connection.execute(
        _EVENTS.where(unit_event.c.unit_id == unit_id, unit_event.c.case_id == case_id).order_by(unit_event.c.seq)
    )
    return [_event(row) for row in rows.mappings()]


def broken_link(connection: sa.Connection, unit_id: str) -> int | None:
    """The first seq at which the unit's chain of events does not fit; None when it is whole up to its head."""
    expected_seq, previous = 1, GENESIS
    for row in connection.execute(_EVENTS.where(unit_event.c.unit_id == unit_id).order_by(unit_event.c.seq)):
        digest = event_sha256(previous, unit_id, row.seq, NewEvent(row.id, row.kind, row.at, row.actor), row.payload)
        if row.seq != expected_seq or row.prev_sha256 != previous or row.sha256 != digest:
            return expected_seq
        expected_seq, previous = expected_seq + 1, digest
    head = connection.scalar(sa.select(unit.c.head_sha256).where(unit.c.unit_id == unit_id))
    return None if head in (None, previous) else expected_seq


def discrepancies_of(connection: sa.Connection, subject_id: str) -> list[Discrepancy]:
    """What was found wrong with one letter, in the order it was found."""
    query = _DISCREPANCIES.where(discrepancy.c.subject_id == subject_id).order_by(discrepancy.c.id)
    return [Discrepancy(*row) for row in connection.execute(query)]


def discrepancies(connection: sa.Connection, after: str | None = None, limit: int = 50) -> list[Discrepancy]:
    """The newest first; ``after`` is the id of the last row of the page before."""
    query = _DISCREPANCIES.order_by(discrepancy.c.id.desc()).limit(limit)
    if after is not None:
        query = query.where(discrepancy.c.id < after)
    return [Discrepancy(*row) for row in connection.execute(query)]


def serial_rules(connection: sa.Connection, with_retired: bool = False) -> list[SerialRule]:
    """The rules in the order they are tried."""
    query = sa.select(serial_rule).order_by(serial_rule.c.version)
    if not with_retired:
        query = query.where(serial_rule.c.retired_in.is_(None))
    return [SerialRule(*row) for row in connection.execute(query)]


def state_version(connection: sa.Connection) -> int:
    """The version of what stations may cache; it grows with every change."""
    query = sa.select(sa.func.max(serial_rule.c.version), sa.func.max(serial_rule.c.retired_in))
    return max((number for number in connection.execute(query).one() if number is not None), default=0)


def rule_for(rules: list[SerialRule], canonical: str) -> SerialRule | None:
    """The first rule whose pattern matches the whole canonical serial."""
    return next((rule for rule in rules if re.fullmatch(rule.pattern, canonical)), None)


def count_units(connection: sa.Connection) -> int:
    return connection.scalar(sa.select(sa.func.count()).select_from(unit)) or 0


def count_discrepancies(connection: sa.Connection) -> int:
    return connection.scalar(sa.select(sa.func.count()).select_from(discrepancy)) or 0


def _event(row: sa.RowMapping) -> UnitEvent:
    return UnitEvent(**{**row, "payload": msgspec.json.decode(row["payload"])})


_UNITS = sa.select(
    unit.c.unit_id,
    unit.c.site,
    unit.c.family,
    unit.c.serial,
    unit.c.product,
    unit.c.is_provisional,
    unit.c.first_seen_at,
    unit.c.last_event_at,
    unit.c.last_event_kind,
    unit.c.last_verdict,
)
_EVENTS = sa.select(unit_event)
_DISCREPANCIES = sa.select(discrepancy)
