"""What the API of return cases takes and gives."""

from __future__ import annotations

from datetime import date, datetime

from pydantic import BaseModel, ConfigDict, Field

from server.gates.case_gates import Gate, Override
from server.gates.reasons import Reason
from server.returns.details import FIELDS
from server.returns.machine import machine
from server.web.language import CHINESE, ENGLISH

MAX_TEXT = 500


class Taken(BaseModel):
    """What a request may hold; nothing else is taken."""

    model_config = ConfigDict(extra="forbid")


class MoveBody(Taken):
    """A move of the state machine; ``changes`` are details that become true with it."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={"examples": [{"move": "wait_for_parts", "note": "no display in stock", "changes": {}}]},
    )
    move: str = Field(max_length=30)
    note: str = Field(default="", max_length=MAX_TEXT)
    changes: dict[str, str] = Field(default_factory=dict, max_length=len(FIELDS))


class CheckBody(Taken):
    """Which accessories and packing lie with the unit, by the names that stations use."""

    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"examples": [{"items": {"remote": True, "manual": False}}]}
    )
    items: dict[str, bool] = Field(min_length=1, max_length=200)


class OverrideBody(Taken):
    """Why a gate should be passed although it is shut."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={"examples": [{"gate": "passed", "reason": "the customer wants it back unrepaired"}]},
    )
    gate: str = Field(max_length=20)
    reason: str = Field(min_length=1, max_length=MAX_TEXT)


class DecisionBody(Taken):
    """What another person decides of an override; ``event_id`` is a UUID made by the client."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [{"event_id": "019ab000-0000-7000-8000-0000000000e1", "is_approved": True, "note": ""}]
        },
    )
    event_id: str = Field(pattern="^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$")
    is_approved: bool
    note: str = Field(default="", max_length=MAX_TEXT)


class AnnouncedUnitBody(Taken):
    """A unit that will come back."""

    serial: str = Field(min_length=1, max_length=200)
    reason: str = Field(max_length=MAX_TEXT)


class AnnouncementBody(Taken):
    """Units that somebody will send, before they arrive."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [
                {
                    "source": "4S Hangzhou West",
                    "kind": "repair",
                    "units": [{"serial": "FJR126110001", "reason": "no sound"}],
                }
            ]
        },
    )
    source: str = Field(min_length=1, max_length=200)
    kind: str = Field(default="repair", max_length=20)
    units: list[AnnouncedUnitBody] = Field(min_length=1, max_length=500)


class CaseAnswer(BaseModel):
    """A return case; ``version`` is its ETag."""

    id: str
    case_no: str
    unit_id: str
    serial: str
    product: str
    kind: str
    state: str
    version: int
    source: str
    reason: str
    confirmed_reason: str
    owner: str
    grade: str
    due_on: date | None
    sold_on: date | None
    warranty_until: date | None
    replaced_by: str | None
    is_provisional: bool
    opened_at: datetime
    changed_at: datetime
    closed_at: datetime | None


class ReasonAnswer(BaseModel):
    """One thing that shuts a gate."""

    code: str
    zh: str
    en: str
    is_waivable: bool


class GateAnswer(BaseModel):
    """A gate, and what shuts it; ``waived`` is what two persons let pass."""

    name: str
    is_open: bool
    reasons: list[ReasonAnswer]
    waived: list[ReasonAnswer]


class NextAnswer(BaseModel):
    """A move that starts in the case's state; a guarded one may find its gate shut."""

    move: str
    zh: str
    en: str
    gate: str
    is_open: bool


class GatesAnswer(BaseModel):
    """How a unit stands before its gates; without an open case there are none."""

    unit_id: str
    case: CaseAnswer | None
    gates: list[GateAnswer]
    next: list[NextAnswer]


class OverrideAnswer(BaseModel):
    """An override; ``is_approved`` is null until somebody decides."""

    id: str
    case_id: str
    gate: str
    reason: str
    requested_by: str
    is_approved: bool | None
    decided_by: str | None


def gate_answer(gate: Gate) -> GateAnswer:
    return GateAnswer(
        name=gate.name,
        is_open=gate.is_open,
        reasons=[_reason(reason) for reason in gate.reasons],
        waived=[_reason(reason) for reason in gate.waived],
    )


def next_answers(state: str, gates: dict[str, Gate]) -> list[NextAnswer]:
    """What a person may do next, in the order of the table."""
    table = machine()
    moves = [(name, table.moves[name]) for name in table.moves_from(state)]
    return [
        NextAnswer(
            move=name,
            zh=move.zh,
            en=move.en,
            gate=move.guard,
            is_open=not move.guard or gates[move.guard].is_open,
        )
        for name, move in moves
        if move.action
    ]


def override_answer(override: Override) -> OverrideAnswer:
    return OverrideAnswer.model_validate(override, from_attributes=True)


def _reason(reason: Reason) -> ReasonAnswer:
    return ReasonAnswer(
        code=reason.code, zh=reason.text(CHINESE), en=reason.text(ENGLISH), is_waivable=reason.is_waivable
    )
