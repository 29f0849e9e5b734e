"""Gates that the server's snapshot opens and closes: released plan, hold, routing; and what a bad snapshot does."""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from station.gates import ask_gates
from station.model.errors import GateClosed, ServerError
from station.outbox.state_cache import StateCache
from tests.station.gates.gate_cases import PLAN, SERIAL, UNIT, Disk, hold, outcomes, released, route, snapshot, stamp
from tests.station.runner.bench_pieces import START


@pytest.fixture
def disk(tmp_path: Path) -> Disk:
    return Disk(tmp_path)


def refusal(disk: Disk, purpose: str = "outgoing", **changes: Any) -> GateClosed:
    with pytest.raises(GateClosed) as refused:
        ask_gates(disk.case(purpose, **changes))
    return refused.value


def test_without_any_snapshot_nothing_is_refused_and_the_record_says_so(disk: Disk) -> None:
    notes = ask_gates(disk.case())
    assert outcomes(notes) == {
        "calibration": "passed",
        "hold": "unknown",
        "released_plan": "unknown",
        "routing": "unknown",
    }
    assert all("no snapshot was ever received" in note.basis for note in notes if note.outcome == "unknown")


def test_a_server_of_before_closes_no_gate(disk: Disk) -> None:
    disk.keep_snapshot(snapshot())
    notes = ask_gates(disk.case())
    assert {note.outcome for note in notes[1:]} == {"unknown"}
    assert all("says nothing of this" in note.basis for note in notes[1:])


def test_gates_that_are_open_say_by_whom_and_how_old_the_snapshot_is(disk: Disk) -> None:
    disk.keep_snapshot(snapshot(plans=[released("FJ-R1", PLAN.sha256)], holds=[], routes=[route()]))
    notes = {note.name: note for note in ask_gates(disk.case())}
    assert outcomes(tuple(notes.values())) == dict.fromkeys(
        ("calibration", "hold", "released_plan", "routing"), "passed"
    )
    assert notes["released_plan"].basis == "released by user:zhao"
    assert notes["hold"].basis == "not on the list of holds, version 7"
    assert notes["hold"].state_age_s == 3600 and notes["calibration"].state_age_s is None


def test_a_plan_that_is_not_released_judges_no_unit(disk: Disk) -> None:
    disk.keep_snapshot(snapshot(plans=[released("FJ-R1", "cd" * 32)]))
    for purpose in ("outgoing", "incoming"):
        refused = refusal(disk, purpose)
        assert refused.gate == "released_plan" and "must release it at the server" in refused.problem
        assert "Nobody can waive this at the bench" in refused.problem and "--purpose debug" in refused.zh
    for purpose in ("golden", "grr"):
        assert "released_plan" not in outcomes(ask_gates(disk.case(purpose)))


def test_a_product_whose_last_release_was_withdrawn_stays_governed(disk: Disk) -> None:
    disk.keep_snapshot(snapshot(plans=[released("FJ-R1")]))
    assert refusal(disk).gate == "released_plan"


def test_a_product_of_which_no_plan_was_ever_released_is_not_governed_yet(disk: Disk) -> None:
    disk.keep_snapshot(snapshot(plans=[released("FJ-N7", "cd" * 32)]))
    assert outcomes(ask_gates(disk.case()))["released_plan"] == "unknown"


@pytest.mark.parametrize(
    "row",
    [
        {"unit_id": UNIT.id},
        {"serial": SERIAL},
        {"unit_id": "d5ce6e11-4d4d-59f8-aaa4-fe1ae43c0000", "serial": SERIAL},
        {"product": "FJ-R1"},
    ],
)
@pytest.mark.parametrize("purpose", ["outgoing", "incoming", "golden"])
def test_a_held_unit_is_refused_with_the_reason_and_who_set_it(disk: Disk, row: dict[str, str], purpose: str) -> None:
    disk.keep_snapshot(snapshot(holds=[hold(serial="ANOTHER"), hold(**row)]))
    refused = refusal(disk, purpose)
    assert refused.gate == "hold"
    assert "held by zhao since 2026-11-22" in refused.problem and "swollen capacitors" in refused.problem
    assert "zhao" in refused.zh and "swollen capacitors" in refused.zh


def test_a_unit_of_a_held_product_is_refused_whatever_plan_is_played(disk: Disk) -> None:
    disk.keep_snapshot(snapshot(holds=[hold(product="FJ-R1")]))
    assert refusal(disk, product="FJ-R5").gate == "hold"
    assert refusal(disk, products=frozenset[str]()).gate == "hold"
    ask_gates(disk.case(product="FJ-R5", products=frozenset({"FJ-R5"})))


def test_a_row_that_names_nothing_holds_nothing(disk: Disk) -> None:
    disk.keep_snapshot(snapshot(holds=[hold()]))
    assert outcomes(ask_gates(disk.case()))["hold"] == "passed"


def test_a_unit_that_is_not_repaired_and_burned_is_refused_for_its_outgoing_test_alone(disk: Disk) -> None:
    disk.keep_snapshot(snapshot(routes=[route(("repair", ""), ("burn", "FJ-R1 1.4.2"))]))
    refused = refusal(disk)
    assert refused.gate == "routing"
    assert "(return case RC-1): still missing: repair, burn FJ-R1 1.4.2" in refused.problem
    assert "维修、烧录 FJ-R1 1.4.2" in refused.zh
    ask_gates(disk.case("incoming"))


def test_a_unit_that_the_office_does_not_know_may_be_tested_and_the_record_says_so(disk: Disk) -> None:
    disk.keep_snapshot(snapshot(routes=[]))
    (note,) = (note for note in ask_gates(disk.case()) if note.name == "routing")
    assert (note.outcome, note.basis) == ("unknown", "no return case is known of this unit")


def test_an_expired_snapshot_still_refuses_and_proves_nothing(disk: Disk) -> None:
    late = START + timedelta(days=30)
    disk.keep_snapshot(snapshot(plans=[released("FJ-R1", PLAN.sha256)], holds=[], routes=[route()]))
    notes = ask_gates(disk.case(at=late))
    assert {note.outcome for note in notes[1:]} == {"unknown"}
    assert all("expired" in note.basis for note in notes[1:])
    disk.keep_snapshot(snapshot(holds=[hold(serial=SERIAL)]))
    assert refusal(disk, at=late).gate == "hold"


def test_a_debug_run_is_never_refused_and_keeps_what_would_have_been(disk: Disk) -> None:
    disk.keep_snapshot(snapshot(plans=[released("FJ-R1")], holds=[hold(serial=SERIAL)], routes=7))
    notes = {note.name: note for note in ask_gates(disk.case("debug"))}
    waived = {name for name, note in notes.items() if note.outcome == "waived"}
    assert waived == {"hold", "released_plan", "routing"}
    assert "swollen capacitors" in notes["hold"].basis and "Nobody" not in notes["hold"].basis


@pytest.mark.parametrize("body", [b"", b"{", b"\xff\xfe", b"[]", b"[" * 100_000, b'{"holds": 7}'])
def test_a_snapshot_that_cannot_be_read_refuses_and_says_how_to_fetch_it_again(disk: Disk, body: bytes) -> None:
    disk.keep_snapshot(body)
    refused = refusal(disk)
    assert refused.gate == "hold" and "fanji-station flush" in refused.problem


def test_a_snapshot_with_a_part_that_no_gate_could_read_is_not_stored(disk: Disk) -> None:
    cache = StateCache(disk.settings.cached_state)
    cache.store(json.dumps(snapshot()).encode())
    with pytest.raises(ServerError, match="holds"):
        cache.store(json.dumps(snapshot(version=8, holds=[{"serial": 1}])).encode())
    assert cache.version() == 7


def test_a_snapshot_is_asked_for_anew_before_it_is_over_and_when_it_is_old_or_damaged(disk: Disk) -> None:
    cache = StateCache(disk.settings.cached_state)
    assert cache.known_at(START) is None
    disk.keep_snapshot(snapshot(issued_at=stamp(START)))
    assert cache.known_at(START) == 7
    assert cache.known_at(START + timedelta(hours=2)) is None
    disk.keep_snapshot({name: value for name, value in snapshot().items() if name != "issued_at"})
    assert cache.known_at(START + timedelta(days=4)) == 7
    assert cache.known_at(START + timedelta(days=5, hours=1)) is None
    disk.keep_snapshot(snapshot(issued_at=stamp(START), routes={}))
    assert cache.known_at(START) is None


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)
ROWS = {
    "plans": st.lists(st.sampled_from([released("FJ-R1", PLAN.sha256), released("FJ-R1")]), max_size=2),
    "routes": st.lists(st.sampled_from([route(), route(("repair", ""))]), max_size=2),
    "serial_rules": st.just([]),
    "expires_at": st.sampled_from([stamp(START - timedelta(days=1)), stamp(START + timedelta(days=1))]),
    "issued_at": st.sampled_from([stamp(START), stamp(START + timedelta(days=1))]),
    "version": st.integers(),
    "schema": st.text(max_size=9),
}
OTHERS = st.fixed_dictionaries({}, optional={name: rows | JSON for name, rows in ROWS.items()})
QUICK = settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


@QUICK
@given(st.binary(max_size=60) | JSON.map(lambda content: json.dumps(content).encode()) | st.none(), st.booleans())
def test_no_snapshot_whatever_makes_a_gate_do_anything_but_open_or_refuse(
    disk: Disk, body: bytes | None, is_debug: bool
) -> None:
    disk.settings.cached_state.unlink(missing_ok=True)
    if body is not None:
        disk.keep_snapshot(body)
    try:
        notes = ask_gates(disk.case("debug" if is_debug else "outgoing"))
    except GateClosed:
        assert not is_debug and body is not None
    else:
        assert all(note.outcome != "passed" for note in notes if note.name != "calibration") or body is not None


@QUICK
@given(OTHERS, st.sampled_from(["outgoing", "incoming", "golden"]))
def test_a_held_unit_never_gets_through_while_the_list_can_be_read_whatever_the_rest_is(
    disk: Disk, others: dict[str, Any], purpose: str
) -> None:
    disk.keep_snapshot(others | {"holds": [hold(serial="X"), hold(serial=SERIAL)]})
    with pytest.raises(GateClosed) as refused:
        ask_gates(disk.case(purpose))
    assert refused.value.gate == "hold"
