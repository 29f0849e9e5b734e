"""The forms that put a part on record, change it, and take it out of use."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated
from urllib.parse import urlencode
from uuid import UUID

import sqlalchemy as sa
from fastapi import APIRouter, Form, Request, Response
from pydantic import BaseModel, Field

from server.admin.access import InDatabase, InSettings, Now, Reading
from server.admin.author import Author
from server.admin.queries import User
from server.parts.desk import NOTHING, Master, Text, Told, do, draw
from server.parts.master_flows import PartForm, add_part, change_part, retire_part
from server.parts.part_pages import LedgerQuery, known_part, part_page_with
from server.parts.queries import KEPT, PART_KINDS, Part, place_by_id, places

router = APIRouter(include_in_schema=False)


class PartFields(BaseModel):
    """A part as it came; nothing is refused here, so that nothing typed is lost."""

    number: str = Field(default="", max_length=500)
    name_zh: str = Field(default="", max_length=500)
    name_en: str = Field(default="", max_length=500)
    unit: str = Field(default="个", max_length=100)
    kind: str = Field(default="component", max_length=20)
    target: str = Field(default="", max_length=500)
    is_valuable: bool = False
    minimum: str = Field(default="0", max_length=20)
    supplier: str = Field(default="", max_length=500)
    place: str = Field(default="STORE", max_length=100)
    version: int = 0

    def as_form(self) -> PartForm:
        return PartForm(**self.model_dump(exclude={"version"}))


@router.get("/parts/new")
def new_page(request: Request, user: Master, connection: Reading, number: str = "") -> Response:
    """The empty form."""
    return _form_page(request, user, connection, PartFields(number=number[:64]), None)


@router.post("/parts")
def new_form(
    request: Request, user: Master, form: Annotated[PartFields, Form()], database: InDatabase, at: Now
) -> Response:
    """Put a part on record, or say what is wrong and keep everything typed."""
    return do(
        database,
        lambda connection: add_part(connection, form.as_form(), Author(user.name, at)),
        f"/parts?{urlencode({'text': form.number.strip()})}",
        lambda connection, told: _form_page(request, user, connection, form, None, told),
        ("part", {}),
    )


@router.get("/parts/{part_id}/change")
def change_page(request: Request, user: Master, connection: Reading, part_id: UUID) -> Response:
    """The form with the part as it is."""
    part = known_part(connection, part_id)
    home = place_by_id(connection, part.home_id)
    values = {name: value for name, value in asdict(part).items() if name in PartFields.model_fields}
    more = {"target": part.target or "", "minimum": str(part.minimum), "place": home.code if home else ""}
    return _form_page(request, user, connection, PartFields(**(values | more)), part)


@router.post("/parts/{part_id}/change")
def change_form(
    request: Request, user: Master, form: Annotated[PartFields, Form()], database: InDatabase, at: Now, part_id: UUID
) -> Response:
    """Change it, unless another person did meanwhile."""
    return do(
        database,
        lambda connection: change_part(connection, str(part_id), form.version, form.as_form(), Author(user.name, at)),
        f"/parts/{part_id}",
        lambda connection, told: _form_page(request, user, connection, form, known_part(connection, part_id), told),
        ("part", {}),
    )


@router.post("/parts/{part_id}/retire")
def retire_form(
    request: Request,
    user: Master,
    database: InDatabase,
    settings: InSettings,
    at: Now,
    part_id: UUID,
    version: Text = "",
) -> Response:
    """Take it out of use."""
    number = int(version) if version.isascii() and version.isdecimal() else 0
    return do(
        database,
        lambda connection: retire_part(connection, str(part_id), number, Author(user.name, at)),
        "/parts?shown=retired",
        lambda connection, told: part_page_with(request, user, connection, settings, part_id, LedgerQuery(), told),
        ("retire", {}),
    )


def _form_page(
    request: Request,
    user: User,
    connection: sa.Connection,
    form: PartFields,
    part: Part | None,
    told: Told = NOTHING,
) -> Response:
    return draw(request, "form", user, told, form=form, part=part, kinds=PART_KINDS, places=places(connection, KEPT))
