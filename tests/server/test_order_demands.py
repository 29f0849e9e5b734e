"""An approval binds how an image is burned; a burn that was done or proved less well counts for nothing."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import httpx
import jsonschema
import pytest

from server.errors import BadInput
from server.images.recipe import parse_recipe
from tests.server.conftest import RunningServer, Site
from tests.server.letter_book import schema
from tests.server.order_desk import TARGET, OrderDesk, digest, shared_server
from tests.server.pages_site import HTML, csrf_of

PRODUCTION = {"backup": "yes", "blank_check": "yes", "proof": "readback_final", "erase": "as_needed"}
DEMANDS = {"backup": True, "blank_check": True, "proof": "readback_final", "protection": "BP=7"}
STAGE = {
    "started_at": "2026-11-23T08:01:10.000000Z",
    "finished_at": "2026-11-23T08:01:11.000000Z",
    "outcome": "PASS",
    "message": "",
}


@pytest.fixture(scope="module")
def server(prepared_site: Site, tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningServer]:
    with shared_server(prepared_site, tmp_path_factory.mktemp("demands") / "site") as running:
        yield running


@pytest.fixture
def desk(server: RunningServer) -> OrderDesk:
    return OrderDesk(server)


def stages(**moved: int) -> list[dict[str, Any]]:
    return [{"name": name, "bytes_moved": count} | STAGE for name, count in moved.items()]


FULL = {"backup": 16, "erase": 16, "blank_check": 16, "program": 16, "read_back": 16, "protect": 0}


@pytest.mark.parametrize(
    ("demands", "done", "words"),
    [
        ({}, {}, ""),
        ({}, {"proof": "checksum"}, "needs a read-back, the proof is checksum"),
        ({}, {"proof": "readback_interleaved", "before_sha256": ""}, ""),
        (DEMANDS, {}, ""),
        (
            DEMANDS,
            {"proof": "readback_interleaved"},
            "needs readback_final as proof, the proof is readback_interleaved",
        ),
        (DEMANDS, {"before_sha256": ""}, "asks for a backup"),
        (DEMANDS, {"stages": stages(**FULL | {"blank_check": 0})}, "asks for a blank check"),
        (DEMANDS, {"stages": stages(**FULL | {"blank_check": 0, "erase": 0})}, ""),
        (DEMANDS, {"stages": stages(program=16)}, "asks for BP=7 to be set"),
        ({"erase": "none", "backup": False}, {}, "is for new ICs, and this one was erased"),
        ({"erase": "none", "backup": False}, {"stages": stages(blank_check=16, program=16)}, ""),
        ({"proof": "readback_interleaved"}, {"proof": "readback_interleaved"}, ""),
    ],
)
def test_a_burn_counts_only_where_it_was_done_and_proved_as_ordered(
    desk: OrderDesk, demands: dict[str, Any], done: dict[str, Any], words: str
) -> None:
    no = desk.order(desk.image(recipe=json.dumps({"options": demands})))
    assert desk.custody(no, "taken", 2) == []
    said = desk.burn(no, **({"stages": stages(**FULL)} | done))
    assert (len(said), words in "".join(said)) == (1 if words else 0, True)
    assert desk.accounts(no)[2] == (0 if words else 1)


@pytest.mark.parametrize(("start", "is_kept"), [(0, False), (15, False), (16, True), (40, True)])
def test_a_burn_into_what_its_order_preserves_counts_for_nothing(desk: OrderDesk, start: int, is_kept: bool) -> None:
    no = desk.order(desk.image(recipe='{"preserve": [{"address": 8, "length": 8, "name": "VIN"}]}'))
    assert desk.custody(no, "taken", 2) == []
    said = desk.burn(no, regions=[{"start": start, "length": 9, "purpose": "image"}])
    assert said == ([] if is_kept else [f"{no} preserves VIN, and the image was written into it"])


def test_how_it_is_burned_is_approved_by_the_page_and_told_to_stations_and_readers(
    server: RunningServer, desk: OrderDesk
) -> None:
    desk.image()  # for another use: the second approval is by the form
    sha256 = digest(desk.program)
    supervisor = person(server, "supervisor")
    page = supervisor.get(f"/images/{sha256}").text
    assert '<option value="readback_final" selected>' in page and '<option value="as_needed" selected>' in page
    use = {"product": "FJ-R5", "board_revision": "", "target": TARGET, "recipe": ""}
    answer = send(supervisor, f"/images/{sha256}/approvals", **use, **PRODUCTION, protection="bp=0x7, tb=1")
    assert answer.status_code == 303, answer.text
    with server.database.reading() as connection:
        from server.images.queries import approvals_of

        approved = next(row for row in approvals_of(connection, sha256) if row.product == "FJ-R5")
    no = desk.order(approved.id)
    told = desk.document(no).json()
    jsonschema.validate(told, schema("burn-order"))
    assert told["options"] == {
        "backup": True,
        "blank_check": True,
        "proof": "readback_final",
        "erase": "as_needed",
        "protection": "BP=0x7,TB=1",
    }
    for language, words in (
        ("en", ("Least proof", "read back after the last write", "BP=0x7,TB=1")),
        ("zh", ("查空",)),
    ):
        shown = person(server, "reader", language).get(f"/burn-orders/{no}").text
        assert all(word in shown for word in words), language
    assert "Least proof" in supervisor.get(f"/images/{sha256}").text


@pytest.mark.parametrize(
    ("typed", "recipe", "words"),
    [
        ({"protection": "BP=seven"}, "", "protection"),
        ({"erase": "some"}, "", "erase"),
        ({"backup": "perhaps"}, "", "backup"),
        (PRODUCTION, '{"options": {"backup": true}}', "in its own fields"),
        ({"erase": "none"}, "", "ICs that are new are not erased"),
        ({"erase": "none", "backup": "no", "blank_check": "no"}, "", "ICs that are new are not erased"),
        ({"backup": "no"}, '{"preserve": [{"address": 0, "length": 9, "name": "VIN"}]}', "nothing is preserved"),
        ({"backup": "no"}, '{"keeps_holes": true}', "nothing is preserved"),
        ({}, '{"options": {"volume": 11}}', "volume"),
    ],
)
def test_options_that_no_station_could_obey_are_not_approved(typed: dict[str, str], recipe: str, words: str) -> None:
    with pytest.raises(BadInput, match=words):
        parse_recipe(recipe, typed)


def test_nothing_typed_is_lost_where_options_are_refused(server: RunningServer, desk: OrderDesk) -> None:
    desk.image()
    use = {"product": "FJ-R5", "target": TARGET, "erase": "none", "proof": "readback_interleaved", "protection": "BP=7"}
    answer = send(person(server, "supervisor"), f"/images/{digest(desk.program)}/approvals", **use)
    assert answer.status_code == 422 and "ICs that are new are not erased" in answer.text
    for value in ("none", "readback_interleaved"):
        assert f'<option value="{value}" selected>' in answer.text
    assert 'value="BP=7"' in answer.text


def person(server: RunningServer, role: str, language: str = "en") -> httpx.Client:
    client = server.log_in(role)
    client.headers.pop("X-CSRF-Token", None)
    client.headers.update(HTML | {"Accept-Language": language})
    return client


def send(client: httpx.Client, path: str, **fields: str) -> httpx.Response:
    return client.post(path, data={"csrf": csrf_of(client.get("/burn-orders")), **fields})
