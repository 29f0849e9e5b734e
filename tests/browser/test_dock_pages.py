"""The dock in a real browser: by scanner alone, whatever is reloaded meanwhile."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.logistics_site import goes, person
from tests.server_process import PASSWORD, ServerProcess, set_up

pytestmark = pytest.mark.browser

WIDE, PHONE = {"width": 1366, "height": 768}, {"width": 390, "height": 844}
HELD, UNNAMED = "FJR126118102", "X-81"


@dataclass
class Visit:
    """One browser window with a clerk at a scanner, and everything in it that should not be."""

    page: Page
    url: str
    faults: list[str] = field(default_factory=list)

    def scan(self, *texts: str) -> None:
        for text in texts:
            self.page.keyboard.type(text)
            self.page.keyboard.press("Enter")

    def go(self, path: str) -> None:
        self.page.goto(self.url + path)


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    folder = tmp_path_factory.mktemp("dock")
    set_up(folder, (), ("supervisor", "logistics", "engineer"))
    server = ServerProcess(folder).start()
    with person(server.url, "engineer") as engineer:
        goes(engineer, "/gates/holds", what="unit", name=HELD, reason="recall 12")
    yield server.url
    server.stop()


@pytest.fixture(params=[("zh-CN", WIDE), ("en-US", PHONE)], ids=["zh-wide", "en-phone"])
def visit(browser: Browser, url: str, request: pytest.FixtureRequest) -> Iterator[Visit]:
    locale, viewport = request.param
    context = browser.new_context(locale=locale, viewport=viewport)
    made = Visit(context.new_page(), url)
    made.page.on("console", lambda message: made.faults.append(message.text) if message.type != "log" else None)
    made.page.on("pageerror", lambda error: made.faults.append(str(error)))
    made.go("/arrivals/new")
    made.page.locator("input[name=name]").fill("logistics")
    made.page.locator("input[name=password]").fill(PASSWORD)
    made.page.keyboard.press("Enter")
    made.page.wait_for_url(f"{url}/arrivals/new")
    yield made
    context.close()
    assert not made.faults


def test_a_batch_is_scanned_over_a_reload_with_a_reason_for_a_unit(
    visit: Visit, request: pytest.FixtureRequest
) -> None:
    turn = "1" if "zh" in request.node.callspec.id else "2"
    known, number = f"FJR12611813{turn}", f"DK-{turn}"
    page, rows = visit.page, visit.page.locator(".scanned-units li")
    expect(page.locator("#number")).to_be_focused()
    visit.scan(number, "顺丰速运", "宁波 4S 店", "不开机", known, HELD, UNNAMED + turn)
    expect(rows).to_have_count(3)
    expect(rows.nth(2)).to_contain_text("FJ-R1")
    expect(rows.nth(1)).to_contain_text("recall 12")
    expect(rows.nth(1)).to_have_class("warns")
    expect(rows.nth(0).locator(".badge.warn")).to_be_visible()
    code = page.locator("option[data-code]").first.get_attribute("data-code") or ""
    words = page.locator("option[data-code]").first.get_attribute("value") or ""
    visit.scan(code.lower())
    expect(rows.nth(0).locator(".unit-reason")).to_have_value(words)
    expect(page.locator("#scan")).to_be_focused()
    page.reload()
    expect(rows).to_have_count(3)
    expect(rows.nth(0).locator(".unit-reason")).to_have_value(words)
    expect(page.locator("#number")).to_have_value(number)
    expect(page.locator("#scan")).to_be_focused()
    page.get_by_role("button", name=HELD).click()
    expect(rows).to_have_count(2)
    assert page.evaluate("document.documentElement.scrollWidth") <= page.viewport_size["width"]  # type: ignore[index]
    visit.scan(number)
    page.wait_for_url("**/arrivals/*-*")
    expect(page.locator("tbody tr")).to_have_count(2)
    expect(page.locator("tbody")).to_contain_text(words)
    visit.go("/arrivals/new")
    expect(page.locator("#number")).to_be_focused()
    expect(rows).to_have_count(0)


def test_a_parcel_is_packed_scan_after_scan_and_a_held_unit_is_kept_out(
    visit: Visit, request: pytest.FixtureRequest
) -> None:
    turn = "1" if "zh" in request.node.callspec.id else "2"
    serial = f"FJR12611820{turn}"
    with person(visit.url, "logistics") as clerk:
        beside = {"courier": "顺丰速运", "source": "宁波 4S 店"}
        arrival = {"arrival": f"0190b2c4-0000-7000-8000-00000000009{turn}", "number": f"PB-{turn}", "reason": "无声"}
        goes(clerk, "/arrivals", serials=serial, **arrival, **beside)
        place = goes(clerk, "/waybills", direction="out", number=f"PO-{turn}", **beside)
    page = visit.page
    visit.go(f"{place}/parcel")
    for text in (serial, HELD):
        expect(page.locator("#serial")).to_be_focused()
        visit.scan(text)
    expect(page.locator(".notice.problem")).to_contain_text(HELD)
    expect(page.locator("tbody tr")).to_have_count(1)
    expect(page.locator("tbody td.why li").first).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth") <= page.viewport_size["width"]  # type: ignore[index]
    visit.faults.clear()  # that the held unit was refused is told in the console too
