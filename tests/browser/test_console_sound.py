"""The page sounds when asked to, never as the only sign, and remembers it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from tests.browser.console_page import OperatorPage, operator_page
from tests.station.console.speaking_console import Console, speaking_console

pytestmark = pytest.mark.browser

LISTEN = """window.tones = [];
const start = OscillatorNode.prototype.start;
OscillatorNode.prototype.start = function (at) {
    window.tones.push(this.frequency.value);
    return start.call(this, at);
};"""
GOOD, BAD, QUESTION = [660, 880], [233, 185], [587]


@pytest.fixture
def console(tmp_path: Path) -> Iterator[Console]:
    with speaking_console(tmp_path) as console:
        yield console


@pytest.fixture
def shown(browser: Browser, console: Console) -> Iterator[OperatorPage]:
    """A page whose tones are listened to."""
    with operator_page(browser, console.url, "en") as shown:
        shown.page.add_init_script(LISTEN)
        shown.page.reload()
        shown.scan("Wang Fang")
        shown.wait_for("idle")
        yield shown


def tones(shown: OperatorPage) -> list[int]:
    """What sounded since the last time."""
    heard: list[int] = shown.page.evaluate("window.tones.splice(0).map(Math.round)")
    return heard


def play(shown: OperatorPage, serial: str) -> None:
    shown.scan(serial)
    shown.wait_for("prompt")
    shown.press("Space", "Space", "Space")
    shown.page.wait_for_timeout(150)
    shown.press("Enter")
    shown.wait_for("outcome")


def test_it_is_silent_until_it_is_turned_on(shown: OperatorPage) -> None:
    expect(shown.page.locator("#sound")).to_have_attribute("aria-pressed", "false")
    play(shown, "GOOD126110001")
    assert tones(shown) == []


def test_a_question_a_good_end_and_a_bad_one_sound_differently(shown: OperatorPage) -> None:
    shown.press("F10")
    expect(shown.page.locator("#sound")).to_have_attribute("aria-pressed", "true")
    assert tones(shown) == GOOD, "what was turned on is heard"
    play(shown, "GOOD126110001")
    assert tones(shown) == QUESTION + GOOD
    play(shown, "BAD126110001")
    assert tones(shown) == QUESTION + BAD
    shown.scan("NOINST1")
    expect(shown.page.locator("#outcome-word")).to_have_text("NOT STARTED")
    assert tones(shown) == BAD


def test_a_reload_remembers_it_and_does_not_sound_for_what_is_over(shown: OperatorPage) -> None:
    shown.press("F10")
    play(shown, "GOOD126110001")
    shown.page.reload()
    shown.wait_for("outcome")
    expect(shown.page.locator("#sound")).to_have_attribute("aria-pressed", "true")
    assert tones(shown) == []
    shown.press("F10")
    expect(shown.page.locator("#sound")).to_have_attribute("aria-pressed", "false")
    play(shown, "GOOD126110002")
    assert tones(shown) == []
