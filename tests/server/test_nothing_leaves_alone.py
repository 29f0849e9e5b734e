"""One person with every right, without a passing test: whatever is pressed in whatever order, no unit leaves.

What a test, a burn and a second person open is the matter of test_case_properties.py; here it is every address that
moves a case or a parcel, asked over HTTP.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime
from random import Random
from typing import Any

import pytest
import sqlalchemy as sa

from server.app import create_app
from server.gates.judgement import GATES
from server.logistics.statuses import LEFT_THE_HOUSE
from server.logistics.tables import parcel_removal, parcel_unit, waybill_standing
from server.returns.machine import machine
from server.returns.tables import return_case
from server.wire.ids import new_id, unit_id
from tests.server.asked_in_process import Office, asked_of, office
from tests.server.conftest import Site
from tests.server.letter_book import LetterBook

SERIALS = ("FJR126110001", "FJR126110002")
GONE = ("shipped", "stocked_in")
REQUESTS, PARCELS = 240, 3
WAYS = (
    ("PUT", "/v1/cases/{case_id}/moves/{move_id}"),
    ("PUT", "/v1/cases/{case_id}/checks/{check_id}"),
    ("PUT", "/v1/cases/{case_id}/overrides/{override_id}"),
    ("PUT", "/v1/overrides/{override_id}/decision"),
    ("PUT", "/v1/runs/{run_id}"),
    ("POST", "/cases/{case_id}/moves"),
    ("POST", "/cases/scan"),
    ("POST", "/waybills"),
    ("POST", "/waybills/{waybill_id}/parcel"),
    ("POST", "/waybills/{waybill_id}/parcel/{unit_id}/removal"),
    ("POST", "/waybills/{waybill_id}/status"),
    ("POST", "/waybills/{waybill_id}/handover"),
)
MOVES = sorted(machine().moves)
FORWARD = ("diagnose", "take", "repair", "ready", "pass", "pack", "ship", "stock_in")


class Hand:
    """Presses at random; what was answered is counted by address and status."""

    def __init__(self, there: Office, random: Random) -> None:
        self.there, self.random = there, random
        self.book, self.answers = LetterBook(), Counter[tuple[str, int]]()
        self.cases: list[str] = []
        self.waybills: list[str] = []
        self.overrides: list[str] = []

    async def ask(self, way: tuple[str, str], **request: Any) -> Any:
        method, path = way
        for name, value in request.pop("keys", {}).items():
            path = path.replace(f"{{{name}}}", value)
        headers = self.there.headers("supervisor") | request.pop("headers", {})
        answer = await self.there.client.request(method, path, headers=headers, **request)
        self.answers[way[1], answer.status_code] += 1
        assert answer.status_code < 500, (way, answer.text)
        return answer

    async def begin(self) -> None:
        """Two units arrive, and a parcel is begun."""
        units = [{"serial": serial, "reason": "no sound"} for serial in SERIALS]
        body = {"waybill": {"courier": "SF", "number": "1"}, "source": "4S", "units": units}
        answer = await self.ask(("PUT", f"/v1/arrivals/{new_id(datetime.now(UTC))}"), json=body)
        self.cases = [row["id"] for row in answer.json()["cases"]]
        await self.parcel()

    async def parcel(self) -> None:
        number = new_id(datetime.now(UTC))
        form = {"direction": "out", "courier": "SF", "number": number, "source": "4S"}
        answer = await self.ask(("POST", "/waybills"), data=form)
        assert answer.status_code == 303, answer.text
        self.waybills.append(answer.headers["location"].split("/")[2].partition("?")[0])

    async def press(self) -> None:
        """Something, anywhere."""
        made, pick = new_id(datetime.now(UTC)), self.random.choice
        keys = {"case_id": pick(self.cases), "waybill_id": pick(self.waybills)}
        keys |= {"move_id": made, "check_id": made, "override_id": made, "unit_id": unit_id("FJ-R1", pick(SERIALS))}
        move = pick(FORWARD) if self.random.random() < 0.7 else pick(MOVES)
        changes = {"stock_in": {"grade": "A"}, "take": {"owner": "supervisor"}}.get(move, {})
        items = dict.fromkeys(("harness", "remote", "packing"), True)
        way = pick([way for way in WAYS if way[1] != "/waybills" or len(self.waybills) < PARCELS])
        does: dict[str, Callable[[], dict[str, Any]]] = {
            WAYS[0][1]: lambda: {"json": {"move": move, "note": "why", "changes": changes}},
            WAYS[1][1]: lambda: {"json": {"items": items}},
            WAYS[2][1]: lambda: {"json": {"gate": pick(sorted(GATES)), "reason": "as is"}},
            WAYS[3][1]: lambda: {"json": {"is_approved": True, "note": "why", "event_id": made}},
            WAYS[5][1]: lambda: {"data": {"made": made, "move": move, "note": "why", "grade": "A"}},
            WAYS[6][1]: lambda: {"data": {"made": made, "move": move, "note": "w", "serials": "\n".join(SERIALS)}},
            WAYS[8][1]: lambda: {"data": {"serial": pick(SERIALS)}},
            WAYS[10][1]: lambda: {"data": {"status": pick(sorted(LEFT_THE_HOUSE)), "moment": ""}},
        }
        if way[1] == "/waybills":
            return await self.parcel()
        if way[1] == "/v1/runs/{run_id}":
            letter = self.book.run("run-fail", pick(SERIALS))
            token = {"Authorization": f"Bearer {self.there.tokens['bench-1']}", "Content-Type": "application/json"}
            await self.ask(("PUT", letter.path), content=letter.body, headers=token)
            return None
        if way == WAYS[3] and self.overrides:
            keys["override_id"] = pick(self.overrides)
        answer = await self.ask(way, keys=keys, **does.get(way[1], lambda: {"data": {"x": "x"}})())
        if way == WAYS[2] and answer.status_code == 201:
            self.overrides.append(made)
        return None

    def gone(self) -> list[object]:
        """Cases that ended outside, and parcels that left with a unit in them."""
        packed = sa.select(parcel_unit.c.waybill_id).outerjoin(
            parcel_removal,
            sa.and_(parcel_removal.c.unit_id == parcel_unit.c.unit_id, parcel_removal.c.id == parcel_unit.c.id),
        )
        packed = packed.where(parcel_removal.c.id.is_(None))
        left = sa.select(waybill_standing.c.waybill_id).where(
            waybill_standing.c.waybill_id.in_(packed), waybill_standing.c.status.in_(LEFT_THE_HOUSE)
        )
        with self.there.database.reading() as connection:
            ended = connection.scalars(sa.select(return_case.c.id).where(return_case.c.state.in_(GONE))).all()
            return [*ended, *connection.scalars(left).all()]


async def _pressed(site: Site, seed: int) -> Counter[tuple[str, int]]:
    async with office(site, ["supervisor"]) as there:
        hand = Hand(there, Random(seed))  # noqa: S311 (a choice, not a secret)
        await hand.begin()
        for _ in range(REQUESTS):
            await hand.press()
            assert hand.gone() == []
        return hand.answers


@pytest.mark.parametrize("seed", [2])
def test_no_unit_leaves_by_one_hand_without_its_test_whatever_is_pressed(site: Site, seed: int) -> None:
    answers = asyncio.run(_pressed(site, seed))
    moved = sum(count for (path, status), count in answers.items() if path == WAYS[0][1] and status in (200, 201))
    assert moved >= 3, "the hand got nowhere, and the test says nothing"
    assert answers["/waybills/{waybill_id}/handover", 409] + answers["/waybills/{waybill_id}/handover", 422] > 5
    assert answers["/waybills/{waybill_id}/parcel", 303] > 0
    assert answers["/waybills/{waybill_id}/parcel/{unit_id}/removal", 303] > 0


def test_the_ways_are_addresses_that_there_are(prepared_site: Site) -> None:
    there = {asked.key for asked in asked_of(create_app(prepared_site.settings))}
    assert set(WAYS) <= there
