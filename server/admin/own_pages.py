"""What is a person's own: sessions, rights given and taken, and the password, chosen anew or by a one-time code."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Form, Request, Response
from fastapi.responses import RedirectResponse

from server.admin.access import (
    COOKIE,
    CurrentUser,
    InDatabase,
    Now,
    Reading,
    browser_of,
    guarded_user,
    set_session_cookie,
)
from server.admin.author import Author
from server.admin.delegation_queries import delegations
from server.admin.origin import SESSION_DIGITS
from server.admin.password_flows import choose_password, choose_password_by_code
from server.admin.permissions import permissions
from server.admin.queries import User, digest
from server.admin.session_queries import open_sessions
from server.admin.sessions import end_session
from server.errors import BadInput, NotAllowed, TooManyAttempts
from server.web.csrf import is_same_origin
from server.web.refusals import refusal_of
from server.web.render import page, reader_language

HERE = "/account"
router = APIRouter(include_in_schema=False)
Guarded = Annotated[User, Depends(guarded_user)]
Secret = Annotated[str, Form(max_length=1000)]


@router.get("/account")
def account_page(request: Request, user: CurrentUser, connection: Reading, at: Now) -> Response:
    """Where one is logged in, and what rights one gave or was given."""
    return page(
        request,
        "admin/account.html",
        user=user,
        at=at,
        sessions=open_sessions(connection, at, user.id),
        this_session=digest(request.cookies.get(COOKIE, ""))[:SESSION_DIGITS],
        delegations=delegations(connection, user.id),
        rights=permissions().texts(reader_language(request).tag),
    )


@router.post("/account/sessions/{session_id}/end")
def end_form(user: Guarded, database: InDatabase, at: Now, session_id: str) -> Response:
    """End one of one's own sessions."""
    with database.writing() as connection:
        end_session(connection, session_id, Author(user.name, at), by_any=False)
    return RedirectResponse(f"{HERE}#sessions", status_code=303)


@router.get("/account/password")
def password_page(request: Request, user: CurrentUser) -> Response:
    """The form."""
    return page(request, "admin/password.html", user=user, code=None, refusal="", wait_s=0)


@router.post("/account/password")
def password_form(
    request: Request,
    user: Guarded,
    database: InDatabase,
    at: Now,
    old: Secret = "",
    new: Secret = "",
    again: Secret = "",
) -> Response:
    """Take another password; every session ends, this one begins anew."""
    try:
        if new != again:
            raise BadInput("is typed otherwise the second time", "again")
        session = choose_password(database, user, old, new, at, browser_of(request))
    except (BadInput, TooManyAttempts) as error:
        return _told(request, user, None, error)
    answer = RedirectResponse("/", status_code=303)
    set_session_cookie(answer, session, request.url.scheme == "https")
    return answer


@router.get("/login/code")
def code_page(request: Request, code: str = "") -> Response:
    """The form for somebody who was given a one-time code, alone or in a link."""
    return page(request, "admin/password.html", code=code[:40], refusal="", wait_s=0)


@router.post("/login/code")
def code_form(
    request: Request, database: InDatabase, at: Now, code: Secret = "", new: Secret = "", again: Secret = ""
) -> Response:
    """Choose a password by a one-time code, and be logged in."""
    if not is_same_origin(request.headers.get("origin"), request.headers.get("host", "")):
        raise NotAllowed("this form comes from another site")
    try:
        if new != again:
            raise BadInput("is typed otherwise the second time", "again")
        session = choose_password_by_code(database, code, new, at, browser_of(request))
    except (BadInput, TooManyAttempts) as error:
        return _told(request, None, code[:40], error)
    answer = RedirectResponse("/", status_code=303)
    set_session_cookie(answer, session, request.url.scheme == "https")
    return answer


def _told(request: Request, user: User | None, code: str | None, error: BadInput | TooManyAttempts) -> Response:
    wait_s = error.retry_after_s if isinstance(error, TooManyAttempts) else 0
    return page(
        request,
        "admin/password.html",
        status=error.status,
        user=user,
        code=code,
        refusal="" if wait_s else refusal_of(error),
        wait_s=wait_s,
    )
