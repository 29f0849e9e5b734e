"""Serial numbers: leased once and for all, moved by burn letters, never used twice, and never lost from sight."""

from __future__ import annotations

import json
import secrets
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import jsonschema
import pytest
import sqlalchemy as sa

from server.errors import BadInput, Contradiction, NotAllowed, NotFound, NotInForce
from server.numbers.flows import LEASE_DAYS, PoolForm, bind_number, make_pool, void_number
from server.numbers.queries import count_in_use, events_of, numbers, overdue_numbers, pool_by_name
from server.numbers.tables import leased_number, number_event
from server.wire.ids import new_id
from tests.server.conftest import RunningServer, Site
from tests.server.letter_book import GOLDEN, schema, unit
from tests.server.order_desk import OrderDesk, digest, shared_server


@pytest.fixture(scope="module")
def server(prepared_site: Site, tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningServer]:
    with shared_server(prepared_site, tmp_path_factory.mktemp("numbers") / "site") as running:
        yield running


class NumberDesk(OrderDesk):
    """A desk with a pool and an order whose ICs each get one of its numbers."""

    pool_name: str
    no: str

    def open(self, quantity: int = 3, last: str = "99", serial: str = "") -> str:
        """Make pool and order; what is taken suffices for all. The order's number."""
        self.pool_name = f"P{secrets.token_hex(4)}"
        self.pool(self.pool_name, last=last)
        field = {"name": "serial", "kind": "ascii", "address": 0, "length": 20, "pool": self.pool_name}
        recipe = {"serialisation": {"fields": [field], "checksums": []}}
        self.no = self.order(self.image(recipe=json.dumps(recipe)), quantity, serial)
        if not serial:
            assert self.custody(self.no, "taken", quantity + 5) == []
        return self.no

    def take(self, count: int = 1, **more: Any) -> list[str]:
        answer = self.lease(self.no, self.pool_name, count, **more)
        assert answer.status_code == 201, answer.text
        jsonschema.validate(answer.json(), schema("lease"))
        return [row["text"] for row in answer.json()["numbers"]]

    def write(self, *numbers: str, **changes: Any) -> list[str]:
        """A passing burn with these numbers put into the program."""
        patched = digest(self.program + "".join(numbers).encode())
        image = {"name": "fj-r1.bin", "version": "1.4.2", "sha256": patched, "size_bytes": 32}
        image["file_sha256"] = digest(self.program)
        made = {"image": image, "after_sha256": patched, "serial_numbers": list(numbers)}
        return self.burn(self.no, **(made | changes))

    def states(self, *texts: str) -> list[str]:
        with self.server.database.reading() as connection:
            found = numbers(connection, texts)
        return [found[text].state for text in texts]


@pytest.fixture
def desk(server: RunningServer) -> NumberDesk:
    return NumberDesk(server)


def failure() -> dict[str, Any]:
    golden = json.loads((GOLDEN / "burn-fail.json").read_bytes())
    return {key: golden[key] for key in ("result", "failure", "stages", "after_sha256")}


def test_a_lease_gives_the_next_numbers_and_the_same_ones_to_the_same_request(desk: NumberDesk) -> None:
    no = desk.open(5)
    asked = {"id": new_id(datetime.now(UTC))}
    first = desk.lease(no, desk.pool_name, 2, **asked)
    assert first.status_code == 201
    texts = [row["text"] for row in first.json()["numbers"]]
    assert texts == [f"{desk.pool_name.upper()}-000001", f"{desk.pool_name.upper()}-000002"]
    assert [row["value"] for row in first.json()["numbers"]] == [1, 2]
    again = desk.lease(no, desk.pool_name, 2, **asked)
    assert (again.status_code, again.json()) == (200, first.json())
    assert desk.lease(no, desk.pool_name, 1, **asked).status_code == 409
    assert desk.lease(no, desk.pool_name, 2, station="bench-2", **asked).status_code == 409, "another station's"
    assert desk.take() == [f"{desk.pool_name.upper()}-000003"]
    desk.withdraw()
    assert desk.lease(no, desk.pool_name, 2, **asked).json() == first.json(), "whatever has come since"


def test_a_lease_is_refused_with_the_reason_and_takes_no_number(desk: NumberDesk) -> None:
    no = desk.open(3, last="2")
    refused = {
        "needs no more": desk.lease(no, "another pool"),
        "no burn order": desk.lease("BO-2026-999999", desk.pool_name),
    }
    for words, answer in refused.items():
        assert answer.status_code in (404, 409) and words in answer.json()["detail"], (words, answer.text)
    states = [answer.json().get("state") for answer in refused.values()]
    assert states == ["enough", None]
    draft = desk.order(desk.image(b"another"), is_approved=False)
    assert desk.lease(draft, desk.pool_name).json()["state"] == "order_draft"
    assert desk.lease(no, desk.pool_name, schema="fanji/lease-request/2").status_code == 422
    body = desk.server.client.post("/v1/leases", content=b"{", headers=desk.headers())
    assert body.status_code == 422
    assert desk.server.client.post("/v1/leases", content=b"{}").status_code == 401
    desk.withdraw()
    assert desk.lease(no, desk.pool_name).json()["state"] == "withdrawn"
    with desk.server.database.reading() as connection:
        pool = pool_by_name(connection, desk.pool_name)
    assert pool is not None and (pool.next, pool.left, pool.used) == (1, 2, None)


def test_a_lease_gives_fewer_numbers_where_the_order_or_the_pool_has_fewer(desk: NumberDesk) -> None:
    no = desk.open(3, last="4")
    assert len(desk.take(2)) == 2 and len(desk.take(9)) == 1
    assert desk.lease(no, desk.pool_name).json()["state"] == "enough"
    scarce = NumberDesk(desk.server)
    scarce.open(5, last="2")
    assert len(scarce.take(5)) == 2
    assert scarce.lease(scarce.no, scarce.pool_name).json()["state"] == "exhausted"


def test_two_fields_of_one_pool_share_a_number(desk: NumberDesk) -> None:
    pool = f"P{secrets.token_hex(4)}"
    desk.pool(pool)
    fields = [
        {"name": name, "kind": kind, "address": address, "length": 20, "pool": pool}
        for name, kind, address in (("text", "ascii", 0), ("value", "bcd", 32))
    ]
    desk.no = desk.order(desk.image(recipe=json.dumps({"serialisation": {"fields": fields, "checksums": []}})), 2)
    assert desk.custody(desk.no, "taken", 2) == []
    (number,) = (row["text"] for row in desk.lease(desk.no, pool).json()["numbers"])
    assert desk.write(number) == []


def test_a_passing_burn_makes_its_number_burned_and_verified_and_on_a_unit_bound(desk: NumberDesk) -> None:
    desk.open(2)
    first, second = desk.take(2)
    assert desk.write(first) == []
    assert desk.states(first, second) == ["verified", "reserved"]
    unit_desk = NumberDesk(desk.server)
    unit_desk.open(1, serial=unit_desk.serial)
    (number,) = unit_desk.take()
    assert unit_desk.write(number, kind="unit", unit=unit(unit_desk.serial)) == []
    with desk.server.database.reading() as connection:
        told = [(event.state, event.serial) for event in events_of(connection, number)]
    assert told == [("burned", None), ("verified", None), ("bound", unit_desk.serial)]


def test_a_number_of_a_burn_that_did_not_pass_is_void_and_makes_room_for_another(desk: NumberDesk) -> None:
    no = desk.open(1)
    (number,) = desk.take()
    assert desk.lease(no, desk.pool_name).json()["state"] == "enough"
    assert desk.write(number, **failure()) == []
    assert desk.states(number) == ["void"]
    again = desk.write(number)
    assert again == [f"the number {number} was used before: it is void"]
    assert desk.take() != [number]


@pytest.mark.parametrize("result", ["ERROR", "ABORTED"])
def test_a_number_that_may_have_been_written_is_not_met_again(desk: NumberDesk, result: str) -> None:
    desk.open(1)
    (number,) = desk.take()
    assert desk.write(number, **(failure() | {"result": result})) == []
    assert desk.states(number) == ["void"]


def test_numbers_that_are_not_the_burns_own_make_it_count_for_nothing(desk: NumberDesk) -> None:
    no = desk.open(5)
    other = NumberDesk(desk.server)
    other_no = other.open(2)
    (foreign,) = other.take()
    (elsewhere,) = desk.take(station="bench-2")
    own, twin = desk.take(2)
    needs = f"{no} needs one number of each of its 1 pools"
    assert desk.write() == [needs]
    assert desk.write("never leased") == ["the number never leased was never leased", needs]
    assert desk.write(foreign) == [f"the number {foreign} is leased for {other_no}", needs]
    assert desk.write(elsewhere) == [f"the number {elsewhere} is leased to bench-2"]
    assert desk.write(own, twin) == [needs]
    assert desk.accounts(no)[2] == 0
    assert desk.states(own, twin, elsewhere) == ["burned", "burned", "burned"], "they are in some IC"
    assert desk.write(own) == [f"the number {own} was used before: it is burned"]


def test_a_number_in_two_letters_of_one_transaction_is_used_once(desk: NumberDesk) -> None:
    no = desk.open(5)
    (number,) = desk.take()
    assert desk.write(number) == []
    assert desk.write(number) == [f"the number {number} was used before: it is verified"]
    assert desk.accounts(no)[2] == 1
    with desk.server.database.reading() as connection:
        assert len(events_of(connection, number)) == 2
        assert count_in_use(connection, no, desk.pool_name) == 1


def test_a_failed_burn_that_names_the_number_of_another_ic_takes_nothing_from_it(desk: NumberDesk) -> None:
    desk.open(2)
    (number,) = desk.take()
    assert desk.write(number) == []
    assert desk.write(number, **failure()) == [f"the number {number} was used before: it is verified"]
    assert desk.states(number) == ["verified"]


def test_a_lease_that_is_over_is_a_matter_for_a_person_and_its_numbers_stay_taken(desk: NumberDesk) -> None:
    no = desk.open(2, last="2")
    used, forgotten = desk.take(2)
    assert desk.write(used) == []
    later = datetime.now(UTC) + timedelta(days=LEASE_DAYS, minutes=1)
    with desk.server.database.reading() as connection:
        listed = [row.number for row in overdue_numbers(connection, later)]
        assert forgotten in listed and used not in listed
        assert forgotten not in [row.number for row in overdue_numbers(connection, datetime.now(UTC))]
    assert desk.lease(no, desk.pool_name).status_code == 409
    with desk.server.database.writing() as connection:
        with pytest.raises(NotAllowed):
            void_number(connection, forgotten, "never burned", desk.author("parts_clerk"))
        void_number(connection, forgotten, "never burned", desk.author())
        with pytest.raises(NotInForce, match="is void"):
            void_number(connection, forgotten, "twice", desk.author())
        with pytest.raises(NotInForce, match="is void"):
            bind_number(connection, forgotten, desk.serial, desk.author())
        assert forgotten not in [row.number for row in overdue_numbers(connection, later)]
    assert desk.lease(no, desk.pool_name).json()["state"] == "exhausted", "void is not free"


def test_the_number_of_an_ic_of_stock_is_bound_to_its_unit_by_a_person(desk: NumberDesk) -> None:
    desk.open(1)
    (number,) = desk.take()
    with desk.server.database.writing() as connection, pytest.raises(NotInForce, match="is reserved"):
        bind_number(connection, number, desk.serial, desk.author())
    assert desk.write(number) == []
    with desk.server.database.writing() as connection:
        with pytest.raises(NotFound):
            bind_number(connection, "none", desk.serial, desk.author())
        bind_number(connection, f" {number} ", desk.serial, desk.author())
        assert [event.serial for event in events_of(connection, number)] == [None, None, desk.serial]
        with pytest.raises(NotInForce, match="is bound"):
            void_number(connection, number, "no", desk.author())


def test_the_database_itself_holds_each_number_once(desk: NumberDesk) -> None:
    desk.open(2)
    first, second = desk.take(2)
    with desk.server.database.reading() as connection:
        row = connection.execute(sa.select(leased_number).where(leased_number.c.number == first)).mappings().one()
    for changes in ({"value": 77}, {"number": "another"}):
        with pytest.raises(sa.exc.IntegrityError), desk.server.database.writing() as connection:
            connection.execute(sa.insert(leased_number), dict(row) | changes)
    assert desk.write(second) == []
    with desk.server.database.reading() as connection:
        event = connection.execute(sa.select(number_event).where(number_event.c.number == second)).mappings().first()
    with pytest.raises(sa.exc.IntegrityError), desk.server.database.writing() as connection:
        connection.execute(sa.insert(number_event), dict(event or {}))


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"name": ""}, "name"),
        ({"prefix": "a\x07"}, "prefix"),
        ({"base": "8"}, "base"),
        ({"digits": "0"}, "digits"),
        ({"digits": "21"}, "digits"),
        ({"first": "x"}, "range"),
        ({"first": "9", "last": "8"}, "range"),
        ({"last": "1000000"}, "range"),
    ],
    ids=str,
)
def test_a_pool_that_cannot_be_is_refused_by_its_field(desk: NumberDesk, changes: dict[str, str], field: str) -> None:
    form = {"name": "X", "prefix": "X", "base": "10", "digits": "6", "first": "1", "last": "9"} | changes
    with pytest.raises(BadInput) as refused, desk.server.database.writing() as connection:
        make_pool(connection, PoolForm(**form), desk.author())
    assert refused.value.field == field


def test_two_pools_never_write_the_same_number(desk: NumberDesk) -> None:
    with desk.server.database.writing() as connection:
        make_pool(connection, PoolForm("mac", "00aa", "16", "8", "10", "FF"), desk.author())
        mac = pool_by_name(connection, "mac")
        assert mac is not None and (mac.text(mac.first), mac.text(mac.last)) == ("00AA00000010", "00AA000000FF")
        with pytest.raises(BadInput, match="mac has such numbers"):
            make_pool(connection, PoolForm("mac2", "00AA0000", "16", "4", "FF", "1FF"), desk.author())
        make_pool(connection, PoolForm("mac3", "00AA0000", "16", "4", "100", "1FF"), desk.author())
        with pytest.raises(Contradiction):
            make_pool(connection, PoolForm("mac", "ZZ", "10", "4", "1", "2"), desk.author())
        with pytest.raises(NotAllowed):
            make_pool(connection, PoolForm("m", "Y", "10", "4", "1", "2"), desk.author("parts_clerk"))
