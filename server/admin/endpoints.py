"""Sessions over the API."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Request, Response
from pydantic import BaseModel, ConfigDict, Field

from server.admin.access import COOKIE, InDatabase, Now, browser_of, guarded_user, set_session_cookie
from server.admin.queries import User
from server.admin.sessions import MAX_NAME, log_in, log_out
from server.errors import NotAllowed
from server.web.csrf import csrf_token, is_same_origin

router = APIRouter(prefix="/v1", tags=["sessions"])


class Credentials(BaseModel):
    """What a person types."""

    model_config = ConfigDict(extra="forbid")

    name: str = Field(min_length=1, max_length=MAX_NAME)
    password: str = Field(min_length=1, max_length=1000)


class SessionAnswer(BaseModel):
    """``csrf`` belongs into the header X-CSRF-Token of every write of this session."""

    name: str
    role: str
    csrf: str
    must_change_password: bool = False


@router.post("/session")
def begin_session(
    credentials: Credentials, request: Request, response: Response, database: InDatabase, at: Now
) -> SessionAnswer:
    """Log in; the answer sets the cookie fanji_session."""
    if not is_same_origin(request.headers.get("origin"), request.headers.get("host", "")):
        raise NotAllowed("this login comes from another site")
    session = log_in(database, credentials.name, credentials.password, at, browser_of(request))
    set_session_cookie(response, session, request.url.scheme == "https")
    return SessionAnswer(
        name=session.user.name,
        role=session.user.role,
        csrf=csrf_token(session.token),
        must_change_password=session.user.must_change,
    )


@router.delete("/session", status_code=204)
def end_session(
    user: Annotated[User, Depends(guarded_user)], request: Request, response: Response, database: InDatabase, at: Now
) -> None:
    """Log out."""
    log_out(database, request.cookies[COOKIE], user, at)
    response.delete_cookie(COOKIE)
