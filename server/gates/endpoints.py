"""The snapshot that stations cache, over the API."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated

import msgspec
from fastapi import APIRouter, Query, Request, Response
from fastapi.concurrency import run_in_threadpool

from server.admin.access import Bearer, CurrentStation, InDatabase, current_station
from server.db.engine import Database
from server.gates.snapshot import snapshot, snapshot_version
from server.gates.watch import StateWatch

router = APIRouter(prefix="/v1", tags=["stations"])


LONGEST_WAIT_S = 30.0
"""Proxies drop a connection that is silent for a minute."""


@router.get("/stations/me/state", response_class=Response, responses={304: {"description": "Nothing has changed"}})
async def get_state(
    request: Request,
    database: InDatabase,
    token: Bearer,
    station: CurrentStation,
    since: Annotated[int | None, Query(ge=0)] = None,
    wait_s: Annotated[float, Query(ge=0, le=LONGEST_WAIT_S)] = 0.0,
) -> Response:
    """What a station may rely on while the server is away; 304 when nothing changed since version ``since``.

    With ``wait_s`` the answer comes when something has changed, or after so many seconds.
    """
    if since is not None and wait_s:
        watch: StateWatch = request.app.state.state_watch
        await watch.beyond(since, wait_s)
        await run_in_threadpool(current_station, token, database, datetime.now(UTC))
    return await run_in_threadpool(_state, database, since)


def _state(database: Database, since: int | None) -> Response:
    with database.reading() as connection:
        version = snapshot_version(connection)
        if since == version:
            return Response(status_code=304)
        state = snapshot(connection, version, datetime.now(UTC))
    return Response(msgspec.json.encode(state), media_type="application/json")
