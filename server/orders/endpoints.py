"""Leases of serial numbers, for stations; the order itself is told by server.ingest."""

from __future__ import annotations

from datetime import datetime

import msgspec
from fastapi import APIRouter, Request, Response
from fastapi.concurrency import run_in_threadpool

from server.admin.access import CurrentStation, InDatabase, Now
from server.db.engine import Database
from server.errors import BadInput
from server.orders.leases import lease_numbers
from server.wire.lease import LeaseRequest

router = APIRouter(prefix="/v1", tags=["stations"])
JSON = "application/json"
LEASE_BODY = {"requestBody": {"required": True, "content": {JSON: {"schema": {"type": "object"}}}}}


@router.post(
    "/leases",
    status_code=201,
    response_class=Response,
    openapi_extra=LEASE_BODY,
    responses={
        200: {"description": "The same request again"},
        404: {"description": "No such order or pool"},
        409: {
            "description": "The order is not open, needs no more numbers, or the pool has none; ``state`` says which"
        },
    },
)
async def post_lease(request: Request, station: CurrentStation, database: InDatabase, at: Now) -> Response:
    """Reserve serial numbers for the next ICs of an order."""
    try:
        asked = msgspec.json.decode(await request.body(), type=LeaseRequest)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise BadInput(str(error), "body") from None
    return await run_in_threadpool(_lease, database, asked, station.station_id, at)


def _lease(database: Database, asked: LeaseRequest, station_id: str, at: datetime) -> Response:
    with database.writing() as connection:
        lease, is_repeated = lease_numbers(connection, asked, station_id, at)
    return Response(msgspec.json.encode(lease), 200 if is_repeated else 201, media_type=JSON)
