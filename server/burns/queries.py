"""The burn ledger, and one burn with everything that is known of it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from server.burns.sheet import BurnSheet, unpack_sheet
from server.burns.tables import burn, burn_sheet
from server.db.span import Span
from server.units.queries import LAST_CHARACTER, Discrepancy, discrepancies_of
from server.wire.burn import Region
from server.wire.decode import to_datetime


@dataclass(frozen=True, slots=True)
class BurnRow:
    """A line of the burn ledger; ``serial`` is None for a burn without a unit."""

    unit_id: str
    id: str
    serial: str | None
    kind: str
    order_no: str | None
    station_id: str
    programmer: str
    programmer_model: str
    socket: str
    target: str
    jedec: str
    unique_id: str
    image_name: str
    image_version: str
    image_sha256: str
    image_size_bytes: int
    before_sha256: str
    after_sha256: str
    proof: str
    operator: str
    started_at: datetime
    finished_at: datetime
    received_at: datetime
    retries: int
    result: str
    is_marginal: bool
    has_discrepancy: bool
    failure_kind: str | None
    failure_message: str | None
    case_id: str | None
    letter_sha256: str
    file_sha256: str


@dataclass(frozen=True, slots=True)
class BurnFilter:
    """What a line of the ledger must satisfy; None or an empty text asks for nothing. ``serial`` is its beginning."""

    result: str | None = None
    target: str | None = None
    station_id: str | None = None
    image_sha256: str | None = None
    serial: str = ""
    started: Span | None = None
    with_discrepancy: bool = False
    is_marginal: bool = False
    order_no: str | None = None


@dataclass(frozen=True, slots=True)
class BurnStageRow:
    """One stage of a burn."""

    name: str
    started_at: datetime
    finished_at: datetime
    outcome: str
    bytes_moved: int
    message: str


@dataclass(frozen=True, slots=True)
class BurnFailure:
    """Why a burn did not end as PASS."""

    kind: str
    subject: str
    message: str
    step: str | None
    at: datetime


@dataclass(frozen=True, slots=True)
class Burn:
    """A burn with all that its letter said and what the server found wrong with it."""

    row: BurnRow
    software_version: str
    bench_sha256: str
    sfdp_sha256: str
    failure: BurnFailure | None
    stages: tuple[BurnStageRow, ...]
    regions: tuple[Region, ...]
    serial_numbers: tuple[str, ...]
    discrepancies: tuple[Discrepancy, ...]


def ledger(
    connection: sa.Connection, wanted: BurnFilter | None = None, after: str | None = None, limit: int = 50
) -> list[BurnRow]:
    """Burns, the newest first by id (the time they began); ``after`` is the id of the last row of the page before."""
    query = _ROWS.where(*_conditions(wanted or BurnFilter())).order_by(burn.c.id.desc()).limit(limit)
    if after is not None:
        query = query.where(burn.c.id < after)
    return [BurnRow(**row) for row in connection.execute(query).mappings()]


def carriers(
    connection: sa.Connection, sha256s: Iterable[str], after: str | None = None, limit: int = 50
) -> list[BurnRow]:
    """The passing burn of each unit and IC that carries an image, by the digest of its file or content.

    Not where another burn of the same kind of IC passed later on the same unit. ICs that were burned for stock are
    each a row. The newest first; ``after`` is the id of the last row of the page before.
    """
    wanted, later = list(sha256s), burn.alias("later")
    is_overwritten = sa.exists().where(
        later.c.unit_id == burn.c.unit_id,
        later.c.target == burn.c.target,
        later.c.result == "PASS",
        later.c.id > burn.c.id,
    )
    query = _ROWS.where(
        sa.or_(burn.c.image_sha256.in_(wanted), burn.c.file_sha256.in_(wanted)),
        burn.c.result == "PASS",
        sa.or_(burn.c.serial.is_(None), ~is_overwritten),
    )
    if after is not None:
        query = query.where(burn.c.id < after)
    return [BurnRow(**row) for row in connection.execute(query.order_by(burn.c.id.desc()).limit(limit)).mappings()]


def burn_by_id(connection: sa.Connection, burn_id: str) -> Burn | None:
    """One burn, if it is on record; its own id suffices, because not every burn has a unit."""
    row = connection.execute(_ROWS.where(burn.c.id == burn_id)).mappings().first()
    if row is None:
        return None
    packed = connection.scalar(
        sa.select(burn_sheet.c.sheet).where(burn_sheet.c.unit_id == row["unit_id"], burn_sheet.c.burn_id == burn_id)
    )
    sheet = unpack_sheet(packed or b"")
    return Burn(
        row=BurnRow(**row),
        software_version=sheet.software_version,
        bench_sha256=sheet.bench_sha256,
        sfdp_sha256=sheet.sfdp_sha256,
        failure=_failure(sheet),
        stages=_stages(sheet),
        regions=sheet.regions,
        serial_numbers=sheet.serial_numbers,
        discrepancies=tuple(discrepancies_of(connection, burn_id)),
    )


def count_by_result(connection: sa.Connection, span: Span | None = None) -> dict[str, int]:
    """How many burns of each result, of those that started in ``span``."""
    query = sa.select(burn.c.result, sa.func.count().label("number")).group_by(burn.c.result)
    if span is not None:
        query = query.where(burn.c.started_at >= span.start, burn.c.started_at < span.end)
    return {row.result: row.number for row in connection.execute(query)}


def _conditions(wanted: BurnFilter) -> list[sa.ColumnElement[bool]]:
    equal = {
        "result": wanted.result,
        "target": wanted.target,
        "station_id": wanted.station_id,
        "image_sha256": wanted.image_sha256,
        "order_no": wanted.order_no,
    }
    conditions = [burn.c[name] == value for name, value in equal.items() if value]
    if wanted.serial:
        beginning = wanted.serial.upper().strip()
        conditions.append(burn.c.serial.between(beginning, beginning + LAST_CHARACTER))
    if wanted.started is not None:
        conditions += [burn.c.started_at >= wanted.started.start, burn.c.started_at < wanted.started.end]
    if wanted.is_marginal:
        conditions += [burn.c.result == "PASS", burn.c.is_marginal.is_(True)]
    if wanted.with_discrepancy:
        conditions.append(burn.c.has_discrepancy.is_(True))
    return conditions


def _failure(sheet: BurnSheet) -> BurnFailure | None:
    row = sheet.failure
    return BurnFailure(row.kind, row.subject, row.message, row.step, to_datetime(row.at)) if row else None


def _stages(sheet: BurnSheet) -> tuple[BurnStageRow, ...]:
    return tuple(
        BurnStageRow(
            row.name,
            to_datetime(row.started_at),
            to_datetime(row.finished_at),
            row.outcome,
            row.bytes_moved,
            row.message,
        )
        for row in sheet.stages
    )


_ROWS = sa.select(*[burn.c[name] for name in BurnRow.__dataclass_fields__])
