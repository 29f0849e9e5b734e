"""Burn orders and serial numbers by the page: who sees them, who may do what, what is said where it cannot be."""

from __future__ import annotations

import re
import secrets
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import httpx
import pytest
import sqlalchemy as sa

from server.admin.permissions import permissions
from server.numbers.tables import leased_number, number_lease
from server.wire.ids import new_id
from tests.server.conftest import RunningServer, Site
from tests.server.letter_book import unit
from tests.server.order_desk import OrderDesk, digest, shared_server
from tests.server.pages_site import HTML, csrf_of

LATE = "2999-01-01T00:00:00.000000Z"


@pytest.fixture(scope="module")
def server(prepared_site: Site, tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningServer]:
    with shared_server(prepared_site, tmp_path_factory.mktemp("pages") / "site") as running:
        yield running


@pytest.fixture(scope="module")
def people(server: RunningServer) -> dict[str, httpx.Client]:
    """A browser of each role, logged in."""
    made = {role: server.log_in(role) for role in permissions().roles}
    for client in made.values():
        del client.headers["X-CSRF-Token"]
        client.headers.update(HTML)
    return made


@pytest.fixture
def desk(server: RunningServer) -> OrderDesk:
    return OrderDesk(server)


def send(person: httpx.Client, path: str, **fields: str) -> httpx.Response:
    return person.post(path, data={"csrf": csrf_of(person.get("/burn-orders")), **fields})


def test_an_order_is_requested_approved_and_closed_by_the_page(
    desk: OrderDesk, people: dict[str, httpx.Client]
) -> None:
    approval = desk.image()
    technician, leader, clerk = people["technician"], people["repair_leader"], people["parts_clerk"]
    form = technician.get(f"/burn-orders/new?approval={approval}").text
    assert f'value="{approval}" selected' in form
    wish = {"approval": approval, "kind": "unit", "serial": f" {desk.serial.lower()}", "note": "on the board"}
    path = send(technician, "/burn-orders", **wish).headers["location"]
    no = path.rpartition("/")[2]
    assert "has to approve it" in technician.get(path).text
    assert "burn orders to approve" in leader.get("/").text and no not in leader.get("/gates").text
    assert send(leader, f"{path}/approval").status_code == 303
    assert "open burn orders" in leader.get("/").text and no in leader.get("/gates").text
    again = send(leader, f"{path}/approval")
    assert again.status_code == 409 and "the order is approved already" in again.text
    assert desk.burn(no, kind="unit", unit=unit(desk.serial)) == []
    page = clerk.get(path).text
    assert "by itself" in page and desk.serial in page and "on the board" in page
    assert no not in clerk.get("/gates").text and no in clerk.get(f"/units/{unit(desk.serial)['id']}").text
    late = send(clerk, f"{path}/end", how="closed", reason="done")
    assert late.status_code == 409
    assert no in clerk.get("/burn-orders?state=closed").text and no not in clerk.get("/burn-orders?state=approved").text
    assert clerk.get(f"/burn-orders?text={no.lower()}").headers["location"] == path
    assert no in clerk.get(f"/burn-orders?text={desk.serial}").text


def test_a_scan_of_the_number_opens_the_order_but_typing_keeps_the_list(
    desk: OrderDesk, people: dict[str, httpx.Client]
) -> None:
    no = desk.order(desk.image())
    typing = people["reader"].get(f"/burn-orders?text={no}", headers={"HX-Request": "true"})
    assert typing.status_code == 200 and no in typing.text
    assert people["reader"].get("/burn-orders?text=nothing+of+the+kind").text.count("matches the filter") == 1
    assert people["reader"].get("/burn-orders/BO-1").status_code == 404


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"approval": ""}, "Choose the image"),
        ({"kind": "unit", "serial": "*"}, "cannot be a serial number"),
        ({"quantity": "none"}, "number of ICs cannot be used"),
        ({"quantity": ""}, "number of ICs cannot be used"),
        ({"kind": "drawer"}, "for stock or for a unit"),
        ({"note": "a\x07"}, "The note is missing"),
    ],
    ids=str,
)
def test_an_order_that_cannot_be_says_why_and_loses_nothing_typed(
    desk: OrderDesk, people: dict[str, httpx.Client], changes: dict[str, str], words: str
) -> None:
    wish = {"approval": desk.image(), "kind": "stock", "serial": "FJR126110077", "quantity": "7", "note": "typed"}
    answer = send(people["engineer"], "/burn-orders", **(wish | changes))
    assert answer.status_code == 422
    assert words in answer.text
    assert "serial" in changes or 'value="FJR126110077"' in answer.text
    assert "approval" in changes or " selected>FJ-R1" in answer.text


def test_ics_that_are_out_are_shown_and_keep_the_order_open(desk: OrderDesk, people: dict[str, httpx.Client]) -> None:
    no = desk.order(desk.image(), 2)
    assert desk.custody(no, "taken", 2) == []
    assert desk.custody(no, "returned", 9) != []
    path, supervisor = f"/burn-orders/{no}", people["supervisor"]
    page = supervisor.get(path).text
    assert "2 ICs are not accounted for" in page and "not counted" in page and 'value="closed"' not in page
    refused = send(supervisor, f"{path}/end", how="closed", reason="hurry")
    assert refused.status_code == 409 and "ICs are not accounted for yet" in refused.text
    wrong = send(supervisor, f"{path}/accounts", event="returned", quantity="3", note="kept")
    assert wrong.status_code == 422 and "accounts cannot bear it" in wrong.text and 'value="kept"' in wrong.text
    assert send(supervisor, f"{path}/accounts", event="returned", quantity="2", note="counted twice").status_code == 303
    assert "counted twice" in supervisor.get(path).text
    assert send(supervisor, f"{path}/end", how="cancelled", reason="not needed").status_code == 303
    assert "not needed" in supervisor.get(path).text


def test_a_burn_that_came_with_a_wrong_clock_is_judged_again_and_counts_by_its_read_back_alone(
    desk: OrderDesk, people: dict[str, httpx.Client]
) -> None:
    no = desk.order(desk.image(), 3)
    assert desk.custody(no, "taken", 3) == []
    early = desk.burn_letter(no, created_at=LATE)
    assert "clock" in desk.put(early)[0]
    bad = desk.burn_letter(no, created_at=LATE, after_sha256="ab" * 32)
    other = desk.burn_letter(no, created_at=LATE, target="W25Q128JV")
    for letter in (bad, other):
        assert len(desk.put(letter)) == 2
    assert desk.accounts(no)[2] == 0
    supervisor, path = people["supervisor"], f"/burn-orders/{no}/burns"
    assert f"{path}/{early.id}/acceptance" in supervisor.get(f"/burn-orders/{no}").text
    assert send(supervisor, f"{path}/{early.id}/acceptance", reason=" ").status_code == 422
    assert send(supervisor, f"{path}/{early.id}/acceptance", reason="clock set").status_code == 303
    assert desk.accounts(no)[2] == 1
    again = send(supervisor, f"{path}/{early.id}/acceptance", reason="twice")
    assert again.status_code == 409 and "so already" in again.text
    for letter in (bad, other):
        refused = send(supervisor, f"{path}/{letter.id}/acceptance", reason="please")
        assert refused.status_code == 422 and "still contradicts the order" in refused.text
    another = desk.order(desk.image(b"more of it"), 1)
    for order, burn_id in ((another, early.id), (no, str(uuid4())), ("BO-1", early.id)):
        refused = send(supervisor, f"/burn-orders/{order}/burns/{burn_id}/acceptance", reason="please")
        assert refused.status_code == 404
    assert desk.accounts(no)[2] == 1
    desk.withdraw()
    last = desk.burn_letter(no)
    assert desk.put(last) == ["the image fj-r1.bin 1.4.2 is withdrawn"]
    assert send(supervisor, f"{path}/{last.id}/acceptance", reason="please").status_code == 422


def test_a_burn_that_is_judged_again_verifies_its_own_number_and_no_other(
    desk: OrderDesk, people: dict[str, httpx.Client]
) -> None:
    pool = f"P{secrets.token_hex(4)}"
    desk.pool(pool)
    field = f'{{"name": "n", "kind": "ascii", "address": 0, "length": 20, "pool": "{pool}"}}'
    no = desk.order(desk.image(recipe=f'{{"serialisation": {{"fields": [{field}], "checksums": []}}}}'), 2)
    assert desk.custody(no, "taken", 2) == []
    first, second = (row["text"] for row in desk.lease(no, pool, 2).json()["numbers"])
    image = {"name": "x", "version": "1", "sha256": "ab" * 32, "size_bytes": 32, "file_sha256": digest(desk.program)}
    numbered = {"image": image, "after_sha256": "ab" * 32, "created_at": LATE}
    letters = [desk.burn_letter(no, serial_numbers=[number], **numbered) for number in (first, first, second)]
    assert [len(desk.put(letter)) for letter in letters] == [1, 2, 1], "the second took the first one's number"
    supervisor = people["supervisor"]
    answers = [
        send(supervisor, f"/burn-orders/{no}/burns/{letter.id}/acceptance", reason="clock set") for letter in letters
    ]
    assert [answer.status_code for answer in answers] == [303, 422, 303]
    listed = supervisor.get(f"/serial-numbers?text={pool}").text
    assert listed.count(">verified</span>") == 2


def test_a_pool_is_made_and_a_number_bound_by_the_page(desk: OrderDesk, people: dict[str, httpx.Client]) -> None:
    engineer, name = people["engineer"], f"P{secrets.token_hex(4)}"
    pool = {"name": name, "prefix": name, "base": "16", "digits": "4", "first": "0", "last": "FF"}
    wrong = send(engineer, "/serial-numbers/pools", **(pool | {"last": "G"}))
    assert wrong.status_code == 422 and "First and last cannot be" in wrong.text and f'value="{name}"' in wrong.text
    assert send(engineer, "/serial-numbers/pools", **pool).status_code == 303
    assert f"{name.upper()}00FF" in engineer.get("/serial-numbers").text
    gone = send(engineer, "/serial-numbers/bind", number="none", serial=desk.serial)
    assert gone.status_code == 404 and "not there any more" in gone.text and 'value="none"' in gone.text


def test_a_number_whose_lease_is_over_waits_on_the_page_until_a_person_makes_it_void(
    desk: OrderDesk, people: dict[str, httpx.Client]
) -> None:
    pool = f"P{secrets.token_hex(4)}"
    desk.pool(pool)
    at, number = datetime.now(UTC) - timedelta(days=8), f"{pool}-FORGOTTEN"
    lease = {"id": new_id(at), "station_id": "bench-1", "order_no": "BO-2026-000001", "pool": pool, "count": 1}
    with desk.server.database.writing() as connection:
        over = {"reserved_at": at, "expires_at": at + timedelta(days=7)}
        connection.execute(sa.insert(number_lease), lease | over)
        row = {"number": number, "pool": pool, "value": 1, "lease_id": lease["id"], "order_no": lease["order_no"]}
        connection.execute(sa.insert(leased_number), row)
    supervisor = people["supervisor"]
    assert f"Why {number} is void" in supervisor.get("/serial-numbers").text
    assert send(supervisor, "/serial-numbers/void", number=number, reason="").status_code == 422
    assert send(supervisor, "/serial-numbers/void", number=number, reason="never burned").status_code == 303
    assert f"Why {number} is void" not in supervisor.get("/serial-numbers").text
    assert number in supervisor.get(f"/serial-numbers?text={pool}&state=void").text


def test_the_lists_go_on_behind_their_first_page(desk: OrderDesk, people: dict[str, httpx.Client]) -> None:
    approval, reader = desk.image(name="paged.bin"), people["reader"]
    made = {desk.order(approval, is_approved=False) for _ in range(51)}
    seen: set[str] = set()
    path = "/burn-orders?text=paged.bin"
    while path:
        page = reader.get(path).text
        seen |= set(re.findall(r'href="/burn-orders/(BO-[0-9-]+)"', page))
        following = re.search(r'rel="next" href="([^"]+)"', page)
        path = following[1].replace("&amp;", "&") if following else ""
    assert seen == made


def test_each_role_reads_everything_and_does_what_the_table_says(
    desk: OrderDesk, people: dict[str, httpx.Client]
) -> None:
    approval, program = desk.image(), desk.program
    no, draft = desk.order(approval, 5), desk.order(approval, 5, is_approved=False)
    burn = desk.burn_letter(no)
    desk.put(burn)
    forms = {
        "orders.request": [("/burn-orders", {"approval": approval, "quantity": "1"})],
        "orders.approve": [(f"/burn-orders/{draft}/approval", {})],
        "orders.end": [(f"/burn-orders/{no}/end", {"how": "closed", "reason": "x"})],
        "custody.correct": [
            (f"/burn-orders/{no}/accounts", {"event": "taken", "quantity": "1", "note": "x"}),
            (f"/burn-orders/{no}/burns/{burn.id}/acceptance", {"reason": "x"}),
        ],
        "numbers.write": [
            ("/serial-numbers/pools", {"name": "x"}),
            ("/serial-numbers/void", {"number": "x"}),
            ("/serial-numbers/bind", {"number": "x"}),
        ],
    }
    may = permissions().allows
    pages = (f"/burn-orders/{no}", f"/burn-orders/{draft}", "/serial-numbers", "/burn-orders")
    for role, person in people.items():
        answers = [person.get(path) for path in pages]
        assert [answer.status_code for answer in answers] == [200] * 4
        assert (person.get("/burn-orders/new").status_code == 200) == may(role, "orders.request"), role
        shown = "".join(answer.text for answer in answers)
        token = csrf_of(person.get("/burn-orders"))
        for action, paths in forms.items():
            for path, fields in paths:
                is_own = role == "engineer" and action == "orders.approve"
                if action != "orders.request" and "void" not in path:
                    assert (f'action="{path}"' in shown) == (may(role, action) and not is_own), (role, path)
                if not may(role, action):
                    assert person.post(path, data={"csrf": token, **fields}).status_code == 403, (role, path)
                assert person.post(path, data=fields).status_code == 403, "without the page's token"
                if role == "reader":
                    stranger = desk.server.client.post(path, data=fields, headers=HTML)
                    assert stranger.headers["location"].startswith("/login"), path
    assert program and desk.accounts(no)[0] == "approved"
