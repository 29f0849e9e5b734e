"""A run as the exact bytes of fixtures/wire/v1/run.schema.json."""

from __future__ import annotations

import msgspec

from station.model.gate import GateNote
from station.model.run_record import Accessory, Measurement, RunRecord, SafeAction, StepAttempt, StepRecord, Trace
from station.outbox.letter import Place, WireFailure, WireUnit, letter_bytes, wire_failure, wire_unit
from station.outbox.wire_text import fitted, stamp


class _Plan(msgspec.Struct, frozen=True):
    name: str
    version: str
    sha256: str


class _SafeAction(msgspec.Struct, frozen=True):
    role: str
    action: str
    is_proved: bool
    detail: str


class _Step(msgspec.Struct, frozen=True):
    name: str
    started_at: str
    finished_at: str
    outcome: str
    message: str


class _Measurement(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    name: str
    step: str
    value: float | str | bool | None
    unit: str
    comparator: str
    low: float | None
    high: float | None
    expected: tuple[str, ...]
    required: bool
    outcome: str
    retries: int
    instrument: str
    cal_due: str | None
    taken_at: str
    is_marginal: bool = False


class _Accessory(msgspec.Struct, frozen=True):
    name: str
    is_present: bool


class _Trace(msgspec.Struct, frozen=True):
    step: str
    name: str
    x_unit: str
    y_unit: str
    x: tuple[float, ...]
    y: tuple[float, ...]


class _Attempt(msgspec.Struct, frozen=True):
    step: str
    number: int
    started_at: str
    finished_at: str
    outcome: str
    message: str
    measurements: tuple[_Measurement, ...]


class _Gate(msgspec.Struct, frozen=True):
    name: str
    outcome: str
    basis: str
    state_age_s: int | None


class _RunBody(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What has a default here is optional in the contract and left out where it says nothing."""

    unit: WireUnit
    slot: str
    product: str
    plan: _Plan
    purpose: str
    attempt: int
    operator: str
    cached_state_version: int | None
    started_at: str
    finished_at: str
    verdict: str
    has_failed_measurement: bool
    failure: WireFailure | None
    make_safe: tuple[_SafeAction, ...]
    steps: tuple[_Step, ...]
    measurements: tuple[_Measurement, ...]
    accessories: tuple[_Accessory, ...]
    traces: tuple[_Trace, ...]
    attempts: tuple[_Attempt, ...] = ()
    gates: tuple[_Gate, ...] = ()


def run_letter(record: RunRecord, place: Place) -> bytes:
    """The letter's bytes; texts of free length are cut to what the contract holds."""
    body = _RunBody(
        unit=wire_unit(record.unit),
        slot=record.slot,
        product=record.product,
        plan=_Plan(record.plan.name, record.plan.version, record.plan.sha256),
        purpose=record.purpose,
        attempt=record.attempt,
        operator=record.operator,
        cached_state_version=record.cached_state_version,
        started_at=stamp(record.started_at),
        finished_at=stamp(record.finished_at),
        verdict=record.verdict,
        has_failed_measurement=record.has_failed_measurement,
        failure=wire_failure(record.failure),
        make_safe=tuple(_safe_action(action) for action in record.make_safe),
        steps=tuple(_step(step) for step in record.steps),
        measurements=tuple(_measurement(taken) for taken in record.measurements),
        accessories=tuple(_accessory(item) for item in record.accessories),
        traces=tuple(_trace(trace) for trace in record.traces),
        attempts=tuple(_attempt(attempt) for attempt in record.attempts),
        gates=tuple(_gate(note) for note in record.gates),
    )
    return letter_bytes("fanji/run/1", record.id, record.bench_sha256, place, body)


def _safe_action(action: SafeAction) -> _SafeAction:
    return _SafeAction(action.role, action.action, action.is_proved, fitted(action.detail, 500))


def _step(step: StepRecord) -> _Step:
    return _Step(step.name, stamp(step.started_at), stamp(step.finished_at), step.outcome, fitted(step.message, 2000))


def _measurement(taken: Measurement) -> _Measurement:
    limit = taken.limit
    return _Measurement(
        name=limit.name,
        step=taken.step,
        value=fitted(taken.value, 2000) if isinstance(taken.value, str) else taken.value,
        unit=limit.unit,
        comparator=limit.comparator.value,
        low=limit.low,
        high=limit.high,
        expected=limit.expected,
        required=limit.is_required,
        outcome=taken.outcome,
        retries=taken.retries,
        instrument=fitted(taken.instrument, 200),
        cal_due=taken.cal_due.isoformat() if taken.cal_due else None,
        taken_at=stamp(taken.taken_at),
        is_marginal=taken.is_marginal,
    )


def _attempt(attempt: StepAttempt) -> _Attempt:
    return _Attempt(
        attempt.step,
        attempt.number,
        stamp(attempt.started_at),
        stamp(attempt.finished_at),
        attempt.outcome,
        fitted(attempt.message, 2000),
        tuple(_measurement(taken) for taken in attempt.measurements),
    )


def _gate(note: GateNote) -> _Gate:
    return _Gate(note.name, note.outcome, fitted(note.basis, 500, instead_of_nothing=note.outcome), note.state_age_s)


def _accessory(item: Accessory) -> _Accessory:
    return _Accessory(item.name, item.is_present)


def _trace(trace: Trace) -> _Trace:
    return _Trace(trace.step, trace.name, trace.x_unit, trace.y_unit, trace.x, trace.y)
