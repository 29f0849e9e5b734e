"""Nothing is written without an entry in the audit, in the same transaction, with address and session."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from types import CodeType, FunctionType, ModuleType
from typing import Any

import pytest
import sqlalchemy as sa

from server.admin.audit_queries import AuditFilter, audit_entries
from server.admin.flows import note
from server.admin.origin import SESSION_DIGITS
from server.admin.queries import digest
from server.app import create_app
from server.db.engine import Database
from server.wire.ids import new_id
from tests.server.asked_in_process import asked_of
from tests.server.conftest import RunningServer, Site

FACTS_OF_THEIR_OWN = {
    ("PUT", "/v1/runs/{run_id}"): "a letter is kept as it came, with its station",
    ("PUT", "/v1/burns/{burn_id}"): "a letter is kept as it came, with its station",
    ("PUT", "/v1/custody/{custody_id}"): "a letter is kept as it came, with its station",
    ("PUT", "/v1/attachments/{sha256}"): "belongs to a letter, and is kept under its digest with its station",
}
WRITES_NOTHING = {
    ("POST", "/parties/import"): "tries the rows",
    ("POST", "/parts/import"): "tries the rows",
    ("POST", "/fault-codes/import"): "tries the rows",
    ("POST", "/freight/bills"): "tries the lines",
    ("POST", "/interceptions/trial"): "counts units",
    ("POST", "/v1/interceptions/trial"): "counts units",
}


def reached(start: Callable[..., object]) -> set[Callable[..., object]]:
    """Every function of ours that ``start`` may call, by the names in its code: too many rather than too few."""
    seen: set[Callable[..., object]] = set()
    waiting = list(functions_in(start))
    while waiting:
        function = waiting.pop()
        if function in seen:
            continue
        seen.add(function)
        for name in names_in(function.__code__):
            for value in named(function, name):
                waiting += functions_in(value)
    return seen


def functions_in(value: object) -> Iterator[FunctionType]:
    value = inspect.unwrap(value) if callable(value) else value
    if isinstance(value, FunctionType) and value.__module__.startswith("server."):
        yield value
    elif isinstance(value, type) and value.__module__.startswith("server."):
        yield from (part for part in vars(value).values() if isinstance(part, FunctionType))


def names_in(code: CodeType) -> Iterator[str]:
    yield from code.co_names
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield from names_in(constant)


def named(function: FunctionType, name: str) -> Iterator[Any]:
    """What ``name`` may mean there: a global, or an attribute of a module or a method of a class that is one."""
    around = function.__globals__
    if name in around:
        yield around[name]
    for value in around.values():
        is_ours = isinstance(value, ModuleType) and value.__name__.startswith("server.")
        is_ours |= isinstance(value, type) and value.__module__.startswith("server.")
        if is_ours and name in vars(value):
            yield vars(value)[name]


def test_every_route_that_writes_leads_to_a_note_in_the_audit(prepared_site: Site) -> None:
    writing = [asked for asked in asked_of(create_app(prepared_site.settings)) if asked.writes]
    silent = [asked.key for asked in writing if note not in reached(asked.route.endpoint)]
    assert set(silent) - set(FACTS_OF_THEIR_OWN) - set(WRITES_NOTHING) == set()
    assert len(writing) > 90


def test_the_walk_tells_what_notes_from_what_does_not(prepared_site: Site) -> None:
    by_key = {asked.key: asked.route.endpoint for asked in asked_of(create_app(prepared_site.settings))}
    assert note in reached(by_key["POST", "/parties/{party_id}"])
    assert note not in reached(by_key["GET", "/parties"])
    assert note not in reached(by_key["GET", "/audit"])


@pytest.fixture
def clerk(server: RunningServer) -> Any:
    return server.log_in("logistics")


def test_an_entry_says_from_which_address_and_session_it_came(server: RunningServer, clerk: Any) -> None:
    body = {"waybill": {"courier": "SF", "number": "1"}, "source": "4S", "units": [{"serial": "X-1", "reason": ""}]}
    assert clerk.put(f"/v1/arrivals/{new_id(datetime.now(UTC))}", json=body).status_code == 201
    with server.database.reading() as connection:
        (entry,) = audit_entries(connection, 9, AuditFilter(action="arrival."))
        (login,) = audit_entries(connection, 9, AuditFilter(action="login", actor="user:logistics"))
    session = digest(clerk.cookies["fanji_session"])[:SESSION_DIGITS]
    assert (entry.actor, entry.address, entry.session) == ("user:logistics", "127.0.0.1", session)
    assert (login.address, login.session) == ("127.0.0.1", session)


def test_a_connection_that_two_people_share_does_not_mix_them_up(server: RunningServer) -> None:
    people = [server.log_in(role) for role in ("engineer", "supervisor")]
    sessions = [person.cookies["fanji_session"] for person in people]
    for product, who in (("A", 0), ("B", 1), ("C", 0)):
        headers = {"Cookie": f"fanji_session={sessions[who]}"}
        form = {"csrf": people[who].headers["X-CSRF-Token"], "what": "product", "name": product, "reason": "recall"}
        assert server.client.post("/gates/holds", data=form, headers=headers).status_code == 303
    with server.database.reading() as connection:
        rows = audit_entries(connection, 9, AuditFilter(action="hold.add"))
    told = {row.subject: (row.actor, row.session) for row in rows}
    named = [digest(session)[:SESSION_DIGITS] for session in sessions]
    assert told == {
        "A": ("user:engineer", named[0]),
        "B": ("user:supervisor", named[1]),
        "C": ("user:engineer", named[0]),
    }


def test_what_is_refused_half_way_leaves_neither_a_change_nor_an_entry(database: Database) -> None:
    with pytest.raises(RuntimeError), database.writing() as connection:
        note(connection, datetime.now(UTC), "user:ann", "half.way", "x")
        raise RuntimeError
    with database.reading() as connection:
        assert audit_entries(connection, 1, AuditFilter(action="half.")) == []


def test_an_entry_cannot_be_changed(database: Database) -> None:
    with database.writing() as connection:
        note(connection, datetime.now(UTC), "user:ann", "once", "x")
    with pytest.raises(sa.exc.IntegrityError, match="holds facts"), database.writing() as connection:
        connection.execute(sa.text("UPDATE audit SET actor = 'user:bob'"))
