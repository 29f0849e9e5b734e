"""How a run looks on the operator's page: its schedule, what was only just, and the label after it."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from threading import Event
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.console_page import RULES, console_process, operator_page
from tests.conftest import ROOT
from tests.label_bench import label_world
from tests.station.console.speaking_console import Console, speaking_console
from tests.station.outbox.answering_server import AnsweringServer, Got

pytestmark = pytest.mark.browser

GOOD, LEAKING = "FJR126110003", "FJR126110002"


@pytest.fixture
def console(tmp_path: Path) -> Iterator[Console]:
    with speaking_console(tmp_path) as console:
        yield console


def tick_all(page: Page, count: int) -> None:
    for _ in range(count):
        page.keyboard.press("Space")
    page.keyboard.press("Enter")


@pytest.mark.parametrize(("language", "scheme"), [("zh_CN", "light"), ("en", "dark")])
def test_a_pass_at_the_second_attempt_does_not_look_like_a_clean_one(
    browser: Browser, console: Console, language: str, scheme: str
) -> None:
    with operator_page(browser, console.url, language, scheme) as shown:
        console.begin("RETRY126110001")
        shown.wait_for("prompt")
        shown.press("F7")
        expect(shown.page.locator("#gantt tbody tr")).to_have_count(3)
        shown.shoot(f"schedule-running-{language}")
        tick_all(shown.page, 3)
        shown.wait_for("outcome")
        expect(shown.page.locator("#outcome")).to_have_attribute("data-marginal", "true")
        words = {"zh_CN": ("临界", "第 2 次尝试才合格"), "en": ("marginal", "passed at attempt 2")}[language]
        assert all(word in shown.text("#outcome-marginal") for word in words)
        assert words[0] in shown.text("#recent tbody tr")
        shown.shoot(f"marginal-{language}")
        shown.press("F7")
        assert words[0] not in shown.text("#outcome-word")


def test_the_schedule_says_which_steps_made_the_run_as_long_as_it_was(browser: Browser, console: Console) -> None:
    with operator_page(browser, console.url, "en") as shown:
        console.begin("RETRY126110001")
        shown.wait_for("prompt")
        tick_all(shown.page, 3)
        shown.wait_for("outcome")
        shown.page.locator("#tab-schedule").click()
        rows = shown.page.locator("#gantt tbody tr")
        expect(rows).to_have_count(3)
        boot = rows.nth(1)
        assert "attempt 2" in boot.inner_text() and "critical path" in boot.inner_text().lower()
        expect(boot.locator(".bar-step")).to_have_count(2)
        expect(boot.locator(".bar-step.is-earlier")).to_have_attribute("data-verdict", "FAIL")
        expect(boot.locator(".wait")).to_have_count(1)
        summary = shown.text("#gantt-summary")
        assert "Takt time" in summary and "Connect B+ → Boot → Accessories" in summary
        shown.page.reload()
        shown.page.keyboard.press("F7")
        expect(shown.page.locator("#gantt tbody tr")).to_have_count(3)


def test_the_page_reads_the_critical_path_as_the_document_says(browser: Browser, console: Console) -> None:
    cases = json.loads((ROOT / "fixtures/wire/v1/schedules.json").read_text("utf-8"))["schedules"]
    script = """async (cases) => {
        const { scheduleOf } = await import("/static/console_schedule.js");
        const milliseconds = (second) => second * 1000;
        return cases.map(({ spans }) => {
            const steps = new Map();
            for (const span of spans) {
                const step = steps.get(span.step) ?? { name: span.step, attempts: [] };
                if (step.startedAt !== undefined) {
                    step.attempts.push({ startedAt: step.startedAt, finishedAt: step.finishedAt, outcome: step.outcome });
                }
                Object.assign(step, { startedAt: milliseconds(span.start_s), finishedAt: milliseconds(span.end_s), outcome: span.outcome });
                steps.set(span.step, step);
            }
            const found = scheduleOf([...steps.values()], 0);
            const second = (value) => Math.round(value) / 1000;
            return found && {
                takt_s: second(found.takt), serial_s: second(found.serial), saved_s: second(found.saved),
                waited_s: second(found.waited), critical: found.path.map((lane) => lane.step.name),
            };
        });
    }"""  # noqa: E501
    with operator_page(browser, console.url) as shown:
        assert shown.page.evaluate(script, cases) == [case["expected"] for case in cases]


def test_a_label_is_printed_after_a_pass_and_again_once_for_a_key_pressed_twice(
    browser: Browser, bench: Callable[..., Any], tmp_path: Path
) -> None:
    box = bench(world=label_world(tmp_path))
    box.control("insert", unit=GOOD)
    with (
        console_process(box.bench_file, tmp_path / "state", RULES) as (url, _),
        operator_page(browser, url) as shown,
    ):
        shown.scan("王芳")
        shown.scan(GOOD)
        shown.wait_for("prompt")
        assert box.control("printer", device="printer")["printed"] == []
        tick_all(shown.page, 4)
        shown.wait_for("outcome")
        expect(shown.page.locator("#outcome-label-text")).to_have_text("标签已打印", timeout=15_000)
        shown.shoot("label-zh")
        shown.page.locator("#print-label").dblclick()
        expect(shown.page.locator("#outcome-label-text")).to_contain_text("标签已补打", timeout=15_000)
        printed = box.control("printer", device="printer")["printed"]
        assert len(printed) == 2 and all(GOOD in label and "FJ-R1 PASS" in label for label in printed)
        assert shown.text("#outcome-word") == "合格"
        shown.complaints[:] = [said for said in shown.complaints if "409" not in said]


def test_a_printer_without_paper_leaves_the_pass_and_says_so_until_the_label_is_there(
    browser: Browser, bench: Callable[..., Any], tmp_path: Path
) -> None:
    box = bench(world=label_world(tmp_path))
    box.control("printer", device="printer", paper_out=True)
    box.control("insert", unit=GOOD)
    with (
        console_process(box.bench_file, tmp_path / "state", RULES) as (url, _),
        operator_page(browser, url, "en", "dark") as shown,
    ):
        shown.scan("王芳")
        shown.scan(GOOD)
        shown.wait_for("prompt")
        tick_all(shown.page, 4)
        shown.wait_for("outcome")
        expect(shown.page.locator("#outcome-label-text")).to_contain_text("Label not printed", timeout=15_000)
        assert "out of labels" in shown.text("#outcome-label-text")
        assert shown.text("#outcome-word") == "PASS"
        shown.shoot("label-paper-out-en")
        box.control("printer", device="printer", paper_out=False)
        shown.press("F9")
        expect(shown.page.locator("#outcome-label-text")).to_contain_text("Label printed again", timeout=15_000)
        assert len(box.control("printer", device="printer")["printed"]) == 1


def test_a_unit_that_failed_has_no_label(browser: Browser, bench: Callable[..., Any], tmp_path: Path) -> None:
    box = bench(world=label_world(tmp_path))
    box.control("insert", unit=LEAKING)
    with (
        console_process(box.bench_file, tmp_path / "state", RULES) as (url, _),
        operator_page(browser, url, "en") as shown,
    ):
        shown.scan("王芳")
        shown.scan(LEAKING)
        shown.wait_for("prompt")
        tick_all(shown.page, 4)
        shown.wait_for("outcome")
        assert "(98\u00a0% of the limit band)" in shown.text("#outcome-why")
        expect(shown.page.locator("#outcome-label")).to_be_hidden()
        shown.press("F9")
        assert box.control("printer", device="printer")["printed"] == []
        assert not (tmp_path / "state" / "labels.sqlite3").exists()


@pytest.mark.parametrize("is_known", [True, False])
def test_after_a_fail_the_page_shows_what_fixed_it_last_time_or_nothing(
    browser: Browser, bench: Callable[..., Any], tmp_path: Path, is_known: bool
) -> None:
    golden = (ROOT / "fixtures/wire/v1/golden/remedies.json").read_bytes()
    box = bench()
    box.control("insert", unit=LEAKING)
    token = tmp_path / "token"
    token.write_text("secret")
    token.chmod(0o600)
    asked = Event()

    def answer(got: Got) -> tuple[int, bytes]:
        if "/remedies?" in got.path:
            asked.set()
        return (200, golden) if is_known and "/remedies?" in got.path else (503, b"{}")

    with AnsweringServer(answer=answer) as server:
        settings = {"FANJI_SERVER_URL": server.url, "FANJI_TOKEN_FILE": str(token)}
        with (
            console_process(box.bench_file, tmp_path / "state", RULES, settings) as (url, _),
            operator_page(browser, url, "en" if is_known else "zh_CN") as shown,
        ):
            shown.scan("王芳")
            shown.scan(LEAKING)
            shown.wait_for("prompt")
            tick_all(shown.page, 4)
            shown.wait_for("outcome")
            if is_known:
                expect(shown.page.locator("#outcome-why")).to_contain_text("What fixed it last time")
                why = shown.text("#outcome-why")
                assert "更换 Q3; burned: fj-r1-1.4.2.bin 1.4.2 → W25Q64JV" in why and "FJR126110002" in why
                assert "passed when tested again" in why
                shown.shoot("remedies-en")
            else:
                expect(shown.page.locator("#recent tbody tr")).to_have_count(1)
                assert asked.wait(10)
                assert "上次" not in shown.text("#outcome-why")
