"""Units over the API."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Path
from pydantic import BaseModel

from server.admin.access import Reading, require
from server.admin.queries import User
from server.errors import NotFound
from server.units.queries import timeline, unit_by_id
from server.wire.fields import UUID

router = APIRouter(prefix="/v1", tags=["units"])


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
