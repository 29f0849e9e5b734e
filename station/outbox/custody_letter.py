"""ICs that change hands, as the exact bytes of fixtures/wire/v1/custody.schema.json."""

from __future__ import annotations

import msgspec

from station.model.custody import CustodyRecord
from station.outbox.letter import Place, letter_bytes
from station.outbox.wire_text import fitted, stamp


class _CustodyBody(msgspec.Struct, frozen=True, kw_only=True):
    order: str
    event: str
    quantity: int
    reason: str | None
    note: str
    burn: str | None
    operator: str
    at: str


def custody_letter(record: CustodyRecord, place: Place) -> bytes:
    """The letter's bytes; a note that is too long is cut to what the contract holds."""
    body = _CustodyBody(
        order=record.order,
        event=record.event,
        quantity=record.quantity,
        reason=record.reason,
        note=fitted(record.note, 500),
        burn=record.burn,
        operator=record.operator,
        at=stamp(record.at),
    )
    return letter_bytes("fanji/custody/1", record.id, record.bench_sha256, place, body)
