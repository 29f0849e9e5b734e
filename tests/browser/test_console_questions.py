"""Questions on the operator's page: answered by keyboard alone, never by a scan, by a held key or by a blind Enter."""

from __future__ import annotations

import gzip
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Response, expect

from tests.browser.console_page import OperatorPage, operator_page
from tests.station.console.speaking_console import Console, entries_of, speaking_console
from tests.station.playing.numbers import NONSENSE, NUMBERS

pytestmark = pytest.mark.browser

STRAY = ("GOOD126110002", "4006381333931", "WITH SPACE IN IT", "12")
MAX_COLD_BYTES = 60_000
ECHO_MS = 150
"""A second Enter before this is a scanner's, not a person's."""
SLOW = """() => { const quick = window.fetch;
    window.fetch = async (...what) => { await new Promise((go) => setTimeout(go, 400)); return quick(...what); }; }"""
READ = """async texts => {
    const { numberText } = await import('/static/console_question.js');
    return texts.map(numberText); }"""
TITLES = {
    1: "All screws there, their seals unbroken?",
    2: "No scratch in zone A?",
    3: "What colour are the keys lit in?",
    4: "Read the 5 V rail off the voltmeter",
}


@pytest.fixture
def console(tmp_path: Path) -> Iterator[Console]:
    with speaking_console(tmp_path) as console:
        yield console


@pytest.fixture
def asked(browser: Browser, console: Console) -> Iterator[OperatorPage]:
    """A page that asks the first question."""
    with operator_page(browser, console.url, "en") as shown:
        shown.scan("Wang Fang")
        shown.wait_for("idle")
        shown.scan("QUIZ126110001")
        wait_for(shown, 1)
        yield shown


def wait_for(shown: OperatorPage, question: int) -> None:
    expect(shown.page.locator("#prompt-title")).to_have_text(TITLES[question])
    shown.wait_for("prompt")
    expect(shown.page.locator("#prompt :focus")).to_have_count(1)


def go_to(shown: OperatorPage, console: Console, question: int) -> None:
    """Have the questions before ``question`` answered elsewhere."""
    said = [("confirm", {"is_so": True}), ("confirm", {"is_so": True}), ("choose", {"option": "white"})]
    for number, (command, answer) in enumerate(said[: question - 1], 1):
        wait_for(shown, number)
        assert console.command(command, prompt_id=f"question-{number}", **answer).status_code == 204
    wait_for(shown, question)


def answers(console: Console) -> list[object]:
    return [entry["said"] for entry in entries_of(console.state()) if entry["event"] == "answered"]


def notice(shown: OperatorPage, text: str) -> None:
    expect(shown.page.locator("#notice")).to_contain_text(text)


def test_every_kind_of_question_is_answered_from_the_keyboard(asked: OperatorPage, console: Console) -> None:
    asked.scan("1")
    wait_for(asked, 2)
    asked.scan("2")
    wait_for(asked, 3)
    asked.scan("2")
    wait_for(asked, 4)
    asked.scan("4,98")
    expect(asked.page.locator("#prompt-take")).to_be_focused()
    assert asked.text("#prompt-take span") == "Take 4.98 V"
    asked.page.wait_for_timeout(ECHO_MS)
    asked.press("Enter")
    asked.page.locator("#prompt-items input").first.wait_for()
    assert answers(console) == [True, False, "blue", "4,98"]
    expect(asked.page.locator("#prompt-items input[value=power_cable]")).to_be_focused()


def test_a_question_is_answered_by_arrow_keys_and_enter_and_by_its_letters(
    asked: OperatorPage, console: Console
) -> None:
    asked.press("ArrowRight", "Enter")
    wait_for(asked, 2)
    asked.scan("n")
    wait_for(asked, 3)
    asked.page.wait_for_timeout(ECHO_MS)
    asked.press("ArrowUp", "ArrowUp", "Enter")
    wait_for(asked, 4)
    assert answers(console) == [True, False, "red"]


@pytest.mark.parametrize("question", TITLES)
def test_the_focus_is_on_no_answer_at_first_and_a_blind_enter_answers_nothing(
    asked: OperatorPage, console: Console, question: int
) -> None:
    go_to(asked, console, question)
    assert asked.focused() == "prompt-title"
    asked.press("Enter")
    notice(asked, "Type the number")
    asked.press("Space")
    asked.wait_for("prompt")
    assert len(answers(console)) == question - 1


@pytest.mark.parametrize("question", [1, 3])
@pytest.mark.parametrize("arrows", [0, 1, 2])
def test_a_stray_scan_answers_nothing_wherever_the_focus_is(
    asked: OperatorPage, console: Console, question: int, arrows: int
) -> None:
    go_to(asked, console, question)
    asked.press(*["ArrowRight"] * arrows)
    for code in STRAY:
        asked.scan(code)
        notice(asked, f"Scanned {code} ")
    asked.page.keyboard.type(" LEADING-SPACE")
    asked.press("Enter", "Enter")  # a scanner that ends its codes with CR and LF
    notice(asked, "Scanned LEADING-SPACE")
    assert len(answers(console)) == question - 1


def test_a_stray_scan_neither_takes_nor_replaces_the_number_that_was_typed(
    asked: OperatorPage, console: Console
) -> None:
    go_to(asked, console, 4)
    asked.scan("4.98")
    for code in ("GOOD126110002", "4006381333931", "1.2.3"):
        asked.scan(code)
        notice(asked, f"{code} is no number")
        assert asked.text("#prompt-value") == "4.98"
    asked.scan("12345670")  # an EAN-8 could be a number: it is shown, and a person has to take it
    assert asked.text("#prompt-value") == "12345670"
    asked.scan("5.01")
    assert len(answers(console)) == 3
    asked.page.wait_for_timeout(ECHO_MS)
    asked.press("Enter")
    asked.page.locator("#prompt-items input").first.wait_for()
    assert answers(console)[3] == "5.01"


def test_what_was_typed_before_a_question_was_there_does_not_answer_it(asked: OperatorPage, console: Console) -> None:
    asked.page.keyboard.type("2")
    go_to(asked, console, 2)
    asked.press("Enter")
    notice(asked, "2 was typed before the question was there")
    assert answers(console) == [True]
    asked.scan("2")
    wait_for(asked, 3)
    assert answers(console) == [True, False]


def test_a_question_is_answered_once_however_often_its_key_is_pressed(asked: OperatorPage, console: Console) -> None:
    sent: list[str] = []
    asked.page.on("request", lambda request: sent.append(request.url) if "/commands/" in request.url else None)
    asked.page.evaluate(SLOW)
    for _ in range(3):
        asked.scan("1")
    wait_for(asked, 2)
    asked.page.wait_for_timeout(600)
    assert (len(sent), answers(console)) == (1, [True])


def test_the_number_is_shown_as_it_is_typed_and_can_be_taken_back(asked: OperatorPage, console: Console) -> None:
    go_to(asked, console, 4)
    asked.page.keyboard.type("4,9")
    assert asked.text("#prompt-value") == "4,9"
    expect(asked.page.locator("#prompt-take")).to_be_hidden()
    asked.press("Backspace")
    assert asked.text("#prompt-value") == "4,"
    asked.press("Escape")
    assert asked.text("#prompt-value") == ""
    assert asked.text("#prompt-unit") == "V"


def test_a_number_survives_a_reload_and_the_change_of_language(asked: OperatorPage, console: Console) -> None:
    go_to(asked, console, 4)
    asked.scan("4,98")
    asked.page.reload()
    wait_for(asked, 4)
    expect(asked.page.locator("#prompt-take")).to_be_focused()
    assert asked.text("#prompt-value") == "4.98"
    asked.press("F4")
    expect(asked.page.locator("#prompt-title")).to_have_text("请读出 5 V 电源轨电压")
    expect(asked.page.locator("#prompt-take span")).to_have_text("确认 4.98 V")
    asked.page.wait_for_timeout(ECHO_MS)
    asked.press("Enter")
    asked.page.locator("#prompt-items input").first.wait_for()
    assert answers(console)[3] == "4,98"


def test_a_question_can_be_stopped_instead_of_answered(asked: OperatorPage) -> None:
    asked.press("Escape", "Escape")
    asked.wait_for("outcome")
    assert asked.text("#outcome-word") == "ABORTED"


def test_the_english_page_asks_in_english_alone(asked: OperatorPage) -> None:
    for question in TITLES:
        wait_for(asked, question)
        asked.press("Enter")
        shown = asked.page.evaluate("document.querySelector('.band').innerText")
        assert [text for text in shown if "\u4e00" <= text <= "\u9fff"] == []
        asked.scan("1")


def test_the_page_takes_for_numbers_what_the_station_does(asked: OperatorPage) -> None:
    assert [float(text) for text in asked.page.evaluate(READ, list(NUMBERS))] == list(NUMBERS.values())
    assert asked.page.evaluate(READ, NONSENSE) == [""] * len(NONSENSE)


@pytest.mark.parametrize(("language", "scheme"), [("zh_CN", "light"), ("en", "dark")])
def test_the_questions_look_well_in_both_languages(
    browser: Browser, console: Console, language: str, scheme: str
) -> None:
    console.begin("QUIZ126110001", until="confirm_asked")
    with operator_page(browser, console.url, language, scheme) as shown:
        for kind in ("confirm", "confirm", "choose", "enter"):
            shown.page.locator(f'#prompt[data-event="{kind}_asked"]').wait_for()
            excess = shown.page.evaluate("document.documentElement.scrollWidth - window.innerWidth")
            assert excess <= 0
            if kind == "enter":
                shown.scan("4.98")
            shown.shoot(f"{kind}-{language}")
            shown.scan("1")
            shown.page.wait_for_timeout(150)


def test_the_page_with_all_its_questions_is_small_when_it_is_loaded_first(browser: Browser, console: Console) -> None:
    bodies: list[Response] = []
    context = browser.new_context()
    page = context.new_page()
    page.on("response", lambda response: bodies.append(response) if "/events" not in response.url else None)
    page.goto(console.url, wait_until="load")
    page.wait_for_timeout(300)
    sizes = {response.url: len(gzip.compress(response.body())) for response in bodies}
    context.close()
    assert any("console_question.js" in url for url in sizes)
    assert sum(sizes.values()) < MAX_COLD_BYTES, sizes
