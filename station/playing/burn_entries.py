"""What a burn leaves in its journal and tells those who watch it: one JSON line each."""

from __future__ import annotations

from datetime import datetime

import msgspec

from station.model.burn_record import ChipIdentity, ImageRef, ProgrammerRef, Region
from station.model.errors import Failure
from station.model.run_record import UnitRef
from station.playing.events import Refused, WaitingLetter


class BurnStarted(msgspec.Struct, frozen=True, kw_only=True, tag_field="event", tag="burn_started"):
    """The first entry: everything that is known before the chip is asked."""

    burn_id: str
    at: datetime
    kind: str
    order: str | None
    unit: UnitRef | None
    operator: str
    programmer: ProgrammerRef
    target: str
    image: ImageRef
    station_id: str
    bench_sha256: str
    stages: tuple[str, ...]
    serial_numbers: tuple[str, ...] = ()


class StageBegun(msgspec.Struct, frozen=True, tag_field="event", tag="stage_started"):
    """``total`` bytes are to be moved; 0 where the stage has none to count."""

    stage: str
    at: datetime
    total: int


class StageEnded(msgspec.Struct, frozen=True, kw_only=True, tag_field="event", tag="stage_finished"):
    """One stage as it will be on record."""

    stage: str
    started_at: datetime
    at: datetime
    outcome: str
    bytes_moved: int
    message: str


class BackupKept(msgspec.Struct, frozen=True, tag_field="event", tag="backup_kept"):
    """What the chip held from ``start`` on is on this station's disk, by content."""

    start: int
    length: int
    sha256: str


class BurnConcluded(msgspec.Struct, frozen=True, kw_only=True, tag_field="event", tag="burn_concluded"):
    """What came of it; a burn without this entry was cut off."""

    at: datetime
    result: str
    failure: Failure | None
    programmer_model: str
    identity: ChipIdentity
    before_sha256: str
    after_sha256: str
    regions: tuple[Region, ...]
    proof: str
    retries: int
    is_marginal: bool


class Progress(msgspec.Struct, frozen=True, tag_field="event", tag="progress"):
    """``done`` of ``total`` bytes of a stage; told, not kept."""

    stage: str
    done: int
    total: int


class BurnFinished(msgspec.Struct, frozen=True, tag_field="event", tag="burn_finished"):
    """The result; its letter is in the outbox."""

    burn_id: str
    result: str
    failure: Failure | None
    letter: WaitingLetter


BurnEntry = BurnStarted | StageBegun | StageEnded | BackupKept | BurnConcluded
BurnTold = BurnEntry | Progress | BurnFinished | Refused

_decoder: msgspec.json.Decoder[BurnEntry] = msgspec.json.Decoder(BurnEntry)


def decode_burn_entry(line: bytes) -> BurnEntry:
    """The entry in ``line``; raises msgspec.DecodeError where it is none."""
    return _decoder.decode(line)
