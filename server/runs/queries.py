"""The test ledger, and one run with everything that is known of it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

import msgspec
import sqlalchemy as sa

from server.db.span import Span
from server.runs.measurements import Definition, Value, unpack_outcomes, unpack_values
from server.runs.sheet import RunSheet, unpack_sheet
from server.runs.tables import defset, mdef, run, run_failure, run_only_just, run_sheet
from server.units.queries import LAST_CHARACTER, Discrepancy, discrepancies_of
from server.wire.decode import to_datetime
from server.wire.run import Accessory, Attempt, Gate, SafeAction


@dataclass(frozen=True, slots=True)
class RunRow:
    """A line of the test ledger."""

    unit_id: str
    id: str
    serial: str
    station_id: str
    slot: str
    product: str
    plan_name: str
    plan_version: str
    purpose: str
    attempt: int
    operator: str
    started_at: datetime
    finished_at: datetime
    received_at: datetime
    verdict: str
    has_failed_measurement: bool
    has_discrepancy: bool
    has_all_accessories: bool
    is_proved_safe: bool
    failure_kind: str | None
    failure_message: str | None
    case_id: str | None
    letter_sha256: str


@dataclass(frozen=True, slots=True)
class RunFilter:
    """What a line of the ledger must satisfy; None or an empty text asks for nothing. ``serial`` is its beginning.

    ``is_only_just``: runs that passed with a marginal value or after a retry.
    """

    verdict: str | None = None
    product: str | None = None
    station_id: str | None = None
    purpose: str | None = None
    serial: str = ""
    started: Span | None = None
    with_discrepancy: bool = False
    is_only_just: bool = False


@dataclass(frozen=True, slots=True)
class RunStep:
    """One step of a run."""

    name: str
    started_at: datetime
    finished_at: datetime
    outcome: str
    message: str


@dataclass(frozen=True, slots=True)
class RunMeasurement:
    """One value against its limit, and how it was taken."""

    definition: Definition
    value: Value
    outcome: str
    retries: int
    instrument: str
    cal_due: date | None
    taken_at: datetime
    is_marginal: bool


@dataclass(frozen=True, slots=True)
class RunTrace:
    """A curve of a run."""

    step: str
    name: str
    x_unit: str
    y_unit: str
    x: tuple[float, ...]
    y: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class RunFailure:
    """Why a run ended as ERROR or ABORTED."""

    kind: str
    subject: str
    message: str
    step: str | None
    at: datetime


@dataclass(frozen=True, slots=True)
class Run:
    """A run with all that its letter said and what the server found wrong with it."""

    row: RunRow
    plan_sha256: str
    software_version: str
    bench_sha256: str
    cached_state_version: int | None
    failure: RunFailure | None
    steps: tuple[RunStep, ...]
    measurements: tuple[RunMeasurement, ...]
    accessories: tuple[Accessory, ...]
    traces: tuple[RunTrace, ...]
    make_safe: tuple[SafeAction, ...]
    attempts: tuple[Attempt, ...]
    gates: tuple[Gate, ...]
    discrepancies: tuple[Discrepancy, ...]


def ledger(
    connection: sa.Connection, wanted: RunFilter | None = None, after: str | None = None, limit: int = 50
) -> list[RunRow]:
    """Runs, the newest first by id (the time they began); ``after`` is the id of the last row of the page before."""
    wanted = wanted or RunFilter()
    query, number = _ROWS, run.c.id
    if wanted.is_only_just:
        same = sa.and_(run_only_just.c.unit_id == run.c.unit_id, run_only_just.c.run_id == run.c.id)
        query, number = _ROWS.join(run_only_just, same), run_only_just.c.run_id
    query = query.where(*_conditions(wanted)).order_by(number.desc()).limit(limit)
    if after is not None:
        query = query.where(number < after)
    return [RunRow(*row) for row in connection.execute(query)]


def runs_of_unit(connection: sa.Connection, unit_id: str, limit: int = 100) -> list[RunRow]:
    """The runs of a unit, the newest first."""
    query = _ROWS.where(run.c.unit_id == unit_id).order_by(run.c.id.desc()).limit(limit)
    return [RunRow(*row) for row in connection.execute(query)]


def failed_measurements(connection: sa.Connection, run_ids: list[str]) -> dict[str, list[str]]:
    """The names of the measurements that did not pass, by run, for the lines of a ledger page."""
    names: dict[str, list[str]] = {}
    query = sa.select(run_failure.c.run_id, run_failure.c.name).where(run_failure.c.run_id.in_(run_ids))
    for run_id, name in connection.execute(query.order_by(run_failure.c.run_id, run_failure.c.position)):
        names.setdefault(run_id, []).append(name)
    return names


@dataclass(frozen=True, slots=True)
class OnlyJust:
    """How a run that passed did so only just: near a limit, or at ``attempts`` of a step; 1 where at the first."""

    attempts: int


def only_just(connection: sa.Connection, run_ids: list[str]) -> dict[str, OnlyJust]:
    """Those of the runs that passed with a marginal value or after a retry, for the lines of a ledger page."""
    query = sa.select(run_only_just.c.run_id, run_only_just.c.attempts).where(run_only_just.c.run_id.in_(run_ids))
    return {run_id: OnlyJust(attempts) for run_id, attempts in connection.execute(query)}


def run_by_id(connection: sa.Connection, unit_id: str, run_id: str) -> Run | None:
    """One run of a unit, if it is on record."""
    query = _WHOLE.where(run.c.unit_id == unit_id, run.c.id == run_id)
    found = connection.execute(query).mappings().first()
    if found is None:
        return None
    sheet = unpack_sheet(found["sheet"])
    return Run(
        row=RunRow(**{column.name: found[column.name] for column in _ROW_COLUMNS}),
        plan_sha256=found["plan_sha256"],
        software_version=sheet.software_version,
        bench_sha256=sheet.bench_sha256,
        cached_state_version=sheet.cached_state_version,
        failure=_failure(sheet),
        steps=tuple(
            RunStep(row.name, to_datetime(row.started_at), to_datetime(row.finished_at), row.outcome, row.message)
            for row in sheet.steps
        ),
        measurements=_measurements(connection, found, sheet),
        accessories=sheet.accessories,
        traces=tuple(RunTrace(row.step, row.name, row.x_unit, row.y_unit, row.x, row.y) for row in sheet.traces),
        make_safe=sheet.make_safe,
        attempts=sheet.attempts,
        gates=sheet.gates,
        discrepancies=tuple(discrepancies_of(connection, run_id)),
    )


def definitions(connection: sa.Connection, defset_sha256: str) -> tuple[Definition, ...]:
    """The definitions of a set, in order."""
    text = connection.scalar(sa.select(defset.c.mdefs).where(defset.c.sha256 == defset_sha256))
    digests = msgspec.json.decode(text or "[]", type=list[str])
    rows = connection.execute(sa.select(mdef).where(mdef.c.sha256.in_(set(digests))))
    known = {
        row.sha256: Definition(
            row.name,
            row.step,
            row.unit,
            row.comparator,
            row.low,
            row.high,
            msgspec.json.decode(row.expected, type=tuple[str, ...]),
            row.is_required,
        )
        for row in rows
    }
    return tuple(known[digest] for digest in digests)


def count_by_verdict(connection: sa.Connection, span: Span | None = None) -> dict[str, int]:
    """How many runs of each verdict, of those that started in ``span``."""
    query = sa.select(run.c.verdict, sa.func.count().label("number")).group_by(run.c.verdict)
    if span is not None:
        query = query.where(run.c.started_at >= span.start, run.c.started_at < span.end)
    return {row.verdict: row.number for row in connection.execute(query)}


def _conditions(wanted: RunFilter) -> list[sa.ColumnElement[bool]]:
    equal = {"verdict": wanted.verdict, "product": wanted.product, "station_id": wanted.station_id}
    conditions = [run.c[name] == value for name, value in (equal | {"purpose": wanted.purpose}).items() if value]
    if wanted.serial:
        beginning = wanted.serial.upper().strip()
        conditions.append(run.c.serial.between(beginning, beginning + LAST_CHARACTER))
    if wanted.started is not None:
        conditions += [run.c.started_at >= wanted.started.start, run.c.started_at < wanted.started.end]
    if wanted.with_discrepancy:
        conditions.append(run.c.has_discrepancy.is_(True))
    return conditions


def _measurements(connection: sa.Connection, found: sa.RowMapping, sheet: RunSheet) -> tuple[RunMeasurement, ...]:
    rows = zip(
        definitions(connection, found["defset_sha256"]),
        unpack_values(found["values_f64"], found["texts"]),
        unpack_outcomes(found["outcomes"]),
        sheet.takings,
        strict=True,
    )
    return tuple(
        RunMeasurement(
            definition,
            value,
            outcome,
            taking.retries,
            taking.instrument,
            date.fromisoformat(taking.cal_due) if taking.cal_due else None,
            to_datetime(taking.taken_at),
            taking.is_marginal,
        )
        for definition, value, outcome, taking in rows
    )


def _failure(sheet: RunSheet) -> RunFailure | None:
    row = sheet.failure
    return RunFailure(row.kind, row.subject, row.message, row.step, to_datetime(row.at)) if row else None


_ROW_COLUMNS = [run.c[name] for name in RunRow.__dataclass_fields__]
_ROWS = sa.select(*_ROW_COLUMNS)
_WHOLE = sa.select(
    *_ROW_COLUMNS,
    run.c.plan_sha256,
    run.c.defset_sha256,
    run.c.values_f64,
    run.c.outcomes,
    run.c.texts,
    run_sheet.c.sheet,
).join(run_sheet, sa.and_(run_sheet.c.unit_id == run.c.unit_id, run_sheet.c.run_id == run.c.id))
