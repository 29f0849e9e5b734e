"""The server's pages in a real browser: by keyboard alone, in both languages, and without a word to anybody else."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, field

import httpx
import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser import shots
from tests.server.letter_book import Letter, LetterBook
from tests.server_process import PASSWORD, ServerProcess, set_up

pytestmark = pytest.mark.browser

WIDE, PHONE = {"width": 1280, "height": 800}, {"width": 390, "height": 844}
SERIALS = ("FJR126110001", "FJR126110002", "FJR126110003")


@dataclass
class Told:
    """A served site, and the letters it was sent."""

    url: str
    letters: dict[str, Letter]

    def run(self, name: str) -> str:
        letter = self.letters[name]
        return f"{self.url}/units/{letter.content['unit']['id']}/runs/{letter.id}"


@dataclass
class Visit:
    """One browser window, and everything in it that should not be."""

    page: Page
    url: str
    faults: list[str] = field(default_factory=list)

    def type(self, text: str) -> None:
        """As a scanner does: the characters, then Enter."""
        self.page.keyboard.type(text)
        self.page.keyboard.press("Enter")

    def shoot(self, name: str) -> None:
        shots.shoot(self.page, f"server-{name}", full_page=True)


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Told]:
    folder = tmp_path_factory.mktemp("server")
    tokens = set_up(folder, ("bench-1",), ("supervisor", "logistics"))
    server = ServerProcess(folder).start()
    yield Told(server.url, send_letters(server.url, tokens["bench-1"]))
    server.stop()


def send_letters(url: str, token: str) -> dict[str, Letter]:
    """One unit tested and burned, one that failed, one whose test broke, and an IC that failed."""
    book = LetterBook()
    letters = {
        "pass": book.run(),
        "fail": book.run("run-fail", SERIALS[1]),
        "error": book.run("run-error", SERIALS[2]),
        "burn": book.burn(),
        "bad-burn": book.burn("burn-fail", None),
    }
    headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
    with httpx.Client(base_url=url, headers=headers) as station:
        for letter in letters.values():
            assert station.put(letter.path, content=letter.body).status_code == 201
    return letters


@pytest.fixture
def visit(browser: Browser, told: Told, request: pytest.FixtureRequest) -> Iterator[Visit]:
    """A window that fails the test for a console error, a policy violation, or a request to another origin."""
    options = {"locale": "zh-CN", "viewport": WIDE, "color_scheme": "light"} | getattr(request, "param", {})
    context = browser.new_context(**options)
    page = context.new_page()
    made = Visit(page, told.url)
    page.on("console", lambda message: made.faults.append(message.text) if message.type != "log" else None)
    page.on("pageerror", lambda error: made.faults.append(str(error)))
    page.on("request", lambda asked: None if asked.url.startswith(told.url) else made.faults.append(asked.url))
    page.add_init_script(
        "document.addEventListener('securitypolicyviolation', (e) => console.error('policy', e.violatedDirective))"
    )
    yield made
    context.close()
    assert not made.faults


def log_in(visit: Visit, role: str, back: str = "/") -> None:
    """By keyboard: the focus is in the name field."""
    visit.page.goto(visit.url + back)
    visit.page.wait_for_selector("input[name=name]:focus")
    visit.page.keyboard.type(role)
    visit.page.keyboard.press("Tab")
    visit.type(PASSWORD)
    visit.page.wait_for_url(visit.url + back)


def test_three_units_are_received_by_keyboard_alone(visit: Visit) -> None:
    log_in(visit, "logistics")
    expect(visit.page.locator(":focus")).to_have_text("按快递单收货")
    visit.page.keyboard.press("Enter")
    visit.page.wait_for_url("**/arrivals/new")
    expect(visit.page.locator("#number")).to_be_focused()
    for text in ("SF1234567890", "顺丰速运", "杭州西湖 4S 店", "不开机"):
        visit.type(text)
    expect(visit.page.locator("#scan")).to_be_focused()
    for serial in (SERIALS[0].lower(), SERIALS[1], SERIALS[1], "X-9"):
        visit.type(serial)
    expect(visit.page.locator(".scanned-units code")).to_have_text(["X-9", SERIALS[1], SERIALS[0]])
    expect(visit.page.locator("#submit")).to_have_text("接收 3 台")
    visit.shoot("receive")
    visit.type("SF1234567890")
    visit.page.wait_for_url("**/arrivals/*-*")
    expect(visit.page.locator("h1")).to_have_text("已接收 3 台")
    expect(visit.page.locator("tbody code").first).to_have_text(SERIALS[0])
    expect(visit.page.locator(".badge.warn")).to_have_text("临时登记")
    expect(visit.page.locator(":focus")).to_have_text("接收下一个包裹")
    visit.shoot("received")


def test_a_scan_that_says_enter_twice_submits_nothing_and_loses_nothing(visit: Visit) -> None:
    log_in(visit, "logistics", "/arrivals/new")
    for text in ("YT555", "圆通速递", "客户", "无声"):
        visit.type(text)
    for serial in ("FJR126110501", "FJR126110502", "FJR126110503"):
        visit.type(serial)
        visit.page.keyboard.press("Enter")
    expect(visit.page.locator(".scanned-units code")).to_have_count(3)
    assert visit.page.url.endswith("/arrivals/new")
    visit.page.get_by_role("button", name="移除 FJR126110502").click()
    expect(visit.page.locator("#scan")).to_be_focused()
    visit.page.keyboard.press("Enter")
    expect(visit.page.locator("#submit")).to_be_focused()
    visit.page.keyboard.press("Enter")
    expect(visit.page.locator("h1")).to_have_text("已接收 2 台")


def test_the_timeline_of_a_scanned_unit_shows_its_test_and_its_burn(visit: Visit, told: Told) -> None:
    log_in(visit, "supervisor")
    visit.page.keyboard.press("Slash")
    visit.type(SERIALS[0].lower())
    visit.page.wait_for_url("**/units/*-*")
    timeline = visit.page.locator(".timeline")
    expect(timeline).to_contain_text("出货测试")
    expect(timeline).to_contain_text("fj-r1-1.4.2.bin")
    timeline.get_by_role("link", name="合格").last.click()
    visit.page.wait_for_url(told.run("pass"))
    expect(visit.page.locator(".plot canvas")).to_be_visible()


def test_the_language_is_switched_in_the_header_and_stays(visit: Visit, told: Told) -> None:
    log_in(visit, "supervisor", "/runs?verdict=FAIL")
    visit.page.get_by_role("link", name="English").click()
    expect(visit.page.locator("h1")).to_have_text("Test ledger")
    assert visit.page.url.endswith("/runs?verdict=FAIL")
    visit.page.goto(told.run("fail"))
    expect(visit.page.locator("h1")).to_have_text("FAIL")
    expect(visit.page.locator("html")).to_have_attribute("lang", "en")


def test_typing_in_the_ledgers_filter_searches_and_the_address_keeps_it(visit: Visit) -> None:
    log_in(visit, "supervisor", "/runs")
    rows = visit.page.locator("tbody tr")
    expect(rows).to_have_count(3)
    visit.page.select_option("#verdict", "FAIL")
    expect(rows).to_have_count(1)
    expect(visit.page).to_have_url(f"{visit.url}/runs?verdict=FAIL")
    visit.page.select_option("#verdict", "")
    visit.page.locator("#text").press_sequentially(SERIALS[2])
    expect(rows).to_have_count(1)
    expect(visit.page.locator("#text")).to_be_focused()
    expect(visit.page).to_have_url(f"{visit.url}/runs?text={SERIALS[2]}")
    visit.page.reload()
    expect(rows).to_have_count(1)


@pytest.mark.parametrize("visit", [{"java_script_enabled": False}], indirect=True)
def test_everything_works_without_scripts(visit: Visit, told: Told) -> None:
    log_in(visit, "logistics", "/arrivals/new")
    values = {"number": "ZT777", "courier": "中通快递", "source": "经销商", "reason": "客退", "serials": "FJR126110701"}
    for name, value in values.items():
        visit.page.fill(f"#{name}", value)
    visit.page.get_by_role("button", name="接收").click()
    expect(visit.page.locator("h1")).to_have_text("已接收 1 台")
    visit.page.goto(told.run("pass"))
    expect(visit.page.locator("svg.curve polyline")).to_be_visible()
    visit.page.goto(f"{visit.url}/runs?text={SERIALS[1]}")
    expect(visit.page.locator("tbody tr")).to_have_count(1)


LOOKS = (
    {"locale": "zh-CN", "viewport": WIDE, "color_scheme": "light"},
    {"locale": "en-US", "viewport": WIDE, "color_scheme": "dark"},
    {"locale": "zh-CN", "viewport": PHONE, "color_scheme": "dark"},
    {"locale": "en-US", "viewport": PHONE, "color_scheme": "light"},
)


@pytest.mark.parametrize("visit", LOOKS, indirect=True, ids=["zh-wide", "en-dark", "zh-phone-dark", "en-phone"])
def test_no_page_is_wider_than_its_window(visit: Visit, told: Told, request: pytest.FixtureRequest) -> None:
    log_in(visit, "supervisor")
    look = request.node.callspec.id
    paths = {
        "home": "/",
        "units": "/units",
        "cases": "/cases",
        "runs": "/runs",
        "burns": "/burns",
        "alarms": "/alarms",
        "gates": "/gates",
    }
    paths |= {f"run-{name}": told.run(name)[len(told.url) :] for name in ("pass", "fail", "error")}
    paths |= {"burn": f"/burns/{told.letters['burn'].id}", "receive": "/arrivals/new"}
    paths["unit"] = f"/units/{told.letters['pass'].content['unit']['id']}"
    for name, path in paths.items():
        visit.page.goto(visit.url + path)
        excess = visit.page.evaluate("document.documentElement.scrollWidth - window.innerWidth")
        assert excess <= 0, f"{name} is {excess} px too wide"
        visit.shoot(f"{name}-{look}")


def test_a_ledger_prints_without_its_controls(visit: Visit) -> None:
    log_in(visit, "supervisor", "/runs")
    visit.page.emulate_media(media="print")
    for part in ("header.bar", ".filters"):
        expect(visit.page.locator(part)).to_be_hidden()
    expect(visit.page.locator("tbody tr")).to_have_count(3)
    visit.shoot("runs-print")


def test_a_problem_in_the_form_keeps_the_scanned_units(visit: Visit) -> None:
    log_in(visit, "logistics", "/arrivals/new")
    visit.page.route("**/arrivals", lambda route: route.continue_(post_data=without_courier(route.request.post_data)))
    for text in ("JD888", "京东物流", "客户", "无声", "FJR126110801", "FJR126110802", "JD888"):
        visit.type(text)
    expect(visit.page.locator(".notice.problem")).to_contain_text("快递公司为空。")
    expect(visit.page.locator(".scanned-units code")).to_have_text(["FJR126110802", "FJR126110801"])
    visit.faults = [fault for fault in visit.faults if "422" not in fault]


def without_courier(body: str | None) -> str:
    pairs = (body or "").split("&")
    return "&".join("courier=" if pair.startswith("courier=") else pair for pair in pairs)


def test_letters_are_what_the_browser_downloads(visit: Visit, told: Told) -> None:
    log_in(visit, "supervisor")
    letter = told.letters["pass"]
    answer = visit.page.request.get(f"{visit.url}/v1/letters/{letter.id}")
    assert answer.body() == letter.body
    assert json.loads(answer.body())["verdict"] == "PASS"
