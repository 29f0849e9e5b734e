"""Keys and scans that arrive at a wrong moment never start, confirm or stop anything."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from tests.browser.console_page import OperatorPage, operator_page
from tests.station.console.speaking_console import Console, speaking_console

pytestmark = pytest.mark.browser

GAPS_MS = (0, 1, 3, 7, 12, 25)
"""Between two characters: scanners differ, and a busy PC delivers them unevenly."""


@pytest.fixture
def console(tmp_path: Path) -> Iterator[Console]:
    with speaking_console(tmp_path) as console:
        yield console


@pytest.fixture
def shown(browser: Browser, console: Console) -> Iterator[OperatorPage]:
    """A page with an operator, ready for a scan."""
    with operator_page(browser, console.url, "en") as shown:
        shown.scan("Wang Fang")
        shown.wait_for("idle")
        yield shown


@pytest.fixture
def asked(shown: OperatorPage) -> OperatorPage:
    """A page whose checklist is open."""
    shown.scan("GOOD126110001")
    shown.wait_for("prompt")
    return shown


def notice(shown: OperatorPage, text: str) -> None:
    expect(shown.page.locator("#notice")).to_contain_text(text)


def answers(console: Console) -> int:
    return console.events().count("answered")


def test_a_serial_scanned_right_after_the_name_is_not_taken_for_a_part_of_it(
    browser: Browser, console: Console
) -> None:
    with operator_page(browser, console.url, "en") as shown:
        shown.page.keyboard.insert_text("王芳")
        shown.press("Enter")
        shown.scan("GOOD126110001")
        shown.wait_for("prompt")
        run = console.state()["run"]
        assert (run["operator"], run["serial"]) == ("王芳", "GOOD126110001")


def test_a_slow_console_does_not_put_the_serial_into_the_name(browser: Browser, console: Console) -> None:
    slow = """const quick = window.fetch;
    window.fetch = async (...what) => { await new Promise((go) => setTimeout(go, 500)); return quick(...what); };"""
    with operator_page(browser, console.url, "en") as shown:
        shown.page.add_init_script(slow)
        shown.page.reload()
        shown.press("A")
        shown.press("Enter")
        shown.page.wait_for_timeout(300)  # the stream has told that nobody is at the bench
        shown.scan("GOOD126110001")
        shown.wait_for("prompt")
        assert console.state()["run"]["serial"] == "GOOD126110001"


def test_a_serial_scanned_into_the_name_is_not_taken_for_a_name(browser: Browser, console: Console) -> None:
    with operator_page(browser, console.url, "en") as shown:
        shown.scan("GOOD126110001")
        notice(shown, "This is a serial number")
        shown.wait_for("name")
        assert console.state()["run"] is None
        shown.complaints.clear()  # the browser logs the refusal's status 422


def test_scans_at_any_speed_are_read_whole(asked: OperatorPage, console: Console) -> None:
    for number in range(24):
        code = f"CODE-{number:04d}/x_{number % 7}"
        asked.page.keyboard.type(code, delay=GAPS_MS[number % len(GAPS_MS)])
        asked.press("Enter")
        notice(asked, f"Scanned {code} ")
    assert (answers(console), asked.ticked()) == (0, [])


def test_a_stray_scan_does_not_confirm_while_the_confirm_button_has_the_focus(
    asked: OperatorPage, console: Console
) -> None:
    asked.press("Space", "Space", "Space")
    assert asked.focused() == "prompt-confirm"
    for code in ("GOOD126110002", "4006381333931", "WITH SPACE IN IT"):
        asked.scan(code)
        notice(asked, f"Scanned {code} ")
    asked.page.keyboard.type("WITH-CR-LF")
    enter = "new KeyboardEvent('keydown', {bubbles: true, cancelable: true, key: 'Enter', code: 'Enter'})"
    # a scanner that ends its codes with CR and LF: neither of the two may press the button
    assert asked.page.evaluate(f"[1, 2].map(() => document.activeElement.dispatchEvent({enter}))") == [False, False]
    notice(asked, "Scanned WITH-CR-LF")
    assert answers(console) == 0
    asked.wait_for("prompt")
    asked.page.wait_for_timeout(150)
    asked.press("Enter")
    asked.wait_for("outcome")
    assert asked.text("#outcome-word") == "PASS"


def test_items_are_ticked_by_space_by_number_and_by_their_labels(asked: OperatorPage) -> None:
    assert asked.focused() == "power_cable"
    asked.press("Space")
    assert (asked.ticked(), asked.focused()) == (["power_cable"], "remote")
    asked.scan("3")
    assert asked.ticked() == ["power_cable", "manual"]
    asked.scan("remote")
    assert asked.ticked() == ["power_cable", "remote", "manual"]
    asked.scan("REMOTE")
    assert asked.ticked() == ["power_cable", "remote", "manual"], "a label scanned twice stays ticked"
    asked.scan("1")
    assert asked.ticked() == ["remote", "manual"]
    assert asked.focused() == "power_cable"


def test_what_is_missing_is_only_reported_by_its_own_key(asked: OperatorPage, console: Console) -> None:
    asked.press("Space", "ArrowDown", "Enter")
    notice(asked, "2 not ticked")
    assert answers(console) == 0
    assert asked.focused() != "prompt-report"
    asked.press("F8")
    asked.wait_for("outcome")
    assert asked.text("#outcome-word") == "FAIL"


def test_the_keys_of_an_input_method_are_read_by_their_place(shown: OperatorPage, console: Console) -> None:
    keys = [("KeyG", False), ("KeyO", False), ("KeyO", False), ("KeyD", True), ("Minus", False), ("Digit7", False)]
    for code, is_shifted in [*keys, ("Enter", False)]:
        event = {"key": "Enter" if code == "Enter" else "Process", "code": code, "shiftKey": is_shifted}
        shown.page.evaluate(
            "event => document.body.dispatchEvent(new KeyboardEvent('keydown', {bubbles: true, ...event}))", event
        )
    shown.wait_for("prompt")
    assert console.state()["run"]["serial"] == "GOOD-7"


def test_a_scan_while_a_unit_is_tested_is_said_and_not_used(asked: OperatorPage, console: Console) -> None:
    asked.scan("GOOD126110002")
    notice(asked, "GOOD126110002")
    assert console.state()["run"]["serial"] == "GOOD126110001"


def test_only_escape_twice_in_a_row_stops(asked: OperatorPage, console: Console) -> None:
    asked.press("Escape")
    notice(asked, "Press Esc again")
    asked.press("ArrowDown")
    asked.press("Escape")
    asked.wait_for("prompt")
    assert "run_finished" not in console.events()
    asked.press("Escape")
    asked.wait_for("outcome")
    assert asked.text("#outcome-word") == "ABORTED"


def test_the_red_button_stops_at_once(asked: OperatorPage) -> None:
    asked.page.click("#abort")
    asked.wait_for("outcome")
    assert asked.text("#outcome-word") == "ABORTED"


def test_typed_characters_are_shown_and_can_be_taken_back(shown: OperatorPage) -> None:
    shown.page.keyboard.type("GOOOD1")
    shown.press("Backspace", "Backspace", "Backspace")
    assert shown.text("#typed") == "GOO"
    shown.press("Escape")
    assert shown.text("#typed") == ""
    shown.press("Enter")
    shown.wait_for("idle")


def test_a_stray_scan_does_not_choose_a_product(shown: OperatorPage, console: Console) -> None:
    shown.scan("XYZ1")
    shown.wait_for("choose")
    shown.scan("XYZ2")
    expect(shown.page.locator("#choosing-serial")).to_have_text("XYZ2")
    assert console.state()["run"] is None
    shown.page.wait_for_timeout(150)
    shown.press("Enter")
    notice(shown, "Choose the product")
    shown.press("ArrowDown", "Enter")
    shown.wait_for("prompt")
    run = console.state()["run"]
    assert (run["serial"], run["product"], run["is_provisional"]) == ("XYZ2", "FJ-R2", True)


def test_a_test_program_that_dies_is_said_with_its_last_words(shown: OperatorPage) -> None:
    shown.scan("DIES1")
    shown.wait_for("outcome")
    assert shown.text("#outcome-word") == "TEST PROCESS ENDED"
    assert "the disk is full" in shown.text("#outcome-why")
    shown.scan("GOOD1")
    shown.wait_for("prompt")


def test_the_english_page_is_all_english(asked: OperatorPage) -> None:
    texts = asked.page.evaluate(
        """() => [...document.body.querySelectorAll("*")].filter((e) => !e.closest("script, #language"))
        .flatMap((e) => [...e.childNodes].filter((n) => n.nodeType === 3).map((n) => n.textContent)
        .concat(e.title ?? "", e.getAttribute("aria-label") ?? ""))"""
    )
    assert [text for text in texts if any("\u4e00" <= character <= "\u9fff" for character in text)] == []


def test_the_operator_changes_by_f2_and_keeps_the_name_by_escape(shown: OperatorPage, console: Console) -> None:
    shown.press("F2")
    shown.wait_for("name")
    shown.press("Escape")
    shown.wait_for("idle")
    shown.press("F2")
    shown.scan("Li Na")
    expect(shown.page.locator("#operator")).to_contain_text("Li Na")
    console.wait_for(lambda state: state["station"]["operator"] == "Li Na")


def test_a_console_that_was_away_is_followed_again_from_its_whole_state(browser: Browser, tmp_path: Path) -> None:
    with speaking_console(tmp_path) as first:
        port = int(first.url.rpartition(":")[2])
        with operator_page(browser, first.url, "en") as shown:
            shown.scan("Wang Fang")
            shown.wait_for("idle")
            first.close()
            expect(shown.page.locator("#lost")).to_be_visible()
            with speaking_console(tmp_path, port) as second:
                second.begin("GOOD126110001")
                shown.wait_for("prompt")
                expect(shown.page.locator("#lost")).to_be_hidden()
                assert shown.text("#prompt .serial") == "GOOD126110001"
                shown.page.goto("about:blank")
            shown.complaints.clear()  # the browser logs each connection that was refused


def test_a_hidden_tab_lets_its_stream_go_and_catches_up_when_it_is_seen_again(
    shown: OperatorPage, console: Console
) -> None:
    turn = """isHidden => {
        Object.defineProperty(document, "hidden", { value: isHidden, configurable: true });
        document.dispatchEvent(new Event("visibilitychange"));
    }"""
    shown.page.evaluate(turn, True)
    console.wait_for(lambda _: console.desk.feed.listener_count == 0)
    console.begin("GOOD126110001")
    shown.wait_for("idle")
    shown.page.evaluate(turn, False)
    shown.wait_for("prompt")
