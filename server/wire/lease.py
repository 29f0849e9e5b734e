"""Serial numbers on lease: the documents are fixtures/wire/v1/lease-request.schema.json and lease.schema.json."""

from __future__ import annotations

from typing import Annotated, Literal

from msgspec import Meta, Struct

from server.wire.fields import Id
from server.wire.order import ORDER_NO, PoolName


class LeaseRequest(Struct, frozen=True, forbid_unknown_fields=True):
    """Numbers for the next ICs of an order; ``id`` is made by the station and makes a repetition harmless."""

    schema: Literal["fanji/lease-request/1"]
    id: Id
    order: Annotated[str, Meta(pattern=ORDER_NO)]
    pool: PoolName
    count: Annotated[int, Meta(ge=1, le=1000)]


class LeasedNumber(Struct, frozen=True):
    """A number as printed, and its value."""

    text: str
    value: int


class Lease(Struct, frozen=True, kw_only=True):
    """The numbers that are reserved for the station that asked."""

    schema: Literal["fanji/lease/1"] = "fanji/lease/1"
    id: str
    order: str
    pool: str
    numbers: tuple[LeasedNumber, ...]
    reserved_at: str
    expires_at: str
