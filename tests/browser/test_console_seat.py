"""Who is at the bench where the server has told people: by badge or PIN, locked when left alone, not during a test."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from tests.browser.console_page import OperatorPage, operator_page
from tests.station.console.speaking_console import Console, speaking_console

pytestmark = pytest.mark.browser

GOLDEN = Path(__file__).parents[2] / "fixtures/wire/v1/golden/state-operators.json"
BADGE, PIN = "EMP-00042", "246810"
"""Of 王芳, who is spoken to in Chinese, and of 李娜, who has no badge."""
GOOD = "GOOD126110001"


@pytest.fixture
def console(tmp_path: Path) -> Iterator[Console]:
    shutil.copy(GOLDEN, tmp_path / "state.json")
    with speaking_console(tmp_path) as console:
        yield console


@pytest.fixture
def shown(browser: Browser, console: Console) -> Iterator[OperatorPage]:
    with operator_page(browser, console.url, "zh_CN") as shown:
        shown.wait_for("name")
        yield shown


def operator(console: Console) -> str:
    return str(console.state()["station"]["operator"])


def sign_on_by_pin(shown: OperatorPage, pin: str = PIN, name: str = "李娜") -> None:
    expect(shown.page.locator("#name")).to_be_focused()
    shown.page.keyboard.insert_text(name)
    shown.press("Enter")
    shown.scan(pin)  # nobody waits for the field


def test_a_badge_signs_on_and_the_record_has_the_name_of_the_list(shown: OperatorPage, console: Console) -> None:
    shown.shoot("badge-zh")
    shown.scan(BADGE)
    shown.wait_for("idle")
    assert operator(console) == "王芳"
    assert BADGE not in shown.page.content()
    shown.scan(GOOD)
    shown.wait_for("prompt")
    assert console.state()["run"]["operator"] == "王芳"


def test_a_name_needs_its_pin_and_neither_is_said_to_be_wrong(shown: OperatorPage, console: Console) -> None:
    said = []
    for name, pin in (("李娜", "111111"), ("nobody", PIN)):
        sign_on_by_pin(shown, pin, name)
        expect(shown.page.locator("#notice")).to_contain_text("不正确")
        said.append(shown.text("#notice").translate({ord("1"): "N", ord("2"): "N"}))
        shown.page.wait_for_timeout(2200)
    assert said[0] == said[1] and operator(console) == ""
    sign_on_by_pin(shown)
    shown.wait_for("idle")
    assert operator(console) == "李娜"
    shown.shoot("listed-zh")


def test_the_field_does_not_show_a_code_and_esc_goes_back_from_the_pin(shown: OperatorPage) -> None:
    shown.page.keyboard.type("EMP-0")
    style = "getComputedStyle(document.getElementById('name')).webkitTextSecurity"
    assert shown.page.evaluate(style) == "disc"
    shown.press("Enter")
    expect(shown.page.locator("#pin")).to_be_focused()
    shown.shoot("pin-zh")
    shown.press("Escape")
    expect(shown.page.locator("#name")).to_be_focused()
    shown.page.keyboard.insert_text("李")
    assert shown.page.evaluate(style) == "none"


def test_a_serial_number_is_no_badge_and_starts_nothing(shown: OperatorPage, console: Console) -> None:
    shown.scan(GOOD)
    expect(shown.page.locator("#notice")).to_contain_text("序列号")
    assert console.state()["run"] is None
    shown.complaints.clear()  # the browser logs the refusal's status 422


def test_another_badge_changes_the_shift_between_two_tests(shown: OperatorPage, console: Console) -> None:
    sign_on_by_pin(shown)
    shown.wait_for("idle")
    shown.scan(BADGE)
    expect(shown.page.locator("#notice")).to_contain_text("王芳")
    expect(shown.page.locator("#operator")).to_contain_text("王芳")
    shown.wait_for("idle")
    assert console.state()["run"] is None


def test_no_badge_changes_the_operator_of_a_test_that_is_played(shown: OperatorPage, console: Console) -> None:
    sign_on_by_pin(shown)
    shown.wait_for("idle")
    shown.scan(GOOD)
    shown.wait_for("prompt")
    shown.scan(BADGE)
    expect(shown.page.locator("#notice")).to_contain_text("这是工牌")
    assert BADGE not in shown.page.content()
    shown.press("F2")
    shown.wait_for("prompt")
    assert (operator(console), console.state()["run"]["operator"]) == ("李娜", "李娜")
    shown.press("Escape", "Escape")
    shown.wait_for("outcome")


def test_f2_leaves_the_seat_and_esc_does_not_give_it_back(shown: OperatorPage, console: Console) -> None:
    shown.scan(BADGE)
    shown.wait_for("idle")
    shown.press("F2")
    shown.wait_for("name")
    shown.press("Escape")
    shown.page.wait_for_timeout(200)
    shown.wait_for("name")
    assert operator(console) == ""


def test_the_page_speaks_the_language_of_who_signs_on(browser: Browser, console: Console) -> None:
    with operator_page(browser, console.url, "en") as shown:
        shown.wait_for("name")
        shown.shoot("badge-en")
        shown.scan(BADGE)
        expect(shown.page.locator("html")).to_have_attribute("lang", "zh-CN")
        shown.wait_for("idle")


def test_a_bench_left_alone_locks_but_not_while_a_unit_is_tested(browser: Browser, tmp_path: Path) -> None:
    shutil.copy(GOLDEN, tmp_path / "state.json")
    with (
        speaking_console(tmp_path, idle_lock_min=2 / 60) as console,
        operator_page(browser, console.url) as shown,
    ):
        shown.wait_for("name")
        shown.scan(BADGE)
        shown.wait_for("idle")
        shown.scan(GOOD)
        shown.wait_for("prompt")
        shown.page.wait_for_timeout(4500)
        shown.wait_for("prompt")
        assert operator(console) == "王芳"
        shown.press("Escape", "Escape")
        shown.wait_for("name")
        assert operator(console) == ""
        shown.scan(BADGE)
        shown.wait_for("outcome")


def test_without_a_list_a_name_is_typed_and_nothing_locks(browser: Browser, tmp_path: Path) -> None:
    with (
        speaking_console(tmp_path, idle_lock_min=1 / 60) as console,
        operator_page(browser, console.url, "en") as shown,
    ):
        shown.scan("Wang Fang")
        shown.wait_for("idle")
        shown.page.wait_for_timeout(3000)
        shown.wait_for("idle")
        assert operator(console) == "Wang Fang"
