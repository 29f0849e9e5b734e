"""Service requests: the machine, the clock in working hours, call-backs, callers, and the pages of the telephone."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from server.admin.author import Author
from server.db.engine import Database
from server.errors import BadInput, Contradiction, NotAllowed
from server.service.clock import clock_of, working_s
from server.service.flows import Call, Step, log, move, view_caller
from server.service.machine import BEFORE, machine
from server.service.queries import RequestFilter, events, figures, request_by_id, requests
from server.units.queries import broken_link, timeline
from server.wire.ids import new_id
from tests.server.case_desk import GOOD, fresh_id, now, open_cases
from tests.server.conftest import Site
from tests.server.pages_site import PagesSite, csrf_of, pages_site
from tests.server.quality_desk import UNIT

ZONE = ZoneInfo("Asia/Shanghai")
CALL = Call("", "complaint", "no sound", caller="王先生", phone="138 0000-4821")
FRIDAY = datetime(2026, 11, 27, 16, 30, tzinfo=ZONE)
HOUR_S = 3600.0


def logged(connection: sa.Connection, **changes: str) -> str:
    return log(connection, replace(CALL, id=fresh_id(), **changes), "main", Author("telephone", now())).id


def go(connection: sa.Connection, request_id: str, name: str, person: str = "supervisor", **said: object) -> Step:
    given_: dict[str, object] = {"note": "as said", "owner": "technician", "score": 5}
    step = Step(fresh_id(), request_id, name, **(given_ | said))  # type: ignore[arg-type]
    move(connection, step, Author(person, now()))
    return step


@pytest.fixture
def connection(database: Database) -> Iterator[sa.Connection]:
    with database.writing() as made:
        yield made


@pytest.mark.both_databases
def test_a_request_is_logged_dispatched_handled_and_called_back_and_the_unit_says_so(
    connection: sa.Connection, site: Site
) -> None:
    open_cases(connection, site.settings)
    request_id = logged(connection, serial=GOOD)
    go(connection, request_id, "dispatch", "telephone")
    go(connection, request_id, "take", "technician")
    go(connection, request_id, "handle", "technician")
    go(connection, request_id, "not_reached", "telephone")
    go(connection, request_id, "call_back", "telephone", score=4)
    found = request_by_id(connection, request_id)
    assert found is not None
    assert (found.state, found.owner, found.unit_id) == ("closed", "technician", UNIT)
    history = events(connection, [request_id])
    assert [row.move for row in history] == ["log", "dispatch", "take", "handle", "not_reached", "call_back"]
    assert [row.seq for row in history] == [1, 2, 3, 4, 5, 6]
    kinds = [row.kind for row in timeline(connection, UNIT)]
    assert (kinds.count("service_logged"), kinds.count("service_moved")) == (1, 2)
    assert broken_link(connection, UNIT) is None
    told = figures(connection, ZONE, now())
    assert (told.open, told.handled, told.called_back, told.mean_score) == (0, 1, 1, 4.0)


@pytest.mark.both_databases
def test_the_same_again_changes_nothing_and_another_content_is_refused(connection: sa.Connection) -> None:
    asked, author = replace(CALL, id=fresh_id()), Author("telephone", now())
    assert log(connection, asked, "main", author) == log(connection, asked, "main", author)
    with pytest.raises(Contradiction, match="another content"):
        log(connection, replace(asked, text="other"), "main", author)
    step = go(connection, asked.id, "handle")
    move(connection, step, Author("supervisor", now()))
    assert len(events(connection, [asked.id])) == 2
    with pytest.raises(Contradiction, match="another content"):
        move(connection, replace(step, note="other"), Author("supervisor", now()))


@pytest.mark.both_databases
def test_a_caller_is_found_by_the_end_of_the_telephone_or_the_name_and_seen_by_few(connection: sa.Connection) -> None:
    request_id = logged(connection)
    logged(connection, phone="021 555 1234", caller="李女士")
    for text in ("4821", "00004821", "王"):
        assert [row.id for row in requests(connection, RequestFilter(caller=text))] == [request_id]
    assert requests(connection, RequestFilter(caller="%")) == []
    assert view_caller(connection, request_id, Author("telephone", now())).phone == CALL.phone
    with pytest.raises(NotAllowed):
        view_caller(connection, request_id, Author("technician", now()))
    audit = connection.execute(sa.text("SELECT subject FROM audit WHERE action = 'service.caller.view'")).scalars()
    assert list(audit) == [request_id]


def test_what_a_move_needs_and_who_may_make_it_is_asked(connection: sa.Connection) -> None:
    request_id = logged(connection)
    for name, said, field in (
        ("dispatch", {"owner": "nobody"}, "owner"),
        ("cancel", {"note": " "}, "note"),
        ("link", {"case_id": fresh_id()}, "case"),
        ("log", {}, "move"),
    ):
        with pytest.raises(BadInput) as refused:
            go(connection, request_id, name, **said)
        assert refused.value.field == field
    go(connection, request_id, "handle")
    with pytest.raises(BadInput, match="1 to 5"):
        go(connection, request_id, "call_back", score=None)
    with pytest.raises(NotAllowed):
        go(connection, request_id, "close", "telephone")
    with pytest.raises(BadInput, match="no such party"):
        logged(connection, party="nobody knows")


def test_a_request_is_linked_to_the_return_case_of_its_unit(connection: sa.Connection, site: Site) -> None:
    (case,) = open_cases(connection, site.settings)
    request_id = logged(connection, serial=GOOD)
    go(connection, request_id, "link", case_id=case.id)
    found = request_by_id(connection, request_id)
    assert found is not None
    assert (found.case_id, found.state) == (case.id, "logged")


def test_nights_weekends_and_waiting_for_the_customer_do_not_count() -> None:
    hours = machine().hours
    assert working_s(hours, ZONE, FRIDAY, FRIDAY + timedelta(days=3)) == 9 * HOUR_S
    monday = FRIDAY + timedelta(days=2, hours=16)  # Monday, 8:30
    history = [("logged", FRIDAY), ("waiting", monday + timedelta(hours=1)), ("working", monday + timedelta(hours=5))]
    seen = clock_of(history, 4 * HOUR_S, ZONE, monday + timedelta(hours=6))
    assert (seen.used_s, seen.is_overdue) == (3 * HOUR_S, False)
    assert seen.due_at == monday + timedelta(hours=7)
    assert clock_of(history[:2], 4 * HOUR_S, ZONE, monday + timedelta(days=90)).due_at is None
    late = clock_of(history, 4 * HOUR_S, ZONE, monday + timedelta(days=2))
    assert (late.is_overdue, late.due_at) == (True, seen.due_at)


def test_what_was_late_stays_late_when_it_is_handled() -> None:
    history = [("logged", FRIDAY), ("handled", FRIDAY + timedelta(days=3, hours=1))]
    seen = clock_of(history, 5 * HOUR_S, ZONE, FRIDAY + timedelta(days=30))
    assert (seen.used_s, seen.is_overdue) == (10 * HOUR_S, True)
    assert seen.due_at == FRIDAY + timedelta(days=2, hours=20)


@pytest.mark.both_databases
@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(wanted=st.lists(st.sampled_from(sorted(set(machine().moves) - {"log", "link"})), max_size=12))
def test_whatever_is_pressed_in_whatever_order_the_history_makes_the_state(
    database: Database, wanted: list[str]
) -> None:
    """The state is that of the moves that were taken; a refused one leaves no trace; time never runs back."""
    with database.writing() as connection:
        request_id, state, taken = logged(connection), machine().after(BEFORE, "log"), 1
        for name in wanted:
            before = requests(connection, limit=1)
            if state in machine().moves[name].sources:
                go(connection, request_id, name)
                state, taken = machine().moves[name].target or state, taken + 1
            else:
                with pytest.raises(Contradiction):
                    go(connection, request_id, name)
                assert requests(connection, limit=1) == before
            found, history = request_by_id(connection, request_id), events(connection, [request_id])
            assert found is not None
            assert (found.state, len(history), history[-1].state) == (state, taken, state)
            assert [row.score is not None for row in history] == [row.move == "call_back" for row in history]
            assert found.owner == next((row.owner for row in reversed(history) if row.owner), "")


@pytest.fixture(scope="module")
def pages(prepared_site: Site, tmp_path_factory: pytest.TempPathFactory) -> Iterator[PagesSite]:
    with pages_site(prepared_site, tmp_path_factory.mktemp("service") / "site") as made:
        yield made


def test_the_telephone_logs_a_call_by_keyboard_and_moves_it_on_its_page(pages: PagesSite) -> None:
    client = pages.person("telephone")
    form = client.get("/service/new")
    made = re.search(r'name="made" value="([0-9a-f-]{36})"', form.text)
    assert made
    typed = {"csrf": csrf_of(form), "made": made[1], "kind": "complaint", "text": "", "phone": CALL.phone}
    refused = client.post("/service", data=typed)
    assert refused.status_code == 422
    assert CALL.phone in refused.text
    done = client.post("/service", data=typed | {"text": "no sound <b>", "caller": CALL.caller})
    assert (done.status_code, done.headers["location"]) == (303, f"/service/{made[1]}")
    shown = client.get(f"/service/{made[1]}").text
    assert "no sound &lt;b&gt;" in shown
    assert "王**" in shown
    assert CALL.phone not in shown
    seen = client.post(f"/service/{made[1]}/caller", data={"csrf": csrf_of(form)})
    assert CALL.phone in seen.text
    step = {"csrf": csrf_of(form), "made": new_id(datetime.now(UTC)), "move": "dispatch", "owner": "technician"}
    assert client.post(f"/service/{made[1]}/moves", data=step | {"owner": "x"}).status_code == 422
    assert client.post(f"/service/{made[1]}/moves", data=step).status_code == 303
    for query in ("?owner=technician", "?caller=4821", "?state=dispatched", ""):
        assert made[1] in client.get(f"/service{query}").text
    assert made[1] not in client.get("/service?state=handled").text
    chinese = pages.person("technician", "zh-CN").get(f"/service/{made[1]}").text
    assert "已派单" in chinese
    assert 'value="call_back"' not in chinese
