"""One attempt to write one IC, as it is sent; the fields are those of fixtures/wire/v1/burn.schema.json."""

from __future__ import annotations

from datetime import datetime

import msgspec

from station.model.errors import Failure
from station.model.run_record import UnitRef


class ChipIdentity(msgspec.Struct, frozen=True):
    """What the chip said of itself, as upper-case hex; empty where it was not read."""

    jedec: str
    sfdp_sha256: str
    unique_id: str


class ImageRef(msgspec.Struct, frozen=True):
    """Which bytes were to be written; ``file_sha256`` is that of the file, empty where it is ``sha256`` or unknown."""

    name: str
    version: str
    sha256: str
    size_bytes: int
    file_sha256: str = ""


class Region(msgspec.Struct, frozen=True):
    """``length`` bytes from ``start``; purpose is ``image`` or ``preserved``."""

    start: int
    length: int
    purpose: str


class BurnStage(msgspec.Struct, frozen=True):
    """One stage with its outcome (PASS, FAIL, ERROR, ABORTED) and the bytes it moved."""

    name: str
    started_at: datetime
    finished_at: datetime
    outcome: str
    bytes_moved: int
    message: str


class ProgrammerRef(msgspec.Struct, frozen=True):
    """The programmer: the bench file's name, what it calls itself, and the socket the chip sat in."""

    name: str
    model: str
    socket: str


class BurnRecord(msgspec.Struct, frozen=True):
    """Exactly one for each burn that began; ``result`` is PASS, FAIL (chip), ERROR (station or contact) or ABORTED."""

    id: str
    kind: str
    order: str | None
    unit: UnitRef | None
    operator: str
    programmer: ProgrammerRef
    target: str
    identity: ChipIdentity
    image: ImageRef
    before_sha256: str
    after_sha256: str
    regions: tuple[Region, ...]
    serial_numbers: tuple[str, ...]
    proof: str
    bench_sha256: str
    started_at: datetime
    finished_at: datetime
    stages: tuple[BurnStage, ...]
    retries: int
    result: str
    is_marginal: bool
    failure: Failure | None
