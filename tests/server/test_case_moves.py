"""A return case moves as cases.toml says: by whom it says, once for each id, and never past what it needs."""

from __future__ import annotations

import pytest
import sqlalchemy as sa

from server.admin.author import Author
from server.admin.permissions import permissions
from server.admin.tables import audit
from server.db.engine import Database
from server.errors import BadInput, Contradiction, NotAllowed, NotFound
from server.returns.flows import Move, OpenGate, amend, move, move_by_letter
from server.returns.machine import machine
from server.units.queries import broken_link, timeline
from server.web.case_words import CASE_STATES
from server.web.spoken import in_both
from tests.server.case_desk import BAD, GOOD, assert_folds, file_of, fresh_id, go, now, open_cases
from tests.server.conftest import Site


def test_every_move_leads_between_states_by_an_action_that_somebody_may_do() -> None:
    table = machine()
    for name, transition in table.moves.items():
        assert transition.sources, name
        assert not transition.action or permissions().actions[transition.action].roles, name
        assert transition.action or transition.by_letter, name
        assert all(not table.states[state].is_end for state in transition.sources if state) or name == "reopen"
    assert {state for state in table.states if not table.moves_from(state)} == {"shipped", "cancelled", "merged"}


def test_every_state_is_reached_from_the_beginning() -> None:
    table = machine()
    reached, edge = {""}, {""}
    while edge:
        edge = {table.after(state, name) for state in edge for name in table.moves_from(state)} - reached
        reached |= edge
    assert reached - {""} == set(table.states)


def test_the_pages_have_the_tables_words_for_its_states() -> None:
    assert {name: state.en for name, state in machine().states.items()} == CASE_STATES
    for name, state in machine().states.items():
        assert in_both("case_state", name) == (state.zh, state.en)


def test_a_move_is_an_event_of_the_case_and_of_its_unit_and_an_entry_of_the_audit(
    database: Database, site: Site
) -> None:
    with database.writing() as connection:
        case = open_cases(connection, site.settings)[0]
        moved = go(connection, case.id, "diagnose", "repair", "wait_for_parts", note="", by="technician")
        assert (moved.case.state, moved.case.version, moved.is_repeated) == ("waiting_parts", 4, False)
    with database.reading() as connection:
        file = file_of(connection, case.id)
        assert_folds(file)
        assert [event.actor for event in file.events] == ["user:logistics"] + ["user:technician"] * 3
        told = [event for event in timeline(connection, case.unit_id) if event.kind == "case_moved"]
        assert [event.payload["state"] for event in told] == ["diagnosing", "repairing", "waiting_parts"]
        assert {event.case_id for event in told} == {case.id}
        assert broken_link(connection, case.unit_id) is None
        actions = connection.scalars(sa.select(audit.c.action).where(audit.c.subject == case.case_no)).all()
        assert sorted(actions) == ["case.diagnose", "case.repair", "case.wait_for_parts"]


def test_the_same_move_again_answers_what_it_answered_first_and_another_under_its_id_is_refused(
    database: Database, site: Site
) -> None:
    with database.writing() as connection:
        case = open_cases(connection, site.settings)[0]
        asked, author = Move(fresh_id(), case.id, "diagnose"), Author("technician", now())
        first = move(connection, asked, author)
        go(connection, case.id, "repair")
        again = move(connection, asked, author)
        assert (again.is_repeated, again.event) == (True, first.event)
        assert again.case.state == "repairing"
        with pytest.raises(Contradiction, match="another content"):
            move(connection, Move(asked.id, case.id, "repair"), author)
        assert_folds(file_of(connection, case.id))


def test_a_case_that_changed_meanwhile_is_not_moved_by_who_saw_it_before(database: Database, site: Site) -> None:
    with database.writing() as connection:
        case = open_cases(connection, site.settings)[0]
        go(connection, case.id, "diagnose")
        with pytest.raises(Contradiction, match="version 2"):
            move(connection, Move(fresh_id(), case.id, "repair", version=1), Author("technician", now()))
        seen = move(connection, Move(fresh_id(), case.id, "repair", version=2), Author("technician", now()))
        assert seen.case.state == "repairing"


@pytest.mark.parametrize(
    ("name", "by", "error", "words"),
    [
        ("diagnose", "logistics", NotAllowed, "cases.repair"),
        ("fail", "supervisor", NotAllowed, "letter"),
        ("wait_for_parts", "technician", Contradiction, "received cannot wait_for_parts"),
        ("cancel", "supervisor", Contradiction, "received cannot cancel"),
        ("receive", "logistics", Contradiction, "received cannot receive"),
        ("scrap", "supervisor", BadInput, "note"),
        ("replace", "supervisor", Contradiction, "gate replaced"),
        ("fly", "supervisor", BadInput, "no move 'fly'"),
    ],
)
def test_what_the_table_does_not_allow_is_refused_and_leaves_nothing(
    database: Database, site: Site, name: str, by: str, error: type[Exception], words: str
) -> None:
    with database.writing() as connection:
        case = open_cases(connection, site.settings)[0]
        with pytest.raises(error, match=words):
            move(connection, Move(fresh_id(), case.id, name), Author(by, now()))
        assert len(file_of(connection, case.id).events) == 1
        with pytest.raises(NotFound):
            move(connection, Move(fresh_id(), fresh_id(), name), Author(by, now()))
        with pytest.raises(BadInput, match="UUID"):
            move(connection, Move("7", case.id, name), Author(by, now()))


def test_a_guarded_move_needs_its_own_gate_found_open_for_this_case_as_it_is(database: Database, site: Site) -> None:
    with database.writing() as connection:
        case, other = open_cases(connection, site.settings, (GOOD, BAD))
        moved = go(connection, case.id, "ready")
        author, version = Author("supervisor", now()), moved.case.version
        for shut in (
            None,
            OpenGate("shipped", case.id, version, {}),
            OpenGate("passed", other.id, version, {}),
            OpenGate("passed", case.id, version - 1, {}),
        ):
            with pytest.raises(Contradiction, match="was not found open"):
                move(connection, Move(fresh_id(), case.id, "pass"), author, shut)
        move(connection, Move(fresh_id(), case.id, "pass"), author, OpenGate("passed", case.id, version, {"run": "x"}))
        file = file_of(connection, case.id)
        assert file.events[-1].basis == '{"gate":{"run":"x"}}'


def test_a_letter_moves_a_case_only_where_the_table_lets_letters(database: Database, site: Site) -> None:
    with database.writing() as connection:
        case = open_cases(connection, site.settings)[0]
        go(connection, case.id, "ready")
        with pytest.raises(NotAllowed, match="no letter"):
            move_by_letter(connection, Move(fresh_id(), case.id, "repair"), "station:bench-1", now())
        asked = Move(fresh_id(), case.id, "fail")
        assert move_by_letter(connection, asked, "station:bench-1", now()).case.state == "repairing"
        assert move_by_letter(connection, asked, "station:bench-1", now()).is_repeated


def test_details_are_amended_by_events_too_and_checked(database: Database, site: Site) -> None:
    author = Author("logistics", now())
    with database.writing() as connection:
        case = open_cases(connection, site.settings)[0]
        changes = {"kind": "refurbish", "owner": "technician", "due_on": "2026-12-04", "confirmed_reason": "no sound"}
        case = amend(connection, Move(fresh_id(), case.id, "amend", changes=changes), author).case
        assert (case.kind, case.owner, str(case.due_on), case.state) == (
            "refurbish",
            "technician",
            "2026-12-04",
            "received",
        )
        case = amend(connection, Move(fresh_id(), case.id, "amend", changes={"due_on": ""}), author).case
        assert case.due_on is None
        for changes in ({"kind": "gift"}, {"due_on": "soon"}, {"state": "shipped"}, {"replaced_by": fresh_id()}, {}):
            with pytest.raises(BadInput):
                amend(connection, Move(fresh_id(), case.id, "amend", changes=changes), author)
        assert_folds(file_of(connection, case.id))


def test_a_scrapped_case_is_opened_again_unless_its_unit_came_again(database: Database, site: Site) -> None:
    with database.writing() as connection:
        case = open_cases(connection, site.settings)[0]
        assert go(connection, case.id, "diagnose", "scrap").case.closed_at is not None
        assert go(connection, case.id, "reopen").case.state == "received"
        go(connection, case.id, "scrap")
        open_cases(connection, site.settings)
        with pytest.raises(Contradiction, match="has come again"):
            go(connection, case.id, "reopen")
        assert_folds(file_of(connection, case.id))
