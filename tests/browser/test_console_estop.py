"""The emergency stop on the operator's page: what is shown when it is pressed, who acts, and how the work goes on."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, expect

from tests.browser.console_page import RULES, OperatorPage, console_process, operator_page

pytestmark = pytest.mark.browser

GOOD = "FJR126110003"
WORD = {"zh_CN": "中止", "en": "ABORTED"}
WHO_ACTS = {"zh_CN": "急停", "en": "operator: the e-stop is pressed. Release it when the bench is safe"}
NOT_STARTED = {"zh_CN": "未开始", "en": "NOT STARTED"}
OTHER = {"zh_CN": "en", "en": "zh_CN"}


@pytest.fixture
def started(bench: Callable[..., Any], tmp_path: Path) -> Iterator[tuple[Any, str]]:
    """The bench with an e-stop and a good unit, and its console's address."""
    box = bench("estop", time_scale=0.0)
    box.control("insert", unit=GOOD)
    with console_process(box.bench_file, tmp_path / "state", RULES) as (url, _):
        yield box, url


def begin(shown: OperatorPage) -> None:
    """A unit is tested, its supply on; the page asks for the accessories."""
    shown.wait_for("name")
    shown.scan("王芳")
    shown.scan(GOOD)
    shown.wait_for("prompt")


def is_off(box: Any) -> bool:
    outputs = box.truth()["outputs"].values()
    return not any(output["is_on"] or output["volts_v"] > 1.0 for output in outputs)


def press_in_a_test(shown: OperatorPage, box: Any) -> None:
    begin(shown)
    box.control("estop", pressed=True)
    shown.wait_for("outcome")


@pytest.mark.parametrize("language", ["zh_CN", "en"])
def test_a_press_in_a_test_shows_aborted_and_that_its_operator_acts_in_both_languages(
    browser: Browser, started: tuple[Any, str], language: str
) -> None:
    box, url = started
    with operator_page(browser, url, language) as shown:
        press_in_a_test(shown, box)
        assert shown.text("#outcome-word") == WORD[language]
        assert WHO_ACTS[language] in shown.text("#outcome-why")
        assert is_off(box)
        shown.shoot(f"estop-{language}")
        shown.press("F4")
        expect(shown.page.locator("#outcome-word")).to_have_text(WORD[OTHER[language]])
        expect(shown.page.locator("#outcome-why")).to_contain_text(WHO_ACTS[OTHER[language]])


@pytest.mark.parametrize("language", ["zh_CN", "en"])
def test_while_it_is_pressed_no_unit_is_tested_and_once_released_the_next_one_is(
    browser: Browser, started: tuple[Any, str], language: str
) -> None:
    box, url = started
    with operator_page(browser, url, language) as shown:
        press_in_a_test(shown, box)
        shown.scan(GOOD)
        expect(shown.page.locator("#outcome-word")).to_have_text(NOT_STARTED[language])
        assert WHO_ACTS[language] in shown.text("#outcome-why")
        shown.shoot(f"estop-refused-{language}")
        assert is_off(box)
        box.control("estop", pressed=False)
        shown.scan(GOOD)
        shown.wait_for("prompt")
        shown.press("Space", "Space", "Space", "Space", "Enter")
        expect(shown.page.locator("#outcome")).to_have_attribute("data-verdict", "PASS")
    assert is_off(box)
