"""One playing of a sequence on a unit, as it is sent; the fields are those of fixtures/wire/v1/run.schema.json."""

from __future__ import annotations

from datetime import date, datetime

import msgspec

from station.model.errors import Failure
from station.model.gate import GateNote
from station.model.limit import Limit, Value


class UnitRef(msgspec.Struct, frozen=True):
    """A unit by family, canonical serial and computed id; the family is empty for a provisional unit."""

    family: str
    serial: str
    id: str


class PlanRef(msgspec.Struct, frozen=True):
    """Which plan was played; ``sha256`` is over the plan's file and its code."""

    name: str
    version: str
    sha256: str


class StepRecord(msgspec.Struct, frozen=True):
    """One step; ``outcome`` is PASS, FAIL, ABORTED, ERROR or SKIPPED."""

    name: str
    started_at: datetime
    finished_at: datetime
    outcome: str
    message: str


class Measurement(msgspec.Struct, frozen=True):
    """One value against its limit; ``outcome`` is PASS, FAIL or ERROR (no usable value).

    A PASS ``is_marginal`` that is near its limit, or that took another attempt.
    """

    step: str
    limit: Limit
    value: Value
    outcome: str
    retries: int
    instrument: str
    cal_due: date | None
    taken_at: datetime
    is_marginal: bool = False


class StepAttempt(msgspec.Struct, frozen=True):
    """An earlier attempt at a step, which was played again; ``number`` counts from 1."""

    step: str
    number: int
    started_at: datetime
    finished_at: datetime
    outcome: str
    message: str
    measurements: tuple[Measurement, ...]


class Accessory(msgspec.Struct, frozen=True):
    """One line of the shipping list, ticked or not."""

    name: str
    is_present: bool


class Trace(msgspec.Struct, frozen=True):
    """A plotted curve; ``x`` and ``y`` have the same length, at most 2000 points."""

    step: str
    name: str
    x_unit: str
    y_unit: str
    x: tuple[float, ...]
    y: tuple[float, ...]


class SafeAction(msgspec.Struct, frozen=True):
    """One action of make-safe and whether reading back proved it."""

    role: str
    action: str
    is_proved: bool
    detail: str


class RunRecord(msgspec.Struct, frozen=True):
    """Exactly one for each run that began."""

    id: str
    unit: UnitRef
    slot: str
    product: str
    plan: PlanRef
    purpose: str
    attempt: int
    operator: str
    cached_state_version: int | None
    bench_sha256: str
    started_at: datetime
    finished_at: datetime
    verdict: str
    has_failed_measurement: bool
    failure: Failure | None
    make_safe: tuple[SafeAction, ...]
    steps: tuple[StepRecord, ...]
    measurements: tuple[Measurement, ...]
    accessories: tuple[Accessory, ...]
    traces: tuple[Trace, ...]
    attempts: tuple[StepAttempt, ...] = ()
    gates: tuple[GateNote, ...] = ()
