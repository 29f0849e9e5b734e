"""One page for several slots: units are scanned in one after the other, and questions come to the operator."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Locator, Route, expect

from tests.browser.console_page import RULES, TIMEOUT_MS, OperatorPage, console_process, operator_page
from tests.conftest import Bench
from tests.station.console.speaking_console import Console, speaking_console

UNIT, LEAKING = "FJR126110001", "FJR126110003"
SLOTS = ("left", "right", "third", "fourth")
pytestmark = pytest.mark.browser


@pytest.fixture
def console(tmp_path: Path) -> Iterator[Console]:
    with speaking_console(tmp_path, slots=SLOTS) as console:
        console.command("sign-on", name="王芳")
        yield console


@pytest.fixture
def page(console: Console, browser: Browser) -> Iterator[OperatorPage]:
    with operator_page(browser, console.url) as page:
        page.wait_for("idle")
        yield page


def tile(page: OperatorPage, slot: str) -> Locator:
    return page.page.locator(f'.tile[data-slot="{slot}"]')


def expect_state(page: OperatorPage, slot: str, state: str) -> None:
    expect(tile(page, slot)).to_have_attribute("data-state", state, timeout=TIMEOUT_MS)


def expect_shown(page: OperatorPage, slot: str) -> None:
    expect(tile(page, slot)).to_have_attribute("aria-pressed", "true", timeout=TIMEOUT_MS)
    expect(page.page.locator(".tile[aria-pressed=true]")).to_have_count(1)


def expect_next(page: OperatorPage, slot: str) -> None:
    expect(tile(page, slot).locator(".tile-next")).to_have_text("下一台", timeout=TIMEOUT_MS)
    expect(page.page.locator(".tile-next:not(:empty)")).to_have_count(1)


def slots_of(console: Console) -> dict[str, str]:
    return {run["slot"]: run["serial"] for run in console.state()["runs"]}


def answer(page: OperatorPage) -> None:
    page.press("Space", "Space", "Space", "Enter")


def test_units_are_scanned_one_after_the_other_though_questions_have_come(console: Console, page: OperatorPage) -> None:
    expect_next(page, "left")
    for number, slot in enumerate(SLOTS):
        expect_next(page, slot)
        page.scan(f"GOOD12611000{number}")
        expect_state(page, slot, "ASKS")
    assert slots_of(console) == {slot: f"GOOD12611000{number}" for number, slot in enumerate(SLOTS)}
    expect(page.page.locator(".tile-next:not(:empty)")).to_have_count(0)
    page.shoot("slots-asking")
    page.scan("GOOD126110009")
    expect(page.page.locator("#notice")).to_contain_text("GOOD126110009")
    assert len(console.state()["runs"]) == 4


def test_the_page_goes_to_who_asks_and_each_answer_goes_to_the_slot_that_is_shown(
    console: Console, page: OperatorPage
) -> None:
    page.scan("GOOD126110001")
    page.wait_for("prompt")
    page.scan("BAD126110002")
    expect_state(page, "right", "ASKS")
    expect_shown(page, "left")
    answer(page)
    expect_state(page, "left", "PASS")
    expect_shown(page, "right")
    page.wait_for("prompt")
    expect(page.page.locator("#prompt .slot-name")).to_have_text("right")
    answer(page)
    expect_state(page, "right", "FAIL")
    page.wait_for("outcome")
    expect(page.page.locator("#outcome .slot-name")).to_have_text("right")
    verdicts = {run["slot"]: run["entries"][-1]["verdict"] for run in console.state()["runs"]}
    assert verdicts == {"left": "PASS", "right": "FAIL"}
    page.shoot("slots-verdicts")


def test_a_slot_that_a_person_chose_stays_until_he_has_done_something_there(page: OperatorPage) -> None:
    page.scan("GOOD126110001")
    page.wait_for("prompt")
    page.press("Control+ArrowLeft")
    expect_shown(page, "fourth")
    page.wait_for("idle")
    page.page.wait_for_timeout(300)
    expect_shown(page, "fourth")
    page.scan("SLOT:Third")
    expect_shown(page, "third")
    expect_next(page, "third")
    tile(page, "left").click()
    expect_shown(page, "left")
    page.wait_for("prompt")


def test_ticks_and_slot_survive_a_look_at_another_slot_and_a_reload(page: OperatorPage) -> None:
    page.scan("GOOD126110001")
    page.wait_for("prompt")
    page.press("Space")
    page.press("Control+ArrowRight")
    page.wait_for("idle")
    page.page.reload()
    page.wait_for("prompt")
    expect_shown(page, "left")
    assert page.ticked() == ["power_cable"]


def test_esc_twice_stops_the_slot_shown_and_where_it_tests_nothing_all(console: Console, page: OperatorPage) -> None:
    for number in range(3):
        page.scan(f"GOOD12611000{number}")
        expect_state(page, SLOTS[number], "ASKS")
    expect(page.page.locator("#abort-all")).to_be_visible()
    page.press("Escape", "Escape")
    expect_state(page, "left", "ABORTED")
    expect_state(page, "right", "ASKS")
    page.scan("SLOT:fourth")
    page.wait_for("idle")
    page.press("Escape")
    expect(page.page.locator("#notice")).to_contain_text("全部")
    page.press("Escape")
    expect_state(page, "right", "ABORTED")
    expect_state(page, "third", "ABORTED")
    expect(page.page.locator("#abort-all")).to_be_hidden()


def test_a_second_window_shows_its_own_slot_and_the_same_tiles(
    console: Console, page: OperatorPage, browser: Browser
) -> None:
    with operator_page(browser, console.url, "en") as other:
        other.wait_for("idle")
        other.press("Control+ArrowRight")
        page.scan("BAD126110002")
        page.wait_for("prompt")
        expect_state(other, "left", "ASKS")
        expect_shown(other, "right")
        answer(page)
        expect_state(other, "left", "FAIL")
        expect(tile(other, "left").locator(".tile-word")).to_have_text("FAIL")


def test_a_bench_of_one_slot_has_no_tiles(tmp_path: Path, browser: Browser) -> None:
    with speaking_console(tmp_path) as console, operator_page(browser, console.url) as page:
        page.wait_for("name")
        expect(page.page.locator("#slots")).to_be_hidden()
        expect(page.page.locator("#abort-all")).to_be_hidden()


def test_two_units_are_tested_at_once_at_a_bench_of_two_slots(
    browser: Browser, bench: Callable[..., Bench], tmp_path: Path
) -> None:
    box = bench("two-slots", time_scale=0.0)
    box.control("insert", unit=UNIT, jig="left")
    box.control("insert", unit=LEAKING, jig="right")
    with (
        console_process(box.bench_file, tmp_path / "state", RULES) as (url, _),
        operator_page(browser, url) as page,
    ):
        page.wait_for("name")
        page.scan("王芳")
        page.wait_for("idle")
        page.scan(UNIT)
        page.scan(LEAKING)
        for _ in range(2):
            page.wait_for("prompt")
            shown = page.text("#prompt .slot-name")
            page.press("Space", "Space", "Space", "Space", "Enter")
            expect(tile(page, shown)).not_to_have_attribute("data-state", "ASKS", timeout=TIMEOUT_MS)
        expect_state(page, "left", "PASS")
        expect_state(page, "right", "FAIL")
        page.shoot("slots-bench")
        forgive_busy(page)
    for jig in ("left", "right"):
        outputs = box.control("truth", jig=jig)["outputs"]
        assert not any(output["is_on"] for output in outputs.values())


def test_a_unit_scanned_before_the_page_has_heard_of_the_first_goes_into_the_next_slot(
    console: Console, page: OperatorPage
) -> None:
    """The console answers as it does where a slot has just begun, by another scan or another window."""

    def answer_busy(route: Route) -> None:
        if '"left"' in (route.request.post_data or ""):
            route.fulfill(status=409, json={"problem": "busy"})
        else:
            route.continue_()

    page.page.route("**/commands/start", answer_busy)
    page.scan("GOOD126110002")
    expect_state(page, "right", "ASKS")
    assert slots_of(console) == {"right": "GOOD126110002"}
    forgive_busy(page)


def forgive_busy(page: OperatorPage) -> None:
    """The browser notes that a slot was taken; the page goes on to the next."""
    page.complaints[:] = [said for said in page.complaints if "409" not in said]
