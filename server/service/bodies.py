"""What service requests look like over the API: taken and given, with examples."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field
from pydantic.config import JsonDict

from server.service.clock import Clock
from server.service.flows import Call, Step
from server.service.queries import ServiceRequest
from server.wire.fields import UUID

CALL_EXAMPLE: JsonDict = {
    "kind": "complaint",
    "text": "no sound after the navigation upgrade",
    "priority": "urgent",
    "channel": "telephone",
    "caller": "王先生",
    "phone": "138 0000 4821",
    "serial": "FJR126110001",
}
STEP_EXAMPLE: JsonDict = {"move": "dispatch", "owner": "field_service"}


class CallBody(BaseModel):
    """A request as it came; ``party`` is the name of a party on record."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [CALL_EXAMPLE]})

    kind: Literal["repair", "complaint", "consultation", "upgrade"]
    text: str = Field(min_length=1, max_length=500)
    priority: Literal["normal", "urgent"] = "normal"
    channel: Literal["telephone", "message", "letter", "visit"] = "telephone"
    party: str = Field(default="", max_length=200)
    caller: str = Field(default="", max_length=80)
    phone: str = Field(default="", max_length=40)
    serial: str = Field(default="", max_length=64)
    product: str = Field(default="", max_length=100)

    def as_call(self, request_id: str) -> Call:
        return Call(id=request_id, **self.model_dump())


class StepBody(BaseModel):
    """A move of the table in server/service/requests.toml, with what it needs."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [STEP_EXAMPLE]})

    move: str = Field(max_length=20)
    note: str = Field(default="", max_length=500)
    owner: str = Field(default="", max_length=120)
    case_id: str = Field(default="", max_length=36)
    score: int | None = Field(default=None, ge=1, le=5)

    def as_step(self, request_id: str, event_id: str) -> Step:
        return Step(event_id, request_id, self.move, self.note, self.owner, self.case_id, self.score)


class RequestQuery(BaseModel):
    """Which requests are listed."""

    state: str = Field(default="", max_length=20)
    owner: str = Field(default="", max_length=120)
    after: str = Field(default="", pattern=f"^$|{UUID}", description="The id of the last row of the page before")
    limit: int = Field(default=50, ge=1, le=200)


class RequestAnswer(BaseModel):
    """A request as it stands; times of the clock are working seconds. Who called is told by ``/caller`` alone."""

    id: str
    kind: str
    priority: str
    channel: str
    party: str
    unit_id: str | None
    serial: str
    product: str
    text: str
    state: str
    owner: str
    case_id: str | None
    logged_at: datetime
    logged_by: str
    used_s: float
    target_s: float
    due_at: datetime | None
    is_overdue: bool


class EventAnswer(BaseModel):
    """One move of a request."""

    model_config = ConfigDict(from_attributes=True)

    id: str
    seq: int
    move: str
    state: str
    owner: str
    note: str
    case_id: str | None
    score: int | None
    at: datetime
    by: str


class FullAnswer(BaseModel):
    """A request, what happened to it, and the moves that start in its state."""

    request: RequestAnswer
    events: list[EventAnswer]
    moves: list[str]


class CallerAnswer(BaseModel):
    """Who called."""

    name: str
    phone: str


class FiguresAnswer(BaseModel):
    """Open and overdue at this moment; the rest is of the last 90 days. Shares are 0 to 1, null where nothing is."""

    model_config = ConfigDict(from_attributes=True)

    open: int
    overdue: int
    handled: int
    in_time: int
    in_time_share: float | None
    called_back: int
    mean_score: float | None


def request_answer(request: ServiceRequest, clock: Clock) -> RequestAnswer:
    return RequestAnswer(
        id=request.id,
        kind=request.kind,
        priority=request.priority,
        channel=request.channel,
        party=request.party,
        unit_id=request.unit_id,
        serial=request.serial,
        product=request.product,
        text=request.text,
        state=request.state,
        owner=request.owner,
        case_id=request.case_id,
        logged_at=request.logged_at,
        logged_by=request.logged_by,
        used_s=clock.used_s,
        target_s=clock.target_s,
        due_at=clock.due_at,
        is_overdue=clock.is_overdue,
    )
