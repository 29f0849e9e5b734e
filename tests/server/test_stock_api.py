"""The parts ledger over the API: what is asked is answered, a command is done once, and examples are true."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from server.parts.bodies import HAND_EXAMPLE, MOVEMENT_EXAMPLE, PART_EXAMPLE, HandBody, MovementAnswer, PartAnswer
from tests.server.conftest import RunningServer, Site
from tests.server.order_desk import shared_server
from tests.server.stock_room import StockRoom, made_id


@pytest.fixture(scope="module")
def server(prepared_site: Site, tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningServer]:
    with shared_server(prepared_site, tmp_path_factory.mktemp("stock-api") / "site") as running:
        yield running


@pytest.fixture(scope="module")
def clerk(server: RunningServer) -> httpx.Client:
    return server.log_in("parts_clerk")


@pytest.fixture
def room(server: RunningServer) -> StockRoom:
    return StockRoom(server.database, server.site.settings)


def put(client: httpx.Client, command: str, kind: str, number: str, quantity: int, **more: str) -> httpx.Response:
    body: dict[str, Any] = {"kind": kind, "lines": [{"number": number, "quantity": quantity}]} | more
    return client.put(f"/v1/parts/commands/{command}", json=body)


def test_a_command_moves_parts_once_and_answers_the_same_again(room: StockRoom, clerk: httpx.Client) -> None:
    number, command = room.part(), made_id()
    first = put(clerk, command, "receive", number, 5, document="SH-1")
    assert first.status_code == 201, first.text
    again = put(clerk, command, "receive", number, 5, document="SH-1")
    assert (again.status_code, again.json()) == (200, first.json())
    assert put(clerk, command, "receive", number, 6).status_code == 409
    (moved,) = first.json()["movements"]
    assert (moved["source"], moved["target"], moved["target_after"]) == ("SUPPLIER", "STORE", 5)
    short = put(clerk, made_id(), "issue", number, 6, target=room.bench)
    assert (short.status_code, short.json()["state"]) == (409, "short")
    assert put(clerk, made_id(), "issue", "NO-SUCH", 1, target=room.bench).json()["field"] == "lines"
    assert put(clerk, "1", "issue", number, 1).status_code == 422
    assert put(clerk, made_id(), "burn", number, 1).status_code == 422
    for kind, more in (("issue", {"target": room.bench}), ("return", {"source": room.bench})):
        assert put(clerk, made_id(), kind, number, 1, **more).status_code == 201
    assert put(clerk, made_id(), "move", number, 2, source="STORE", target="CABINET").status_code == 201
    assert (room.at(number), room.at(number, "CABINET")) == (3, 2)


def test_who_may_not_move_parts_moves_none(server: RunningServer, room: StockRoom) -> None:
    number = room.part()
    answer = put(server.log_in("technician"), made_id(), "receive", number, 5)
    assert answer.status_code == 403 and room.at(number) == 0


def test_parts_and_movements_are_listed_page_by_page(room: StockRoom, clerk: httpx.Client) -> None:
    numbers = [room.part(f"P{index}", stock=index, minimum="2") for index in range(1, 4)]
    first = clerk.get("/v1/parts", params={"text": room.mark, "limit": 2}).json()
    assert [row["number"] for row in first["parts"]] == numbers[:2]
    second = clerk.get("/v1/parts", params={"text": room.mark, "limit": 2, "after": first["next"]}).json()
    assert [row["number"] for row in second["parts"]] == numbers[2:] and second["next"] is None
    below = clerk.get("/v1/parts", params={"text": room.mark, "shown": "below"}).json()["parts"]
    assert [(row["number"], row["in_stock"], row["is_below"]) for row in below] == [(numbers[0], 1, True)]
    one = clerk.get(f"/v1/parts/{below[0]['id']}").json()
    assert one["holdings"] == [{"place": "STORE", "custodian": "", "quantity": 1}] and one["part"] == below[0]
    assert clerk.get(f"/v1/parts/{made_id()}").status_code == 404
    moved = clerk.get("/v1/parts/movements", params={"text": numbers[0]}).json()
    assert [row["kind"] for row in moved["movements"]] == ["receive"] and moved["next"] is None
    assert (
        clerk.get("/v1/parts/movements", params={"text": numbers[0], "until": "2020-01-01"}).json()["movements"] == []
    )


def test_the_examples_of_the_api_are_what_it_takes_and_gives(server: RunningServer) -> None:
    PartAnswer.model_validate(PART_EXAMPLE)
    MovementAnswer.model_validate(MOVEMENT_EXAMPLE)
    assert HandBody.model_validate(HAND_EXAMPLE).as_hand().lines[0].quantity == 50
    schemas = server.client.get("/openapi.json").json()["components"]["schemas"]
    assert schemas["HandBody"]["examples"] == [HAND_EXAMPLE]
