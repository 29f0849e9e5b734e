"""A run letter as the server takes it; the document is fixtures/wire/v1/run.schema.json."""

from __future__ import annotations

from typing import Annotated, Literal

from msgspec import Meta, Struct

from server.wire.fields import (
    Count,
    Day,
    Id,
    Moment,
    Name,
    Ordinal,
    Person,
    Sha256,
    StationId,
    Text200,
    Text500,
    Text2000,
    UnitSymbol,
    Verdict,
    Version,
)
from server.wire.parts import Failure, UnitRef


class PlanRef(Struct, frozen=True, forbid_unknown_fields=True):
    """Which plan was played, by the digest of its file and code."""

    name: Name
    version: Version
    sha256: Sha256


class SafeAction(Struct, frozen=True, forbid_unknown_fields=True):
    """One action of make-safe, and whether reading back proved it."""

    role: Name
    action: Name
    is_proved: bool
    detail: Text500


class Step(Struct, frozen=True, forbid_unknown_fields=True):
    """One step of the run."""

    name: Name
    started_at: Moment
    finished_at: Moment
    outcome: Literal["PASS", "FAIL", "ABORTED", "ERROR", "SKIPPED"]
    message: Text2000


class Measurement(Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """One value with the limit it was judged by; ``is_marginal`` is optional in the contract."""

    name: Name
    step: Name
    value: float | str | bool | None
    unit: UnitSymbol
    comparator: Literal["between", "at_least", "at_most", "equals", "one_of", "matches", "same_as", "is_true"]
    low: float | None
    high: float | None
    expected: Annotated[tuple[Text500, ...], Meta(max_length=50)]
    required: bool
    outcome: Literal["PASS", "FAIL", "ERROR"]
    retries: Count
    instrument: Text200
    cal_due: Day | None
    taken_at: Moment
    is_marginal: bool = False


class Attempt(Struct, frozen=True, forbid_unknown_fields=True):
    """An earlier attempt at a step that was played again."""

    step: Name
    number: Ordinal
    started_at: Moment
    finished_at: Moment
    outcome: Literal["FAIL", "ERROR"]
    message: Text2000
    measurements: Annotated[tuple[Measurement, ...], Meta(max_length=1000)]


class Gate(Struct, frozen=True, forbid_unknown_fields=True):
    """What the station asked before the run, and on what it let it begin."""

    name: Name
    outcome: Literal["passed", "unknown", "waived"]
    basis: Annotated[str, Meta(min_length=1, max_length=500)]
    state_age_s: Count | None


class Accessory(Struct, frozen=True, forbid_unknown_fields=True):
    """One line of the shipping list."""

    name: Name
    is_present: bool


class Trace(Struct, frozen=True, forbid_unknown_fields=True):
    """A curve."""

    step: Name
    name: Name
    x_unit: UnitSymbol
    y_unit: UnitSymbol
    x: Annotated[tuple[float, ...], Meta(max_length=2000)]
    y: Annotated[tuple[float, ...], Meta(max_length=2000)]


class RunLetter(Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """One playing of a sequence on a unit, with its place in the chain; ``attempts`` and ``gates`` are optional."""

    schema: Literal["fanji/run/1"]
    id: Id
    station_id: StationId
    chain_id: Id
    seq: Ordinal
    prev_sha256: Sha256
    created_at: Moment
    software_version: Version
    bench_sha256: Sha256
    unit: UnitRef
    slot: Name
    product: Name
    plan: PlanRef
    purpose: Literal["outgoing", "incoming", "golden", "grr", "debug"]
    attempt: Ordinal
    operator: Person
    cached_state_version: Count | None
    started_at: Moment
    finished_at: Moment
    verdict: Verdict
    has_failed_measurement: bool
    failure: Failure | None
    make_safe: Annotated[tuple[SafeAction, ...], Meta(max_length=100)]
    steps: Annotated[tuple[Step, ...], Meta(max_length=2000)]
    measurements: Annotated[tuple[Measurement, ...], Meta(max_length=10000)]
    accessories: Annotated[tuple[Accessory, ...], Meta(max_length=200)]
    traces: Annotated[tuple[Trace, ...], Meta(max_length=50)]
    attempts: Annotated[tuple[Attempt, ...], Meta(max_length=1000)] = ()
    gates: Annotated[tuple[Gate, ...], Meta(max_length=20)] = ()
