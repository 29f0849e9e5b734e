"""Parties: the list, one with its history, contacts for those who may, and a CSV file that is tried first."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated
from uuid import UUID

import sqlalchemy as sa
from fastapi import APIRouter, Depends, File, Form, Request, Response, UploadFile
from fastapi.responses import RedirectResponse
from pydantic import BaseModel, Field

from server.admin.access import InDatabase, Now, Reading, require
from server.admin.author import Author
from server.admin.queries import User
from server.errors import BadInput, NotFound, RequestError
from server.parties import flows
from server.parties.flows import PERSONAL, WRITE, ContactEntry, PartyEntry
from server.parties.import_file import MAX_BYTES, Row, decoded, read_rows
from server.parties.queries import (
    KINDS,
    Contact,
    PartyFilter,
    changes_of,
    contacts_of,
    parties,
    party_by_id,
)
from server.web.cursor import read_cursor, write_cursor
from server.web.form_reply import USUAL, done_or_told
from server.web.refusals import refusal_of
from server.web.render import page

ROWS = 50
HERE = "/parties"
router = APIRouter(include_in_schema=False)
Reader = Annotated[User, Depends(require("records.read"))]
Writer = Annotated[User, Depends(require(WRITE))]
Seer = Annotated[User, Depends(require(PERSONAL))]


@router.get("/parties")
def parties_page(
    request: Request,
    user: Reader,
    connection: Reading,
    text: str = "",
    kind: str = "",
    closed: str = "",
    after: str = "",
) -> Response:
    """The parties that the address asks for, by name."""
    wanted = PartyFilter(text.strip()[:64], kind if kind in KINDS else "", closed == "1")
    cursor = read_cursor(after, 2)
    found = parties(connection, wanted, (cursor[0], cursor[1]) if cursor else None, limit=ROWS + 1)
    rows = found[:ROWS]
    return page(
        request,
        "parties/list.html",
        user=user,
        rows=rows,
        kinds=KINDS,
        filters={"text": wanted.text, "kind": wanted.kind, "closed": "1" if wanted.with_closed else ""},
        is_filtered=bool(wanted.text or wanted.kind),
        next_cursor=write_cursor(rows[-1].name_key, rows[-1].id) if len(found) > ROWS else "",
        is_first=not cursor,
    )


class PartyForm(BaseModel):
    """The fields as they came; nothing is refused here, so that nothing typed is lost."""

    base: int = 0
    kind: str = Field(default="", max_length=40)
    name: str = Field(default="", max_length=500)
    region: str = Field(default="", max_length=500)
    note: str = Field(default="", max_length=1000)
    is_closed: str = Field(default="", max_length=3)

    def as_entry(self) -> PartyEntry:
        return PartyEntry(self.kind, self.name, self.region, self.note, bool(self.is_closed))


@router.get("/parties/new")
def new_page(request: Request, user: Writer, name: str = "") -> Response:
    """The empty form, or one with the name that a waybill bears."""
    return _new_page(request, user, PartyForm(name=name[:200]), None)


@router.post("/parties")
def add_form(
    request: Request, user: Writer, form: Annotated[PartyForm, Form()], database: InDatabase, at: Now
) -> Response:
    """Bring a party on record and go to it."""
    try:
        with database.writing() as connection:
            party_id = flows.add_party(connection, form.as_entry(), Author(user.name, at))
    except USUAL as error:
        return _new_page(request, user, form, error)
    return RedirectResponse(f"{HERE}/{party_id}", status_code=303)


@router.get("/parties/import")
def import_page(request: Request, user: Writer) -> Response:
    """The empty form."""
    return _import_page(request, user, "", [], None)


@router.post("/parties/import")
async def try_form(
    request: Request,
    user: Writer,
    connection: Reading,
    file: Annotated[UploadFile | None, File()] = None,
) -> Response:
    """Say of each row whether it can be taken; nothing is taken yet."""
    text, rows = "", list[Row]()
    try:
        text = decoded(await file.read(MAX_BYTES + 1) if file is not None else b"")
        rows = read_rows(connection, text)
    except BadInput as error:
        return _import_page(request, user, "", [], error)
    return _import_page(request, user, text, rows, None)


@router.post("/parties/import/rows")
def import_form(
    request: Request,
    user: Writer,
    database: InDatabase,
    at: Now,
    text: Annotated[str, Form(max_length=MAX_BYTES)] = "",
) -> Response:
    """Take every row that can be taken; those that cannot are told again."""
    author = Author(user.name, at)
    try:
        with database.writing() as connection:
            rows = read_rows(connection, text)
            taken = flows.take_parties(
                connection, [(row.party, row.contact) for row in rows if not row.problem], author
            )
    except BadInput as error:
        return _import_page(request, user, "", [], error)
    return page(
        request,
        "parties/import.html",
        user=user,
        text="",
        rows=[row for row in rows if row.problem],
        taken=taken,
        refusal="",
    )


@router.get("/parties/{party_id}")
def party_page(request: Request, user: Reader, connection: Reading, party_id: UUID) -> Response:
    """The party, its contacts masked, and what was changed."""
    return _party_page(request, user, connection, str(party_id))


@router.post("/parties/{party_id}")
def change_form(
    request: Request,
    user: Writer,
    form: Annotated[PartyForm, Form()],
    database: InDatabase,
    at: Now,
    party_id: UUID,
) -> Response:
    """Change or close the party."""

    def tell(connection: sa.Connection, error: RequestError) -> Response:
        return _party_page(request, user, connection, str(party_id), ("party", form.model_dump(), error))

    author = Author(user.name, at)
    return done_or_told(
        database,
        lambda connection: flows.change_party(connection, str(party_id), form.as_entry(), form.base, author),
        f"{HERE}/{party_id}",
        tell,
    )


@router.post("/parties/{party_id}/contacts/view")
def view_form(request: Request, user: Seer, database: InDatabase, at: Now, party_id: UUID) -> Response:
    """The contacts unmasked, once; that they were looked at is on record."""
    with database.writing() as connection:
        contacts = flows.view_contacts(connection, str(party_id), Author(user.name, at))
    with database.reading() as connection:
        return _party_page(request, user, connection, str(party_id), seen=contacts)


class ContactForm(BaseModel):
    """The fields as they came."""

    name: str = Field(default="", max_length=500)
    phone: str = Field(default="", max_length=500)
    address: str = Field(default="", max_length=500)


@router.post("/parties/{party_id}/contacts")
def contact_form(
    request: Request,
    user: Seer,
    form: Annotated[ContactForm, Form()],
    database: InDatabase,
    at: Now,
    party_id: UUID,
) -> Response:
    """Add a contact."""
    typed = {"contact_name": form.name, "phone": form.phone, "address": form.address}

    def tell(connection: sa.Connection, error: RequestError) -> Response:
        return _party_page(request, user, connection, str(party_id), ("contacts", typed, error))

    entry, author = ContactEntry(form.name, form.phone, form.address), Author(user.name, at)
    return done_or_told(
        database,
        lambda connection: flows.add_contact(connection, str(party_id), entry, author),
        f"{HERE}/{party_id}#contacts",
        tell,
    )


@router.post("/parties/{party_id}/contacts/{contact_id}/removal")
def remove_form(user: Seer, database: InDatabase, at: Now, party_id: UUID, contact_id: UUID) -> Response:
    """Delete a contact for good."""
    with database.writing() as connection:
        flows.remove_contact(connection, str(party_id), str(contact_id), Author(user.name, at))
    return RedirectResponse(f"{HERE}/{party_id}#contacts", status_code=303)


def _new_page(request: Request, user: User, form: PartyForm, error: RequestError | None) -> Response:
    status = error.status if error else 200
    return page(
        request, "parties/new.html", status=status, user=user, form=form, kinds=KINDS, refusal=refusal_of(error)
    )


def _import_page(request: Request, user: User, text: str, rows: list[Row], error: RequestError | None) -> Response:
    status = error.status if error else 200
    return page(
        request,
        "parties/import.html",
        status=status,
        user=user,
        text=text,
        rows=rows,
        taken=None,
        refusal=refusal_of(error),
    )


def _party_page(
    request: Request,
    user: User,
    connection: sa.Connection,
    party_id: str,
    refused: tuple[str, Mapping[str, object], RequestError] | None = None,
    seen: list[Contact] | None = None,
) -> Response:
    found = party_by_id(connection, party_id)
    if found is None:
        raise NotFound("no such party is on record")
    part, typed, error = refused or ("", {}, None)
    return page(
        request,
        "parties/one.html",
        status=error.status if error else 200,
        user=user,
        party=found,
        contacts=seen if seen is not None else [row.masked() for row in contacts_of(connection, party_id)],
        is_unmasked=seen is not None,
        changes=changes_of(connection, party_id),
        kinds=KINDS,
        part=part,
        typed=typed,
        refusal=refusal_of(error),
    )
