"""Arrivals over the API, and what a station asks of repairs."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Depends, Path, Response
from pydantic import BaseModel, ConfigDict, Field

from server.admin.access import InDatabase, InSettings, Now, require
from server.admin.queries import User
from server.returns.receiving import (
    MAX_REASON,
    MAX_SOURCE,
    MAX_UNITS,
    Arrival,
    ArrivedUnit,
    receive,
)
from server.wire.fields import UUID7

router = APIRouter(prefix="/v1", tags=["returns"])


class Taken(BaseModel):
    """What a request may hold; nothing else is taken."""

    model_config = ConfigDict(extra="forbid")


class WaybillBody(Taken):
    """The parcel's label."""

    courier: str = Field(min_length=1, max_length=80)
    number: str = Field(min_length=1, max_length=64)


class UnitBody(Taken):
    """A unit in the parcel."""

    serial: str = Field(min_length=1, max_length=200)
    reason: str = Field(max_length=MAX_REASON)


class ArrivalBody(Taken):
    """A parcel and the units in it."""

    waybill: WaybillBody
    source: str = Field(min_length=1, max_length=MAX_SOURCE)
    units: list[UnitBody] = Field(min_length=1, max_length=MAX_UNITS)


class CaseAnswer(BaseModel):
    """A case that the arrival opened; ``is_provisional`` where no serial rule knows the serial."""

    id: str
    case_no: str
    unit_id: str
    serial: str
    product: str
    is_provisional: bool
    state: str
    opened_at: datetime


class ArrivalAnswer(BaseModel):
    """The cases of the arrival, in the order the units were named."""

    id: str
    waybill_id: str
    cases: list[CaseAnswer]


@router.put("/arrivals/{arrival_id}", status_code=201, responses={200: {"description": "Received before"}})
def put_arrival(
    arrival_id: Annotated[str, Path(pattern=UUID7)],
    body: ArrivalBody,
    response: Response,
    user: Annotated[User, Depends(require("arrivals.write"))],
    database: InDatabase,
    settings: InSettings,
    at: Now,
) -> ArrivalAnswer:
    """Receive a parcel: one return case for each unit, or none at all. The same request again changes nothing."""
    asked = Arrival(
        arrival_id,
        body.waybill.courier,
        body.waybill.number,
        body.source.strip(),
        tuple(ArrivedUnit(unit.serial, unit.reason.strip()) for unit in body.units),
    )
    with database.writing() as connection:
        opened = receive(connection, asked, f"user:{user.name}", settings, at)
    response.status_code = 200 if opened.is_repeated else 201
    cases = [CaseAnswer.model_validate(case, from_attributes=True) for case in opened.cases]
    return ArrivalAnswer(id=arrival_id, waybill_id=opened.waybill_id, cases=cases)
