"""What was tested at a bench and how it is: found again by keys and scanner after everything was started anew."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from station.config.bench_file import read_bench_file
from station.config.settings import Settings
from station.gates.selftest_result import GOOD as GOOD_MARK
from station.gates.selftest_result import SelftestCheck, SelftestResult, keep_selftest
from tests.browser.console_page import RULES, OperatorPage, console_process, operator_page
from tests.conftest import WORLDS, Bench, start_bench
from tests.station.playing.run_process import start_station

pytestmark = pytest.mark.browser

GOOD, LEAKING = "FJR126110003", "FJR126110002"
BEGIN_ELSEWHERE = """serial => fetch("/commands/start", {
    method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify({ serial }) })"""


@pytest.fixture(scope="module")
def played(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Bench, Path]]:
    """A bench whose station has tested a good unit and a leaking one on the command line, and its folder."""
    folder = tmp_path_factory.mktemp("played")
    box = start_bench(WORLDS / "demo.world.toml", folder / "bench.toml", 0.0)
    for serial, exit_code in ((GOOD, 0), (LEAKING, 1)):
        box.control("insert", unit=serial)
        bench = ["--bench", str(box.bench_file), "--product", "FJ-R1", "--operator", "李娜"]
        run = start_station(folder / "state", ["run", serial, *bench, "--events", "--tick", "all"])
        assert run.end() == exit_code
        run.close()
    box.control("insert", unit=GOOD)
    yield box, folder / "state"
    box.stop()


@pytest.fixture
def shown(browser: Browser, played: tuple[Bench, Path]) -> Iterator[OperatorPage]:
    """A console that was started after the tests, with an operator."""
    box, state = played
    with (
        console_process(box.bench_file, state, RULES) as (url, _),
        operator_page(browser, url, "zh_CN") as shown,
    ):
        shown.wait_for("name")
        shown.scan("王芳")
        shown.wait_for("idle")
        yield shown


def look_back(shown: OperatorPage) -> None:
    shown.press("F6")
    shown.wait_for("history")
    expect(shown.page.locator("#past-runs [role=option]").first).to_be_visible()


def serials(shown: OperatorPage) -> list[str]:
    return shown.page.locator("#past-runs [role=option] > .mono").all_inner_texts()


def test_runs_of_the_command_line_are_among_the_last_tests_of_a_console_started_later(shown: OperatorPage) -> None:
    assert shown.page.locator("#recent .mono").all_inner_texts()[-2:] == [LEAKING, GOOD]


def test_a_test_is_found_by_its_serial_and_shown_as_it_was_played(shown: OperatorPage) -> None:
    look_back(shown)
    shown.scan(LEAKING[-6:])
    expect(shown.page.locator("#past-what")).to_contain_text(LEAKING[-6:])
    expect(shown.page.locator("#past-runs [role=option]")).to_have_count(1)
    expect(shown.page.locator("#past-head .serial")).to_have_text(LEAKING)
    failed = shown.page.locator('#past-table tr[data-verdict="FAIL"]')
    expect(failed).to_have_count(1)
    assert "静态电流" in failed.inner_text() and "5\u2009mA" in failed.inner_text()
    assert shown.page.locator("#past-table .value").count() >= 14
    expect(shown.page.locator("#past-curves canvas")).to_have_count(2)
    shown.shoot("past-zh")
    shown.press("Escape")
    expect(shown.page.locator("#past-runs [role=option]").nth(1)).to_be_visible()
    shown.press("Escape")
    shown.wait_for("idle")


def test_the_list_is_walked_and_filtered_by_keys_alone(shown: OperatorPage) -> None:
    look_back(shown)
    first = serials(shown)[0]
    expect(shown.page.locator("#past-head .serial")).to_have_text(first)
    shown.press("ArrowDown")
    expect(shown.page.locator('#past-runs [aria-selected="true"]')).not_to_contain_text(first)
    expect(shown.page.locator("#past-head .serial")).not_to_have_text(first)
    while shown.focused() != "past-verdict":
        shown.press("Tab")
    shown.press("ArrowDown", "ArrowDown")
    expect(shown.page.locator('#past-runs [data-verdict="PASS"]')).to_have_count(0)
    assert serials(shown) == [LEAKING]
    shown.scan("no such serial")
    expect(shown.page.locator("#past-none")).to_be_visible()
    expect(shown.page.locator("#past-run")).to_be_hidden()


def test_a_day_is_typed_and_a_scan_starts_nothing_while_earlier_tests_are_shown(shown: OperatorPage) -> None:
    look_back(shown)
    shown.scan("2001-01-01")
    expect(shown.page.locator("#past-none")).to_be_visible()
    shown.scan(datetime.now(UTC).astimezone().date().isoformat())
    expect(shown.page.locator("#past-runs [role=option]").nth(1)).to_be_visible()
    shown.scan(GOOD)
    expect(shown.page.locator("#past-what")).to_contain_text(GOOD)
    shown.wait_for("history")
    assert shown.page.evaluate("fetch('/state').then((answer) => answer.json()).then((state) => state.run)") is None


def test_a_test_that_another_window_began_is_shown_at_once_and_its_verdict_after_it(shown: OperatorPage) -> None:
    look_back(shown)
    shown.page.evaluate(BEGIN_ELSEWHERE, GOOD)
    shown.wait_for("prompt")
    expect(shown.page.locator("#past")).to_be_hidden()
    shown.press("Escape", "Escape")
    shown.wait_for("outcome")


def test_the_same_unit_is_tested_again_by_one_key_and_the_history_has_both(shown: OperatorPage) -> None:
    shown.scan(GOOD)
    shown.wait_for("prompt")
    shown.press("F6")
    expect(shown.page.locator("#notice")).to_contain_text("两次测试之间")
    shown.press("F3")
    shown.wait_for("prompt")
    shown.press("Escape", "Escape")
    shown.wait_for("outcome")
    expect(shown.page.locator("#again")).to_be_visible()
    shown.shoot("again-zh")
    shown.press("F3")
    shown.wait_for("prompt")
    assert shown.text("#prompt .serial") == GOOD
    shown.press("Escape", "Escape")
    shown.wait_for("outcome")
    look_back(shown)
    assert serials(shown)[:2] == [GOOD, GOOD]
    assert "中止" in shown.page.locator("#past-runs [role=option]").first.inner_text()


def test_an_instrument_that_let_no_run_begin_is_shown_until_it_is_well(
    shown: OperatorPage, played: tuple[Bench, Path]
) -> None:
    expect(shown.page.locator("#health")).to_contain_text("台仪器正常")
    expect(shown.page.locator("#health-card")).to_be_hidden()
    box, state = played
    good = SelftestCheck("disk", GOOD_MARK, "1 TB free")
    station_id = read_bench_file(box.bench_file).station_id
    keep_selftest(Settings(state, "", None), SelftestResult(station_id, "0" * 64, datetime.now(UTC), 1.0, (good,)))
    shown.press("F1")
    expect(shown.page.locator("#health-list")).to_contain_text("工位自检")
    expect(shown.page.locator("#health-list li").first).to_be_visible()
    assert "dmm" in shown.text("#health-list")
    shown.shoot("instruments-zh")
    shown.press("F1")
    expect(shown.page.locator("#health-card")).to_be_hidden()
    box.control("fault", device="dmm", fault="refuse", on=True)
    shown.scan(GOOD)
    shown.wait_for("outcome")
    box.control("fault", device="dmm", fault="refuse", on=False)
    expect(shown.page.locator("#health")).to_contain_text("1/4")
    expect(shown.page.locator("#health-list .problem")).to_contain_text("dmm")
    shown.shoot("instrument-bad-zh")
    shown.press("F3")
    shown.wait_for("prompt")
    shown.press("Space", "Space", "Space", "Space", "Enter")
    shown.wait_for("outcome")
    expect(shown.page.locator("#health")).to_contain_text("台仪器正常")
    expect(shown.page.locator("#health-card")).to_be_hidden()


def test_the_panel_of_earlier_tests_says_in_english_what_it_says_in_chinese(
    browser: Browser, played: tuple[Bench, Path]
) -> None:
    box, state = played
    with (
        console_process(box.bench_file, state, RULES) as (url, _),
        operator_page(browser, url, "en", "dark") as shown,
    ):
        shown.wait_for("name")
        shown.scan("Li Na")
        shown.wait_for("idle")
        look_back(shown)
        expect(shown.page.locator("#past-table .value").first).to_be_visible()
        shown.shoot("past-en-dark")
        said = shown.text("#past-head") + shown.text("#past-table") + shown.text("#looking")
        assert re.findall("[\u4e00-\u9fff]", said.replace("李娜", "").replace("王芳", "")) == []
        excess = shown.page.evaluate("document.documentElement.scrollWidth - window.innerWidth")
        assert excess <= 0
