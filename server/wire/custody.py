"""A custody letter as the server takes it; the document is fixtures/wire/v1/custody.schema.json."""

from __future__ import annotations

from typing import Annotated, Literal

from msgspec import Meta, Struct

from server.wire.fields import Id, Moment, Name, Ordinal, Person, Sha256, StationId, Text500, Version

CustodyEvent = Literal["taken", "scrapped", "returned"]
ScrapReason = Literal["burn_failed", "not_blank", "wrong_part", "damaged", "lost", "other"]


class CustodyLetter(Struct, frozen=True, forbid_unknown_fields=True):
    """ICs change hands for a burn order, with the letter's place in the station's chain."""

    schema: Literal["fanji/custody/1"]
    id: Id
    station_id: StationId
    chain_id: Id
    seq: Ordinal
    prev_sha256: Sha256
    created_at: Moment
    software_version: Version
    bench_sha256: Sha256
    order: Name
    event: CustodyEvent
    quantity: Annotated[int, Meta(ge=1, le=1_000_000)]
    reason: ScrapReason | None
    note: Text500
    burn: Id | None
    operator: Person
    at: Moment
