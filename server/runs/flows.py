"""A run comes on record: its row, its definitions, its sheet and its failures."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

import msgspec
import sqlalchemy as sa

from server.db.pending import PendingRows, Row
from server.runs.evidence import verdict_findings
from server.runs.measurements import OUTCOMES, Definition, PackedMeasurements, pack
from server.runs.sheet import pack_sheet
from server.runs.tables import defset, mdef, run, run_failure, run_only_just, run_sheet, unsummed
from server.units.event import NewEvent
from server.units.flows import Finding, Receiving, UnitName
from server.wire.decode import to_datetime
from server.wire.ids import canonical_serial, new_id, unit_id
from server.wire.run import RunLetter

MAX_LISTED = 20
LOOKED_UP_AT_ONCE = 1000
"""SQLite takes no more than 32766 parameters."""

JUDGING_PURPOSES = frozenset({"outgoing", "incoming"})


@dataclass(frozen=True, slots=True)
class PreparedRun:
    """A run letter with everything that can be worked out before its transaction."""

    letter: RunLetter
    name: UnitName
    findings: tuple[Finding, ...]
    packed: PackedMeasurements
    sheet: bytes

    @property
    def key(self) -> str:
        return self.name.unit_id


def prepare_run(letter: RunLetter) -> PreparedRun:
    """Compress, judge and digest: all that needs no database."""
    serial = canonical_serial(letter.unit.serial)
    name = UnitName(unit_id(letter.unit.family, serial), letter.unit.family, serial, letter.product)
    findings = (*name.findings(letter.unit), *_time_findings(letter), *verdict_findings(letter))
    return PreparedRun(letter, name, findings, pack(letter.measurements), pack_sheet(letter))


def keep_run(pending: PendingRows, prepared: PreparedRun, receiving: Receiving, has_discrepancy: bool) -> None:
    """The run's rows, for the caller's transaction; see ``keep_definitions`` for what they refer to."""
    pending.add(run, _run_row(prepared, receiving, has_discrepancy))
    key: Row = {"unit_id": prepared.name.unit_id, "run_id": prepared.letter.id}
    pending.add(run_sheet, key | {"sheet": prepared.sheet})
    pending.add(run_failure, *(key | row for row in _failure_rows(prepared)))
    if attempts := _only_just(prepared.letter):
        pending.add(run_only_just, key | {"attempts": attempts})


def keep_definitions(connection: sa.Connection, pending: PendingRows, runs: Iterable[PreparedRun]) -> None:
    """The rows of those definitions of ``runs`` that are not on record yet."""
    sets = {prepared.packed.defset_sha256: prepared.packed for prepared in runs}
    for digest in connection.scalars(_DEFSETS, {"wanted": list(sets)}):
        del sets[digest]
    if not sets:
        return
    by_digest: dict[str, Definition] = {}
    for digest, packed in sets.items():
        by_digest.update(zip(packed.mdef_sha256s, packed.definitions, strict=True))
        pending.add(defset, {"sha256": digest, "mdefs": msgspec.json.encode(packed.mdef_sha256s).decode()})
    digests = list(by_digest)
    for start in range(0, len(digests), LOOKED_UP_AT_ONCE):
        for digest in connection.scalars(_MDEFS, {"wanted": digests[start : start + LOOKED_UP_AT_ONCE]}):
            del by_digest[digest]
    pending.add(mdef, *(_definition_row(digest, definition) for digest, definition in by_digest.items()))


def keep_for_the_sums(pending: PendingRows, runs: Sequence[PreparedRun], at: datetime) -> None:
    """Leave the runs to the follower that adds up their values."""
    if runs:
        pending.add(unsummed, {"id": new_id(at), "runs": msgspec.json.encode([one.letter.id for one in runs]).decode()})


def run_event(prepared: PreparedRun, case_id: str | None, discrepancies: int) -> NewEvent:
    """What the unit's timeline shows of the run."""
    letter = prepared.letter
    failed = [row.name for row in letter.measurements if row.outcome != "PASS"]
    payload: dict[str, object] = {
        "verdict": letter.verdict,
        "product": letter.product,
        "plan": letter.plan.name,
        "plan_version": letter.plan.version,
        "purpose": letter.purpose,
        "attempt": letter.attempt,
        "slot": letter.slot,
        "measurements": len(letter.measurements),
        "failed": failed[:MAX_LISTED],
        "failure": letter.failure.message if letter.failure else None,
        "discrepancies": discrepancies,
        "finished_at": letter.finished_at,
    }
    if attempts := _only_just(letter):
        payload["only_just"] = attempts
    return NewEvent(
        id=letter.id,
        kind="tested",
        at=to_datetime(letter.started_at),
        actor=letter.operator,
        payload=payload,
        station_id=letter.station_id,
        case_id=case_id,
        verdict=letter.verdict if letter.purpose in JUDGING_PURPOSES else None,
    )


def _only_just(letter: RunLetter) -> int:
    """How many attempts a step took, of a run that passed at more than one or near a limit; 0 for any other."""
    is_near = any(row.is_marginal for row in letter.measurements)
    if letter.verdict != OUTCOMES[0] or not (is_near or letter.attempts):
        return 0
    return 1 + max((attempt.number for attempt in letter.attempts), default=0)


def _run_row(prepared: PreparedRun, receiving: Receiving, has_discrepancy: bool) -> Row:
    letter, packed = prepared.letter, prepared.packed
    return {
        "unit_id": prepared.name.unit_id,
        "id": letter.id,
        "site": receiving.site,
        "serial": prepared.name.serial,
        "station_id": letter.station_id,
        "slot": letter.slot,
        "product": letter.product,
        "plan_name": letter.plan.name,
        "plan_version": letter.plan.version,
        "plan_sha256": letter.plan.sha256,
        "purpose": letter.purpose,
        "attempt": letter.attempt,
        "operator": letter.operator,
        "started_at": to_datetime(letter.started_at),
        "finished_at": to_datetime(letter.finished_at),
        "received_at": receiving.received_at,
        "verdict": letter.verdict,
        "has_failed_measurement": letter.has_failed_measurement,
        "has_discrepancy": has_discrepancy,
        "has_all_accessories": all(row.is_present for row in letter.accessories),
        "is_proved_safe": all(row.is_proved for row in letter.make_safe),
        "failure_kind": letter.failure.kind if letter.failure else None,
        "failure_message": letter.failure.message if letter.failure else None,
        "case_id": receiving.case_id,
        "letter_sha256": receiving.letter_sha256,
        "defset_sha256": packed.defset_sha256,
        "values_f64": packed.values_f64,
        "outcomes": packed.outcomes,
        "texts": packed.texts,
    }


def _failure_rows(prepared: PreparedRun) -> Iterator[Row]:
    for position, row in enumerate(prepared.letter.measurements):
        if row.outcome != OUTCOMES[0]:
            yield {
                "position": position,
                "name": row.name,
                "mdef_sha256": prepared.packed.mdef_sha256s[position],
                "outcome": row.outcome,
                "value": row.value if isinstance(row.value, float) else None,
            }


def _definition_row(digest: str, definition: Definition) -> Row:
    return {
        "sha256": digest,
        "name": definition.name,
        "step": definition.step,
        "unit": definition.unit,
        "comparator": definition.comparator,
        "low": definition.low,
        "high": definition.high,
        "expected": msgspec.json.encode(definition.expected).decode(),
        "is_required": definition.is_required,
    }


def _time_findings(letter: RunLetter) -> Iterator[Finding]:
    if letter.finished_at < letter.started_at:
        yield Finding("time", "the run finished before it started")


_DEFSETS = sa.select(defset.c.sha256).where(defset.c.sha256.in_(sa.bindparam("wanted", expanding=True)))
_MDEFS = sa.select(mdef.c.sha256).where(mdef.c.sha256.in_(sa.bindparam("wanted", expanding=True)))
