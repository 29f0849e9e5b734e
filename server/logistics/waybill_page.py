"""One waybill: its units, its way, its details, the photos of its slip, and the list that goes with the parcel."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Annotated
from uuid import UUID

import sqlalchemy as sa
from fastapi import APIRouter, Depends, Form, Path, Request, Response
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import FileResponse, RedirectResponse
from starlette.datastructures import UploadFile

from server.admin.access import CurrentUser, InDatabase, InSettings, Now, Reading, require
from server.admin.author import Author
from server.admin.queries import User
from server.config import Settings
from server.errors import BadInput, Contradiction, NotAllowed, NotFound, RequestError, TooLarge
from server.logistics.details import WRITE, change_details
from server.logistics.flows import change_status
from server.logistics.form import WITHOUT_COURIERS, DetailsForm, moment_of
from server.logistics.photos import MAX_PHOTO_BYTES, photo_store, take_photo
from server.logistics.queries import Details, events_of, photos_of, standing_of, units_on, waybill_by_id
from server.logistics.statuses import LEFT_THE_HOUSE, next_of
from server.parties.queries import names_of, parties_named, party_by_id
from server.web.amounts import CURRENCIES, money_text, weight_text
from server.web.form_reply import done_or_told
from server.web.refusals import refusal_of
from server.web.render import page

HERE = "/waybills"
PHOTO_PATH = "/waybill-photos"
MAX_UPLOAD_BYTES = MAX_PHOTO_BYTES + 64 * 1024
"""The photo, and what the form says beside it."""

router = APIRouter(include_in_schema=False)
Reader = Annotated[User, Depends(require("records.read"))]
Writer = Annotated[User, Depends(require(WRITE))]
Text = Annotated[str, Form(max_length=500)]


@dataclass(frozen=True, slots=True)
class Visit:
    """Who looks at the page, when, and in which zone."""

    request: Request
    user: User
    settings: Settings
    at: datetime


def reading_visit(request: Request, user: Reader, settings: InSettings, at: Now) -> Visit:
    return Visit(request, user, settings, at)


def writing_visit(request: Request, user: Writer, settings: InSettings, at: Now) -> Visit:
    return Visit(request, user, settings, at)


ReadingVisit = Annotated[Visit, Depends(reading_visit)]
WritingVisit = Annotated[Visit, Depends(writing_visit)]


@dataclass(frozen=True, slots=True)
class _Refused:
    """What the form of one ``part`` could not do, and what was typed into it."""

    part: str = ""
    typed: dict[str, object] = field(default_factory=dict)
    error: RequestError | None = None


def writer_by_session(user: CurrentUser) -> User:
    """Who may upload, by the session alone: nobody else makes the server read a long body."""
    if not user.may(WRITE):
        raise NotAllowed(f"{user.name} ({user.role}) may not do this: {WRITE}")
    return user


@router.get("/waybills/{waybill_id}")
def waybill_page(visit: ReadingVisit, connection: Reading, waybill_id: UUID) -> Response:
    """The waybill with its units, its way and its photos."""
    return _page(visit, connection, str(waybill_id))


@router.get("/waybills/{waybill_id}/handover")
def handover_page(request: Request, user: Reader, connection: Reading, waybill_id: UUID) -> Response:
    """The list that goes with an outbound parcel, to be printed and signed."""
    found, standing = waybill_by_id(connection, str(waybill_id)), standing_of(connection, str(waybill_id))
    if found is None or standing is None:
        raise NotFound("no such waybill is on record")
    units = units_on(connection, found.id)
    return page(request, "logistics/handover.html", user=user, waybill=found, standing=standing, units=units)


@router.post("/waybills/{waybill_id}/status")
def status_form(
    visit: WritingVisit,
    database: InDatabase,
    waybill_id: UUID,
    status: Text = "",
    moment: Text = "",
    remark: Text = "",
) -> Response:
    """Say that the parcel came into another status."""
    author = Author(visit.user.name, visit.at)
    refused = _Refused("way", {"status": status, "moment": moment, "remark": remark})

    def change(connection: sa.Connection) -> None:
        change_status(connection, str(waybill_id), status, moment_of(moment, visit.settings, visit.at), remark, author)

    def tell(connection: sa.Connection, error: RequestError) -> Response:
        return _page(visit, connection, str(waybill_id), _Refused(refused.part, refused.typed, error))

    return done_or_told(database, change, f"{HERE}/{waybill_id}#way", tell)


@router.post("/waybills/{waybill_id}/details")
def details_form(
    visit: WritingVisit, form: Annotated[DetailsForm, Form()], database: InDatabase, waybill_id: UUID
) -> Response:
    """Say something else of the waybill."""
    author = Author(visit.user.name, visit.at)

    def change(connection: sa.Connection) -> None:
        change_details(connection, str(waybill_id), form.as_details(connection), form.base, author)

    def tell(connection: sa.Connection, error: RequestError) -> Response:
        return _page(visit, connection, str(waybill_id), _Refused("details", form.model_dump(), error))

    return done_or_told(database, change, f"{HERE}/{waybill_id}#details", tell)


@router.post(PHOTO_PATH)
async def photo_form(
    known: Annotated[User, Depends(writer_by_session)], visit: WritingVisit, database: InDatabase
) -> Response:
    """Keep a photo of the slip; the form names the waybill, because the path says how long a body may be."""
    form = await visit.request.form()
    store, author = photo_store(visit.settings.data_dir), Author(visit.user.name, visit.at)
    try:
        file, waybill_id = form.get("photo"), _id_of(str(form.get("waybill") or ""))
        if not isinstance(file, UploadFile) or not file.filename:
            raise BadInput("no file was chosen", "photo")
        await run_in_threadpool(take_photo, database, store, waybill_id, file.file, author)
    except (BadInput, Contradiction, TooLarge) as error:
        with database.reading() as connection:
            return _page(visit, connection, waybill_id, _Refused("photos", {}, error))
    finally:
        await form.close()
    return RedirectResponse(f"{HERE}/{waybill_id}#photos", status_code=303)


@router.get("/waybills/{waybill_id}/photos/{sha256}")
def photo(
    user: Reader,
    connection: Reading,
    settings: InSettings,
    waybill_id: UUID,
    sha256: Annotated[str, Path(pattern="^[0-9a-f]{64}$")],
) -> Response:
    """The bytes of a photo, as the kind of picture that they were found to be."""
    found = next((row for row in photos_of(connection, str(waybill_id)) if row.sha256 == sha256), None)
    if found is None:
        raise NotFound("no such photo is on record")
    return FileResponse(photo_store(settings.data_dir).path(sha256), media_type=found.media_type)


def _id_of(text: str) -> str:
    try:
        return str(UUID(text))
    except ValueError:
        raise NotFound("no such waybill is on record") from None


def _page(visit: Visit, connection: sa.Connection, waybill_id: str, refused: _Refused | None = None) -> Response:
    found, standing = waybill_by_id(connection, waybill_id), standing_of(connection, waybill_id)
    if found is None or standing is None:
        raise NotFound("no such waybill is on record")
    refused = refused or _Refused()
    details = standing.details
    party = party_by_id(connection, details.party_id) if details.party_id else None
    sender = parties_named(connection, [found.source]).get(found.source)
    return page(
        visit.request,
        "logistics/one.html",
        status=refused.error.status if refused.error else 200,
        user=visit.user,
        waybill=found,
        standing=standing,
        party=party,
        sender=sender,
        units=units_on(connection, waybill_id),
        events=events_of(connection, waybill_id),
        photos=photos_of(connection, waybill_id),
        following=next_of(found.direction, standing.status),
        has_left=standing.status in LEFT_THE_HOUSE,
        written=_written(details, party.name if party else ""),
        parties=names_of(connection, WITHOUT_COURIERS),
        currencies=CURRENCIES,
        part=refused.part,
        typed=refused.typed,
        refusal=refusal_of(refused.error),
    )


def _written(details: Details, party_name: str) -> dict[str, str]:
    """The details as the form's fields hold them."""
    return {
        "party": party_name,
        "expected_units": "" if details.expected_units is None else str(details.expected_units),
        "weight": weight_text(details.weight_g),
        "freight": money_text(details.freight_minor),
        "currency": details.currency,
        "note": details.note,
    }
