"""The page of a return case: its gates in words, its buttons for who may press them, and what they do."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import timedelta

import httpx
import pytest
import sqlalchemy as sa

from server.admin.author import Author
from server.db.engine import Database
from server.gates.flows import hold_unit
from server.returns.flows import Move, amend
from server.returns.queries import ReturnCase, open_case
from server.returns.tables import return_case
from server.units.links import boards_in, real_unit_of
from server.wire.ids import unit_id
from tests.server.case_desk import (
    file_of,
    fresh_id,
    go,
    now,
    on_record,
    open_cases,
    played,
    release_golden_plan,
    send,
)
from tests.server.conftest import Site
from tests.server.letter_book import LetterBook
from tests.server.pages_site import PagesSite, csrf_of, pages_site


@pytest.fixture(scope="module")
def here(prepared_site: Site, tmp_path_factory: pytest.TempPathFactory) -> Iterator[PagesSite]:
    with pages_site(prepared_site, tmp_path_factory.mktemp("cases") / "site") as made:
        yield made


@pytest.fixture(scope="module")
def base(here: PagesSite) -> Iterator[Database]:
    base = Database(here.site.settings.database_url)
    with base.writing() as connection:
        release_golden_plan(connection)
    yield base
    base.close()


SERIALS = iter(f"FJR1261100{number:02d}" for number in range(1, 99))


@pytest.fixture
def case(here: PagesSite, base: Database) -> ReturnCase:
    """A case of a unit of its own."""
    with base.writing() as connection:
        return open_cases(connection, here.site.settings, (next(SERIALS),))[0]


@pytest.fixture(scope="module")
def book() -> LetterBook:
    return LetterBook()


def press(client: httpx.Client, case: ReturnCase, form: str, **fields: str | list[str]) -> httpx.Response:
    """A form of the page, with the hidden fields that the page gave it."""
    drawn = client.get(f"/cases/{case.id}").text
    part = drawn[drawn.index(f'action="/cases/{case.id}/{form}"') :]
    hidden = re.findall(r'type="hidden" name="(csrf|made|version|item)" value="([^"]*)"', part[: part.index("</form>")])
    sent: dict[str, str | list[str]] = {name: text for name, text in hidden if name != "item"}
    sent["item"] = [text for name, text in hidden if name == "item"]
    return client.post(f"/cases/{case.id}/{form}", data=sent | fields)


def state_of(base: Database, case: ReturnCase) -> str:
    with base.reading() as connection:
        return file_of(connection, case.id).case.state


def test_a_case_goes_its_way_by_the_buttons_of_its_page(
    here: PagesSite, base: Database, case: ReturnCase, book: LetterBook
) -> None:
    technician, clerk = here.person("technician"), here.person("logistics")
    for name in ("diagnose", "refurbish", "ready"):
        assert press(technician, case, "moves", move=name).status_code == 303
    shut = clerk.get(f"/cases/{case.id}").text
    assert "No outgoing test began since it was sent to test." in shut
    assert re.search(r'value="pass" disabled', shut)
    here.send(played(book, serial=case.serial))
    assert state_of(base, case) == "passed"
    assert press(clerk, case, "moves", move="pack").status_code == 303
    assert press(clerk, case, "checks", present=["harness", "packing"]).status_code == 303
    assert "Accessory remote control is missing." in clerk.get(f"/cases/{case.id}").text
    assert "缺少配件：遥控器。" in here.person("logistics", "zh-CN").get(f"/cases/{case.id}").text
    assert press(clerk, case, "checks", present=["harness", "remote", "packing"]).status_code == 303
    refused = press(clerk, case, "moves", move="stock_in")
    assert (refused.status_code, "its gate is shut" in refused.text) == (409, True)
    assert press(clerk, case, "moves", move="stock_in", grade="B").status_code == 303
    closed = clerk.get(f"/cases/{case.id}").text
    assert "stocked in" in closed and "<dd>B</dd>" in closed


def test_a_page_that_is_out_of_date_moves_nothing_and_keeps_what_was_typed(
    here: PagesSite, base: Database, case: ReturnCase
) -> None:
    client = here.person("supervisor")
    with base.writing() as connection:
        go(connection, case.id, "diagnose")
    answer = press(client, case, "moves", move="repair", note="R12 burnt", version="1")
    assert answer.status_code == 412
    assert "somebody else changed the case meanwhile" in answer.text and 'value="R12 burnt"' in answer.text
    assert state_of(base, case) == "diagnosing"


def test_the_next_action_has_the_cursor_and_only_who_may_do_it_sees_its_button(
    here: PagesSite, case: ReturnCase
) -> None:
    technician = here.person("technician").get(f"/cases/{case.id}").text
    assert re.search(r'class="button primary" name="move" value="diagnose" autofocus', technician)
    reader = here.person("reader").get(f"/cases/{case.id}").text
    assert 'name="move"' not in reader and "Nothing of what comes next is yours to do." in reader
    unit = here.person("technician").get(f"/units/{case.unit_id}").text
    assert 'value="diagnose" autofocus' in unit and "It was not sent to test." in unit
    assert here.person("reader").post(f"/cases/{case.id}/moves", data={"move": "diagnose"}).status_code == 403


def test_details_are_saved_and_what_cannot_be_is_said(here: PagesSite, base: Database, case: ReturnCase) -> None:
    clerk = here.person("logistics")
    typed = {"kind": "refund", "owner": "lin", "warranty_until": "2099-01-01", "confirmed_reason": "no sound at all"}
    assert press(clerk, case, "details", **typed).status_code == 303
    drawn = clerk.get(f"/cases/{case.id}").text
    assert "in warranty" in drawn and "no sound at all" in drawn and "refund" in drawn
    again = press(clerk, case, "details", **typed)
    assert again.status_code == 303
    with base.reading() as connection:
        assert [event.move for event in file_of(connection, case.id).events] == ["receive", "amend"]
    refused = press(clerk, case, "details", **(typed | {"due_on": "soon"}))
    assert (refused.status_code, "this is no day" in refused.text, 'value="soon"' in refused.text) == (422, True, True)


def test_an_override_is_asked_for_on_the_page_and_decided_there_by_somebody_else(
    here: PagesSite, base: Database, case: ReturnCase
) -> None:
    engineer, supervisor = here.person("engineer"), here.person("supervisor")
    with base.writing() as connection:
        go(connection, case.id, "ready")
    assert press(engineer, case, "overrides", gate="passed", reason="goes back as it is").status_code == 303
    assert "/decision" not in engineer.get(f"/cases/{case.id}").text
    drawn = supervisor.get(f"/cases/{case.id}").text
    asked = re.search(r"overrides/([0-9a-f-]{36})/decision", drawn)
    assert asked and "waits for another person" in drawn
    assert press(supervisor, case, f"overrides/{asked[1]}/decision", decision="approve").status_code == 303
    assert "Overridden by two persons" in supervisor.get(f"/cases/{case.id}").text
    assert press(supervisor, case, "moves", move="pass").status_code == 303
    assert state_of(base, case) == "passed"


def test_a_board_goes_into_its_unit_and_both_pages_say_so(here: PagesSite, base: Database, case: ReturnCase) -> None:
    technician = here.person("technician")
    with base.writing() as connection:
        board = on_record(connection, next(SERIALS))
    assert press(technician, case, "boards", board=board.serial, how="install").status_code == 303
    assert board.serial in technician.get(f"/cases/{case.id}").text
    assert case.serial in technician.get(f"/units/{board.unit_id}").text
    refused = press(technician, case, "boards", board=case.serial, how="install")
    assert (refused.status_code, "a board cannot be in itself" in refused.text) == (422, True)
    assert press(technician, case, "boards", board=board.serial, how="remove").status_code == 303
    with base.reading() as connection:
        assert boards_in(connection, case.unit_id) == []


def test_a_provisional_unit_is_merged_and_its_case_goes_on_under_the_real_number(
    here: PagesSite, base: Database
) -> None:
    clerk, real = here.person("logistics"), next(SERIALS)
    with base.writing() as connection:
        (case,) = open_cases(connection, here.site.settings, ("X-77",))
    assert press(clerk, case, "merge", serial=real, reason="label was read wrongly").status_code == 303
    with base.reading() as connection:
        assert real_unit_of(connection, case.unit_id) == unit_id("FJ-R1", real)
        after = open_case(connection, unit_id("FJ-R1", real))
        assert after is not None
        assert (after.state, after.continues, after.reason) == ("received", case.id, case.reason)
    assert state_of(base, case) == "merged"
    assert f"/cases/{after.id}" in clerk.get(f"/cases/{case.id}").text
    assert f"This unit is {real}" in clerk.get(f"/units/{case.unit_id}").text


def test_a_case_that_is_not_on_record_is_not_found(here: PagesSite) -> None:
    client = here.person("reader")
    assert client.get(f"/cases/{unit_id('', 'NONE')}").status_code == 404
    assert client.get("/cases/nonsense").status_code == 404


def test_a_shelf_of_units_is_moved_by_scanning_and_what_stays_says_why(here: PagesSite, base: Database) -> None:
    technician = here.person("technician")
    serials = [next(SERIALS) for _ in range(3)]
    with base.writing() as connection:
        first, second, _ = open_cases(connection, here.site.settings, serials)
        go(connection, second.id, "refurbish", "ready")
    drawn = technician.get("/cases/scan?move=ready").text
    sent = dict(re.findall(r'type="hidden" name="(csrf|made)" value="([^"]*)"', drawn))
    sent |= {"move": "ready", "serials": f"{first.serial.lower()}\n{second.serial}\nNOBODY-1\n\n{first.serial}"}
    moved = technician.post("/cases/scan", data=sent).text
    assert "1 unit moved" in moved and "it does not fit what is on record" in moved
    assert "there is no such unit or case" in moved
    left = re.search(r"<textarea[^>]*>([^<]*)</textarea>", moved)
    assert left and left[1].split() == [second.serial, "NOBODY-1"]
    assert state_of(base, first) == "awaiting_test"
    clerk = here.person("logistics")
    sent = {**sent, "csrf": csrf_of(clerk.get("/cases/scan")), "move": "stock_in", "serials": second.serial}
    assert "it does not fit what is on record" in clerk.post("/cases/scan", data=sent).text


def test_a_shelf_that_is_not_passed_is_not_packed_and_each_unit_says_what_is_missing(
    here: PagesSite, base: Database, case: ReturnCase, book: LetterBook
) -> None:
    clerk = here.person("logistics", "zh-CN")
    with base.writing() as connection:
        go(connection, case.id, "ready")
        assert send(connection, played(book, serial=case.serial)) == ()
        hold_unit(connection, case.serial, "召回", Author("engineer", now()))
    sent = {"csrf": csrf_of(clerk.get("/cases/scan")), "made": fresh_id(), "move": "stock_in", "serials": case.serial}
    answer = clerk.post("/cases/scan", data=sent | {"grade": "A"}).text
    assert f"{case.serial} 已拦截：召回" in answer
    assert state_of(base, case) == "passed"


def test_the_ledger_is_filtered_by_state_kind_owner_and_age(here: PagesSite, base: Database, case: ReturnCase) -> None:
    changes = {"kind": "refund", "owner": "mei", "due_on": "2020-01-01"}
    with base.writing() as connection:
        amend(connection, Move(fresh_id(), case.id, "amend", changes=changes), Author("supervisor", now()))
        long_ago = {"opened_at": now() - timedelta(days=8)}
        connection.execute(sa.update(return_case).where(return_case.c.id == case.id).values(long_ago))
    reader = here.person("reader")
    for query in ("kind=refund", "owner=mei", "state=open", "days=7", "days=9", "kind=nonsense"):
        drawn = reader.get(f"/cases?{query}&text={case.serial}").text
        assert f"/cases/{case.id}" in drawn and "late" in drawn, query
    for query in ("kind=exchange", "owner=nobody", "state=shipped", "days=14"):
        assert f"/cases/{case.id}" not in reader.get(f"/cases?{query}&text={case.serial}").text, query


def test_a_whole_case_number_opens_its_case(here: PagesSite, case: ReturnCase) -> None:
    answer = here.person("reader").get(f"/cases?text={case.case_no.lower()}")
    assert (answer.status_code, answer.headers["location"]) == (303, f"/cases/{case.id}")
