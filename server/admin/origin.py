"""Where a write comes from: the address, session and delegation of the request that is being answered."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, replace

import sqlalchemy as sa

SESSION_DIGITS = 16
"""So many digits of a session's digest name it: enough to tell them apart, and no way back to its secret."""
UNDER = "fanji_under"


@dataclass(frozen=True, slots=True)
class Grant:
    """A right that ``giver`` gave for some days; ``actions`` are those that he may give as long as he has them."""

    delegation_id: str
    giver: str
    actions: frozenset[str]


@dataclass(frozen=True, slots=True)
class Origin:
    """Empty texts where nothing is known, as at the command line."""

    address: str = ""
    session: str = ""
    grant: Grant | None = None


NOWHERE = Origin()
_origin: ContextVar[Origin] = ContextVar("origin", default=NOWHERE)


def origin() -> Origin:
    """Of the request that is being answered in this thread or task."""
    return _origin.get()


@contextmanager
def asked_from(address: str) -> Iterator[None]:
    """What is done in the block comes from ``address``."""
    before = _origin.set(Origin(address))
    try:
        yield
    finally:
        _origin.reset(before)


def asked_in_session(session: str) -> None:
    """The rest of this request belongs to the session with this digest."""
    _origin.set(replace(_origin.get(), session=session[:SESSION_DIGITS]))


def asked_under(grant: Grant | None) -> None:
    """The rest of this request is done by right of ``grant``; None for one's own right."""
    if grant is not None:
        _origin.set(replace(_origin.get(), grant=grant))


def act_under(connection: sa.Connection, grant: Grant) -> None:
    """The rest of this transaction is done by right of ``grant``."""
    connection.execution_options(**{UNDER: grant})


def grant_of(connection: sa.Connection) -> Grant | None:
    """By what right of another this transaction, or else this request, is done; None for one's own."""
    found = connection.get_execution_options().get(UNDER)
    return found if isinstance(found, Grant) else origin().grant
