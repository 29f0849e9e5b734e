"""Letters over the API: stations put them, and get back exactly the bytes that are kept."""

from __future__ import annotations

import asyncio
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Request, Response
from fastapi.concurrency import run_in_threadpool

from server.admin.access import Now, Reading, SendingStation, Visitor, bearer
from server.admin.queries import StationToken, station_of_token
from server.db.on_postgresql import NO_CHARACTER
from server.errors import NotAllowed, NotFound, NotLoggedIn
from server.ingest.letter_body import MAX_LETTER_BYTES, letter_body
from server.ingest.letter_route import LetterRoute
from server.ingest.queries import LetterRow, body_of, letters_of
from server.ingest.submission import BURN, CUSTODY, RUN, submit
from server.ingest.writer import LetterWriter
from server.wire.receipt import STATUS, Outcome

router = APIRouter(prefix="/v1", tags=["letters"])
incoming = APIRouter(route_class=LetterRoute)

RECEIPT_ANSWERS: dict[int | str, dict[str, Any]] = {
    201: {"description": "Stored"},
    200: {"description": "The same letter again"},
    409: {"description": "The id stands for another letter; both are kept"},
    422: {"description": "It does not parse; kept in quarantine"},
    413: {"description": f"Longer than {MAX_LETTER_BYTES} bytes; not kept"},
}
QUICK_BYTES = 64 * 1024
"""A letter of this length takes about 2 ms to work out; a change of thread costs as much."""

JSON_BODY = {"requestBody": {"required": True, "content": {"application/json": {"schema": {"type": "object"}}}}}


@incoming.put("/runs/{run_id}", status_code=201, responses=RECEIPT_ANSWERS, openapi_extra=JSON_BODY)
async def put_run(run_id: str, request: Request, station: SendingStation) -> Response:
    """Keep a run letter; the receipt carries the sha256 of its bytes."""
    return await _put(RUN, run_id, request, station)


@incoming.put("/burns/{burn_id}", status_code=201, responses=RECEIPT_ANSWERS, openapi_extra=JSON_BODY)
async def put_burn(burn_id: str, request: Request, station: SendingStation) -> Response:
    """Keep a burn letter; the receipt carries the sha256 of its bytes."""
    return await _put(BURN, burn_id, request, station)


@incoming.put("/custody/{custody_id}", status_code=201, responses=RECEIPT_ANSWERS, openapi_extra=JSON_BODY)
async def put_custody(custody_id: str, request: Request, station: SendingStation) -> Response:
    """Keep a custody letter; the receipt carries the sha256 of its bytes."""
    return await _put(CUSTODY, custody_id, request, station)


router.include_router(incoming)


@router.get("/letters/{letter_id}", response_class=Response)
def get_letter(
    letter_id: str,
    connection: Reading,
    token: Annotated[str, Depends(bearer)],
    user: Visitor,
    at: Now,
    sha256: Annotated[str | None, Query(pattern="^[0-9a-f]{64}$")] = None,
) -> Response:
    """The bytes as received: the stored letter, or the one with the digest ``sha256`` where several have this id."""
    station = station_of_token(connection, token, at) if token else None
    if station is None and user is None:
        raise NotLoggedIn("a station token or a login is needed")
    if user is not None and not user.may("letters.read"):
        raise NotAllowed(f"{user.name} ({user.role}) may not do this: letters.read")
    row = _chosen(letters_of(connection, letter_id), sha256)
    if row is None or (station is not None and row.station_id != station.station_id):
        raise NotFound(f"no letter {letter_id}")
    body = body_of(connection, row.id, row.sha256) or b""
    return Response(
        body, media_type="application/json", headers={"X-Letter-Outcome": row.outcome, "ETag": f'"{row.sha256}"'}
    )


async def _put(kind: str, letter_id: str, request: Request, station: StationToken) -> Response:
    """Work the letter out, a long one beside the event loop, hand it to the writer, and answer when it is committed."""
    body = await letter_body(request)
    letter_id = letter_id.replace("\0", NO_CHARACTER)  # as PostgreSQL keeps it, so that it is found again
    if len(body) <= QUICK_BYTES:
        submission = submit(kind, letter_id, body, station.station_id)
    else:
        submission = await run_in_threadpool(submit, kind, letter_id, body, station.station_id)
    writer: LetterWriter = request.app.state.letter_writer
    try:
        receipt = await asyncio.wrap_future(writer.put(submission, station.sha256))
    except NotLoggedIn:
        request.app.state.seen_tokens.pop(station.sha256, None)
        raise
    return Response(receipt.encoded(), STATUS[receipt.outcome], media_type="application/json")


def _chosen(rows: list[LetterRow], sha256: str | None) -> LetterRow | None:
    if sha256 is not None:
        return next((row for row in rows if row.sha256 == sha256), None)
    return next((row for row in rows if row.outcome == Outcome.STORED), rows[0] if rows else None)
