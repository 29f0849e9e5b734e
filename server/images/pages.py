"""Images: what is on record, a new one, and one with all that was decided about it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Annotated

import sqlalchemy as sa
from fastapi import APIRouter, Depends, Form, Path, Request, Response
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import RedirectResponse
from pydantic import BaseModel, Field
from starlette.datastructures import UploadFile

from server.admin.access import CurrentUser, InDatabase, InSettings, Now, Reading, require
from server.admin.author import Author
from server.admin.queries import User
from server.burns.queries import carriers
from server.db.engine import Database
from server.errors import BadInput, Contradiction, NotAllowed, NotFound, RequestError, TooLarge
from server.images import flows
from server.images.burn_options import NAMES, PRODUCTION
from server.images.flows import APPROVE, TEST, UPLOAD, WITHDRAW, Upload, Use, take_image
from server.images.queries import (
    STATES,
    Image,
    approvals_of,
    approved_names,
    image_by_sha256,
    images,
    tests_of,
    withdrawal_of,
)
from server.images.recipe import read_recipe
from server.images.store import MAX_IMAGE_BYTES, store_of
from server.units.queries import serial_rules
from server.web.cursor import read_cursor, write_cursor
from server.web.form_reply import USUAL, done_or_told
from server.web.refusals import refusal_of
from server.web.render import page

ROWS = 50
UPLOAD_PATH = "/images"
MAX_UPLOAD_BYTES = MAX_IMAGE_BYTES + 64 * 1024
"""The file, and what the form says beside it."""

UPLOAD_FIELDS = ("version", "sha256", "note")
CURSOR_END = "00000000-0000-0000-0000-000000000000"
"""The last part of a cursor is an id; the list of images goes by digests."""

router = APIRouter(include_in_schema=False)
Reader = Annotated[User, Depends(require("records.read"))]
Uploader = Annotated[User, Depends(require(UPLOAD))]
Tester = Annotated[User, Depends(require(TEST))]
Approver = Annotated[User, Depends(require(APPROVE))]
Withdrawer = Annotated[User, Depends(require(WITHDRAW))]
Digest = Annotated[str, Path(pattern="^[0-9a-f]{64}$")]
Text = Annotated[str, Form(max_length=500)]


def uploader_by_session(user: CurrentUser) -> User:
    """Who may upload, by the session alone: nobody else makes the server read a long body."""
    if not user.may(UPLOAD):
        raise NotAllowed(f"{user.name} ({user.role}) may not do this: {UPLOAD}")
    return user


@router.get("/images")
def images_page(
    request: Request, user: Reader, connection: Reading, text: str = "", state: str = "", after: str = ""
) -> Response:
    """The images that the address asks for, the newest first."""
    wanted, state = text.strip()[:64], state if state in STATES else ""
    cursor = read_cursor(after, 2)
    found = images(connection, wanted, state, cursor[0] if cursor else None, limit=ROWS + 1)
    rows = found[:ROWS]
    return page(
        request,
        "images/list.html",
        user=user,
        rows=rows,
        filters={"text": wanted, "state": state},
        states=STATES,
        is_filtered=bool(wanted or state),
        next_cursor=write_cursor(rows[-1].sha256, CURSOR_END) if len(found) > ROWS else "",
        is_first=not cursor,
    )


@router.get("/images/new")
def upload_page(request: Request, user: Uploader) -> Response:
    """The empty form."""
    return _upload_page(request, user, dict.fromkeys(UPLOAD_FIELDS, ""), None)


@router.post(UPLOAD_PATH)
async def upload_by_form(
    request: Request,
    known: Annotated[User, Depends(uploader_by_session)],
    user: Uploader,
    database: InDatabase,
    settings: InSettings,
    at: Now,
) -> Response:
    """Keep the file as a draft and go to it, or say what is wrong and keep what was typed."""
    form = await request.form()
    file = form.get("file")
    typed = {name: str(form.get(name) or "")[:500] for name in UPLOAD_FIELDS}
    try:
        if not isinstance(file, UploadFile) or not file.filename:
            raise BadInput("no file was chosen", "file")
        asked = Upload(file.filename, **typed)
        store, author = store_of(settings.data_dir), Author(user.name, at)
        sha256 = await run_in_threadpool(take_image, database, store, asked, file.file, author)
    except (BadInput, Contradiction, TooLarge) as error:
        return _upload_page(request, user, typed, error)
    finally:
        await form.close()
    return RedirectResponse(f"/images/{sha256}", status_code=303)


@router.get("/images/{sha256}")
def image_page(request: Request, user: Reader, connection: Reading, sha256: Digest, after: str = "") -> Response:
    """The file, who tested, approved and withdrew it, and which units carry it."""
    cursor = read_cursor(after, 1)
    return _image_page(request, user, connection, sha256, None, cursor[0] if cursor else None)


@router.post("/images/{sha256}/tests")
def test_form(
    request: Request, user: Tester, database: InDatabase, at: Now, sha256: Digest, evidence: Text = ""
) -> Response:
    """Say on what it was tried."""
    asked = _Asked(request, user, sha256, "tests", {"evidence": evidence})
    return asked.do(database, lambda connection: flows.put_test(connection, sha256, evidence, Author(user.name, at)))


class UseForm(BaseModel):
    """What an image is approved for, as it came; nothing is refused here, so that nothing typed is lost."""

    product: str = Field(default="", max_length=500)
    board_revision: str = Field(default="", max_length=500)
    target: str = Field(default="", max_length=500)
    recipe: str = Field(default="", max_length=30_000)
    backup: str = Field(default="", max_length=10)
    blank_check: str = Field(default="", max_length=10)
    proof: str = Field(default="", max_length=40)
    erase: str = Field(default="", max_length=20)
    lower_clock: str = Field(default="", max_length=10)
    lifts_protection: str = Field(default="", max_length=10)
    protection: str = Field(default="", max_length=300)

    def options(self) -> dict[str, str]:
        """How it is burned, as it came; empty where the form says nothing of it."""
        return self.model_dump(include={*NAMES})


@router.post("/images/{sha256}/approvals")
def approval_form(
    request: Request,
    user: Approver,
    database: InDatabase,
    at: Now,
    sha256: Digest,
    form: Annotated[UseForm, Form()],
) -> Response:
    """Let it be burned into one target of one product."""
    use = Use(form.product, form.board_revision, form.target, form.recipe, form.options())
    asked = _Asked(request, user, sha256, "approvals", form.model_dump())
    return asked.do(database, lambda connection: flows.approve_image(connection, sha256, use, Author(user.name, at)))


@router.post("/images/{sha256}/withdrawal")
def withdrawal_form(
    request: Request, user: Withdrawer, database: InDatabase, at: Now, sha256: Digest, reason: Text = ""
) -> Response:
    """Forbid it for good."""
    asked = _Asked(request, user, sha256, "withdrawal", {"reason": reason})
    return asked.do(
        database, lambda connection: flows.withdraw_image(connection, sha256, reason, Author(user.name, at))
    )


@dataclass(frozen=True, slots=True)
class _Asked:
    """A form of one ``part`` of an image's page, with what was typed into it."""

    request: Request
    user: User
    sha256: str
    part: str
    typed: Mapping[str, str]

    def do(self, database: Database, change: Callable[[sa.Connection], object]) -> Response:
        """Do it and go back to that part; what is in the way is said there, and nothing typed is lost."""

        def tell(connection: sa.Connection, error: RequestError) -> Response:
            told = _Told(self.part, self.typed, error)
            return _image_page(self.request, self.user, connection, self.sha256, told, None)

        return done_or_told(database, change, f"/images/{self.sha256}#{self.part}", tell, (*USUAL, NotAllowed))


@dataclass(frozen=True, slots=True)
class _Told:
    """What stands in the way of a form."""

    part: str
    typed: Mapping[str, str]
    error: RequestError


def _image_page(
    request: Request, user: User, connection: sa.Connection, sha256: str, told: _Told | None, after: str | None
) -> Response:
    image = image_by_sha256(connection, sha256)
    if image is None:
        raise NotFound("no such image is on record")
    found = carriers(connection, _digests(image), after, limit=ROWS + 1)
    products, targets = approved_names(connection)
    return page(
        request,
        "images/one.html",
        status=told.error.status if told else 200,
        user=user,
        image=image,
        tests=tests_of(connection, sha256),
        approvals=approvals_of(connection, sha256),
        recipe_of=lambda approval: read_recipe(approval.recipe),
        withdrawal=withdrawal_of(connection, sha256),
        options=PRODUCTION | {name: value for name, value in (told.typed if told else {}).items() if value},
        products=sorted({*products, *(row.product for row in serial_rules(connection))}),
        targets=targets,
        carriers=found[:ROWS],
        next_cursor=write_cursor(found[ROWS - 1].id) if len(found) > ROWS else "",
        is_first=after is None,
        part=told.part if told else "",
        typed=told.typed if told else {},
        refusal=refusal_of(told.error) if told else "",
        detail=told.error.detail if told else "",
    )


def _digests(image: Image) -> tuple[str, ...]:
    return tuple({image.sha256, image.content_sha256} - {""})


def _upload_page(request: Request, user: User, typed: Mapping[str, str], error: RequestError | None) -> Response:
    return page(
        request,
        "images/new.html",
        status=error.status if error else 200,
        user=user,
        typed=typed,
        refusal=refusal_of(error),
        most_bytes=MAX_IMAGE_BYTES,
    )
