"""Units gather events: each is chained to the one before it, and the unit's row says how it stands."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime

import msgspec
import sqlalchemy as sa

from server.db.metadata import UUID
from server.db.pending import PendingRows, Row
from server.errors import BadInput
from server.units.event import GENESIS, NewEvent, event_sha256
from server.units.flows import UnitName
from server.units.tables import unit, unit_event


@dataclass(slots=True)
class _Head:
    """Where a unit's chain ends, and what its row says of its last event."""

    name: UnitName | None = None
    head_seq: int = 0
    head_sha256: str = GENESIS
    product: str = ""
    last_verdict: str | None = None
    last_event_at: datetime | None = None
    last_event_kind: str | None = None
    is_on_record: bool = False
    events: list[Row] = field(default_factory=list)

    def columns(self) -> Row:
        """What changes in a unit's row with each event."""
        return {
            "head_seq": self.head_seq,
            "head_sha256": self.head_sha256,
            "product": self.product,
            "last_verdict": self.last_verdict,
            "last_event_at": self.last_event_at,
            "last_event_kind": self.last_event_kind,
        }


class Timelines:
    """The timelines of some units in one transaction: ``append`` events, then ``write`` them all."""

    def __init__(self, connection: sa.Connection, unit_ids: Iterable[str], site: str, received_at: datetime) -> None:
        self._site = site
        self._received_at = received_at
        self._heads = {unit_id: _Head() for unit_id in unit_ids}
        for row in connection.execute(_HEADS, {"wanted": list(self._heads)}):
            self._heads[row.unit_id] = _Head(None, *row[1:], is_on_record=True)

    def append(self, name: UnitName, event: NewEvent) -> int:
        """Chain ``event`` to the unit's last one; its seq. KeyError for a unit that was not named at the start."""
        head = self._heads[name.unit_id]
        seq, previous = head.head_seq + 1, head.head_sha256
        payload = msgspec.json.encode(event.payload).decode()
        digest = event_sha256(previous, name.unit_id, seq, event, payload)
        head.name, head.head_seq, head.head_sha256 = name, seq, digest
        head.product = head.product or name.product
        head.last_verdict = event.verdict or head.last_verdict
        head.last_event_at, head.last_event_kind = event.at, event.kind
        head.events.append(
            {
                "unit_id": name.unit_id,
                "id": event.id,
                "seq": seq,
                "kind": event.kind,
                "at": event.at,
                "received_at": self._received_at,
                "actor": event.actor,
                "station_id": event.station_id,
                "case_id": event.case_id,
                "payload": payload,
                "sha256": digest,
                "prev_sha256": previous,
            }
        )
        return seq

    def write(self, connection: sa.Connection, pending: PendingRows) -> None:
        """Bring units on record or up to date; their events go to ``pending``."""
        grown = [head for head in self._heads.values() if head.name is not None]
        changed = [{"wanted": head.name.unit_id} | head.columns() for head in grown if head.name and head.is_on_record]
        if changed:
            connection.execute(sa.update(unit).where(unit.c.unit_id == sa.bindparam("wanted")), changed)
        for head in grown:
            if head.name and not head.is_on_record:
                pending.add(unit, _first_row(head.name, self._site, self._received_at) | head.columns())
            pending.add(unit_event, *head.events)


def add_event(connection: sa.Connection, name: UnitName, event: NewEvent, site: str, received_at: datetime) -> int:
    """Append one event to the unit's chain, and bring the unit on record if it is not; the event's seq.

    Raises BadInput for an id that is none, before a page could no longer be read for it.
    """
    if not UUID.fullmatch(event.id):
        raise BadInput("is no UUID", "id")
    timelines, pending = Timelines(connection, [name.unit_id], site, received_at), PendingRows()
    seq = timelines.append(name, event)
    timelines.write(connection, pending)
    pending.insert(connection)
    return seq


def _first_row(name: UnitName, site: str, at: datetime) -> Row:
    return {
        "unit_id": name.unit_id,
        "site": site,
        "family": name.family,
        "serial": name.serial,
        "serial_reversed": name.serial[::-1],
        "is_provisional": name.is_provisional,
        "first_seen_at": at,
    }


_HEADS = sa.select(
    unit.c.unit_id,
    unit.c.head_seq,
    unit.c.head_sha256,
    unit.c.product,
    unit.c.last_verdict,
    unit.c.last_event_at,
    unit.c.last_event_kind,
).where(unit.c.unit_id.in_(sa.bindparam("wanted", expanding=True)))
