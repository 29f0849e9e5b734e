"""The server's pages can be used by everybody: axe-core finds nothing grave on any of them, in light and dark."""

from __future__ import annotations

import html
import re
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

import httpx
import pytest
from playwright.sync_api import Browser, Page

from server.app import create_app
from server.config import Settings
from tests.browser.axe import faults_of
from tests.browser.logistics_site import FILES, logistics_pages
from tests.browser.parts_site import PART_FILES, parts_pages
from tests.browser.people_site import people_pages
from tests.browser.quality_site import interception_pages
from tests.browser.repair_site import REPAIR_PAGES
from tests.browser.service_site import service_pages
from tests.server.letter_book import LetterBook
from tests.server.page_routes import page_routes
from tests.server_process import PASSWORD, ServerProcess, set_up

pytestmark = pytest.mark.browser

TURNS = 6
"""The pages are read in so many turns, so that no test is long."""
WIDE, PHONE = {"width": 1280, "height": 800}, {"width": 390, "height": 844}
NOT_OURS = (
    FILES
    | PART_FILES
    | REPAIR_PAGES
    | dict.fromkeys(
        (
            "/attachments/{sha256}",
            "/reports/{month}/report.xlsx",
            "/runs.{suffix}",
            "/burns.{suffix}",
            "/cases.{suffix}",
            "/waybills.{suffix}",
        ),
        "a file",
    )
    | {
        "/language/{tag}": "answers with another address",
        "/docs": "drawn by swagger-ui-dist, for those who write programs",
    }
)


@dataclass
class Site:
    """A served site with something on each page; ``paths`` are its pages by the route that serves them."""

    url: str
    paths: dict[str, list[str]]
    seen: set[str] = field(default_factory=set)


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    folder = tmp_path_factory.mktemp("server")
    tokens = set_up(folder, ("bench-1",), ("supervisor", "logistics", "engineer"))
    server = ServerProcess(folder).start()
    yield Site(server.url, pages_of(server.url, tokens["bench-1"]))
    server.stop()


def pages_of(url: str, token: str) -> dict[str, list[str]]:
    """Send letters of every kind, one of them odd, and give the pages that show them."""
    book = LetterBook()
    runs = [book.run(), book.run("run-fail", "FJR126110002"), book.run("run-error", "FJR126110003")]
    burns = [book.burn(), book.burn("burn-fail", None)]
    headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
    with httpx.Client(base_url=url, headers=headers) as station:
        for letter in (*runs, *burns):
            assert station.put(letter.path, content=letter.body).status_code == 201
        assert station.put(f"/v1/runs/{runs[0].id}", content=runs[1].body).status_code in (409, 422)
    units = [letter.content["unit"]["id"] for letter in runs]
    images = images_of(url)
    orders = orders_of(url, headers)
    before = parts_pages(url) | logistics_pages(url) | people_pages(url) | interception_pages(url) | service_pages(url)
    return before | {
        "/": ["/"],
        "/alarms": ["/alarms"],
        "/find": ["/find", "/find?text=FJR", "/find?text=FJR126110001+FJR000000000"],
        "/gates": ["/gates"],
        "/images": ["/images", "/images?text=nothing+of+the+kind"],
        "/images/new": ["/images/new"],
        "/images/{sha256}": images,
        "/burn-orders": ["/burn-orders", "/burn-orders?text=nothing+of+the+kind"],
        "/burn-orders/new": ["/burn-orders/new"],
        "/burn-orders/{no}": orders,
        "/serial-numbers": ["/serial-numbers", "/serial-numbers?text=nothing+of+the+kind"],
        "/arrivals/new": ["/arrivals/new"],
        "/burns": ["/burns", "/burns?text=nothing+of+the+kind"],
        "/burns/{burn_id}": [f"/burns/{letter.id}" for letter in burns],
        "/cases": ["/cases", "/cases?text=nothing+of+the+kind"],
        "/cases/scan": ["/cases/scan"],
        "/cases/{case_id}": case_of(url),
        "/runs": ["/runs", "/runs?verdict=FAIL"],
        "/reports": ["/reports"],
        "/reports/{month}": ["/reports/2026-11"],
        "/statistics": ["/statistics"],
        "/statistics/{mdef_sha256}": measured_of(url),
        "/units": ["/units", "/units?text=nothing+of+the+kind"],
        "/units/{unit_id}": [f"/units/{unit}" for unit in units[:1]],
        "/units/{unit_id}/runs/{run_id}/beside": [f"/units/{units[0]}/runs/{runs[0].id}/beside"],
        "/units/{unit_id}/runs/{run_id}": [
            f"/units/{unit}/runs/{run.id}" for unit, run in zip(units, runs, strict=True)
        ],
    }


def measured_of(url: str) -> list[str]:
    """The page of a measurement, when the runs have been added up."""
    with person(url, "supervisor") as reader:
        for _ in range(200):
            found = re.findall(r'href="(/statistics/[0-9a-f]{64}[^"]*)"', reader.get("/statistics").text)
            if found:
                return [html.unescape(found[0])]
            time.sleep(0.1)
    raise AssertionError("no measurement is on the page")


def case_of(url: str) -> list[str]:
    """The page of an open case."""
    with person(url, "logistics") as clerk:
        found = re.findall(r'href="(/cases/[0-9a-f-]{36})"', clerk.get("/cases").text)
    assert found
    return found[:1]


def images_of(url: str) -> list[str]:
    """A draft and an approved image; their pages."""
    made = []
    with person(url, "engineer") as engineer, person(url, "supervisor") as supervisor:
        for content in (b"draft", b"approved"):
            answer = engineer.post("/images", data={"version": "1"}, files={"file": ("fj-r1.bin", content)})
            made.append(answer.headers["location"])
        tested = {"evidence": "FJR126110001, PASS"}
        assert engineer.post(f"{made[1]}/tests", data=tested).status_code == 303
        use = {"product": "FJ-R1", "target": "W25Q64JV", "recipe": '{"base_address": 4096}'}
        assert supervisor.post(f"{made[1]}/approvals", data=use).status_code == 303
    return made


def orders_of(url: str, headers: dict[str, str]) -> list[str]:
    """A draft, and an open order with a burn that does not count; a pool of numbers. The orders' pages."""
    with person(url, "engineer") as engineer, person(url, "supervisor") as supervisor:
        approval = re.findall(r'option value="([0-9a-f-]{36})"', engineer.get("/burn-orders/new").text)[0]
        wish = {"approval": approval, "kind": "stock", "quantity": "5"}
        made = [engineer.post("/burn-orders", data=wish).headers["location"] for _ in range(2)]
        assert supervisor.post(f"{made[1]}/approval").status_code == 303
        pool = {"name": "FJ-R1", "prefix": "FJ", "digits": "6", "first": "1", "last": "9"}
        assert engineer.post("/serial-numbers/pools", data=pool).status_code == 303
    book, no = LetterBook(), made[1].rpartition("/")[2]
    taken = {"order": no, "quantity": 3}
    letters = [book.letter("custody", "custody-taken", taken), book.burn(serial=None, order=no, kind="stock")]
    with httpx.Client(base_url=url, headers=headers) as station:
        for letter in letters:
            assert station.put(letter.path, content=letter.body).status_code == 201
    return made


@contextmanager
def person(url: str, role: str) -> Iterator[httpx.Client]:
    """A client with a session."""
    with httpx.Client(base_url=url) as client:
        answer = client.post("/v1/session", json={"name": role, "password": PASSWORD})
        client.headers["X-CSRF-Token"] = answer.json()["csrf"]
        yield client


@pytest.fixture(params=[("zh-CN", WIDE), ("en-US", PHONE)], ids=["zh-wide", "en-phone"])
def page(browser: Browser, request: pytest.FixtureRequest) -> Iterator[Page]:
    locale, viewport = request.param
    context = browser.new_context(locale=locale, viewport=viewport, bypass_csp=True)
    yield context.new_page()
    context.close()


def log_in(page: Page, site: Site, role: str, back: str = "/") -> None:
    page.goto(site.url + back)
    page.locator("input[name=name]").fill(role)
    page.locator("input[name=password]").fill(PASSWORD)
    page.keyboard.press("Enter")
    page.wait_for_url(site.url + back)


def expect_no_fault(page: Page, path: str) -> None:
    assert faults_of(page) == [], path


def test_the_door_and_a_wrong_password(page: Page, site: Site) -> None:
    page.goto(f"{site.url}/login")
    expect_no_fault(page, "/login")
    page.locator("input[name=name]").fill("supervisor")
    page.locator("input[name=password]").fill("wrong")
    page.keyboard.press("Enter")
    page.locator(".notice").wait_for()
    expect_no_fault(page, "a wrong password")


@pytest.mark.parametrize("turn", range(TURNS))
def test_every_page_that_a_supervisor_reads(page: Page, site: Site, turn: int) -> None:
    log_in(page, site, "supervisor")
    paths = [path for paths in site.paths.values() for path in paths if path != "/arrivals/new"]
    for path in paths[turn::TURNS]:
        page.goto(site.url + path)
        expect_no_fault(page, path)


def test_what_cannot_be_found_and_what_is_not_for_everybody(page: Page, site: Site) -> None:
    log_in(page, site, "logistics")
    for path in ("/units/0190b2c4-0000-7000-8000-000000000000", "/no-such-page"):
        page.goto(site.url + path)
        expect_no_fault(page, path)


def test_a_parcel_is_received_and_its_unit_waits(page: Page, site: Site) -> None:
    log_in(page, site, "logistics", "/arrivals/new")
    expect_no_fault(page, "/arrivals/new")
    turn = "1" if page.viewport_size == WIDE else "2"
    known, unknown, number = f"FJR12611001{turn}", f"X-{turn}", f"SF{turn}"
    for text in (number, "顺丰速运", "杭州西湖 4S 店", "不开机", known, unknown, number):
        page.keyboard.type(text)
        if text == unknown:
            expect_no_fault(page, "scanned units")
        page.keyboard.press("Enter")
    page.wait_for_url("**/arrivals/*-*")
    expect_no_fault(page, "/arrivals/{arrival_id}")
    page.goto(f"{site.url}/cases")
    expect_no_fault(page, "/cases")


def test_every_page_that_the_server_has_is_among_them(site: Site) -> None:
    served = set(page_routes(create_app(Settings())))
    assert len(served) > 40
    assert served - site.paths.keys() - NOT_OURS.keys() == {"/login", "/arrivals/{arrival_id}"}
