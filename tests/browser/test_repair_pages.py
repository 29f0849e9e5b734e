"""A technician's morning and the leader's board in a real browser: by scanner and keys, and axe objects to nothing."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import timedelta

import pytest
from playwright.sync_api import Browser, Page, Route, expect

from server.repairs.queries import SCRAP
from tests.browser import shots
from tests.browser.axe import faults_of
from tests.browser.repair_site import CASE, PATHS
from tests.server.conftest import RunningServer, Site
from tests.server.order_desk import shared_server
from tests.server.repair_shop import FAILED, UnitInRepair, now
from tests.server_process import PASSWORD, set_up

pytestmark = pytest.mark.browser

WIDE, PHONE = {"width": 1366, "height": 768}, {"width": 390, "height": 844}
ROLES = ("technician", "repair_leader", "supervisor")


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningServer]:
    folder = tmp_path_factory.mktemp("shop")
    prepared = Site(folder / "prepared", set_up(folder / "prepared", ("bench-1",), ROLES))
    with shared_server(prepared, folder / "site") as server:
        for designator in ("U7", "U7", "C812"):
            before = UnitInRepair(server).receive()
            run_id = before.test("FAIL")
            before.repair(run_id=run_id, measurement=FAILED, symptom="S13", cause="C41", designators=(designator,))
            before.test("PASS", "outgoing", now() + timedelta(seconds=1))
        scrapped = UnitInRepair(server).receive()
        scrapped.repair(outcome=SCRAP, scrap_reason="liquid", note="主板进水")
        yield server


@dataclass
class Window:
    """One window, what it must not say, and whoever is logged in."""

    page: Page
    url: str
    faults: list[str] = field(default_factory=list)

    def log_in(self, role: str, back: str) -> None:
        self.page.goto(self.url + back)
        self.page.locator("input[name=name]").fill(role)
        self.page.locator("input[name=password]").fill(PASSWORD)
        self.page.keyboard.press("Enter")
        self.page.wait_for_url(self.url + back)

    def type(self, text: str, *keys: str) -> None:
        """As a scanner or a person does."""
        self.page.keyboard.type(text)
        for key in keys:
            self.page.keyboard.press(key)

    def shoot(self, name: str) -> None:
        shots.shoot(self.page, f"repair-{name}", full_page=True)

    def fits(self) -> bool:
        """Whether nothing is wider than the window."""
        script = "document.documentElement.scrollWidth <= document.documentElement.clientWidth"
        return bool(self.page.evaluate(script))


@pytest.fixture
def window(browser: Browser, shop: RunningServer, request: pytest.FixtureRequest) -> Iterator[Window]:
    """A window that fails the test for a console error or a request to another origin."""
    options = {"locale": "zh-CN", "viewport": WIDE} | getattr(request, "param", {})
    context = browser.new_context(**options)
    made = Window(context.new_page(), shop.url)
    page, faults = made.page, made.faults
    page.on("console", lambda told: faults.append(told.text) if told.type not in ("log", "debug") else None)
    page.on("pageerror", lambda error: faults.append(str(error)))
    page.on("request", lambda asked: None if asked.url.startswith(shop.url) else faults.append(asked.url))
    yield made
    context.close()
    assert not made.faults


def test_a_unit_is_scanned_repaired_and_sent_on_by_keys_alone(window: Window, shop: RunningServer) -> None:
    unit = UnitInRepair(shop).receive()
    unit.test("FAIL")
    page = window.page
    window.log_in("technician", "/repairs")
    expect(page.locator("#serial")).to_be_focused()
    window.type(unit.serial.lower(), "Enter")
    page.wait_for_url(f"**/repairs/cases/{unit.case_id}")
    expect(page.locator("#symptom")).to_be_focused()
    expect(page.locator("#failed ~ .scroll tbody tr")).to_have_count(1)
    expect(page.locator("#similar ~ .scroll")).to_contain_text("U7×2")
    window.type("S13")
    expect(page.locator("#symptom")).to_have_value("S13")
    expect(page.locator("#cause option[value=C62]")).to_have_count(0)  # only the causes of this symptom are left
    expect(page.locator(".htmx-request")).to_have_count(0)
    page.keyboard.press("Tab")
    window.type("C41")
    expect(page.locator("#cause")).to_have_value("C41")
    expect(page.locator("#action option[value=A34]")).to_have_count(0)
    page.keyboard.press("Tab")
    window.type("A11")
    expect(page.locator("#action")).to_have_value("A11")
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    expect(page.locator("#designators")).to_be_focused()
    window.type("u7", "Tab")
    window.type("AMP-45W", "Enter")
    window.shoot("bench")
    page.locator("#note").focus()
    window.type("换新", "Enter")
    page.wait_for_url("**/repairs?done=*")
    expect(page.locator(".notice.done")).to_contain_text(unit.serial)
    expect(page.locator("#serial")).to_be_focused()
    assert unit.case.state == "awaiting_test"
    window.shoot("queue")


def test_a_cause_that_was_chosen_before_the_answer_came_stays_chosen(window: Window, shop: RunningServer) -> None:
    unit = UnitInRepair(shop).receive()
    window.log_in("technician", f"/repairs/cases/{unit.case_id}")
    page = window.page
    held: list[Route] = []
    page.route("**/repairs/cases/*symptom=S13*", lambda route: held.append(route))
    with page.expect_request("**/repairs/cases/*symptom=S13*"):
        page.locator("#symptom").select_option("S13")
    page.locator("#cause").select_option("C41")
    held[0].continue_()
    expect(page.locator("#cause option[value=C62]")).to_have_count(0)
    expect(page.locator("#cause")).to_have_value("C41")


def test_what_fixed_it_before_is_taken_over_with_one_press(window: Window, shop: RunningServer) -> None:
    unit = UnitInRepair(shop).receive()
    unit.test("FAIL")
    window.log_in("technician", f"/repairs/cases/{unit.case_id}")
    window.page.get_by_role("link", name="套用").first.click()
    expect(window.page.locator("#cause")).to_have_value("C41")
    expect(window.page.locator("#action")).to_have_value("A11")
    window.page.get_by_role("button", name="记录").click()
    window.page.wait_for_url("**/repairs?done=*")
    assert unit.case.state == "awaiting_test"


@pytest.mark.parametrize(
    "window", [{"bypass_csp": True}, {"bypass_csp": True, "locale": "en-US", "viewport": PHONE}], indirect=True
)
def test_axe_finds_nothing_grave_and_no_page_is_wider_than_its_window(window: Window, shop: RunningServer) -> None:
    unit = UnitInRepair(shop).receive()
    unit.test("FAIL")
    window.log_in("supervisor", "/repairs")
    for path in (CASE.format(case_id=unit.case_id), *PATHS.values()):
        window.page.goto(window.url + path)
        assert faults_of(window.page) == [], path
        assert window.fits(), path


def test_the_leader_gives_a_unit_out_and_the_pareto_is_drawn_for_paper(window: Window, shop: RunningServer) -> None:
    unit = UnitInRepair(shop).receive()
    page = window.page
    window.log_in("repair_leader", "/repairs/board?owner=-")
    page.get_by_role("checkbox", name=unit.serial).check()
    page.locator("#give-to").select_option("technician")
    page.locator("#due").fill("2030-01-02")
    window.shoot("board")
    page.get_by_role("button", name="派工").click()
    page.wait_for_url("**/repairs/board#assign")
    assert (unit.case.owner, str(unit.case.due_on)) == ("technician", "2030-01-02")
    page.goto(f"{window.url}/repairs/faults?by=designator")
    expect(page.locator(".pareto .column").first).to_be_visible()
    heights = [float(bar.get_attribute("height") or 0) for bar in page.locator(".pareto .column").all()]
    assert heights == sorted(heights, reverse=True) and heights[0] > 0
    page.emulate_media(media="print")
    expect(page.locator(".pareto .column").first).to_be_visible()
    expect(page.locator("nav.tabs")).to_be_hidden()
    window.shoot("faults-on-paper")
