"""What fixed it last time: read from what is on record between a FAIL and the unit's next PASS."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import jsonschema
import pytest
import sqlalchemy as sa

from server.db.engine import Database
from server.returns.tables import case_event, return_case
from server.wire.ids import unit_id
from tests.server.conftest import RunningServer
from tests.server.letter_book import LetterBook, schema
from tests.server.repair_shop import UnitInRepair, now

FIRST, SECOND, THIRD, FOURTH = (f"FJR12611000{number}" for number in range(1, 5))
FAILED = "dark_current"


def asked(server: RunningServer, **changes: Any) -> httpx.Response:
    parameters = {"product": "FJ-R1", "measurement": FAILED} | changes
    token = {"Authorization": f"Bearer {server.site.tokens['bench-1']}"}
    return server.client.get("/v1/stations/me/remedies", params=parameters, headers=token)


def remedies(server: RunningServer, **changes: Any) -> list[dict[str, Any]]:
    answer = asked(server, **changes)
    assert answer.status_code == 200, answer.text
    jsonschema.validate(answer.json(), schema("remedies"))
    rows: list[dict[str, Any]] = answer.json()["remedies"]
    return rows


def _moment(day: int, hour: int) -> datetime:
    return datetime(2026, 11, day, hour, tzinfo=UTC)


def at(day: int, hour: int) -> dict[str, str]:
    return {
        "started_at": f"2026-11-{day}T{hour:02}:00:00.000000Z",
        "finished_at": f"2026-11-{day}T{hour:02}:10:00.000000Z",
    }


def put(server: RunningServer, *letters: Any) -> None:
    for letter in letters:
        assert server.put(letter).status_code == 201


def test_a_burn_between_the_fail_and_the_next_pass_is_what_fixed_it(server: RunningServer, book: LetterBook) -> None:
    put(
        server,
        book.run("run-fail", FIRST, **at(20, 8)),
        book.burn(serial=FIRST, **at(20, 9)),
        book.run(serial=FIRST, **at(20, 10)),
    )
    (remedy,) = remedies(server)
    assert (remedy["measurement"], remedy["serial"]) == (FAILED, FIRST)
    assert [fix["kind"] for fix in remedy["fixes"]] == ["burn"]
    assert "→" in remedy["fixes"][0]["text"]


def test_a_burn_before_the_fail_or_after_the_pass_did_not_fix_it(server: RunningServer, book: LetterBook) -> None:
    put(
        server,
        book.burn(serial=FIRST, **at(20, 7)),
        book.run("run-fail", FIRST, **at(20, 8)),
        book.run(serial=FIRST, **at(20, 10)),
        book.burn(serial=FIRST, **at(20, 11)),
    )
    (remedy,) = remedies(server)
    assert remedy["fixes"] == [{"kind": "retest", "text": "", "at": "2026-11-20T10:00:00.000000Z"}]


def test_a_unit_that_has_not_passed_since_is_no_remedy(server: RunningServer, book: LetterBook) -> None:
    put(server, book.run(serial=FIRST, **at(20, 7)), book.run("run-fail", FIRST, **at(20, 8)))
    assert remedies(server) == []


def test_notes_of_the_return_case_tell_what_was_done(
    server: RunningServer, book: LetterBook, database: Database
) -> None:
    body = {
        "waybill": {"courier": "顺丰速运", "number": "SF1"},
        "source": "4S 店",
        "units": [{"serial": FIRST, "reason": "不开机"}],
    }
    answer = server.log_in("logistics").put("/v1/arrivals/019ab000-0000-7000-8000-0000000000aa", json=body)
    assert answer.status_code == 201, answer.text
    put(server, book.run("run-fail", FIRST, **at(20, 8)), book.run(serial=FIRST, **at(20, 12)))
    with database.reading() as connection:
        case = connection.execute(sa.select(return_case)).mappings().one()
    note = {
        "unit_id": unit_id("FJ-R1", FIRST),
        "id": "019ab000-0000-7000-8000-0000000000ab",
        "case_id": case["id"],
        "seq": 99,
        "state": "repairing",
        "actor": "user:wu",
        "note": "更换 Q3",
    }
    with database.writing() as connection:
        connection.execute(sa.insert(case_event).values(note | {"at": _moment(20, 9)}))
    (remedy,) = remedies(server)
    assert remedy["fixes"] == [{"kind": "note", "text": "更换 Q3", "at": "2026-11-20T09:00:00.000000Z"}]


def test_a_repair_is_told_in_both_languages_and_one_that_was_corrected_is_not(server: RunningServer) -> None:
    unit = UnitInRepair(server).receive()
    run_id = unit.test("FAIL")
    wrong = unit.repair(run_id=run_id, measurement=FAILED, cause="C12").entry
    unit.correct(corrects=wrong.id, run_id=run_id, measurement=FAILED, designators=("F1", "Q3"), note="看错")
    unit.test("PASS", "outgoing", now() + timedelta(seconds=1))
    (remedy,) = remedies(server)
    repair = next(fix for fix in remedy["fixes"] if fix["kind"] == "repair")
    assert repair["text"] == "保险丝熔断 / Fuse blown → 更换元件 / Replaced the component · F1 Q3 · 看错"
    assert [fix["kind"] for fix in remedy["fixes"]].count("repair") == 1


def test_what_was_done_comes_before_mere_retests_and_at_most_three_are_told(
    server: RunningServer, book: LetterBook
) -> None:
    put(server, book.run("run-fail", FIRST, **at(20, 8)), book.burn(serial=FIRST, **at(20, 9)))
    put(server, book.run(serial=FIRST, **at(20, 10)))
    for serial in (SECOND, THIRD, FOURTH):
        put(server, book.run("run-fail", serial, **at(21, 8)), book.run(serial=serial, **at(21, 9)))
    assert [remedy["serial"] for remedy in remedies(server)] == [FIRST, FOURTH, THIRD]
    assert len(remedies(server, limit=1)) == 1


def test_another_product_or_measurement_has_no_remedy_here(server: RunningServer, book: LetterBook) -> None:
    put(server, book.run("run-fail", FIRST, **at(20, 8)), book.run(serial=FIRST, **at(20, 10)))
    assert remedies(server, product="FJ-N7") == []
    assert remedies(server, measurement="rail_5v") == []
    assert len(remedies(server, measurement=["rail_5v", FAILED])) == 1


def test_only_a_station_is_told(server: RunningServer) -> None:
    assert server.client.get("/v1/stations/me/remedies?product=FJ-R1&measurement=x").status_code == 401


@pytest.mark.parametrize("changes", [{"product": ""}, {"measurement": []}, {"limit": 0}])
def test_a_question_without_sense_is_refused(server: RunningServer, changes: dict[str, Any]) -> None:
    assert asked(server, **changes).status_code in (400, 422)
