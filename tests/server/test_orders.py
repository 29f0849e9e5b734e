"""Burn orders: two persons, one image, every IC accounted for; what breaks a rule is kept and moves nothing."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from typing import Any

import bincopy
import jsonschema
import pytest

from server.errors import BadInput, NotAllowed, NotFound, NotInForce
from server.ingest.flows import take
from server.ingest.submission import submit
from server.orders.flows import Wish, approve_order, correct_accounts, end_order, request_order
from server.orders.queries import order_by_no
from tests.server.conftest import RunningServer, Site
from tests.server.letter_book import GOLDEN, schema, unit
from tests.server.order_desk import PRODUCT, TARGET, OrderDesk, digest, shared_server

STATE = "/v1/stations/me/state"


@pytest.fixture(scope="module")
def server(prepared_site: Site, tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningServer]:
    with shared_server(prepared_site, tmp_path_factory.mktemp("orders") / "site") as running:
        yield running


@pytest.fixture
def desk(server: RunningServer) -> OrderDesk:
    return OrderDesk(server)


def test_an_order_is_numbered_in_the_sites_year_and_told_as_the_document_says(desk: OrderDesk) -> None:
    recipe = '{"base_address": 134217728, "preserve": [{"address": 0, "length": 16, "name": "VIN"}]}'
    approval = desk.image(recipe=recipe)
    first, second = desk.order(approval, 20), desk.order(approval, 1, desk.serial)
    year = datetime.now(desk.server.site.settings.zone).year
    assert first.startswith(f"BO-{year}-") and int(second[8:]) == int(first[8:]) + 1
    told = desk.document(first).json()
    jsonschema.validate(told, schema("burn-order"))
    assert (told["quantity"], told["target"], told["product"], told["board_revision"]) == (20, TARGET, PRODUCT, "B")
    assert (told["requested_by"], told["approved_by"]) == ("engineer", "supervisor")
    assert told["image"]["sha256"] == told["image"]["content_sha256"] == digest(desk.program)
    assert (told["base_address"], told["preserve"][0]["name"]) == (134217728, "VIN")
    assert told["issued_at"] < told["expires_at"]
    assert desk.document(second).json()["unit"] == unit(desk.serial)


def test_an_order_says_by_which_letters_of_each_chain_it_counts(desk: OrderDesk) -> None:
    no, other = desk.order(desk.image(), 9), OrderDesk(desk.server)
    assert desk.document(no).json()["heard"] == []
    desk.server.put(desk.book.run())
    assert desk.custody(no, "taken", 5) == []
    desk.server.put(desk.book.run())
    assert desk.burn(no) == []
    desk.book.skip()
    assert len(desk.burn(no)) == 1, "a letter before it is missing: it is heard, and not counted"
    unreadable = desk.custody_letter(no, "taken", "one")  # type: ignore[arg-type]
    assert desk.server.put(unreadable).status_code == 422
    assert desk.custody(no, "returned") == []
    desk.server.put(desk.book.run())
    assert other.custody(no, "taken") == []
    told = desk.document(no).json()
    jsonschema.validate(told, schema("burn-order"))
    ours, others = desk.book.chain_id, other.book.chain_id
    spans = [(row["chain_id"], row["first"], row["last"]) for row in told["heard"]]
    assert sorted(spans) == sorted([(ours, 2, 4), (ours, 6, 6), (ours, 8, 8), (others, 1, 1)])
    assert (told["taken"], told["good"], told["returned"]) == (6, 1, 1)


def test_open_orders_are_in_the_snapshot_and_each_change_is_news(desk: OrderDesk) -> None:
    approval = desk.image()
    versions = [desk.state()["version"]]
    no = desk.order(approval, 2)
    state = desk.state()
    jsonschema.validate(state, schema("state"))
    versions.append(state["version"])
    assert (no, 0) in [(row["no"], row["taken"]) for row in state["burn_orders"]]
    for change in (
        lambda: desk.custody(no, "taken", 2),
        lambda: desk.burn(no),
        lambda: desk.custody(no, "returned"),
    ):
        assert change() == []
        versions.append(desk.state()["version"])
    (row,) = (row for row in desk.state()["burn_orders"] if row["no"] == no)
    assert (row["taken"], row["good"], row["returned"]) == (2, 1, 1)
    with desk.server.database.writing() as connection:
        end_order(connection, no, "closed", "one is enough", desk.author())
    versions.append(desk.state()["version"])
    assert versions == sorted(set(versions))
    assert no not in str(desk.state()["burn_orders"])


def test_a_station_that_waits_hears_of_an_order_and_of_a_withdrawal_at_once(desk: OrderDesk) -> None:
    approval = desk.image()

    def heard(change: Callable[[], object]) -> Any:
        since = desk.state()["version"]
        waiting = {"since": since, "wait_s": 20}
        with ThreadPoolExecutor(1) as pool:
            answer = pool.submit(desk.server.client.get, STATE, params=waiting, headers=desk.headers(), timeout=30)
            change()
            return answer.result().json()

    assert desk.order(approval, is_approved=False) not in str(desk.state())
    state = heard(lambda: desk.order(approval))
    assert digest(desk.program) in [row["image"]["sha256"] for row in state["burn_orders"]]
    state = heard(desk.withdraw)
    assert digest(desk.program) in [row["sha256"] for row in state["withdrawn_images"]]


def test_a_draft_and_an_unknown_order_are_told_to_nobody_and_a_stranger_is_told_nothing(desk: OrderDesk) -> None:
    draft = desk.order(desk.image(), is_approved=False)
    told = desk.document(draft)
    assert (told.status_code, told.json()["state"]) == (409, "draft")
    assert desk.document("BO-2026-999999").status_code == 404
    assert desk.document(draft.lower()).status_code == 409, "however it was typed"
    assert desk.server.client.get(f"/v1/burn-orders/{draft}").status_code == 401
    assert desk.server.log_in("supervisor").get(f"/v1/burn-orders/{draft}").status_code == 401
    assert draft not in str(desk.state()["burn_orders"])


def test_every_ic_is_accounted_for_before_an_order_closes_and_then_it_closes_by_itself(desk: OrderDesk) -> None:
    no = desk.order(desk.image(), 2)
    assert desk.custody(no, "taken", 4) == []
    assert desk.burn(no) == []
    assert desk.custody(no, "scrapped", note="引脚弯曲") == []
    writing = desk.server.database.writing
    with pytest.raises(NotInForce, match="2 ICs are not accounted for"), writing() as connection:
        end_order(connection, no, "closed", "enough", desk.author())
    assert desk.burn(no) == []
    assert desk.accounts(no) == ("approved", 4, 2, 1, 0)
    assert desk.custody(no, "returned") == []
    assert desk.accounts(no) == ("closed", 4, 2, 1, 1)
    late = desk.burn(no)
    assert late[0] == f"the burn order {no} is closed"
    assert desk.accounts(no) == ("closed", 4, 2, 1, 1)


def test_a_burn_for_a_unit_takes_no_ic_and_the_unit_waits_for_it(desk: OrderDesk) -> None:
    no = desk.order(desk.image(), 1, desk.serial)
    (route,) = (row for row in desk.state()["routes"] if row["serial"] == desk.serial)
    assert (route["serial"], route["missing"]) == (desk.serial, [{"what": "burn", "detail": f"{no} fj-r1.bin 1.4.2"}])
    other = desk.burn(no, kind="unit", unit=unit("FJR126110002"))
    assert other == [f"{no} is for {desk.serial}, FJR126110002 was burned"]
    assert desk.burn(no, kind="unit", unit=unit(desk.serial)) == []
    assert desk.accounts(no) == ("closed", 0, 1, 0, 0)
    assert desk.serial not in str(desk.state()["routes"])


def test_a_unit_whose_burn_is_on_record_waits_no_longer_though_an_ic_of_its_order_is_out(desk: OrderDesk) -> None:
    no = desk.order(desk.image(), 1, desk.serial)
    assert desk.custody(no, "taken", 2) == []
    assert desk.burn(no, kind="unit", unit=unit(desk.serial)) == []
    assert desk.accounts(no) == ("approved", 2, 1, 0, 0)
    assert desk.serial not in str(desk.state()["routes"])


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"target": "W25Q128JV"}, "asks for a W25Q64JV, a W25Q128JV was burned"),
        ({"kind": "ad_hoc"}, "is for stock, the burn is ad_hoc"),
        ({"content": b"another program"}, "asks for the image"),
        ({"proof": "checksum"}, "needs a read-back, the proof is checksum"),
        ({"proof": "none", "after_sha256": ""}, "needs a read-back, the proof is none"),
        ({"after_sha256": "ab" * 32}, "was read back instead of"),
    ],
    ids=lambda value: str(value)[:30],
)
def test_a_burn_that_is_not_what_was_ordered_counts_for_nothing(
    desk: OrderDesk, changes: dict[str, Any], said: str
) -> None:
    no = desk.order(desk.image())
    assert desk.custody(no, "taken", 2) == []
    found = desk.burn(no, **changes)
    assert any(said in one for one in found), found
    assert desk.accounts(no) == ("approved", 2, 0, 0, 0)


def test_a_burn_counts_once_for_each_ic_and_never_beyond_what_was_taken_or_ordered(desk: OrderDesk) -> None:
    no = desk.order(desk.image(), 2)
    assert desk.burn(no) == [f"no IC of the 0 that were taken for {no} is left"]
    assert desk.custody(no, "taken", 1) == []
    letter = desk.burn_letter(no)
    assert desk.put(letter) == []
    assert desk.burn(no) == [f"no IC of the 1 that were taken for {no} is left"]
    assert desk.custody(no, "taken", 2) == []
    again = desk.burn(no, identity=letter.content["identity"])
    assert again == [f"the IC {letter.content['identity']['unique_id']} counts for {no} already"]
    assert desk.burn(no) == []
    assert desk.burn(no) == [f"{no} asks for 2, all of which are burned"]
    assert desk.server.put(letter).status_code == 200, "the same letter again"
    assert desk.accounts(no) == ("approved", 3, 2, 0, 0)


def test_what_is_wrong_with_a_letter_is_told_in_the_same_order_again(desk: OrderDesk) -> None:
    letter = desk.burn_letter("BO-2026-000999", target="W25Q128JV", kind="unit", after_sha256="ab" * 32)
    told = desk.put(letter)
    assert len(told) == 3
    assert desk.server.put(letter).json()["discrepancies"] == told


def test_ics_without_a_unique_id_count_each(desk: OrderDesk) -> None:
    no = desk.order(desk.image(), 3)
    assert desk.custody(no, "taken", 3) == []
    nameless = {"jedec": "EF4017", "sfdp_sha256": "", "unique_id": ""}
    assert desk.burn(no, identity=nameless) == desk.burn(no, identity=nameless) == []
    assert desk.accounts(no)[2] == 2


def test_a_burn_that_did_not_pass_moves_nothing(desk: OrderDesk) -> None:
    no = desk.order(desk.image())
    assert desk.custody(no, "taken", 2) == []
    golden = json.loads((GOLDEN / "burn-fail.json").read_bytes())
    failed = {key: golden[key] for key in ("result", "failure", "stages", "after_sha256")}
    assert desk.burn(no, **failed) == []
    assert desk.accounts(no) == ("approved", 2, 0, 0, 0)
    assert desk.custody(no, "scrapped", reason="burn_failed") == []
    assert desk.accounts(no) == ("approved", 2, 0, 1, 0)


@pytest.mark.parametrize(
    ("event", "changes", "said"),
    [
        ("returned", {"quantity": 3}, "3 ICs are returned, 2 of"),
        ("scrapped", {"quantity": 3}, "3 ICs are scrapped, 2 of"),
        ("scrapped", {"reason": None}, "ICs that are scrapped have a reason"),
        ("scrapped", {"reason": "other", "note": " "}, "another reason needs words"),
        ("taken", {"reason": "lost"}, "and no others"),
        ("taken", {"at": "2999-01-01T00:00:00.000000Z"}, "later than its letter"),
    ],
    ids=lambda value: str(value)[:30],
)
def test_accounts_that_cannot_be_are_kept_and_move_nothing(
    desk: OrderDesk, event: str, changes: dict[str, Any], said: str
) -> None:
    no = desk.order(desk.image(), 5)
    assert desk.custody(no, "taken", 2) == []
    found = desk.custody(no, event, **changes)
    assert any(said in one for one in found), found
    assert desk.accounts(no) == ("approved", 2, 0, 0, 0)


def test_what_names_no_order_on_record_or_one_that_is_not_open_is_kept_with_a_discrepancy(desk: OrderDesk) -> None:
    assert desk.custody("BO-2026-000999", "taken") == ["no burn order BO-2026-000999 is on record"]
    assert "no burn order BO-2026-000999 is on record" in desk.burn("BO-2026-000999")
    draft = desk.order(desk.image(), is_approved=False)
    assert desk.custody(draft, "taken") == [f"the burn order {draft} is draft"]
    assert f"the burn order {draft} is draft" in desk.burn(draft)


def test_a_withdrawn_image_stops_its_orders(desk: OrderDesk) -> None:
    approval = desk.image()
    no, draft = desk.order(approval), desk.order(approval, is_approved=False)
    assert desk.custody(no, "taken", 2) == []
    desk.withdraw()
    assert desk.document(no).json()["image"]["state"] == "withdrawn"
    assert desk.burn(no) == ["the image fj-r1.bin 1.4.2 is withdrawn"]
    assert desk.accounts(no) == ("approved", 2, 0, 0, 0)
    with desk.server.database.writing() as connection:
        with pytest.raises(NotInForce, match="not approved"):
            approve_order(connection, draft, desk.author("supervisor"))
        wish = Wish(approval, "stock", "", "1", "")
        with pytest.raises(NotInForce, match="not approved"):
            request_order(connection, wish, desk.server.site.settings, desk.author())


def test_nobody_approves_their_own_order_and_each_step_comes_once(desk: OrderDesk) -> None:
    no = desk.order(desk.image(), is_approved=False)
    with desk.server.database.writing() as connection:
        with pytest.raises(NotAllowed, match="another person"):
            approve_order(connection, no, desk.author("engineer"))
        with pytest.raises(NotAllowed):
            approve_order(connection, no, desk.author("reader"))
        with pytest.raises(NotInForce, match="is draft"):
            end_order(connection, no, "closed", "x", desk.author())
        approve_order(connection, no, desk.author("supervisor"))
        with pytest.raises(NotInForce, match="is approved"):
            approve_order(connection, no, desk.author("supervisor"))
        end_order(connection, no, "cancelled", "not needed", desk.author("parts_clerk"))
        with pytest.raises(NotInForce, match="is cancelled"):
            end_order(connection, no, "cancelled", "again", desk.author())
        with pytest.raises(NotFound):
            approve_order(connection, "BO-1", desk.author("supervisor"))


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"approval": "x"}, "approval"),
        ({"approval": "0" * 36}, "approval"),
        ({"kind": "ad_hoc"}, "kind"),
        ({"quantity": "0"}, "quantity"),
        ({"quantity": "1.5"}, "quantity"),
        ({"quantity": "100001"}, "quantity"),
        ({"kind": "unit", "serial": "*"}, "serial"),
        ({"note": "a\x00"}, "note"),
    ],
    ids=str,
)
def test_an_order_that_cannot_be_is_refused_by_its_field(desk: OrderDesk, changes: dict[str, str], field: str) -> None:
    wish = Wish(**({"approval": desk.image(), "kind": "stock", "serial": "", "quantity": "1", "note": ""} | changes))
    with pytest.raises(BadInput) as refused, desk.server.database.writing() as connection:
        request_order(connection, wish, desk.server.site.settings, desk.author())
    assert refused.value.field == field


def test_a_mistake_in_the_accounts_is_taken_back_by_an_entry_and_never_into_good(desk: OrderDesk) -> None:
    no = desk.order(desk.image(), 1)
    assert desk.custody(no, "taken", 20) == []
    with desk.server.database.writing() as connection:
        correct_accounts(connection, no, "taken", "-18", "20 typed for 2", desk.author())
        for event, quantity in (("taken", "-3"), ("scrapped", "3"), ("good", "1"), ("taken", "0"), ("taken", "x")):
            with pytest.raises(BadInput):
                correct_accounts(connection, no, event, quantity, "no", desk.author())
        with pytest.raises(NotAllowed):
            correct_accounts(connection, no, "taken", "1", "no", desk.author("parts_clerk"))
    assert desk.accounts(no) == ("approved", 2, 0, 0, 0)
    assert desk.burn(no) == []
    with desk.server.database.writing() as connection:
        correct_accounts(connection, no, "returned", "1", "found in the tray", desk.author())
    assert desk.accounts(no) == ("closed", 2, 1, 0, 1)


def test_an_order_that_preserves_stretches_is_known_by_its_file_alone(desk: OrderDesk) -> None:
    recipe = '{"preserve": [{"address": 0, "length": 16, "name": "VIN"}]}'
    kept, plain = desk.order(desk.image(recipe=recipe), 2), OrderDesk(desk.server)
    other = plain.order(plain.image(), 2)
    image = {"name": "x", "version": "1", "sha256": "cd" * 32, "size_bytes": 16}
    written = [{"start": 16, "length": 16, "purpose": "image"}]
    for one, no, said in ((desk, kept, 0), (plain, other, 1)):
        assert one.custody(no, "taken", 2) == []
        named = image | {"file_sha256": digest(one.program)}
        assert len(one.burn(no, image=named, after_sha256="cd" * 32, regions=written)) == said


def test_many_letters_at_once_see_each_other(desk: OrderDesk) -> None:
    no = desk.order(desk.image(), 2)
    letters = [desk.custody_letter(no, "taken", 3), *(desk.burn_letter(no) for _ in range(3))]
    letters.append(desk.custody_letter(no, "returned", 1))
    letters.append(desk.custody_letter(no, "taken", 1))
    with desk.server.database.writing() as connection:
        submissions = [submit(one.kind, one.id, one.body, "bench-1") for one in letters]
        receipts = take(connection, submissions, "test", datetime.now(UTC))
    said = [list(receipt.discrepancies) for receipt in receipts]
    full, closed = f"{no} asks for 2, all of which are burned", f"the burn order {no} is closed"
    assert said == [[], [], [], [full], [], [closed]]
    with desk.server.database.reading() as connection:
        order = order_by_no(connection, no)
    assert order is not None and (order.state, order.accounts.out, order.ended_by) == ("closed", 0, "server")


def test_a_burn_of_a_hexadecimal_file_is_known_by_what_it_puts_into_the_chip(desk: OrderDesk) -> None:
    content = desk.program
    made = bincopy.BinFile()
    made.add_binary(content)
    text = made.as_ihex()
    no = desk.order(desk.image(text.encode(), name="fj-r1.hex"), 2)
    assert desk.custody(no, "taken", 2) == []
    assert desk.burn(no, content) == []
    image = {"name": "fj-r1.hex", "version": "1.4.2", "size_bytes": 32, "file_sha256": digest(text.encode())}
    wrong = desk.burn(no, image=image | {"sha256": "cd" * 32}, after_sha256="cd" * 32)
    assert wrong == [f"the file of {no} does not make {'cd' * 32}, which was burned"]
    assert desk.burn(no, image=image | {"sha256": digest(content)}, after_sha256=digest(content)) == []
    assert desk.accounts(no)[0] == "closed"
