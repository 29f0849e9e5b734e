"""The operator's page, its run and the bench: from an empty page to a verdict by keyboard and scanner alone."""

from __future__ import annotations

import signal
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, expect

from tests.browser.console_page import RULES, OperatorPage, console_process, operator_page
from tests.forked import Forked
from tests.station.playing.asking_bench import add_asking

pytestmark = pytest.mark.browser

GOOD, LEAKING = "FJR126110003", "FJR126110002"


@pytest.fixture
def started(bench: Callable[..., Any], tmp_path: Path) -> Iterator[tuple[Any, str, Forked]]:
    """The bench, the console's address and its process."""
    box = bench(time_scale=0.0)
    with console_process(box.bench_file, tmp_path / "state", RULES) as (url, process):
        yield box, url, process


def outputs_are_off(box: Any) -> bool:
    return not any(output["is_on"] or output["volts_v"] > 1.0 for output in box.truth()["outputs"].values())


def begin(shown: OperatorPage, serial: str) -> None:
    shown.wait_for("name")
    shown.scan("王芳")
    shown.scan(serial)


def test_a_unit_is_tested_from_an_empty_page_to_its_verdict_by_keyboard_and_scanner(
    browser: Browser, started: tuple[Any, str, Forked]
) -> None:
    box, url, _ = started
    box.control("insert", unit=GOOD)
    with operator_page(browser, url) as shown:
        begin(shown, GOOD)
        shown.wait_for("prompt")
        shown.shoot("prompt-zh")
        shown.press("Space", "Space", "Space", "Space")
        assert shown.focused() == "prompt-confirm"
        shown.press("Enter")
        shown.wait_for("outcome")
        assert shown.text("#outcome-word") == "合格"
        assert shown.text("#outcome .serial") == GOOD
        expect(shown.page.locator('#table tr[data-verdict="PASS"]')).to_have_count(shown.page.locator(".value").count())
        expect(shown.page.locator("#curve canvas")).to_be_visible()
        expect(shown.page.locator("#recent tbody tr")).to_have_count(1)
        shown.shoot("pass-zh")
    assert outputs_are_off(box)


def test_a_fail_says_what_failed_and_by_how_much_in_both_languages(
    browser: Browser, started: tuple[Any, str, Forked]
) -> None:
    box, url, _ = started
    box.control("insert", unit=LEAKING)
    with operator_page(browser, url) as shown:
        begin(shown, LEAKING)
        shown.wait_for("prompt")
        shown.press("Space", "Space", "Space", "Space", "Enter")
        shown.wait_for("outcome")
        assert shown.text("#outcome-word") == "不合格"
        assert "静态电流" in shown.text("#outcome-why")
        assert "超出上限 5\u2009mA" in shown.text("#outcome-why")
        shown.shoot("fail-zh")
        shown.press("F4")
        expect(shown.page.locator("#outcome-word")).to_have_text("FAIL")
        assert "above the limit 5\u2009mA" in shown.text("#outcome-why")
        shown.shoot("fail-en")


def test_a_statement_a_choice_and_a_number_are_asked_and_judged(
    browser: Browser, bench: Callable[..., Any], tmp_path: Path
) -> None:
    box = bench(time_scale=0.0)
    add_asking(box)
    rules = [{"family": "ASK", "product": "ASK-1", "pattern": "ASK[0-9]{3}"}]
    with (
        console_process(box.bench_file, tmp_path / "state", rules) as (url, _),
        operator_page(browser, url, "en") as shown,
    ):
        begin(shown, "ASK001")
        expect(shown.page.locator("#prompt-title")).to_have_text("All screws there, their seals unbroken?")
        shown.scan("1")
        expect(shown.page.locator("#prompt-title")).to_have_text("What colour is the light behind the keys?")
        shown.scan("2")
        expect(shown.page.locator("#prompt-title")).to_have_text("Read the 5 V rail off the voltmeter")
        shown.scan("4,7")
        expect(shown.page.locator("#prompt-take")).to_be_focused()
        shown.page.wait_for_timeout(150)
        shown.press("Enter")
        shown.wait_for("outcome")
        assert shown.text("#outcome-word") == "FAIL"
        assert "below the limit 4.75\u2009V" in shown.text("#outcome-why")
        failed = shown.page.locator('tbody[data-verdict="FAIL"] th.step')  # though the first value beside it has passed
        expect(failed).to_have_attribute("data-verdict", "FAIL")
        assert [value for value in shown.page.locator(".value").all_inner_texts() if value] == [
            "yes",
            "blue",
            "4.700\u2009V",
        ]
        shown.shoot("asked-fail-en")
    assert outputs_are_off(box)


def test_reload_language_and_a_second_window_show_a_run_whole_and_lose_nothing(
    browser: Browser, started: tuple[Any, str, Forked]
) -> None:
    box, url, _ = started
    box.control("insert", unit=GOOD)
    with operator_page(browser, url) as shown, operator_page(browser, url, "en", "dark") as other:
        begin(shown, GOOD)
        shown.wait_for("prompt")
        shown.press("Space")
        ticked = shown.ticked()
        values = shown.page.locator(".value").all_inner_texts()
        assert len(ticked) == 1 and any(values)
        shown.page.reload()
        shown.wait_for("prompt")
        assert shown.ticked() == ticked
        assert shown.page.locator(".value").all_inner_texts() == values
        shown.press("F4")
        expect(shown.page.locator("html")).to_have_attribute("lang", "en")
        shown.wait_for("prompt")
        assert shown.ticked() == ticked
        other.wait_for("prompt")
        assert other.ticked() == []
        other.shoot("prompt-en-dark")
        shown.press("Space", "Space", "Space", "Enter")
        for window in (shown, other):
            window.wait_for("outcome")
            assert window.text("#outcome-word") == "PASS"
        other.shoot("pass-en-dark")


def test_a_serial_that_no_rule_knows_is_said_to_be_provisional_and_asks_for_the_product(
    browser: Browser, bench: Callable[..., Any], tmp_path: Path
) -> None:
    box = bench(time_scale=0.0)
    box.control("insert", unit=GOOD)
    with (
        console_process(box.bench_file, tmp_path / "state", []) as (url, _),
        operator_page(browser, url, "en") as shown,
    ):
        begin(shown, GOOD)
        shown.wait_for("choose")
        assert "provisional" in shown.text("#choosing")
        shown.shoot("choose-en")
        shown.scan("1")
        shown.wait_for("prompt")
        expect(shown.page.locator("#running-provisional")).not_to_have_attribute("hidden", "")
        shown.press("Escape", "Escape")
        shown.wait_for("outcome")
        assert shown.text("#outcome-word") == "ABORTED"
    assert outputs_are_off(box)


def test_an_instrument_that_is_missing_makes_no_run_and_says_who_must_act(
    browser: Browser, started: tuple[Any, str, Forked]
) -> None:
    box, url, _ = started
    box.control("insert", unit=GOOD)
    box.control("fault", device="dmm", fault="refuse", on=True)
    with operator_page(browser, url) as shown:
        begin(shown, GOOD)
        shown.wait_for("outcome")
        assert shown.text("#outcome-word") == "未开始"
        assert "设备维护" in shown.text("#outcome-why")
        assert "dmm" in shown.text("#outcome-why")
        expect(shown.page.locator("#recent-empty")).to_be_visible()
        shown.shoot("refused-zh")


def test_a_meter_that_is_lost_in_a_run_is_an_error_that_does_not_blame_the_unit(
    browser: Browser, bench: Callable[..., Any], tmp_path: Path
) -> None:
    box = bench(time_scale=1.0)
    box.control("insert", unit=GOOD)
    with (
        console_process(box.bench_file, tmp_path / "state", RULES) as (url, _),
        operator_page(browser, url) as shown,
    ):
        begin(shown, GOOD)
        shown.page.locator('#table tr[data-verdict="PASS"]').nth(3).wait_for()
        shown.shoot("running-zh")
        box.control("fault", device="dmm", fault="close", on=True)
        shown.wait_for("outcome")
        assert shown.text("#outcome-word") == "异常"
        assert "与机器无关" in shown.text("#outcome-hint")
        assert "dmm" in shown.text("#outcome-why")
        shown.shoot("error-zh")
    assert outputs_are_off(box)


def test_a_console_that_is_stopped_leaves_the_outputs_off(browser: Browser, started: tuple[Any, str, Forked]) -> None:
    box, url, process = started
    box.control("insert", unit=GOOD)
    with operator_page(browser, url) as shown:
        begin(shown, GOOD)
        shown.wait_for("prompt")
        began = time.monotonic()
        process.send_signal(signal.SIGTERM)
        process.wait(10)
        assert time.monotonic() - began < 5
        expect(shown.page.locator("#lost")).to_be_visible()
        shown.complaints.clear()
    assert outputs_are_off(box)
