"""What every letter carries besides its record: who wrote it, and its place in the chain."""

from __future__ import annotations

import hashlib
from datetime import datetime

import msgspec

from station import __version__
from station.model.errors import Failure
from station.model.run_record import UnitRef
from station.outbox.wire_text import fitted, stamp

FIRST_PREV_SHA256 = "0" * 64
"""Stands before the first letter of a chain."""


class Place(msgspec.Struct, frozen=True):
    """A letter's place: its chain, its number from 1, the digest of the letter before it, the time it was taken."""

    station_id: str
    chain_id: str
    seq: int
    prev_sha256: str
    created_at: datetime


class LetterRef(msgspec.Struct, frozen=True):
    """A letter in the outbox."""

    id: str
    seq: int
    sha256: str


class Head(msgspec.Struct, frozen=True, kw_only=True):
    """The first fields of every letter, in the order they are written."""

    schema: str
    id: str
    station_id: str
    chain_id: str
    seq: int
    prev_sha256: str
    created_at: str
    software_version: str
    bench_sha256: str


class WireUnit(msgspec.Struct, frozen=True):
    """A unit."""

    family: str
    serial: str
    id: str


class WireFailure(msgspec.Struct, frozen=True):
    """Why a result is not what it should be."""

    kind: str
    subject: str
    message: str
    step: str | None
    at: str


def letter_bytes(schema: str, record_id: str, bench_sha256: str, place: Place, body: msgspec.Struct) -> bytes:
    """One JSON object: the head's fields, then those of ``body``."""
    head = Head(
        schema=schema,
        id=record_id,
        station_id=place.station_id,
        chain_id=place.chain_id,
        seq=place.seq,
        prev_sha256=place.prev_sha256,
        created_at=stamp(place.created_at),
        software_version=__version__,
        bench_sha256=bench_sha256,
    )
    return msgspec.json.encode(head)[:-1] + b"," + msgspec.json.encode(body)[1:]


def wire_unit(unit: UnitRef) -> WireUnit:
    """``unit`` on the wire."""
    return WireUnit(unit.family, unit.serial, unit.id)


def wire_failure(failure: Failure | None) -> WireFailure | None:
    """``failure`` on the wire; long texts are cut, an empty message gets its kind."""
    if failure is None:
        return None
    step = fitted(failure.step, 100) if failure.step else None
    message = fitted(failure.message, 2000, instead_of_nothing=failure.kind)
    return WireFailure(failure.kind, fitted(failure.subject, 200), message, step, stamp(failure.at))


def sha256_of(body: bytes) -> str:
    """The digest of a letter: over its exact bytes."""
    return hashlib.sha256(body).hexdigest()
