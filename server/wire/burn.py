"""A burn letter as the server takes it; the document is fixtures/wire/v1/burn.schema.json."""

from __future__ import annotations

from typing import Annotated, Literal

from msgspec import UNSET, Meta, Struct, UnsetType

from server.wire.fields import (
    Count,
    Id,
    Moment,
    Name,
    Ordinal,
    Person,
    Sha256,
    Sha256OrEmpty,
    StationId,
    Text200,
    Text2000,
    Verdict,
    Version,
)
from server.wire.parts import Failure, UnitRef


class ProgrammerRef(Struct, frozen=True, forbid_unknown_fields=True):
    """The programmer by the bench's name, by what it calls itself, and the socket."""

    name: Name
    model: Text200
    socket: Name


class ChipIdentity(Struct, frozen=True, forbid_unknown_fields=True):
    """What the chip said of itself, upper-case hex; empty where it was not read."""

    jedec: Annotated[str, Meta(pattern="^([0-9A-F]{2})*$", max_length=12)]
    sfdp_sha256: Sha256OrEmpty
    unique_id: Annotated[str, Meta(pattern="^([0-9A-F]{2})*$", max_length=64)]


class ImageRef(Struct, frozen=True, forbid_unknown_fields=True):
    """Which bytes were to be written; ``file_sha256`` is given where they are not the file's own."""

    name: Annotated[str, Meta(min_length=1, max_length=200)]
    version: Annotated[str, Meta(max_length=80)]
    sha256: Sha256
    size_bytes: Ordinal
    file_sha256: Sha256 | UnsetType = UNSET


class Region(Struct, frozen=True, forbid_unknown_fields=True):
    """``length`` bytes from ``start``."""

    start: Count
    length: Ordinal
    purpose: Literal["image", "preserved"]


class BurnStage(Struct, frozen=True, forbid_unknown_fields=True):
    """One stage with the bytes it moved."""

    name: Name
    started_at: Moment
    finished_at: Moment
    outcome: Verdict
    bytes_moved: Count
    message: Text2000


class BurnLetter(Struct, frozen=True, forbid_unknown_fields=True):
    """One attempt to write one IC, with its place in the station's chain."""

    schema: Literal["fanji/burn/1"]
    id: Id
    station_id: StationId
    chain_id: Id
    seq: Ordinal
    prev_sha256: Sha256
    created_at: Moment
    software_version: Version
    bench_sha256: Sha256
    kind: Literal["ad_hoc", "stock", "unit"]
    order: Name | None
    unit: UnitRef | None
    operator: Person
    programmer: ProgrammerRef
    target: Name
    identity: ChipIdentity
    image: ImageRef
    before_sha256: Sha256OrEmpty
    after_sha256: Sha256OrEmpty
    regions: Annotated[tuple[Region, ...], Meta(max_length=1000)]
    serial_numbers: Annotated[tuple[Annotated[str, Meta(min_length=1, max_length=64)], ...], Meta(max_length=100)]
    proof: Literal["readback_final", "readback_interleaved", "checksum", "none"]
    started_at: Moment
    finished_at: Moment
    stages: Annotated[tuple[BurnStage, ...], Meta(max_length=100)]
    retries: Count
    result: Verdict
    marginal: bool
    failure: Failure | None
