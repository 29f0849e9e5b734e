"""A file of parts, tried before it is taken: each row with what becomes of it, and why it is refused."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated

from fastapi import APIRouter, File, Form, Request, Response, UploadFile

from server.admin.access import InDatabase, Now
from server.admin.author import Author
from server.admin.queries import User
from server.errors import BadInput, RequestError, TooLarge
from server.parts.desk import NOTHING, Master, Told, draw
from server.parts.part_file import REFUSED, JudgedRow, decoded, judge, rows_of, take

MAX_FILE = 500_000

router = APIRouter(include_in_schema=False)


@router.get("/parts/import")
def import_page(request: Request, user: Master) -> Response:
    """Where a file is chosen or pasted."""
    return _page(request, user, "", None)


@router.post("/parts/import")
def import_form(
    request: Request,
    user: Master,
    database: InDatabase,
    at: Now,
    file: Annotated[UploadFile | None, File()] = None,
    text: Annotated[str, Form(max_length=MAX_FILE)] = "",
    is_meant: Annotated[bool, Form()] = False,
) -> Response:
    """Show what would become of each row; once that was seen and is meant, take what can be taken."""
    try:
        typed = _typed(file, text)
        rows = rows_of(typed)
        if is_meant:
            with database.writing() as connection:
                judged = take(connection, rows, Author(user.name, at))
            return _page(request, user, "", judged, is_done=True)
        with database.reading() as connection:
            return _page(request, user, typed, judge(connection, rows))
    except RequestError as error:
        return _page(request, user, text, None, Told("import", {}, error))


def _typed(file: UploadFile | None, text: str) -> str:
    if file is None or not file.filename:
        return text
    content = file.file.read(MAX_FILE + 1)
    if len(content) > MAX_FILE:
        raise TooLarge(f"a file has at most {MAX_FILE} bytes")
    try:
        return decoded(content)
    except BadInput as error:
        raise BadInput(error.detail, "file", about=file.filename[:80]) from None


def _page(
    request: Request,
    user: User,
    text: str,
    judged: Sequence[JudgedRow] | None,
    told: Told = NOTHING,
    is_done: bool = False,
) -> Response:
    return draw(
        request,
        "import",
        user,
        told,
        text=text,
        is_judged=judged is not None,
        taken=[row for row in judged or () if row.outcome not in (REFUSED, "same")],
        refused=[row for row in judged or () if row.outcome == REFUSED],
        same=len([row for row in judged or () if row.outcome == "same"]),
        is_done=is_done,
    )
