"""Rights for some days: they hold from the first day to the last, never for one's own, and the audit names them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
import sqlalchemy as sa

from server.admin.account_flows import add_account, change_role, close_account, give_code
from server.admin.audit_queries import AuditFilter, audit_entries
from server.admin.author import Author
from server.admin.delegation_flows import MAX_DAYS, Wish, give, take_back
from server.admin.delegation_queries import delegation_by_id
from server.admin.flows import note
from server.admin.permissions import permissions
from server.admin.queries import account_by_name, user_of_session
from server.admin.sessions import log_in
from server.admin.tables import user_account
from server.db.engine import Database
from server.errors import BadInput, Contradiction, NotAllowed, NotFound
from server.wire.ids import new_id
from tests.server_process import PASSWORD

NOW = datetime(2026, 11, 23, 8, 0, tzinfo=UTC)
DAY = timedelta(days=1)
OTHER = "another supervisor"

pytestmark = pytest.mark.both_databases


def wish_for(connection: sa.Connection, taker: str, *actions: str, start: datetime = NOW, days: int = 3) -> Wish:
    found = account_by_name(connection, taker)
    assert found is not None
    return Wish(new_id(NOW), found.id, actions, start, start + days * DAY, "away on business")


def given(database: Database, taker: str, *actions: str, start: datetime = NOW, giver: str = "supervisor") -> str:
    with database.writing() as connection:
        return give(connection, wish_for(connection, taker, *actions, start=start), Author(giver, NOW)).id


def may(database: Database, name: str, action: str, at: datetime) -> bool:
    try:
        with database.reading() as connection:
            Author(name, at).require(connection, action)
    except NotAllowed:
        return False
    return True


def test_a_right_holds_from_its_first_moment_to_its_last(database: Database) -> None:
    given(database, "telephone", "orders.approve", start=NOW + DAY)
    moments = [NOW, NOW + DAY, NOW + 4 * DAY - timedelta(seconds=1), NOW + 4 * DAY]
    assert [may(database, "telephone", "orders.approve", at) for at in moments] == [False, True, True, False]
    assert not may(database, "telephone", "images.approve", NOW + 2 * DAY)
    assert not may(database, "reader", "orders.approve", NOW + 2 * DAY)


def test_the_session_of_the_deputy_can_do_it_and_says_for_whom(database: Database) -> None:
    session = log_in(database, "telephone", PASSWORD, NOW)
    given(database, "telephone")
    with database.reading() as connection:
        user = user_of_session(connection, session.token, NOW)
    assert user is not None
    assert user.may("orders.approve")
    assert [grant.giver for grant in user.grants] == ["supervisor"]
    assert user.grant_for("orders.approve") == user.grants[0]
    assert user.grant_for("records.read") is None, "the own role may"


def test_a_whole_role_is_without_what_would_outlive_it(database: Database) -> None:
    given(database, "telephone")
    for name, action in permissions().actions.items():
        is_own = "telephone" in action.roles
        is_given = "supervisor" in action.roles and not action.is_personal
        assert may(database, "telephone", name, NOW) == (is_own or is_given), name


def test_taking_it_back_ends_it_at_once_and_once(database: Database) -> None:
    delegation_id = given(database, "telephone", "orders.approve")
    with database.writing() as connection:
        take_back(connection, delegation_id, Author("supervisor", NOW + DAY))
        take_back(connection, delegation_id, Author("supervisor", NOW + DAY))
        made = delegation_by_id(connection, delegation_id)
    assert made is not None
    assert (made.ended_by, made.state(NOW + DAY)) == ("supervisor", "ended")
    assert not may(database, "telephone", "orders.approve", NOW + DAY)


def test_the_deputy_may_give_it_back_and_others_may_not(database: Database) -> None:
    delegation_id = given(database, "telephone", "orders.approve")
    with pytest.raises(NotAllowed), database.writing() as connection:
        take_back(connection, delegation_id, Author("reader", NOW))
    with database.writing() as connection:
        take_back(connection, delegation_id, Author("telephone", NOW))
    assert not may(database, "telephone", "orders.approve", NOW)


def test_a_giver_who_has_gone_or_has_another_role_has_given_nothing(database: Database) -> None:
    with database.writing() as connection:
        made = add_account(connection, new_id(NOW), OTHER, "supervisor", Author("supervisor", NOW)).account
    given(database, "telephone", giver=OTHER)
    with database.writing() as connection:
        change_role(connection, made.id, "engineer", "supervisor", Author("supervisor", NOW))
    assert may(database, "telephone", "orders.approve", NOW), "engineers may that too"
    assert not may(database, "telephone", "freight.close", NOW)
    with database.writing() as connection:
        close_account(connection, made.id, Author("supervisor", NOW))
    assert not may(database, "telephone", "orders.approve", NOW)


@pytest.mark.parametrize(
    ("taker", "actions", "days", "error"),
    [
        ("supervisor", (), 3, NotAllowed),
        ("telephone", ("users.write",), 3, BadInput),
        ("telephone", ("authority.delegate",), 3, BadInput),
        ("telephone", ("no.such.action",), 3, BadInput),
        ("telephone", (), 0, BadInput),
        ("telephone", (), MAX_DAYS + 1, BadInput),
    ],
)
def test_what_cannot_be_given_is_refused(
    database: Database, taker: str, actions: tuple[str, ...], days: int, error: type[Exception]
) -> None:
    with pytest.raises(error), database.writing() as connection:
        give(connection, wish_for(connection, taker, *actions, days=days), Author("supervisor", NOW))


def test_nobody_hands_on_what_was_handed_to_him(database: Database) -> None:
    given(database, "engineer")
    with pytest.raises(NotAllowed), database.writing() as connection:
        give(connection, wish_for(connection, "telephone"), Author("engineer", NOW))


def test_the_same_again_is_one_delegation_and_another_under_its_id_is_refused(database: Database) -> None:
    with database.writing() as connection:
        wish = wish_for(connection, "telephone", "orders.approve")
        assert give(connection, wish, Author("supervisor", NOW)) == give(connection, wish, Author("supervisor", NOW))
        other = Wish(wish.id, wish.taker_id, (), wish.valid_from, wish.valid_until, wish.reason)
        with pytest.raises(Contradiction):
            give(connection, other, Author("supervisor", NOW))


def test_a_deputy_decides_neither_on_his_own_nor_on_what_the_giver_asked_for(database: Database) -> None:
    given(database, "telephone", "orders.approve")
    with database.reading() as connection:
        deputy = Author("telephone", NOW)
        for asker in ("telephone", "supervisor"):
            with pytest.raises(NotAllowed, match="another person"):
                deputy.require_other(connection, "orders.approve", asker, "another person decides")
        deputy.require_other(connection, "orders.approve", "technician", "another person decides")
        Author("engineer", NOW).require_other(connection, "orders.approve", "supervisor", "his own role may")
        with pytest.raises(NotAllowed):
            Author("reader", NOW).require_other(connection, "orders.approve", "technician", "may not at all")


def test_what_is_done_by_the_right_of_another_says_so_in_the_audit_and_nothing_else_does(database: Database) -> None:
    delegation_id = given(database, "telephone", "orders.approve")
    for action in ("orders.approve", "records.read"):
        with database.writing() as connection:
            author = Author("telephone", NOW)
            author.require(connection, action)
            note(connection, author.at, author.actor, f"tried.{action}", "x")
    with database.reading() as connection:
        own, under = audit_entries(connection, 2, AuditFilter(action="tried."))
        if own.action == "tried.orders.approve":
            own, under = under, own
        assert (under.giver, under.delegation_id, own.giver, own.delegation_id) == (
            "supervisor",
            delegation_id,
            "",
            None,
        )
        assert [row.action for row in audit_entries(connection, 9, AuditFilter(is_delegated=True))] == [under.action]


def test_nobody_changes_an_account_of_their_own_nor_the_last_who_sees_to_accounts(database: Database) -> None:
    with database.writing() as connection:
        own = account_by_name(connection, "supervisor")
        assert own is not None
        for change in (close_account, give_code):
            with pytest.raises(NotAllowed):
                change(connection, own.id, Author("supervisor", NOW))
        other = add_account(connection, new_id(NOW), OTHER, "supervisor", Author("supervisor", NOW)).account
        close_account(connection, own.id, Author(OTHER, NOW))
        third = add_account(connection, new_id(NOW), "third", "engineer", Author(OTHER, NOW)).account
        connection.execute(sa.update(user_account).where(user_account.c.id == third.id).values(role="supervisor"))
        change_role(connection, third.id, "engineer", "supervisor", Author(OTHER, NOW))
        with pytest.raises(NotFound):
            close_account(connection, new_id(NOW), Author(OTHER, NOW))
        with pytest.raises(NotAllowed):
            close_account(connection, other.id, Author("engineer", NOW))
