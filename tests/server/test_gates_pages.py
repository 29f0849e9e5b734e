"""What a run was let begin on, and which test of its unit it was, as the pages of the server show it."""

from __future__ import annotations

import pytest

from tests.server.conftest import RunningServer
from tests.server.letter_book import LetterBook, unit


def gate(name: str, outcome: str, basis: str, state_age_s: int | None = 5400) -> dict[str, object]:
    return {"name": name, "outcome": outcome, "basis": basis, "state_age_s": state_age_s}


@pytest.mark.parametrize(
    ("language", "words"),
    [
        ("en", ("Before the run", "could not be said", "1.5 h before", "test no. 3")),
        ("zh_CN", ("测试前检查", "无法确认", "1.5 小时前", "第 3 次测试")),
    ],
)
def test_a_run_says_what_it_was_let_begin_on_and_the_ledger_which_test_it_was(
    server: RunningServer, book: LetterBook, language: str, words: tuple[str, ...]
) -> None:
    gates = [
        gate("calibration", "passed", "no instrument is over its date", None),
        gate("hold", "passed", "not on the list of holds, version 9"),
        gate("routing", "unknown", "no return case is known of this unit"),
    ]
    letter = book.run(gates=gates, attempt=3)
    assert server.put(letter).status_code == 201
    client = server.log_in("engineer")
    client.cookies.set("fanji_lang", language)
    page = client.get(f"/units/{unit('FJR126110001')['id']}/runs/{letter.id}").text
    ledger = client.get("/runs").text
    before, unsaid, age, number = words
    assert before in page and unsaid in page and age in page
    assert "no return case is known of this unit" in page and "not on the list of holds" not in page
    assert number in ledger


def test_a_run_of_an_older_station_says_nothing_of_gates_and_a_first_test_has_no_mark(
    server: RunningServer, book: LetterBook
) -> None:
    letter = book.run(attempt=1)
    assert server.put(letter).status_code == 201
    client = server.log_in("engineer")
    client.cookies.set("fanji_lang", "en")
    assert "Before the run" not in client.get(f"/units/{unit('FJR126110001')['id']}/runs/{letter.id}").text
    assert "test no." not in client.get("/runs").text
