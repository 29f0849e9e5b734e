"""How a waybill stands, and what is said of it: each change is a fact, the standing is drawn from them."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa

from server.admin.author import Author, typed
from server.admin.flows import Change, note
from server.errors import BadInput, Contradiction, NotFound
from server.logistics.queries import Details, Standing, standing_of
from server.logistics.statuses import may_follow
from server.logistics.tables import waybill_detail, waybill_event, waybill_standing
from server.parties.queries import party_by_id

WRITE = "waybills.write"
MAX_NOTE, MAX_EXPECTED = 500, 500


def begin_standing(
    connection: sa.Connection, waybill_id: str, way: tuple[str, str], details: Details, author: Author
) -> None:
    """The first event and the standing of a waybill that was just entered; ``way`` is its direction and status."""
    direction, status = way
    row = {"waybill_id": waybill_id, "seq": 1, "status": status, "at": author.at, "noted_at": author.at, "note": ""}
    connection.execute(sa.insert(waybill_event), row | {"actor": author.actor})
    standing = {"waybill_id": waybill_id, "direction": direction, "status": status, "status_at": author.at}
    seqs = {"status_seq": 1, "detail_seq": 0 if details == Details() else 1}
    connection.execute(sa.insert(waybill_standing), standing | seqs | _values(details))
    if seqs["detail_seq"]:
        _keep_details(connection, waybill_id, 1, details, author)


def move(connection: sa.Connection, waybill_id: str, status: str, at: datetime, remark: str, author: Author) -> None:
    """The parcel came into ``status`` at ``at``; without a right of its own, for flows that have asked for one.

    Raises NotFound, Contradiction for a status that cannot follow, BadInput for a moment before the last or to come.
    """
    standing = known(connection, waybill_id)
    if not may_follow(standing.direction, standing.status, status):
        raise Contradiction(f"after {standing.status} there is no {status}")
    if not standing.status_at <= at <= author.at:
        raise BadInput("is not before the last status and not to come", "moment")
    seq = standing.status_seq + 1
    row = {"waybill_id": waybill_id, "seq": seq, "status": status, "at": at, "noted_at": author.at}
    remark = typed(remark, "note", MAX_NOTE, may_be_empty=True)
    connection.execute(sa.insert(waybill_event), row | {"actor": author.actor, "note": remark})
    values = {"status": status, "status_at": at, "status_seq": seq}
    connection.execute(sa.update(waybill_standing).where(waybill_standing.c.waybill_id == waybill_id).values(values))
    note(connection, author.at, author.actor, "waybill.status", waybill_id, remark, Change(standing.status, status))


def change_details(connection: sa.Connection, waybill_id: str, details: Details, base: int, author: Author) -> None:
    """Say something else of a waybill whose details still are the ``base``-th; the same again changes nothing.

    Raises NotFound, BadInput, and Contradiction where somebody else changed them meanwhile.
    """
    author.require(connection, WRITE)
    standing = known(connection, waybill_id)
    made = checked(connection, details)
    if made == standing.details:
        return
    if standing.detail_seq != base:
        raise Contradiction("the details were changed meanwhile")
    _keep_details(connection, waybill_id, base + 1, made, author)
    values = _values(made) | {"detail_seq": base + 1}
    connection.execute(sa.update(waybill_standing).where(waybill_standing.c.waybill_id == waybill_id).values(values))
    changed = Change(str(standing.details), str(made))
    note(connection, author.at, author.actor, "waybill.details", waybill_id, change=changed)


def checked(connection: sa.Connection, details: Details) -> Details:
    """The details with the note trimmed; raises BadInput for what cannot be."""
    if details.party_id is not None and party_by_id(connection, details.party_id) is None:
        raise BadInput("no such party is on record", "party")
    if details.expected_units is not None and not 0 < details.expected_units <= MAX_EXPECTED:
        raise BadInput(f"is 1 to {MAX_EXPECTED}", "expected_units")
    if details.freight_minor is not None and details.freight_minor < 0:
        raise BadInput("is not less than nothing", "freight")
    remark = typed(details.note, "note", MAX_NOTE, may_be_empty=True)
    return Details(
        details.party_id, details.expected_units, details.weight_g, details.freight_minor, details.currency, remark
    )


def known(connection: sa.Connection, waybill_id: str) -> Standing:
    """How the waybill stands; raises NotFound."""
    standing = standing_of(connection, waybill_id)
    if standing is None:
        raise NotFound("no such waybill is on record")
    return standing


def _keep_details(connection: sa.Connection, waybill_id: str, seq: int, details: Details, author: Author) -> None:
    row = _values(details) | {"waybill_id": waybill_id, "seq": seq, "at": author.at, "actor": author.actor}
    connection.execute(sa.insert(waybill_detail), row)


def _values(details: Details) -> dict[str, object]:
    return {
        "party_id": details.party_id,
        "expected_units": details.expected_units,
        "weight_g": details.weight_g,
        "freight_minor": details.freight_minor,
        "currency": details.currency,
        "note": details.note,
    }
