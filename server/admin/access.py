"""What an endpoint or page asks for: the database, the user, the right to act, the station behind a token.

What only looks something up is ``async``, because a plain function would be sent to a thread at every request.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterator
from datetime import UTC, datetime
from typing import Annotated, cast

import sqlalchemy as sa
from fastapi import Depends, Request, Response
from fastapi.concurrency import run_in_threadpool

from server.admin.queries import STATION_UNKNOWN, StationToken, User, digest, station_of_token, user_of_session
from server.admin.sessions import SESSION_HOURS, Session
from server.config import Settings
from server.db.engine import Database
from server.errors import NotAllowed, NotLoggedIn
from server.web.csrf import FIELD, is_csrf_token

COOKIE = "fanji_session"
CSRF_HEADER = "X-CSRF-Token"
SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})


async def database_of(request: Request) -> Database:
    """The application's database."""
    return cast(Database, request.app.state.database)


async def settings_of(request: Request) -> Settings:
    """The application's settings."""
    return cast(Settings, request.app.state.settings)


async def now() -> datetime:
    """This moment, once for each request."""
    return datetime.now(UTC)


InDatabase = Annotated[Database, Depends(database_of)]
InSettings = Annotated[Settings, Depends(settings_of)]
Now = Annotated[datetime, Depends(now)]


def reading(database: InDatabase) -> Iterator[sa.Connection]:
    """A connection for the queries of one request."""
    with database.reading() as connection:
        yield connection


Reading = Annotated[sa.Connection, Depends(reading)]


def visitor(request: Request, database: InDatabase, at: Now) -> User | None:
    """The user whose session this is; None for a visitor."""
    token = request.cookies.get(COOKIE, "")
    if not token:
        return None
    with database.reading() as connection:
        return user_of_session(connection, token, at)


Visitor = Annotated[User | None, Depends(visitor)]


def current_user(user: Visitor) -> User:
    """The user; raises NotLoggedIn, which sends the reader of a page to the login and tells an API client 401."""
    if user is None:
        raise NotLoggedIn("log in first")
    return user


CurrentUser = Annotated[User, Depends(current_user)]


async def guarded_user(request: Request, user: CurrentUser) -> User:
    """The user of a request that proves, where it writes, that it came from a page of this session."""
    if request.method in SAFE_METHODS:
        return user
    presented = request.headers.get(CSRF_HEADER, "") or await _form_field(request)
    if not is_csrf_token(request.cookies.get(COOKIE, ""), presented):
        await request.close()  # a file that came with it
        raise NotAllowed(f"the header {CSRF_HEADER} or the form's field {FIELD} is missing or of another session")
    return user


async def _form_field(request: Request) -> str:
    if not request.headers.get("content-type", "").startswith(
        ("application/x-www-form-urlencoded", "multipart/form-data")
    ):
        return ""
    value = (await request.form()).get(FIELD)
    return value if isinstance(value, str) else ""


def require(action: str) -> Callable[..., Awaitable[User]]:
    """A dependency that gives the user if the role may do ``action``, else raises NotAllowed."""

    async def allowed_user(user: Annotated[User, Depends(guarded_user)]) -> User:
        if not user.may(action):
            raise NotAllowed(f"{user.name} ({user.role}) may not do this: {action}")
        return user

    return allowed_user


async def bearer(request: Request) -> str:
    """The token of the Authorization header; empty without one."""
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    return token.strip() if scheme.lower() == "bearer" else ""


Bearer = Annotated[str, Depends(bearer)]


def current_station(token: Bearer, database: InDatabase, at: Now) -> StationToken:
    """The station of a valid token; raises NotLoggedIn."""
    with database.reading() as connection:
        station = station_of_token(connection, token, at) if token else None
    if station is None:
        raise NotLoggedIn(STATION_UNKNOWN)
    return station


CurrentStation = Annotated[StationToken, Depends(current_station)]


async def sending_station(request: Request) -> StationToken:
    """The station of a token that was valid when it was first seen; raises NotLoggedIn.

    For letters alone: their transaction looks again. Remembering spares each letter a query and a change of thread.
    """
    token, at = await bearer(request), datetime.now(UTC)
    seen: dict[str, StationToken] = request.app.state.seen_tokens
    station = seen.get(digest(token))
    if station is None or station.expires_at <= at:
        station = await run_in_threadpool(current_station, token, request.app.state.database, at)
        seen[station.sha256] = station
    return station


SendingStation = Annotated[StationToken, Depends(sending_station)]


def address_of(request: Request) -> str:
    """Where the request comes from; a proxy on this machine is believed when it says for whom it asks."""
    return request.client.host if request.client else ""


def set_session_cookie(response: Response, session: Session, is_https: bool) -> None:
    """The cookie is out of reach of scripts and of other sites."""
    response.set_cookie(
        COOKIE, session.token, max_age=SESSION_HOURS * 3600, httponly=True, samesite="lax", secure=is_https
    )
