"""Repairs over the API: its own examples are taken, a repetition changes nothing, and each role may what it may."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any

import httpx
import pytest

from server.admin.permissions import permissions
from server.wire.ids import new_id
from tests.server.conftest import RunningServer, Site
from tests.server.order_desk import shared_server
from tests.server.repair_shop import FAILED, UnitInRepair, now
from tests.server.stock_room import StockRoom


@pytest.fixture(scope="module")
def shop(prepared_site: Site, tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningServer]:
    with shared_server(prepared_site, tmp_path_factory.mktemp("shop") / "site") as server:
        yield server


@pytest.fixture(scope="module")
def technician(shop: RunningServer) -> httpx.Client:
    return shop.log_in("technician")


@pytest.fixture(scope="module")
def supervisor(shop: RunningServer) -> httpx.Client:
    return shop.log_in("supervisor")


@pytest.fixture(scope="module")
def schemas(supervisor: httpx.Client) -> dict[str, Any]:
    found: dict[str, Any] = supervisor.get("/openapi.json").json()["components"]["schemas"]
    return found


def example(schemas: dict[str, Any], name: str, **changes: Any) -> dict[str, Any]:
    """The example of the API's own description, with what belongs to the test's unit."""
    (given,) = schemas[name]["examples"]
    found: dict[str, Any] = given | changes
    return found


def test_the_examples_of_the_api_are_taken_once(
    shop: RunningServer, technician: httpx.Client, supervisor: httpx.Client, schemas: dict[str, Any]
) -> None:
    unit = UnitInRepair(shop).receive()
    run_id, at = unit.test("FAIL"), now().isoformat()
    body = example(schemas, "RepairBody", case_id=unit.case_id, run_id=run_id, started_at=at, ended_at=at)
    path = f"/v1/repairs/{new_id(now())}"
    first, again = technician.put(path, json=body), technician.put(path, json=body)
    assert (first.status_code, again.status_code, again.json()) == (201, 200, first.json())
    assert technician.put(path, json=body | {"cause": "C14"}).status_code == 409
    assert technician.get(path).json() == first.json()
    assert [row["id"] for row in technician.get(f"/v1/cases/{unit.case_id}/repairs").json()] == [first.json()["id"]]
    other = UnitInRepair(shop).receive()
    request = f"/v1/scrap-requests/{new_id(now())}"
    asked = technician.put(request, json=example(schemas, "ScrapBody", case_id=other.case_id))
    assert (asked.status_code, asked.json()["decided_at"]) == (200, None)
    decision = example(schemas, "ScrapDecisionBody")
    assert technician.put(f"{request}/decision", json=decision).status_code == 403
    decided = supervisor.put(f"{request}/decision", json=decision)
    assert (decided.json()["decided_by"], other.case.state) == ("supervisor", "scrapped")
    assert supervisor.put(f"{request}/decision", json=decision).json() == decided.json()


def test_a_queue_is_taken_and_given_out(
    shop: RunningServer, technician: httpx.Client, supervisor: httpx.Client, schemas: dict[str, Any]
) -> None:
    unit = UnitInRepair(shop).receive()
    unit.test("FAIL")
    taken = technician.post("/v1/repair-queue/take", json=example(schemas, "TakeBody", serial=unit.serial))
    (row,) = [row for row in taken.json() if row["case_id"] == unit.case_id]
    assert (row["state"], row["verdict"], row["failed"], row["owner"]) == ("diagnosing", "FAIL", [FAILED], "technician")
    body = example(schemas, "AssignBody", cases=[unit.case_id], owner="repair_leader")
    for _ in range(2):
        assert supervisor.post("/v1/repair-queue/assign", json=body).status_code == 204
    assert (unit.case.owner, unit.case.version) == ("repair_leader", 3), "said twice it is changed once"
    answer = technician.post("/v1/repair-queue/take", json={"serial": unit.serial})
    assert (answer.status_code, answer.json()["state"]) == (409, "owned")
    assert unit.case_id in [row["case_id"] for row in technician.get("/v1/repair-queue?owner=repair_leader").json()]


def test_parts_are_drawn_from_the_technicians_bench_and_what_is_not_there_stops_all(
    shop: RunningServer, technician: httpx.Client
) -> None:
    room = StockRoom(shop.database, shop.site.settings)
    number, bench = room.part(stock=5), room.bench
    room.issue(number, 3)
    unit = UnitInRepair(shop).receive()
    body = repair_body(unit, parts=[{"number": number, "quantity": 2}], source=bench)
    made = technician.put(f"/v1/repairs/{new_id(now())}", json=body)
    assert made.status_code == 201, made.text
    (part,) = made.json()["parts"]
    assert (part["number"], part["quantity"], part["movement_id"] is None) == (number, 2, False)
    assert room.at(number, bench) == 1
    other = UnitInRepair(shop).receive()
    short = technician.put(f"/v1/repairs/{new_id(now())}", json=body | {"case_id": other.case_id, **times()})
    assert (short.status_code, short.json()["state"], other.case.state) == (409, "short", "received")
    assert technician.get(f"/v1/cases/{other.case_id}/repairs").json() == []
    assert room.at(number, bench) == 1
    page = technician.get(f"/repairs/cases/{other.case_id}").text
    assert f'<option value="{bench}" selected>' in page, "one's own bench is what a repair draws from"


def test_the_figures_are_there_with_their_words(shop: RunningServer, technician: httpx.Client) -> None:
    unit = UnitInRepair(shop).receive()
    unit.repair(run_id=unit.test("FAIL"), measurement=FAILED, cause="C15", designators=("L9",))
    similar = technician.get(f"/v1/repair-figures/similar?product=FJ-R1&measurement={FAILED}").json()
    (row,) = [row for row in similar if row["cause"] == "C15"]
    assert (row["times"], row["designators"], row["last_serial"]) == (1, [["L9", 1]], unit.serial)
    faults = technician.get("/v1/repair-figures/faults?by=cause&product=FJ-R1").json()
    assert {"name": "C15", "zh": "线路短路或漏电", "count": 1}.items() <= faults[-1].items() or any(
        fault["name"] == "C15" and fault["en"] == "Short or leakage on the board" for fault in faults
    )
    assert faults[-1]["running"] == pytest.approx(1.0)
    nothing = technician.get("/v1/repair-figures/no-fault-found?since=2020-01-01&until=2020-01-02").json()
    assert nothing == {"found": 0, "diagnosed": 0, "rate": None, "case_nos": []}
    repeats = technician.get("/v1/repair-figures/repeats?days=30").json()
    assert (repeats["days"], repeats["repeats"]) == (30, 0)


@pytest.mark.parametrize(
    ("changes", "field"),
    [({"cause": "C62"}, "cause"), ({"started_at": "2026-11-27T09:00:00"}, "started_at"), ({"surprise": 1}, "surprise")],
)
def test_what_cannot_be_is_a_problem_that_names_its_field(
    shop: RunningServer, technician: httpx.Client, changes: dict[str, Any], field: str
) -> None:
    unit = UnitInRepair(shop).receive()
    answer = technician.put(f"/v1/repairs/{new_id(now())}", json=repair_body(unit) | changes)
    assert answer.status_code == 422
    told = answer.json()
    assert field in ([told["field"]] if "field" in told else [row["field"] for row in told["errors"]])


def test_each_role_may_what_the_table_says(shop: RunningServer) -> None:
    unit = UnitInRepair(shop).receive()
    request = f"/v1/scrap-requests/{new_id(now())}"
    wish = {"case_id": unit.case_id, "reason": "liquid", "note": ""}
    calls: list[tuple[str, str, str, Any]] = [
        ("cases.repair", "put", f"/v1/repairs/{new_id(now())}", repair_body(unit, symptom="none")),
        ("cases.repair", "put", request, wish | {"reason": "none"}),
        ("cases.repair", "post", "/v1/repair-queue/take", {"serial": "NO-SUCH"}),
        ("cases.edit", "post", "/v1/repair-queue/assign", {"cases": [new_id(now())], "owner": "technician"}),
        ("cases.scrap", "put", f"{request}/decision", {"is_approved": True}),
        ("records.read", "get", "/v1/repair-figures/faults", None),
        ("records.read", "get", "/v1/repair-queue", None),
        ("records.read", "get", f"/v1/cases/{unit.case_id}/repairs", None),
    ]
    for role in permissions().roles:
        client = shop.log_in(role)
        for action, method, path, body in calls:
            answer = client.request(method, path, json=body)
            assert (answer.status_code == 403) != permissions().allows(role, action), (role, path, answer.text)
            assert answer.status_code < 500


def repair_body(unit: UnitInRepair, **changes: Any) -> dict[str, Any]:
    said = {"case_id": unit.case_id, "symptom": "S11", "cause": "C11", "action": "A11"}
    return said | times() | changes


def times(at: datetime | None = None) -> dict[str, str]:
    moment = (at or now()).isoformat()
    return {"started_at": moment, "ended_at": moment}
