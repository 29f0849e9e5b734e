"""Tokens of stations and the audit over the API."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Depends, Path, Query, Response
from pydantic import BaseModel, ConfigDict, Field
from pydantic.config import JsonDict

from server.admin import flows
from server.admin.access import InDatabase, InSettings, Now, Reading, require
from server.admin.audit_page import READ, AuditAddress, position_of, read_position
from server.admin.audit_queries import audit_entries
from server.admin.author import Author
from server.admin.queries import BENCH_SCOPE, User, station_tokens
from server.admin.token_pages import WRITE

router = APIRouter(prefix="/v1", tags=["people"])
Keeper = Annotated[User, Depends(require(WRITE))]
Auditor = Annotated[User, Depends(require(READ))]
TOKEN: JsonDict = {"station_id": "bench-3", "days": 365, "scope": "letters.write"}


class TokenBody(BaseModel):
    """For which station, how long, and for what: ``letters.write`` is a bench, ``letters.send`` sends letters only."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [TOKEN]})

    station_id: str = Field(max_length=63)
    days: int = Field(ge=1, le=flows.MAX_TOKEN_DAYS)
    scope: str = Field(default=BENCH_SCOPE, max_length=40)


class TokenMade(BaseModel):
    """The token, this once."""

    token: str
    prefix: str


class TokenRow(BaseModel):
    """A token by its beginning; the rest is kept nowhere."""

    prefix: str
    station_id: str
    scope: str
    created_at: datetime
    created_by: str
    expires_at: datetime
    revoked_at: datetime | None
    revoked_by: str
    last_used_at: datetime | None


class AuditRow(BaseModel):
    """Who did what, by whose right and from where."""

    id: str
    at: datetime
    actor: str
    action: str
    subject: str
    detail: str
    address: str
    session: str
    giver: str
    delegation_id: str | None
    before: str | None
    after: str | None


class AuditPage(BaseModel):
    """Entries, the newest first; ``next`` goes into ``after``, empty at the end."""

    entries: list[AuditRow]
    next: str


@router.get("/tokens")
def get_tokens(user: Keeper, connection: Reading) -> list[TokenRow]:
    """Every token ever issued, by station."""
    return [TokenRow.model_validate(row, from_attributes=True) for row in station_tokens(connection)]


@router.post("/tokens", status_code=201)
def post_token(body: TokenBody, user: Keeper, database: InDatabase, at: Now, response: Response) -> TokenMade:
    """Issue a token; it is in this answer alone."""
    author = Author(user.name, at)
    with database.writing() as connection:
        author.require(connection, WRITE)
        token = flows.add_token(connection, body.station_id, body.days, at, author.actor, body.scope)
    response.headers["Cache-Control"] = "no-store"
    return TokenMade(token=token, prefix=token[: flows.TOKEN_PREFIX_LENGTH])


@router.delete("/tokens/{prefix}", status_code=204)
def delete_token(prefix: Annotated[str, Path(max_length=16)], user: Keeper, database: InDatabase, at: Now) -> None:
    """Revoke a token at once."""
    author = Author(user.name, at)
    with database.writing() as connection:
        author.require(connection, WRITE)
        flows.revoke_token(connection, prefix, at, author.actor)


@router.get("/audit")
def get_audit(
    user: Auditor,
    connection: Reading,
    settings: InSettings,
    address: Annotated[AuditAddress, Depends()],
    after: str = "",
    limit: Annotated[int, Query(ge=1, le=500)] = 100,
) -> AuditPage:
    """The entries that the filter asks for, the newest first."""
    found = audit_entries(connection, limit + 1, address.as_filter(settings), read_position(after))
    rows = found[:limit]
    entries = [AuditRow.model_validate(row, from_attributes=True) for row in rows]
    return AuditPage(entries=entries, next=position_of(rows[-1]) if len(found) > limit else "")
