"""The gates of a return case as they stand, with the overrides that two persons agreed on."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

import msgspec
import sqlalchemy as sa

from server.gates.case_tables import gate_override, gate_override_decision
from server.gates.evidence import Evidence, evidence_of
from server.gates.judgement import AFTER, GATES, judge
from server.gates.reasons import Reason
from server.returns.flows import OpenGate
from server.returns.queries import ReturnCase


@dataclass(frozen=True, slots=True)
class Override:
    """Somebody asked that a gate be passed in spite of its reasons; ``is_approved`` is None until it is decided."""

    unit_id: str
    id: str
    case_id: str
    gate: str
    subject_sha256: str
    reasons: str
    reason: str
    requested_at: datetime
    requested_by: str
    is_approved: bool | None
    note: str | None
    decided_at: datetime | None
    decided_by: str | None


@dataclass(frozen=True, slots=True)
class Gate:
    """A gate: open when nothing shuts it, or when all that does was overridden as it is now.

    ``reasons`` shut it, those of the gate before it first; ``own`` are all of its own, ``waived`` those of them that
    an override took away.
    ``subject_sha256`` is what an override of it must be bound to.
    """

    name: str
    reasons: tuple[Reason, ...]
    own: tuple[Reason, ...]
    waived: tuple[Reason, ...]
    subject_sha256: str
    override: Override | None
    basis: Mapping[str, object]

    @property
    def is_open(self) -> bool:
        return not self.reasons

    @property
    def can_be_overridden(self) -> bool:
        return any(reason.is_waivable for reason in self.own if reason not in self.waived)

    def opened(self, case: ReturnCase) -> OpenGate:
        """The word for returns.flows.move; KeyError where it is shut."""
        if not self.is_open:
            raise KeyError(self.name)
        return OpenGate(self.name, case.id, case.version, self.basis)


def case_gates(
    connection: sa.Connection, case: ReturnCase, changes: Mapping[str, str] | None = None
) -> dict[str, Gate]:
    """Every gate of the case; ``changes`` are what a move is about to say of it."""
    evidence = evidence_of(connection, case.unit_id, case, changes)
    if evidence is None:
        return {}
    known = overrides_of(connection, case)
    made: dict[str, Gate] = {}
    for name in GATES:
        before = made.get(AFTER.get(name, ""))
        made[name] = _gate(name, evidence, before, known)
    return made


def overrides_of(connection: sa.Connection, case: ReturnCase) -> list[Override]:
    """Every override that was asked for in this case, the newest first."""
    query = _OVERRIDES.where(gate_override.c.unit_id == case.unit_id, gate_override.c.case_id == case.id)
    rows = connection.execute(query.order_by(gate_override.c.id.desc()))
    return [Override(*row) for row in rows]


def override_by_id(connection: sa.Connection, override_id: str) -> Override | None:
    """One override, if it is on record."""
    row = connection.execute(_OVERRIDES.where(gate_override.c.id == override_id)).first()
    return Override(*row) if row else None


def waiting_overrides(connection: sa.Connection, limit: int = 100) -> list[Override]:
    """What waits for another person's decision, the oldest first."""
    query = _OVERRIDES.where(gate_override_decision.c.override_id.is_(None)).order_by(gate_override.c.id)
    return [Override(*row) for row in connection.execute(query.limit(limit))]


def _gate(name: str, evidence: Evidence, before: Gate | None, known: list[Override]) -> Gate:
    own = judge(evidence, name)
    digest = _subject(name, evidence, own)
    override = next((row for row in known if row.gate == name and row.subject_sha256 == digest), None)
    waived = tuple(reason for reason in own if reason.is_waivable) if override and override.is_approved else ()
    left = tuple(reason for reason in own if reason not in waived)
    basis: dict[str, object] = _basis(evidence)
    if waived and override:
        basis["overrides"] = [override.id]
    if before is not None:
        left = (*before.reasons, *left)
        basis = {**before.basis, **basis}
        basis["overrides"] = [*_ids(before.basis), *([override.id] if waived and override else [])]
    return Gate(name, left, own, waived, digest, override, {key: value for key, value in basis.items() if value})


def _ids(basis: Mapping[str, object]) -> list[object]:
    found = basis.get("overrides", [])
    return list(found) if isinstance(found, list) else []


def _basis(evidence: Evidence) -> dict[str, object]:
    """What the judgement rested on, for the event of the move."""
    return {
        "run": evidence.run.row.id if evidence.run else "",
        "burns": [burned.id for burned in evidence.burns],
        "work": evidence.work.id if evidence.work else "",
        "waybill": evidence.waybill.number if evidence.waybill else "",
    }


def _subject(name: str, evidence: Evidence, own: tuple[Reason, ...]) -> str:
    """The digest over what can be waived, and the evidence; another test or burn makes another subject of it."""
    waivable = [[reason.code, reason.subject[1], reason.detail] for reason in own if reason.is_waivable]
    seen = _basis(evidence)
    case_id = evidence.case.id if evidence.case else ""
    content = [name, evidence.unit.unit_id, case_id, waivable, seen["run"], seen["burns"], seen["work"]]
    return hashlib.sha256(msgspec.json.encode(content)).hexdigest()


_OVERRIDES = sa.select(
    gate_override,
    gate_override_decision.c.is_approved,
    gate_override_decision.c.note,
    gate_override_decision.c.decided_at,
    gate_override_decision.c.decided_by,
).join(
    gate_override_decision,
    sa.and_(
        gate_override_decision.c.unit_id == gate_override.c.unit_id,
        gate_override_decision.c.override_id == gate_override.c.id,
    ),
    isouter=True,
)
