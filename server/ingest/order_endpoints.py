"""A burn order for stations, with the letters that its accounts are made of."""

from __future__ import annotations

from typing import Annotated

import msgspec
from fastapi import APIRouter, Path, Response
from msgspec.structs import replace

from server.admin.access import CurrentStation, Now, Reading
from server.ingest.heard import heard_of
from server.orders.document import order_document

router = APIRouter(prefix="/v1", tags=["stations"])


@router.get(
    "/burn-orders/{no}",
    response_class=Response,
    responses={409: {"description": "Never approved; ``state`` says what it is"}},
)
def get_burn_order(
    no: Annotated[str, Path(max_length=100)], station: CurrentStation, connection: Reading, at: Now
) -> Response:
    """What is to be burned, how far it has come, and by which letters."""
    document = order_document(connection, no.strip().upper(), at)
    told = replace(document, heard=heard_of(connection, document.no))
    return Response(msgspec.json.encode(told), media_type="application/json")
