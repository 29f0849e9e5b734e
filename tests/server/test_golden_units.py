"""Golden units are set by those who release plans, told to the stations, and taken back with a reason."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import jsonschema
import pytest
from typer.testing import CliRunner

from server.admin.permissions import permissions
from server.cli import app
from tests.server.conftest import Site
from tests.server.letter_book import schema
from tests.server.pages_site import PagesSite, csrf_of, pages_site
from tests.server_process import environment_of

GOLDEN = "FJR126119999"
HERE = {"station": "bench-1", "product": "FJ-R1"}
FIELDS = HERE | {"serial": " fjr126119999", "every_h": "24"}
Json = dict[str, Any]


@pytest.fixture
def site(prepared_site: Site, tmp_path: Path) -> Iterator[PagesSite]:
    with pages_site(prepared_site, tmp_path / "site") as made:
        yield made


def send(person: httpx.Client, path: str = "/gates/golden", **fields: str) -> httpx.Response:
    return person.post(path, data={"csrf": csrf_of(person.get("/gates")), **fields})


def state(site: PagesSite) -> Json:
    """The snapshot as a station gets it, held against the contract."""
    token = {"Authorization": f"Bearer {site.site.tokens['bench-1']}"}
    content: Json = site.visitor().get("/v1/stations/me/state", headers=token).json()
    jsonschema.validate(content, schema("state"))
    return content


def test_it_is_set_told_to_the_stations_replaced_and_taken_back(site: PagesSite) -> None:
    engineer = site.person("engineer")
    before = state(site)
    assert before["golden_units"] == []
    done = send(engineer, **FIELDS)
    assert (done.status_code, done.headers["location"]) == (303, "/gates#golden")
    after = state(site)
    (row,) = after["golden_units"]
    assert after["version"] > before["version"]
    assert (row["station_id"], row["product"], row["serial"], row["every_h"]) == ("bench-1", "FJ-R1", GOLDEN, 24.0)
    assert row["set_by"] == "engineer"
    assert GOLDEN in engineer.get("/gates").text
    assert send(engineer, **FIELDS).status_code == 409
    assert send(engineer, **FIELDS | {"every_h": "12.5"}).status_code == 303
    assert [row["every_h"] for row in state(site)["golden_units"]] == [12.5]
    assert send(engineer, "/gates/golden/end", **HERE, reason="dropped").status_code == 303
    assert state(site)["golden_units"] == [] and state(site)["version"] > after["version"]
    assert "None is set here" in engineer.get("/gates").text
    assert send(engineer, "/gates/golden/end", **HERE, reason="dropped").status_code == 404


def test_everybody_sees_them_and_only_who_releases_plans_sets_them(site: PagesSite) -> None:
    assert send(site.person("engineer"), **FIELDS).status_code == 303
    for role in permissions().roles:
        person = site.person(role)
        page = person.get("/gates").text
        assert GOLDEN in page
        assert ('action="/gates/golden"' in page) == permissions().allows(role, "plans.release"), role
    reader = site.person("reader")
    assert send(reader, **FIELDS | {"every_h": "1"}).status_code == 403
    assert send(reader, "/gates/golden/end", **HERE, reason="no").status_code == 403
    assert [row["every_h"] for row in state(site)["golden_units"]] == [24.0]


@pytest.mark.parametrize(
    ("wrong", "status", "words"),
    [
        ({"station": "bench-404"}, 404, "it is not there any more"),
        ({"product": " "}, 422, "the product is missing"),
        ({"product": "FJ-N7"}, 422, "a unit of another product"),
        ({"serial": "A*"}, 422, "cannot be a serial number"),
        *(({"every_h": text}, 422, "the hours must be a number") for text in ("", "x", "0", "-1", "nan", "8785")),
    ],
)
def test_what_cannot_be_is_said_beside_the_form_and_nothing_typed_is_lost(
    site: PagesSite, wrong: dict[str, str], status: int, words: str
) -> None:
    fields = FIELDS | {"serial": GOLDEN} | wrong
    answer = send(site.person("engineer"), **fields)
    assert answer.status_code == status
    assert words in answer.text and f'value="{fields["serial"]}"' in answer.text
    assert state(site)["golden_units"] == []


def test_the_page_says_it_in_chinese(site: PagesSite) -> None:
    engineer = site.person("engineer")
    engineer.cookies.set("fanji_lang", "zh_CN")
    page = engineer.get("/gates").text
    assert "金样机" in page and "合格有效期（小时）" in page and "Golden unit" not in page


def test_the_command_line_sets_lists_and_ends_them(prepared_site: Site, tmp_path: Path) -> None:
    with pages_site(prepared_site, tmp_path / "site") as site:
        folder = site.site.folder

    def call(*arguments: str) -> str:
        result = CliRunner().invoke(app, ("golden", *arguments), env=environment_of(folder))
        assert result.exit_code == 0, result.output or result.exception
        return result.output

    where = ("--station", "bench-1", "--product", "FJ-R1")
    call("set", GOLDEN, *where, "--every-h", "8", "--by", "engineer")
    assert call("list") == f"bench-1\tFJ-R1\t{GOLDEN}\t8 h\tengineer\n"
    call("end", *where, "--reason", "dropped", "--by", "supervisor")
    assert call("list") == ""
