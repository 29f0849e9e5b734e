"""A burn as the exact bytes of fixtures/wire/v1/burn.schema.json."""

from __future__ import annotations

import msgspec

from station.model.burn_record import BurnRecord, BurnStage
from station.outbox.letter import Place, WireFailure, WireUnit, letter_bytes, wire_failure, wire_unit
from station.outbox.wire_text import fitted, stamp


class _Programmer(msgspec.Struct, frozen=True):
    name: str
    model: str
    socket: str


class _Identity(msgspec.Struct, frozen=True):
    jedec: str
    sfdp_sha256: str
    unique_id: str


class _Image(msgspec.Struct, frozen=True, omit_defaults=True):
    name: str
    version: str
    sha256: str
    size_bytes: int
    file_sha256: str = ""


class _Region(msgspec.Struct, frozen=True):
    start: int
    length: int
    purpose: str


class _Stage(msgspec.Struct, frozen=True):
    name: str
    started_at: str
    finished_at: str
    outcome: str
    bytes_moved: int
    message: str


class _BurnBody(msgspec.Struct, frozen=True, kw_only=True):
    kind: str
    order: str | None
    unit: WireUnit | None
    operator: str
    programmer: _Programmer
    target: str
    identity: _Identity
    image: _Image
    before_sha256: str
    after_sha256: str
    regions: tuple[_Region, ...]
    serial_numbers: tuple[str, ...]
    proof: str
    started_at: str
    finished_at: str
    stages: tuple[_Stage, ...]
    retries: int
    result: str
    marginal: bool
    failure: WireFailure | None


def burn_letter(record: BurnRecord, place: Place) -> bytes:
    """The letter's bytes; texts of free length are cut to what the contract holds."""
    chip, image = record.identity, record.image
    body = _BurnBody(
        kind=record.kind,
        order=record.order,
        unit=wire_unit(record.unit) if record.unit else None,
        operator=record.operator,
        programmer=_Programmer(record.programmer.name, fitted(record.programmer.model, 200), record.programmer.socket),
        target=record.target,
        identity=_Identity(chip.jedec, chip.sfdp_sha256, chip.unique_id),
        image=_Image(
            fitted(image.name, 200), fitted(image.version, 80), image.sha256, image.size_bytes, image.file_sha256
        ),
        before_sha256=record.before_sha256,
        after_sha256=record.after_sha256,
        regions=tuple(_Region(region.start, region.length, region.purpose) for region in record.regions),
        serial_numbers=record.serial_numbers,
        proof=record.proof,
        started_at=stamp(record.started_at),
        finished_at=stamp(record.finished_at),
        stages=tuple(_stage(stage) for stage in record.stages),
        retries=record.retries,
        result=record.result,
        marginal=record.is_marginal,
        failure=wire_failure(record.failure),
    )
    return letter_bytes("fanji/burn/1", record.id, record.bench_sha256, place, body)


def _stage(stage: BurnStage) -> _Stage:
    return _Stage(
        name=stage.name,
        started_at=stamp(stage.started_at),
        finished_at=stamp(stage.finished_at),
        outcome=stage.outcome,
        bytes_moved=stage.bytes_moved,
        message=fitted(stage.message, 2000),
    )
