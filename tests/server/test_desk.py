"""Each role's home shows what waits for it, and one box finds whatever has a number, or a list of serial numbers."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator

import pytest

from server.admin.permissions import permissions
from server.desk.homes import homes
from server.desk.lists import LISTS
from server.desk.queries import listed_serials
from server.desk.tiles import TILES
from tests.server.conftest import Site
from tests.server.pages_site import PagesSite, arrival_form, csrf_of, pages_site

SERIAL, OTHER, WAYBILL = "FJR126117001", "FJR126117002", "SF90017001"


@pytest.fixture(scope="module")
def house(prepared_site: Site, tmp_path_factory: pytest.TempPathFactory) -> Iterator[PagesSite]:
    """Two units came by one waybill."""
    with pages_site(prepared_site, tmp_path_factory.mktemp("desk") / "site") as site:
        clerk = site.person("logistics")
        form = arrival_form(clerk, number=WAYBILL, serials=f"{SERIAL}\n{OTHER}")
        assert clerk.post("/arrivals", data=form).status_code == 303
        yield site


def test_every_role_has_a_home_and_every_tile_and_list_is_on_one() -> None:
    assert homes().keys() == permissions().roles.keys()
    shown = {name for home in homes().values() for name in home.tiles}
    assert shown | {name for name, tile in TILES.items() if tile.is_decision} == TILES.keys()
    assert all(tile.action for tile in TILES.values() if tile.is_decision)
    assert {name for home in homes().values() for name in home.lists} == LISTS.keys()


@pytest.mark.parametrize("role", permissions().roles)
def test_a_home_shows_its_own_numbers_and_each_leads_to_a_page(house: PagesSite, role: str) -> None:
    person = house.person(role)
    text = person.get("/").text
    tiles = re.findall(r'class="card tile[^"]*"[^>]*href="([^"]+)"><span class="count">(\d+)</span>', text)
    assert tiles
    always = [tile for tile in map(TILES.__getitem__, homes()[role].tiles) if not (tile.is_rare or tile.is_decision)]
    assert len(tiles) >= sum(1 for tile in always if not tile.action or permissions().allows(role, tile.action))
    if role in ("logistics", "supervisor"):
        paths = {html.unescape(path).partition("#")[0] for path, _ in tiles}
        assert {path: person.get(path).status_code for path in paths} == dict.fromkeys(paths, 200)


def test_a_number_on_a_home_is_the_number_of_lines_behind_it(house: PagesSite) -> None:
    clerk = house.person("logistics")
    text = clerk.get("/").text
    found = re.search(r'href="/cases\?state=received"><span class="count">(\d+)</span>', text)
    assert found and found[1] == "2"
    lines = clerk.get("/cases?state=received").text
    assert SERIAL in lines and OTHER in lines
    assert SERIAL not in clerk.get("/cases?days=late").text


def test_a_whole_number_opens_its_page_and_a_part_of_one_lists_what_has_it(house: PagesSite) -> None:
    clerk = house.person("reader")
    unit_page = clerk.get("/find", params={"text": f" {SERIAL.lower()} "})
    assert unit_page.status_code == 303 and unit_page.headers["location"].startswith("/units/")
    waybill_page = clerk.get("/find", params={"text": WAYBILL})
    assert waybill_page.headers["location"].startswith("/waybills/")
    case_no = re.search(r">(TEST-[0-9-]+)<", clerk.get(f"/find?text={SERIAL[:-1]}").text)
    assert case_no and clerk.get("/find", params={"text": case_no[1]}).headers["location"].startswith("/cases/")
    listed = clerk.get("/find", params={"text": "7001"})
    assert listed.status_code == 200 and SERIAL in listed.text and OTHER not in listed.text
    assert "Nothing has a number" in clerk.get("/find", params={"text": "none of the kind 99"}).text
    assert "Scan or type" in clerk.get("/find").text


def test_a_pasted_list_is_looked_up_line_by_line(house: PagesSite) -> None:
    text = house.person("reader").get("/find", params={"text": f"{SERIAL}\nX-404404\n{OTHER}\n{SERIAL}"}).text
    rows = re.findall(r"<td class=\"nowrap\">(?:<a[^>]*>)?<code>([^<]+)</code>", text)
    assert rows == [SERIAL, "X-404404", OTHER]
    assert text.count("not on record") == 1 and "3 serial numbers" in text


@pytest.mark.parametrize(
    ("text", "serials"),
    [
        ("FJR1001 FJR1002", ["FJR1001", "FJR1002"]),
        ("ｆｊｒ1001，FJR1002；FJR1001", ["FJR1001", "FJR1002"]),
        ("FJR1001", []),
        ("顺丰速运 1001", []),
        ("", []),
    ],
)
def test_a_list_has_several_numbers(text: str, serials: list[str]) -> None:
    assert listed_serials(text) == serials


def test_an_exception_that_was_asked_for_waits_on_the_home_of_who_may_decide(house: PagesSite) -> None:
    clerk, engineer = house.person("logistics"), house.person("engineer")
    case = re.search(r'href="(/cases/[0-9a-f-]{36})"', clerk.get("/cases").text)
    assert case
    page = clerk.get(case[1])
    form = re.search(r'action="([^"]+/overrides)"', page.text)
    assert form, page.text[:2000]
    made = re.search(r'name="made" value="([0-9a-f-]{36})"', page.text)
    assert made
    data = {"csrf": csrf_of(page), "made": made[1], "gate": "passed", "reason": "customer waits"}
    assert clerk.post(form[1], data=data).status_code == 303
    shown = engineer.get("/").text
    assert "customer waits" in shown and case[1] in shown
    assert "customer waits" not in clerk.get("/").text
