"""The operator's page can be used by everybody: axe-core finds nothing grave on any of its faces, in light and dark."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, expect

from station.config.settings import Settings
from station.history.past_runs import PastRuns
from tests.browser.axe import faults_of
from tests.browser.console_page import TIMEOUT_MS, OperatorPage, console_process, operator_page
from tests.conftest import ROOT
from tests.station.console.speaking_console import Console, entries_of, speaking_console
from tests.station.history.test_past_runs import record
from tests.station.playing.pictures import add_pictured, png

pytestmark = pytest.mark.browser

OPERATORS = ROOT / "fixtures/wire/v1/golden/state-operators.json"
VERDICTS = {
    "GOOD126110001": "PASS",
    "BAD126110002": "FAIL",
    "LOST126110003": "ERROR",
    "RETRY126110004": "PASS",
    "NOINST126110005": "",
    "DIES126110006": "ERROR",
}


@pytest.fixture
def console(tmp_path: Path) -> Iterator[Console]:
    with speaking_console(tmp_path) as console:
        yield console


@pytest.fixture
def shown(browser: Browser, console: Console, request: pytest.FixtureRequest) -> Iterator[OperatorPage]:
    with operator_page(browser, console.url, getattr(request, "param", "zh_CN"), has_policy=False) as shown:
        yield shown


def expect_no_fault(shown: OperatorPage, face: str) -> None:
    assert faults_of(shown.page) == [], face


@pytest.mark.parametrize("shown", ["zh_CN", "en"], indirect=True)
def test_from_the_name_to_the_choice_of_a_product(shown: OperatorPage) -> None:
    shown.wait_for("name")
    expect_no_fault(shown, "name")
    shown.scan("Wang Fang")
    shown.wait_for("idle")
    expect_no_fault(shown, "idle")
    shown.scan("UNKNOWN126110001")
    shown.wait_for("choose")
    expect_no_fault(shown, "choose")


def test_the_list_of_people_and_a_pin_and_a_notice(browser: Browser, tmp_path: Path) -> None:
    shutil.copy(OPERATORS, tmp_path / "state.json")
    with speaking_console(tmp_path) as console, operator_page(browser, console.url, has_policy=False) as shown:
        shown.wait_for("name")
        expect_no_fault(shown, "badge")
        shown.page.keyboard.insert_text("李娜")
        shown.press("Enter")
        expect(shown.page.locator("#pin")).to_be_focused()
        expect_no_fault(shown, "PIN")
        shown.scan("111111")
        expect(shown.page.locator("#notice")).not_to_be_empty()
        expect_no_fault(shown, "a wrong PIN")


def test_a_test_under_way_and_its_schedule(shown: OperatorPage, console: Console) -> None:
    console.begin("SLOW126110001", until="measured")
    shown.wait_for("running")
    expect(shown.page.locator('#table tr[data-verdict="PASS"]').first).to_be_visible()
    expect_no_fault(shown, "running")
    shown.press("F7")
    expect(shown.page.locator("#gantt tbody tr")).to_have_count(2)
    expect_no_fault(shown, "the schedule of a test under way")
    shown.press("Escape")
    expect(shown.page.locator("#notice")).not_to_be_empty()
    expect_no_fault(shown, "half stopped")
    shown.press("Escape")
    shown.wait_for("outcome")
    assert entries_of(console.state())[-1]["verdict"] == "ABORTED"
    expect_no_fault(shown, "ABORTED")


@pytest.mark.parametrize("shown", ["zh_CN", "en"], indirect=True)
def test_each_kind_of_question(shown: OperatorPage, console: Console) -> None:
    console.begin("QUIZ126110001", until="confirm_asked")
    for number, kind in enumerate(("confirm", "confirm", "choose", "enter"), 1):
        shown.page.locator(f'#prompt[data-event="{kind}_asked"]').wait_for()
        if number != 2:
            expect_no_fault(shown, kind)
        asked = shown.text("#prompt-title")
        if kind == "enter":
            shown.scan("4.98")
            expect(shown.page.locator("#prompt-take")).to_be_focused()
            expect_no_fault(shown, "a number to take")
            shown.page.wait_for_timeout(150)
            shown.press("Enter")
        else:
            shown.scan("1")
            expect(shown.page.locator("#prompt-title")).not_to_have_text(asked)
    shown.page.locator("#prompt-items input").first.wait_for()
    shown.press("Space")
    expect_no_fault(shown, "checklist")


def test_a_photo_that_is_asked_for_and_looked_at(browser: Browser, bench: Callable[..., Any], tmp_path: Path) -> None:
    box = bench(time_scale=0.0)
    add_pictured(box)
    rules = [{"family": "PIC", "product": "PIC-1", "pattern": "PIC[0-9]{3}"}]
    with (
        console_process(box.bench_file, tmp_path / "state", rules) as (url, _),
        operator_page(browser, url, has_policy=False) as shown,
    ):
        shown.page.on("filechooser", lambda chooser: None)
        shown.wait_for("name")
        shown.scan("王芳")
        shown.scan("PIC001")
        expect(shown.page.locator("#photo-choose")).to_be_visible(timeout=TIMEOUT_MS)
        expect_no_fault(shown, "a photo is asked for")
        with shown.page.expect_file_chooser() as chooser:
            shown.press("Space")
        chooser.value.set_files({"name": "x.png", "mimeType": "image/png", "buffer": png(640, 480)})
        expect(shown.page.locator("#photo-take")).to_be_focused(timeout=TIMEOUT_MS)
        expect_no_fault(shown, "a photo is looked at")


@pytest.mark.parametrize("serial", VERDICTS)
def test_each_way_a_test_ends(shown: OperatorPage, console: Console, serial: str) -> None:
    shown.scan("王芳")
    shown.wait_for("idle")
    shown.scan(serial)
    if not serial.startswith(("NOINST", "DIES")):
        shown.wait_for("prompt")
        shown.press("Space", "Space", "Space", "Enter")
    shown.wait_for("outcome")
    assert not VERDICTS[serial] or shown.page.locator("#outcome").get_attribute("data-verdict") == VERDICTS[serial]
    expect_no_fault(shown, serial)
    if serial.startswith("RETRY"):
        shown.press("F7")
        expect(shown.page.locator("#gantt tbody tr")).to_have_count(3)
        expect_no_fault(shown, "the schedule of a test")


@pytest.mark.parametrize("shown", ["zh_CN", "en"], indirect=True)
def test_earlier_tests_and_the_health_of_the_bench(
    browser: Browser, shown: OperatorPage, console: Console, tmp_path: Path
) -> None:
    past = PastRuns(Settings(tmp_path, "", None).history, "bench-1")
    for number, verdict in enumerate(("PASS", "FAIL", "ERROR", "ABORTED")):
        past.keep(record(number, f"FJR12611000{number}", verdict), json.dumps([]).encode())
    shown.scan("王芳")
    shown.wait_for("idle")
    shown.press("F1")
    expect_no_fault(shown, "health")
    shown.press("F6")
    shown.wait_for("history")
    expect(shown.page.locator("#past-runs [role=option]")).to_have_count(4)
    expect_no_fault(shown, "history")
    shown.scan("no such serial")
    expect(shown.page.locator("#past-none")).to_be_visible()
    expect_no_fault(shown, "no earlier test")


def test_several_slots(browser: Browser, tmp_path: Path) -> None:
    with (
        speaking_console(tmp_path, slots=("left", "right", "third", "fourth")) as console,
        operator_page(browser, console.url, has_policy=False) as shown,
    ):
        console.command("sign-on", name="王芳")
        shown.wait_for("idle")
        expect_no_fault(shown, "slots")
        for serial in ("GOOD126110001", "BAD126110002", "SLOW126110003"):
            shown.scan(serial)
            expect(shown.page.locator("#typed")).to_be_empty()
        expect(shown.page.locator('.tile[data-state="ASKS"]')).to_have_count(2)
        expect_no_fault(shown, "slots that ask")
        shown.press("Space", "Space", "Space", "Enter")
        expect(shown.page.locator('.tile[data-state="PASS"]')).to_have_count(1)
        shown.press("Space", "Space", "Space", "Enter")
        expect(shown.page.locator('.tile[data-state="FAIL"]')).to_have_count(1)
        expect_no_fault(shown, "slots with verdicts")


def test_a_page_that_keeps_people_out_is_seen(browser: Browser) -> None:
    page = browser.new_page()
    page.set_content('<html lang="en"><title>x</title><main><button></button><p style="color:#bbb">pale</p></main>')
    found = faults_of(page)
    page.close()
    assert any("button-name" in fault for fault in found) and any("color-contrast" in fault for fault in found)
