"""Accounts, sessions and rights for some days over the API."""

from __future__ import annotations

from dataclasses import asdict
from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Depends, Path, Request, Response
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field
from pydantic.config import JsonDict

from server.admin import account_flows, delegation_flows
from server.admin.access import (
    CurrentUser,
    InDatabase,
    Now,
    Reading,
    browser_of,
    guarded_user,
    require,
    set_session_cookie,
)
from server.admin.author import Author
from server.admin.delegation_flows import Wish
from server.admin.delegation_queries import Delegation, delegations
from server.admin.password_flows import choose_password
from server.admin.queries import Account, User, account_by_id, accounts
from server.admin.session_queries import open_sessions
from server.admin.sessions import end_session
from server.errors import NotFound
from server.web.csrf import csrf_token
from server.wire.fields import UUID, UUID7

router = APIRouter(prefix="/v1", tags=["people"])
Keeper = Annotated[User, Depends(require(account_flows.WRITE))]
Giver = Annotated[User, Depends(require(delegation_flows.GIVE))]
Guarded = Annotated[User, Depends(guarded_user)]
UserId = Annotated[str, Path(pattern=UUID)]
DelegationId = Annotated[str, Path(pattern=UUID)]
ACCOUNT: JsonDict = {"name": "lin", "role": "logistics"}
PASSWORD: JsonDict = {"old": "the old sentence", "new": "four words nobody guesses"}
DELEGATION: JsonDict = {
    "taker_id": "01920f5e-7c00-7000-8000-000000000001",
    "actions": ["orders.approve"],
    "valid_from": "2026-11-27T00:00:00+08:00",
    "valid_until": "2026-12-01T00:00:00+08:00",
    "reason": "away on business",
}


class AccountBody(BaseModel):
    """Who a person is to be; of an account that is there the role may differ, and ``is_closed`` closes it for good."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [ACCOUNT]})

    name: str = Field(min_length=1, max_length=80)
    role: str = Field(max_length=40)
    is_closed: bool = False


class AccountAnswer(BaseModel):
    """An account; ``code`` is in the answer that made it alone."""

    id: str
    name: str
    role: str
    created_at: datetime
    disabled_at: datetime | None
    must_change: bool
    code_until: datetime | None
    code: str = ""


class PasswordBody(BaseModel):
    """The old password and the one in its place."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [PASSWORD]})

    old: str = Field(max_length=1000)
    new: str = Field(max_length=1000)


class PasswordAnswer(BaseModel):
    """Every session ended; the cookie is that of another, and so is ``csrf``."""

    csrf: str


class SessionRow(BaseModel):
    """A session that has not ended."""

    id: str
    user: str
    created_at: datetime
    expires_at: datetime
    address: str
    agent: str


class DelegationBody(BaseModel):
    """Rights for some days; no ``actions`` for all that one may hand on."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [DELEGATION]})

    taker_id: str = Field(pattern=UUID)
    actions: list[str] = Field(default=[], max_length=200)
    valid_from: AwareDatetime
    valid_until: AwareDatetime
    reason: str = Field(max_length=500)


class DelegationAnswer(BaseModel):
    """What was given; ``state`` is ahead, in_force, over or ended."""

    id: str
    giver: str
    taker: str
    actions: tuple[str, ...]
    valid_from: datetime
    valid_until: datetime
    reason: str
    given_at: datetime
    ended_at: datetime | None
    ended_by: str | None
    state: str


@router.get("/users")
def get_users(user: Keeper, connection: Reading) -> list[AccountAnswer]:
    """Every account, the closed ones too."""
    return [_answer(row) for row in accounts(connection)]


@router.put("/users/{user_id}", status_code=201, responses={200: {"description": "It was there"}})
def put_user(
    user_id: Annotated[str, Path(pattern=UUID)],
    body: AccountBody,
    user: Keeper,
    database: InDatabase,
    at: Now,
    response: Response,
) -> AccountAnswer:
    """Make an account, change its role, or close it; the same again changes nothing and tells no code."""
    author = Author(user.name, at)
    with database.writing() as connection:
        known = account_by_id(connection, user_id)
        if known is None:
            made = account_flows.add_account(connection, user_id, body.name, body.role, author)
            return _answer(made.account, made.code)
        if known.role != body.role:
            account_flows.change_role(connection, user_id, body.role, known.role, author)
        if body.is_closed and known.disabled_at is None:
            account_flows.close_account(connection, user_id, author)
        found = account_by_id(connection, user_id)
    response.status_code = 200
    return _answer(found or known)


@router.post("/users/{user_id}/code")
def post_code(user_id: UserId, user: Keeper, database: InDatabase, at: Now) -> AccountAnswer:
    """Void the password, and give a code by which the person chooses another, once."""
    with database.writing() as connection:
        made = account_flows.give_code(connection, user_id, Author(user.name, at))
    return _answer(made.account, made.code)


@router.get("/users/{user_id}/sessions")
def get_sessions(user_id: UserId, user: Keeper, connection: Reading, at: Now) -> list[SessionRow]:
    """Where a person is logged in."""
    if account_by_id(connection, user_id) is None:
        raise NotFound("no such account is on record")
    return [SessionRow.model_validate(row, from_attributes=True) for row in open_sessions(connection, at, user_id)]


@router.delete("/users/{user_id}/sessions/{session_id}", status_code=204)
def delete_session(
    user_id: UserId, session_id: Annotated[str, Path(max_length=16)], user: Keeper, database: InDatabase, at: Now
) -> None:
    """Log a person out where this session is."""
    with database.writing() as connection:
        end_session(connection, session_id, Author(user.name, at), by_any=True)


@router.post("/password")
def post_password(
    body: PasswordBody, user: Guarded, request: Request, response: Response, database: InDatabase, at: Now
) -> PasswordAnswer:
    """Take another password; every session ends and this one begins anew."""
    session = choose_password(database, user, body.old, body.new, at, browser_of(request))
    set_session_cookie(response, session, request.url.scheme == "https")
    return PasswordAnswer(csrf=csrf_token(session.token))


@router.get("/delegations")
def get_delegations(user: CurrentUser, connection: Reading, at: Now) -> list[DelegationAnswer]:
    """The last fifty delegations; of who may not give rights, one's own."""
    found = delegations(connection, None if user.may(delegation_flows.GIVE) else user.id)
    return [_delegation(row, at) for row in found]


@router.put("/delegations/{delegation_id}", status_code=201)
def put_delegation(
    delegation_id: Annotated[str, Path(pattern=UUID7)], body: DelegationBody, user: Giver, database: InDatabase, at: Now
) -> DelegationAnswer:
    """Give rights of one's own to another person for some days; the same again changes nothing."""
    wish = Wish(delegation_id, body.taker_id, tuple(body.actions), body.valid_from, body.valid_until, body.reason)
    with database.writing() as connection:
        return _delegation(delegation_flows.give(connection, wish, Author(user.name, at)), at)


@router.delete("/delegations/{delegation_id}", status_code=204)
def delete_delegation(delegation_id: DelegationId, user: Guarded, database: InDatabase, at: Now) -> None:
    """Take it back, or give it back; the same again changes nothing."""
    with database.writing() as connection:
        delegation_flows.take_back(connection, delegation_id, Author(user.name, at))


def _answer(account: Account, code: str = "") -> AccountAnswer:
    return AccountAnswer.model_validate(account, from_attributes=True).model_copy(update={"code": code})


def _delegation(row: Delegation, at: datetime) -> DelegationAnswer:
    return DelegationAnswer(**asdict(row), state=row.state(at))
