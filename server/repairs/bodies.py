"""What repairs look like over the API: taken and given, with examples."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field
from pydantic.config import JsonDict

from server.parts.lines import Line
from server.repairs.asked import MAX_DESIGNATORS, MAX_NOTE, MAX_PARTS, Repair
from server.repairs.queries import READY
from server.repairs.scrapping import MAX_NOTE as MAX_SCRAP_NOTE
from server.wire.fields import UUID

Code = Annotated[str, Field(max_length=12)]
REPAIR_EXAMPLE: JsonDict = {
    "case_id": "01a1f3a0-2c00-7000-8000-0000000000aa",
    "symptom": "S11",
    "cause": "C11",
    "action": "A11",
    "designators": ["F1"],
    "started_at": "2026-11-27T09:10:00+08:00",
    "ended_at": "2026-11-27T09:25:00+08:00",
    "run_id": "01a1f3a0-2c00-7000-8000-0000000000bb",
    "measurement": "dark_current",
    "parts": [{"number": "FUSE-10A", "quantity": 1}],
    "source": "",
    "outcome": "awaiting_test",
    "note": "",
}
SCRAP_EXAMPLE: JsonDict = {
    "case_id": "01a1f3a0-2c00-7000-8000-0000000000aa",
    "reason": "beyond_repair",
    "note": "main board burned through",
}
DECISION_EXAMPLE: JsonDict = {"is_approved": True, "note": ""}
TAKE_EXAMPLE: JsonDict = {"serial": "FJR126110001"}
ASSIGN_EXAMPLE: JsonDict = {
    "cases": ["01a1f3a0-2c00-7000-8000-0000000000aa"],
    "owner": "technician",
    "due_on": "2026-12-01",
}


class Taken(BaseModel):
    """What a request may hold; nothing else is taken."""

    model_config = ConfigDict(extra="forbid")


class PartBody(Taken):
    """A part that was built in."""

    number: str = Field(min_length=1, max_length=64)
    quantity: int = Field(ge=1, le=10_000)


class RepairBody(Taken):
    """A repair; with ``corrects`` it counts in the place of that entry. ``source`` is the place of the parts ledger
    that the parts are drawn from, empty where they are not; ``technician`` is who asks, where nobody is named."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [REPAIR_EXAMPLE]})

    case_id: str = Field(pattern=UUID)
    symptom: Code
    cause: Code
    action: Code
    designators: list[Annotated[str, Field(max_length=12)]] = Field(default=[], max_length=MAX_DESIGNATORS)
    started_at: AwareDatetime
    ended_at: AwareDatetime
    run_id: str = Field(default="", pattern=f"^$|{UUID}")
    measurement: str = Field(default="", max_length=100)
    parts: list[PartBody] = Field(default=[], max_length=MAX_PARTS)
    source: str = Field(default="", max_length=64)
    outcome: str = Field(default=READY, max_length=20)
    technician: str = Field(default="", max_length=80)
    note: str = Field(default="", max_length=MAX_NOTE)
    scrap_reason: str = Field(default="", max_length=20)
    corrects: str = Field(default="", pattern=f"^$|{UUID}")

    def as_repair(self, repair_id: str) -> Repair:
        said = self.model_dump(exclude={"parts", "designators"})
        parts = tuple(Line(part.number, part.quantity) for part in self.parts)
        return Repair(id=repair_id, designators=tuple(self.designators), parts=parts, **said)


class PartAnswer(BaseModel):
    """A part with its movement in the ledger, null where it was not drawn from it."""

    number: str
    quantity: int
    movement_id: str | None


class RepairAnswer(BaseModel):
    """A repair on record; ``is_corrected`` where another entry counts in its place."""

    id: str
    unit_id: str
    case_id: str
    serial: str
    product: str
    codes_version: int
    symptom: str
    cause: str
    action: str
    designators: list[str]
    technician: str
    started_at: datetime
    ended_at: datetime
    run_id: str | None
    measurement: str
    parts: list[PartAnswer]
    outcome: str
    note: str
    corrects: str | None
    is_corrected: bool
    recorded_at: datetime
    recorded_by: str


class ScrapBody(Taken):
    """A unit that somebody would have scrapped."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [SCRAP_EXAMPLE]})

    case_id: str = Field(pattern=UUID)
    reason: str = Field(max_length=20)
    note: str = Field(default="", max_length=MAX_SCRAP_NOTE)


class ScrapDecisionBody(Taken):
    """What another person says to it; a refusal says why."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [DECISION_EXAMPLE]})

    is_approved: bool
    note: str = Field(default="", max_length=MAX_SCRAP_NOTE)


class ScrapAnswer(BaseModel):
    """A request; undecided while ``decided_at`` is null."""

    id: str
    case_id: str
    reason: str
    note: str
    requested_at: datetime
    requested_by: str
    is_approved: bool | None
    decision_note: str | None
    decided_at: datetime | None
    decided_by: str | None


class TakeBody(Taken):
    """The unit that a technician scans."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [TAKE_EXAMPLE]})

    serial: str = Field(min_length=1, max_length=200)


class AssignBody(Taken):
    """Cases for a technician, and the day by which they are due; what is empty stays as it is."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [ASSIGN_EXAMPLE]})

    cases: list[Annotated[str, Field(pattern=UUID)]] = Field(min_length=1, max_length=200)
    owner: str = Field(default="", max_length=80)
    due_on: date | None = None


class QueueAnswer(BaseModel):
    """A case that waits, with its last judged test."""

    unit_id: str
    case_id: str
    case_no: str
    serial: str
    product: str
    state: str
    reason: str
    owner: str
    due_on: date | None
    opened_at: datetime
    changed_at: datetime
    verdict: str
    failed: list[str]
