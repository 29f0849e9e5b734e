"""The fault codes: the tree, one code with its past, and a file of them tried before it is taken."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated

import sqlalchemy as sa
from fastapi import APIRouter, Depends, File, Form, Request, Response, UploadFile
from pydantic import BaseModel, Field

from server.admin.access import InDatabase, Now, Reading, require
from server.admin.author import Author
from server.admin.queries import User
from server.errors import BadInput, NotFound, RequestError
from server.quality.code_file import IN_FORCE, RETIRED, TypedCode, decode_file, write_rows
from server.quality.flows import ADDED, CHANGED, REFUSED, WRITE, Judged, judge_file, take_code, take_file
from server.quality.queries import fault_tree, history_of, tree_version
from server.quality.tree import ACTION, CAUSE, KIND_ABOVE, SYMPTOM
from server.web.form_reply import USUAL, done_or_told
from server.web.refusals import refusal_of
from server.web.render import page

HERE = "/fault-codes"
MAX_FILE = 500_000
BUILT_IN = 1
"""The version of the tree that came with the program."""

router = APIRouter(include_in_schema=False)
Reader = Annotated[User, Depends(require("records.read"))]
Writer = Annotated[User, Depends(require(WRITE))]


class CodeForm(BaseModel):
    """A code as it came; nothing is refused here, so that nothing typed is lost."""

    kind: str = Field(default=SYMPTOM, max_length=20)
    code: str = Field(default="", max_length=100)
    parents: str = Field(default="", max_length=2000)
    zh: str = Field(default="", max_length=500)
    en: str = Field(default="", max_length=500)
    state: str = Field(default=IN_FORCE, max_length=20)

    def as_typed(self) -> TypedCode:
        parents = tuple(self.parents.upper().replace(",", " ").split())
        return TypedCode(1, self.kind, self.code.strip().upper(), parents, self.zh.strip(), self.en.strip(), self.state)


@router.get("/fault-codes")
def tree_page(request: Request, user: Reader, connection: Reading, symptom: str = "", cause: str = "") -> Response:
    """Symptoms; the causes of the chosen one; the actions of the chosen one of those."""
    tree = fault_tree(connection)
    symptom = symptom if tree.offers(SYMPTOM, symptom) else ""
    cause = cause if tree.offers(CAUSE, cause, symptom) else ""
    return page(
        request,
        "quality/tree.html",
        user=user,
        columns=(
            (SYMPTOM, symptom, tree.offered(SYMPTOM)),
            (CAUSE, cause, tree.offered(CAUSE, symptom)),
            (ACTION, "", tree.offered(ACTION, cause)),
        ),
        symptom=symptom,
        retired=[code for code in tree.codes.values() if code.is_retired],
        version=tree_version(connection),
        is_built_in=tree_version(connection) == BUILT_IN,
    )


@router.get("/fault-codes/file.csv")
def tree_file(user: Reader, connection: Reading) -> Response:
    """Every code, for a spreadsheet."""
    name = f"fault-codes-{tree_version(connection)}.csv"
    headers = {"Content-Disposition": f'attachment; filename="{name}"', "Cache-Control": "no-store"}
    content = write_rows(fault_tree(connection).codes.values())
    return Response(content, media_type="text/csv; charset=utf-8", headers=headers)


@router.get("/fault-codes/import")
def import_page(request: Request, user: Writer) -> Response:
    """Where a file is chosen or pasted."""
    return _import_page(request, user, "", None, None)


@router.post("/fault-codes/import")
def import_by_form(
    request: Request,
    user: Writer,
    database: InDatabase,
    at: Now,
    file: Annotated[UploadFile | None, File()] = None,
    text: Annotated[str, Form(max_length=MAX_FILE)] = "",
    is_meant: Annotated[bool, Form()] = False,
) -> Response:
    """Show what would become of each row; once that was seen and is meant, take what can be taken."""
    try:
        typed = _typed_text(file, text)
        if is_meant:
            with database.writing() as connection:
                judged = take_file(connection, typed, Author(user.name, at))
            return _import_page(request, user, "", judged, None, is_done=True)
        with database.reading() as connection:
            return _import_page(request, user, typed, judge_file(connection, typed), None)
    except BadInput as error:
        return _import_page(request, user, text, None, error)


@router.get("/fault-codes/new")
def new_page(request: Request, user: Writer, connection: Reading, kind: str = SYMPTOM, parents: str = "") -> Response:
    """The empty form of a code."""
    form = CodeForm(kind=kind if kind in KIND_ABOVE else SYMPTOM, parents=parents[:100])
    return _code_page(request, user, connection, "", form, None)


@router.post("/fault-codes")
def code_by_form(
    request: Request, user: Writer, database: InDatabase, at: Now, form: Annotated[CodeForm, Form()]
) -> Response:
    """Add or change a code, or say what cannot be used and keep everything typed."""

    def tell(connection: sa.Connection, error: RequestError) -> Response:
        return _code_page(request, user, connection, form.code, form, error)

    typed = form.as_typed()
    return done_or_told(
        database,
        lambda connection: take_code(connection, typed, Author(user.name, at)),
        f"{HERE}/{typed.code}",
        tell,
        USUAL,
    )


@router.get("/fault-codes/{code}")
def code_page(request: Request, user: Reader, connection: Reading, code: str) -> Response:
    """A code, its past, and the form that changes it."""
    known = fault_tree(connection).get(code.upper())
    if known is None:
        raise NotFound("no such fault code is on record")
    state = RETIRED if known.is_retired else IN_FORCE
    form = CodeForm(
        kind=known.kind, code=known.code, parents=" ".join(known.parents), zh=known.zh, en=known.en, state=state
    )
    return _code_page(request, user, connection, known.code, form, None)


def _typed_text(file: UploadFile | None, text: str) -> str:
    if file is not None and file.filename:
        content = file.file.read(MAX_FILE + 1)
        if len(content) > MAX_FILE:
            raise BadInput(f"has at most {MAX_FILE} bytes", "file")
        return decode_file(content)
    return text


def _code_page(
    request: Request, user: User, connection: sa.Connection, code: str, form: CodeForm, error: RequestError | None
) -> Response:
    tree = fault_tree(connection)
    return page(
        request,
        "quality/code.html",
        status=error.status if error else 200,
        user=user,
        form=form,
        past=history_of(connection, code) if code else [],
        above=tree.offered(KIND_ABOVE[form.kind]) if KIND_ABOVE.get(form.kind) else [],
        under=[one for one in tree.codes.values() if code and code in one.parents],
        states=(IN_FORCE, RETIRED),
        refusal=refusal_of(error),
    )


def _import_page(
    request: Request,
    user: User,
    text: str,
    judged: Sequence[Judged] | None,
    error: RequestError | None,
    is_done: bool = False,
) -> Response:
    rows = judged or ()
    return page(
        request,
        "quality/import.html",
        status=error.status if error else 200,
        user=user,
        text=text,
        judged=judged,
        refused=[row for row in rows if row.outcome == REFUSED],
        taken=[row for row in rows if row.outcome in (ADDED, CHANGED)],
        is_done=is_done,
        problem=error.detail if error else "",
    )
