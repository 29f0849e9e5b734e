"""Logging in and out on pages."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Form, Request, Response
from fastapi.responses import RedirectResponse

from server.admin.access import COOKIE, InDatabase, Now, Visitor, browser_of, guarded_user, set_session_cookie
from server.admin.queries import User
from server.admin.sessions import log_in, log_out
from server.errors import NotAllowed, NotLoggedIn, TooManyAttempts
from server.web.csrf import is_same_origin
from server.web.render import local_path, page

router = APIRouter(include_in_schema=False)


@router.get("/login")
def login_page(request: Request, user: Visitor, back: str = "/") -> Response:
    """The form; who is logged in already goes on."""
    if user is not None:
        return RedirectResponse(local_path(back), status_code=303)
    return page(request, "admin/login.html", back=local_path(back), name="", problem="", wait_s=0)


@router.post("/login")
def log_in_by_form(
    request: Request,
    database: InDatabase,
    at: Now,
    name: Annotated[str, Form()] = "",
    password: Annotated[str, Form()] = "",
    back: Annotated[str, Form()] = "/",
) -> Response:
    """Begin a session and go to where the reader wanted; a wrong password keeps the name."""
    if not is_same_origin(request.headers.get("origin"), request.headers.get("host", "")):
        raise NotAllowed("this login comes from another site")
    target = local_path(back)
    try:
        session = log_in(database, name, password, at, browser_of(request))
    except NotLoggedIn:
        return page(request, "admin/login.html", status=401, back=target, name=name, problem="wrong", wait_s=0)
    except TooManyAttempts as error:
        return page(
            request,
            "admin/login.html",
            status=429,
            back=target,
            name=name,
            problem="locked",
            wait_s=error.retry_after_s,
        )
    answer = RedirectResponse(target, status_code=303)
    set_session_cookie(answer, session, request.url.scheme == "https")
    return answer


@router.post("/logout")
def log_out_by_form(
    request: Request, database: InDatabase, at: Now, user: Annotated[User, Depends(guarded_user)]
) -> Response:
    """End the session and go to the login."""
    log_out(database, request.cookies[COOKIE], user, at)
    answer = RedirectResponse("/login", status_code=303)
    answer.delete_cookie(COOKIE)
    return answer
