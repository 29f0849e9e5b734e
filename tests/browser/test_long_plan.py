"""The list of a plan with many steps: while it is played those around the one under way, afterwards all of them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Locator, expect

from tests.browser.console_page import operator_page
from tests.station.console.speaking_console import speaking_console

pytestmark = pytest.mark.browser

COUNT = 300
BEGIN = """async (count) => {
    const { StepTable } = await import('/static/console_table.js');
    const { runOf, take } = await import('/static/console_run.js');
    const names = Array.from({ length: count }, (_, place) => `s${place}`);
    const at = '2026-11-27T00:00:00Z';
    const run = runOf({ slot: 'slot-1', number: 77, started_at: at, is_running: true, entries: [] });
    take(run, {
        event: 'run_started', run_id: 'r', unit: { serial: 'X-9' }, plan: {}, purpose: 'debug',
        steps: names.map((name) => ({ name, zh: name, en: name })),
        measurements: names.map((step) => ({ name: `m${step}`, step, zh: step, en: step, comparator: 'is_true' })),
    });
    const place = document.createElement('table');
    document.getElementById('table').replaceWith(place);
    place.id = 'table';
    const list = new StepTable(place, document.createElement('p'));
    window.play = (from, to, outcome) => {
        for (const name of names.slice(from, to)) {
            take(run, { event: 'step_started', step: name, at, deadline_s: 1 });
            take(run, { event: 'measured', name: `m${name}`, value: true, outcome });
            take(run, { event: 'step_finished', step: name, at, outcome, message: '' });
        }
        if (to < count) take(run, { event: 'step_started', step: names[to], at, deadline_s: 1 });
        else run.isRunning = false;
        list.draw(run);
    };
    list.draw(run);
}"""


@pytest.fixture
def steps(browser: Browser, tmp_path: Path) -> Iterator[Locator]:
    with speaking_console(tmp_path) as console, operator_page(browser, console.url, "en") as shown:
        shown.page.evaluate(BEGIN, COUNT)
        yield shown.page.locator("#table tbody")


def play(steps: Locator, begin: int, end: int, outcome: str = "PASS") -> None:
    steps.page.evaluate("([from, to, outcome]) => window.play(from, to, outcome)", [begin, end, outcome])


def names(steps: Locator) -> list[str]:
    return [text.strip() for text in steps.locator("th.step .step-line > span:first-of-type").all_inner_texts()]


def number(name: str) -> int:
    return int(name.split()[0].removeprefix("s"))


def test_while_a_long_plan_is_played_its_list_is_what_is_around_the_step_and_what_went_wrong(steps: Locator) -> None:
    assert 0 < steps.count() < COUNT / 3
    play(steps, 0, 20)
    play(steps, 20, 21, "FAIL")
    play(steps, 21, 200)
    shown = [number(name) for name in names(steps)]
    assert shown == sorted(shown)
    assert 20 in shown and 19 not in shown, "the one that went wrong stays"
    assert {199, 200, 201} <= set(shown)
    assert len(shown) < COUNT / 3
    expect(steps.filter(has_text="s200").first).to_have_attribute("data-state", "RUNNING")
    expect(steps.filter(has_text="s199").first).to_have_attribute("data-verdict", "PASS")


def test_once_it_has_ended_the_whole_list_is_there_in_its_order_with_what_was_never_shown(steps: Locator) -> None:
    play(steps, 0, 250, "PASS")
    play(steps, 250, COUNT, "FAIL")
    expect(steps).to_have_count(COUNT)
    assert [number(name) for name in names(steps)] == list(range(COUNT))
    assert steps.and_(steps.page.locator('[data-verdict="PASS"]')).count() == 250
    assert steps.page.locator('#table tr[data-verdict="FAIL"]').count() == 50
