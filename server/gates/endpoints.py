"""The snapshot that stations cache, over the API."""

from __future__ import annotations

from typing import Annotated

import msgspec
from fastapi import APIRouter, Query, Response

from server.admin.access import CurrentStation, Now, Reading
from server.gates.snapshot import snapshot, snapshot_version

router = APIRouter(prefix="/v1", tags=["stations"])


@router.get("/stations/me/state", response_class=Response, responses={304: {"description": "Nothing has changed"}})
def get_state(
    connection: Reading, station: CurrentStation, at: Now, since: Annotated[int | None, Query(ge=0)] = None
) -> Response:
    """What a station may rely on while the server is away; 304 when nothing changed since version ``since``."""
    version = snapshot_version(connection)
    if since == version:
        return Response(status_code=304)
    return Response(msgspec.json.encode(snapshot(connection, version, at)), media_type="application/json")
