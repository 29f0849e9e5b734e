"""The operator's page before a closed gate: nothing was begun, why, who must act, in the reader's language."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, expect

from tests.browser.console_page import RULES, console_process, operator_page

pytestmark = pytest.mark.browser

GOOD, OTHER = "FJR126110003", "FJR126110004"
STAMP = "2026-11-22T08:00:00.000000Z"
HOLD = {"unit_id": "", "serial": GOOD, "product": "", "reason": "批次 26-11", "held_by": "zhao", "held_at": STAMP}


@pytest.mark.parametrize(
    ("language", "word", "who", "what"),
    [
        ("zh_CN", "未开始", "主管：机器已被拦截", "请将机器隔离并告知主管"),
        ("en", "NOT STARTED", "supervisor: the unit is held", "Put the unit aside"),
    ],
)
def test_a_held_unit_is_not_tested_and_the_page_says_why_and_who_must_act(
    browser: Browser, bench: Callable[..., Any], tmp_path: Path, language: str, word: str, who: str, what: str
) -> None:
    box = bench(time_scale=0.0)
    box.control("insert", unit=GOOD)
    state = tmp_path / "state/state.json"
    with (
        console_process(box.bench_file, tmp_path / "state", RULES) as (url, _),
        operator_page(browser, url, language) as shown,
    ):
        content = json.loads(state.read_text(encoding="utf-8")) | {"holds": [HOLD]}
        state.write_text(json.dumps(content), encoding="utf-8")
        shown.wait_for("name")
        shown.scan("王芳")
        shown.scan(GOOD)
        shown.wait_for("outcome")
        why = shown.page.locator("#outcome-why")
        expect(shown.page.locator("#outcome-word")).to_have_text(word)
        for words in (who, what, "批次 26-11", "zhao"):
            expect(why).to_contain_text(words)
        content["holds"] = []
        state.write_text(json.dumps(content), encoding="utf-8")
        shown.scan(GOOD)
        shown.wait_for("prompt")
        shown.press("Escape", "Escape")
        shown.wait_for("outcome")


def test_a_golden_unit_that_is_due_is_told_and_scanning_it_tests_the_bench_with_it(
    browser: Browser, bench: Callable[..., Any], tmp_path: Path
) -> None:
    box = bench(time_scale=0.0)
    box.control("insert", unit=GOOD)
    rule = f'\n[golden.FJ-R1]\nserial = "{GOOD}"\nevery_h = 24.0\n'
    box.bench_file.write_text(box.bench_file.read_text(encoding="utf-8") + rule, encoding="utf-8")
    with (
        console_process(box.bench_file, tmp_path / "state", RULES) as (url, _),
        operator_page(browser, url, "en") as shown,
    ):
        shown.wait_for("name")
        row = shown.page.locator("#health-list li", has_text="golden unit of FJ-R1")
        expect(row).to_contain_text("has not been tested here")
        expect(row).to_contain_text(GOOD)
        shown.scan("王芳")
        shown.scan(OTHER)
        shown.wait_for("outcome")
        expect(shown.page.locator("#outcome-why")).to_contain_text("operator: the golden unit comes first")
        shown.scan(GOOD)
        shown.wait_for("prompt")
        expect(shown.page.locator("#running-product")).to_contain_text("golden unit")
        for _ in range(shown.page.locator("#prompt-items input").count()):
            shown.press("Space")
        shown.press("Enter")
        shown.wait_for("outcome")
        expect(shown.page.locator("#outcome-word")).to_have_text("PASS")
        expect(shown.page.locator("#outcome-hint")).to_contain_text("may test units of this product")
        shown.press("F1")
        expect(row).to_contain_text("passed ")
        expect(row).to_contain_text("due ")
        expect(row).to_have_attribute("data-state", "well")
