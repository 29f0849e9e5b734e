"""Interception as it is used: the API's own examples, the pages without scripts, and who may do what."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from server.admin.permissions import permissions
from server.wire.ids import new_id
from tests.server.case_desk import GOOD, now, open_cases
from tests.server.conftest import RunningServer, Site
from tests.server.letter_book import LetterBook
from tests.server.order_desk import shared_server
from tests.server.quality_desk import UNIT

HTML = {"Accept": "text/html"}


@pytest.fixture(scope="module")
def house(prepared_site: Site, tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningServer]:
    """A served site with one unit that was received."""
    with shared_server(prepared_site, tmp_path_factory.mktemp("quality") / "site") as server:
        with server.database.writing() as connection:
            open_cases(connection, server.site.settings)
        yield server


@pytest.fixture(scope="module")
def engineer(house: RunningServer) -> httpx.Client:
    return house.log_in("engineer")


@pytest.fixture(scope="module")
def schemas(engineer: httpx.Client) -> dict[str, Any]:
    found: dict[str, Any] = engineer.get("/openapi.json").json()["components"]["schemas"]
    return found


def example(schemas: dict[str, Any], name: str, **changes: Any) -> dict[str, Any]:
    (given,) = schemas[name]["examples"]
    found: dict[str, Any] = given | changes
    return found


def declared(client: httpx.Client, schemas: dict[str, Any], **changes: Any) -> str:
    """The address of a rule like the example."""
    path = f"/v1/interceptions/{new_id(now())}"
    assert client.put(path, json=example(schemas, "RuleBody", **changes)).status_code == 201
    return path


def read(client: httpx.Client, path: str, language: str = "en") -> str:
    answer = client.get(path, headers=HTML | {"Accept-Language": language})
    assert answer.status_code == 200, answer.text
    return answer.text


def sent(client: httpx.Client, path: str, **typed: str) -> httpx.Response:
    return client.post(path, data=typed, headers=HTML | {"Accept-Language": "en"})


def made(text: str) -> str:
    """The id that a form was drawn with."""
    found = re.search(r'name="made" value="([0-9a-f-]{36})"', text)
    assert found, "the form has no id"
    return found[1]


def test_the_examples_of_the_api_are_taken_once(
    house: RunningServer, engineer: httpx.Client, schemas: dict[str, Any], book: LetterBook
) -> None:
    trial = engineer.post("/v1/interceptions/trial", json=example(schemas, "CriteriaBody")).json()
    assert trial == {"matching": 1, "first": [GOOD]}
    body, path = example(schemas, "RuleBody"), f"/v1/interceptions/{new_id(now())}"
    first, again = engineer.put(path, json=body), engineer.put(path, json=body)
    assert (first.status_code, again.status_code, again.json()) == (201, 200, first.json())
    assert engineer.put(path, json=body | {"title": "Another"}).status_code == 409
    assert house.put(book.run()).status_code == 201
    (hit,) = engineer.get(f"{path}/hits").json()
    assert (hit["serial"], hit["occasion"], hit["actor"], hit["decision"]) == (GOOD, "test", "station:bench-1", None)
    decision = f"{path}/units/{UNIT}/decisions/{new_id(now())}"
    for _ in range(2):
        assert engineer.put(decision, json=example(schemas, "UnitDecisionBody")).status_code == 204
    other = engineer.put(f"{path}/units/{UNIT}/decisions/{new_id(now())}", json=example(schemas, "UnitDecisionBody"))
    assert other.status_code == 409
    figures = engineer.get(path).json()["figures"]
    assert figures == {"known": 1, "found": 1, "decided": 1, "found_rate": 1.0, "closing_rate": 1.0}
    assert engineer.put(f"{path}/end", json=example(schemas, "EndBody")).json()["state"] == "over"
    assert first.json()["id"] in [row["id"] for row in engineer.get("/v1/interceptions").json()]


def test_a_lot_is_noted_once_and_struck_out(engineer: httpx.Client, schemas: dict[str, Any]) -> None:
    path, body = f"/v1/production-lots/{new_id(now())}", example(schemas, "LotBody", lot="L-1")
    first, again = engineer.put(path, json=body), engineer.put(path, json=body)
    assert (first.status_code, again.status_code, again.json()) == (201, 200, first.json())
    assert engineer.put(path, json=body | {"supplier": "other"}).status_code == 409
    assert [row["lot"] for row in engineer.get("/v1/production-lots").json()] == ["L-1"]
    for _ in range(2):
        assert engineer.put(f"{path}/void", json={"reason": "a slip"}).status_code == 204
    assert engineer.get("/v1/production-lots").json() == []


def test_each_role_may_what_the_table_says(
    house: RunningServer, engineer: httpx.Client, schemas: dict[str, Any]
) -> None:
    rule = declared(engineer, schemas, does="tell")
    for role in permissions().roles:
        client = house.log_in(role)
        body = example(schemas, "RuleBody", title=role, does="tell")
        answer = client.put(f"/v1/interceptions/{new_id(now())}", json=body)
        assert answer.status_code == (201 if permissions().allows(role, "interception.write") else 403), role
        decision = f"{rule}/units/{new_id(now())}/decisions/{new_id(now())}"
        answer = client.put(decision, json=example(schemas, "UnitDecisionBody"))
        assert answer.status_code == (404 if permissions().allows(role, "interception.decide") else 403), role
        assert client.get("/interception").status_code == 200, role
        assert client.get("/interception/new").status_code == (
            200 if permissions().allows(role, "interception.write") else 403
        )


def test_a_rule_is_tried_on_its_page_before_it_is_declared(engineer: httpx.Client) -> None:
    form = {"made": made(read(engineer, "/interception/new")), "title": "Lamp", "reason": "too dark", "does": "hold"}
    refused = sent(engineer, "/interception", **form)
    assert (refused.status_code, "must ask something of a unit" in refused.text) == (422, True)
    assert 'value="too dark"' in refused.text
    form |= {"serial_first": GOOD, "received_since": "2026-01-01"}
    tried = sent(engineer, "/interception", **form)
    assert "It would match 1 unit on record now" in tried.text
    assert f">{GOOD}<" in tried.text
    assert engineer.get(f"/v1/interceptions/{form['made']}").status_code == 404
    (seen,) = re.findall(r'name="tried" value="([0-9a-f]{64})"', tried.text)
    changed = sent(engineer, "/interception", **form | {"serial_last": "FJR126110099"}, tried=seen, is_meant="1")
    assert (changed.status_code, "It would match" in changed.text) == (200, True)
    answer = sent(engineer, "/interception", **form, tried=seen, is_meant="1")
    assert (answer.status_code, answer.headers["location"]) == (303, f"/interception/{form['made']}")
    text = read(engineer, answer.headers["location"])
    assert ("On record and not met yet" in text, "0 / 1" in text) == (True, True)
    assert "Lamp" in read(engineer, "/interception")
    assert "拦住机器" in read(engineer, answer.headers["location"], "zh-CN")


def test_a_unit_is_decided_by_its_scan_and_its_timeline_says_so(
    house: RunningServer, engineer: httpx.Client, schemas: dict[str, Any], book: LetterBook
) -> None:
    rule = declared(engineer, schemas, title="Amplifier").rpartition("/")[2]
    book.skip()
    assert house.put(book.run()).status_code == 201
    page = f"/interception/{rule}"
    assert "not decided" in read(engineer, page)
    typed = {"made": made(read(engineer, page)), "serial": "FJR126119999", "kind": "cleared", "reason": "cold joint"}
    refused = sent(engineer, f"{page}/decisions", **typed)
    assert (refused.status_code, "neither met nor matches" in refused.text) == (404, True)
    assert 'value="cold joint"' in refused.text
    assert sent(engineer, f"{page}/decisions", **typed | {"serial": GOOD.lower()}).status_code == 303
    text = read(engineer, f"/units/{UNIT}")
    assert ("met by a rule" in text, "cold joint" in text, "at its test" in text) == (True, True, True)
    assert "排查放行" in read(engineer, f"/units/{UNIT}", "zh-CN")
    assert sent(engineer, f"{page}/look").status_code == 303
    assert sent(engineer, f"{page}/end", reason="").status_code == 422
    assert sent(engineer, f"{page}/end", reason="all found").status_code == 303
    assert "all found" in read(engineer, page)


def test_lots_are_noted_on_their_page(engineer: httpx.Client) -> None:
    typed = {
        "made": made(read(engineer, "/interception/lots")),
        "lot": "L-7",
        "serial_first": "A2",
        "serial_last": "A1",
    }
    refused = sent(engineer, "/interception/lots", **typed)
    assert (refused.status_code, "must have one length" in refused.text) == (422, True)
    assert sent(engineer, "/interception/lots", **typed | {"serial_last": "A9"}).status_code == 303
    text = read(engineer, "/interception/lots")
    (lot_id,) = re.findall(r"/interception/lots/([0-9a-f-]{36})/void", text)
    assert sent(engineer, f"/interception/lots/{lot_id}/void", reason="a slip").status_code == 303
    assert lot_id not in read(engineer, "/interception/lots")


def test_every_refusal_has_its_sentence_on_the_page(engineer: httpx.Client) -> None:
    form = {"made": new_id(now()), "title": "Lamp", "reason": "too dark", "does": "hold", "product": "FJ-R1"}
    wrong = {
        "title": "x" * 101,
        "reason": "",
        "does": "blow up",
        "product": "x" * 101,
        "serial_last": "A" * 200,
        "image_version": "1",
        "lot": "x" * 61,
        "made_since": "tomorrow",
        "received_until": "9999-12-31",
        "ends_on": "2020-13-01",
        "made": "",
    }
    for field, value in wrong.items():
        answer = sent(engineer, "/interception", **(form | {field: value}))
        assert answer.status_code == 422, (field, answer.text)
        assert "Nothing was changed:" in answer.text, field
