"""Units arrive by waybill: one return case each, or none at all, and the same request twice is one arrival."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import httpx
import pytest
import sqlalchemy as sa

from server.logistics.queries import search_waybills, units_on, waybill_by_id
from server.returns.queries import case_by_id, cases, cases_of_unit, count_open_by_state, open_case
from server.returns.tables import return_case
from server.units.queries import timeline, unit_by_id
from server.wire.ids import new_id, unit_id
from tests.server.conftest import RunningServer
from tests.server.letter_book import LetterBook

GOOD, BAD = "FJR126110001", "FJR126110002"


def parcel(*serials: str, number: str = "SF1399008877665") -> dict[str, Any]:
    units = [{"serial": serial, "reason": "no sound"} for serial in serials]
    return {"waybill": {"courier": "SF Express", "number": number}, "source": "4S Hangzhou West", "units": units}


def fresh_id() -> str:
    return new_id(datetime.now(UTC))


@pytest.fixture
def clerk(server: RunningServer) -> httpx.Client:
    return server.log_in("logistics")


def test_each_unit_of_a_parcel_opens_a_case_with_waybill_events_and_number(
    server: RunningServer, clerk: httpx.Client
) -> None:
    answer = clerk.put(f"/v1/arrivals/{fresh_id()}", json=parcel(GOOD, " fjr126110002 "))
    assert answer.status_code == 201
    opened = answer.json()["cases"]
    assert [case["serial"] for case in opened] == [GOOD, BAD]
    today = datetime.now(server.site.settings.zone).strftime("%Y%m%d")
    assert [case["case_no"] for case in opened] == [f"TEST-{today}-0001", f"TEST-{today}-0002"]
    with server.database.reading() as connection:
        file = case_by_id(connection, opened[0]["id"])
        assert file is not None
        assert (file.case.state, file.case.product, file.case.reason) == ("received", "FJ-R1", "no sound")
        assert [(event.state, event.actor) for event in file.events] == [("received", "user:logistics")]
        assert file.waybill == waybill_by_id(connection, answer.json()["waybill_id"])
        assert [event.kind for event in timeline(connection, unit_id("FJ-R1", GOOD))] == ["received"]
        assert [row.serial for row in units_on(connection, answer.json()["waybill_id"])] == [GOOD, BAD]
        assert [row.number for row in search_waybills(connection, "sf1399")] == ["SF1399008877665"]
        assert count_open_by_state(connection) == {"received": 2}


def test_the_same_arrival_again_is_one_arrival(server: RunningServer, clerk: httpx.Client) -> None:
    path = f"/v1/arrivals/{fresh_id()}"
    first, second = clerk.put(path, json=parcel(GOOD)), clerk.put(path, json=parcel(GOOD))
    assert (first.status_code, second.status_code) == (201, 200)
    assert first.json() == second.json()
    with server.database.reading() as connection:
        assert len(cases(connection)) == 1


def test_an_arrivals_id_does_not_stand_for_two_parcels(clerk: httpx.Client) -> None:
    path = f"/v1/arrivals/{fresh_id()}"
    clerk.put(path, json=parcel(GOOD))
    answer = clerk.put(path, json=parcel(BAD))
    assert answer.status_code == 409
    assert "another content" in answer.json()["detail"]


def test_a_unit_with_an_open_case_is_refused_by_name_and_nothing_of_its_parcel_is_kept(
    server: RunningServer, clerk: httpx.Client
) -> None:
    clerk.put(f"/v1/arrivals/{fresh_id()}", json=parcel(GOOD))
    answer = clerk.put(f"/v1/arrivals/{fresh_id()}", json=parcel(BAD, GOOD, number="SF2"))
    assert answer.status_code == 409
    assert GOOD in answer.json()["detail"]
    assert BAD not in answer.json()["detail"]
    with server.database.reading() as connection:
        assert unit_by_id(connection, unit_id("FJ-R1", BAD)) is None
        assert search_waybills(connection, "SF2") == []


def test_the_database_itself_allows_one_open_case_a_unit(server: RunningServer, clerk: httpx.Client) -> None:
    case_id = clerk.put(f"/v1/arrivals/{fresh_id()}", json=parcel(GOOD)).json()["cases"][0]["id"]
    with pytest.raises(sa.exc.IntegrityError, match="unit_id"), server.database.writing() as connection:
        row = connection.execute(sa.select(return_case).where(return_case.c.id == case_id)).mappings().one()
        connection.execute(sa.insert(return_case), {**row, "id": fresh_id(), "case_no": "other"})


def test_an_unknown_serial_makes_a_provisional_unit_and_says_so(server: RunningServer, clerk: httpx.Client) -> None:
    case = clerk.put(f"/v1/arrivals/{fresh_id()}", json=parcel("x-9")).json()["cases"][0]
    assert (case["serial"], case["is_provisional"], case["product"]) == ("X-9", True, "")
    with server.database.reading() as connection:
        unit = unit_by_id(connection, unit_id("", "X-9"))
        assert unit is not None
        assert unit.is_provisional


def test_more_units_may_be_found_under_a_known_waybill(server: RunningServer, clerk: httpx.Client) -> None:
    first = clerk.put(f"/v1/arrivals/{fresh_id()}", json=parcel(GOOD)).json()
    second = clerk.put(f"/v1/arrivals/{fresh_id()}", json=parcel(BAD, number=" sf1399008877665 ")).json()
    assert first["waybill_id"] == second["waybill_id"]
    with server.database.reading() as connection:
        assert len(units_on(connection, first["waybill_id"])) == 2


@pytest.mark.parametrize(
    ("body", "field"),
    [
        (parcel(GOOD, "A*B"), "units[1].serial"),
        (parcel(GOOD, GOOD.lower()), "units[1].serial"),
        (parcel("   "), "units[0].serial"),
        (parcel(GOOD, number="  "), "waybill.number"),
        (parcel(GOOD, number="\u0007"), "waybill.number"),
    ],
)
def test_what_cannot_be_used_is_named_and_nothing_is_kept(
    server: RunningServer, clerk: httpx.Client, body: dict[str, Any], field: str
) -> None:
    answer = clerk.put(f"/v1/arrivals/{fresh_id()}", json=body)
    assert answer.status_code == 422
    assert answer.json()["field"] == field
    with server.database.reading() as connection:
        assert cases(connection) == []


def test_a_run_and_a_burn_belong_to_the_open_case_of_their_unit(
    server: RunningServer, clerk: httpx.Client, book: LetterBook
) -> None:
    case_id = clerk.put(f"/v1/arrivals/{fresh_id()}", json=parcel(GOOD)).json()["cases"][0]["id"]
    for letter in (book.run(serial=GOOD), book.burn(serial=GOOD), book.run(serial=BAD)):
        server.put(letter)
    with server.database.reading() as connection:
        file = case_by_id(connection, case_id)
        assert file is not None
        assert [event.kind for event in file.unit_events] == ["received", "tested", "burned"]
        assert open_case(connection, unit_id("FJ-R1", BAD)) is None
        assert [case.id for case in cases_of_unit(connection, unit_id("FJ-R1", GOOD))] == [case_id]


def test_the_list_of_cases_is_paged_from_the_newest(server: RunningServer, clerk: httpx.Client) -> None:
    clerk.put(f"/v1/arrivals/{fresh_id()}", json=parcel(*[f"FJR12611000{number}" for number in range(5)]))
    with server.database.reading() as connection:
        whole = [case.id for case in cases(connection, state="received")]
        first = cases(connection, limit=3)
        second = cases(connection, after=first[-1].id, limit=3)
        assert [case.id for case in first + second] == whole
        assert cases(connection, state="shipped") == []
        assert case_by_id(connection, fresh_id()) is None
