"""Units over the API, and the state that stations cache."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Annotated, Any

import msgspec
from fastapi import APIRouter, Depends, Path, Query, Response
from pydantic import BaseModel

from server.admin.access import CurrentStation, Now, Reading, require
from server.admin.operators import operators
from server.admin.queries import User, operators_version
from server.errors import NotFound
from server.units.queries import serial_rules, state_version, timeline, unit_by_id
from server.wire.fields import UUID
from server.wire.state import SerialRuleRow, StationState, moment_text

router = APIRouter(prefix="/v1", tags=["units"])

STATE_VALID_DAYS = 7


class EventAnswer(BaseModel):
    """One event; ``payload`` depends on ``kind``."""

    id: str
    seq: int
    kind: str
    at: datetime
    received_at: datetime
    actor: str
    station_id: str | None
    case_id: str | None
    payload: dict[str, Any]
    sha256: str
    prev_sha256: str


class UnitAnswer(BaseModel):
    """A unit with its events in the order the server learned of them."""

    unit_id: str
    family: str
    serial: str
    product: str
    is_provisional: bool
    first_seen_at: datetime
    last_verdict: str | None
    events: list[EventAnswer]


@router.get("/units/{unit_id}")
def get_unit(
    unit_id: Annotated[str, Path(pattern=UUID)],
    connection: Reading,
    user: Annotated[User, Depends(require("records.read"))],
) -> UnitAnswer:
    """One unit and all that happened to it."""
    unit = unit_by_id(connection, unit_id)
    if unit is None:
        raise NotFound(f"no unit {unit_id}")
    events = [EventAnswer.model_validate(event, from_attributes=True) for event in timeline(connection, unit_id)]
    return UnitAnswer(
        unit_id=unit.unit_id,
        family=unit.family,
        serial=unit.serial,
        product=unit.product,
        is_provisional=unit.is_provisional,
        first_seen_at=unit.first_seen_at,
        last_verdict=unit.last_verdict,
        events=events,
    )


@router.get("/stations/me/state", response_class=Response, responses={304: {"description": "Nothing has changed"}})
def get_state(
    connection: Reading, station: CurrentStation, at: Now, since: Annotated[int | None, Query(ge=0)] = None
) -> Response:
    """What a station may rely on while the server is away; 304 when nothing changed since version ``since``."""
    version = state_version(connection) + operators_version(connection)
    if since == version:
        return Response(status_code=304)
    rules = tuple(SerialRuleRow(rule.family, rule.product, rule.pattern) for rule in serial_rules(connection))
    state = StationState(
        version=version,
        expires_at=moment_text(at + timedelta(days=STATE_VALID_DAYS)),
        serial_rules=rules,
        operators=operators(connection) or msgspec.UNSET,
    )
    return Response(msgspec.json.encode(state), media_type="application/json")
