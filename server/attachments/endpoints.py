"""Photos over the API: stations put them by their digest."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Path, Request, Response
from fastapi.concurrency import run_in_threadpool

from server.admin.access import InDatabase, InSettings, Now, SendingStation
from server.attachments.flows import take_attachment
from server.attachments.photo_file import MAX_PHOTO_BYTES, attachment_store
from server.errors import TooLarge
from server.wire.receipt import STATUS

router = APIRouter(prefix="/v1", tags=["letters"])

ATTACHMENT_PATHS = "/v1/attachments/"
ANSWERS: dict[int | str, dict[str, Any]] = {
    201: {"description": "Stored"},
    200: {"description": "It is here already"},
    413: {"description": f"Longer than {MAX_PHOTO_BYTES} bytes; not kept"},
    422: {"description": "No JPEG or PNG, or not of this digest; not kept"},
}
PICTURE = {"schema": {"type": "string", "format": "binary"}}
BODY = {"requestBody": {"required": True, "content": {"image/jpeg": PICTURE, "image/png": PICTURE}}}


@router.put("/attachments/{sha256}", status_code=201, responses=ANSWERS, openapi_extra=BODY)
async def put_attachment(
    sha256: Annotated[str, Path(pattern="^[0-9a-f]{64}$")],
    request: Request,
    station: SendingStation,
    database: InDatabase,
    settings: InSettings,
    at: Now,
) -> Response:
    """Keep a photo that a run refers to; the receipt carries the sha256 of its bytes."""
    content = bytearray()
    async for chunk in request.stream():
        content += chunk
        if len(content) > MAX_PHOTO_BYTES:
            raise TooLarge(f"a photo has at most {MAX_PHOTO_BYTES} bytes")
    store = attachment_store(settings.data_dir)
    receipt = await run_in_threadpool(take_attachment, database, store, sha256, bytes(content), station.station_id, at)
    return Response(receipt.encoded(), STATUS[receipt.outcome], media_type="application/json")
