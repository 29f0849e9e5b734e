"""What counts as a number that a person typed, and which answer fits which prompt."""

from __future__ import annotations

from pathlib import Path

import pytest

from station.model.errors import OperatorError
from station.model.roles import ChecklistItem, Choice
from station.playing.answers import fitting, number_of
from station.playing.events import Answer, AnyAnswer, Choose, Confirm, Enter
from station.playing.tick import Tick, unasked
from station.runner.entries import Answered, ChooseAsked, ConfirmAsked, EnterAsked, Prompt, Prompted, decode_entry
from tests.station.playing.numbers import NONSENSE, NUMBERS

LIST = Prompted("p", "checklist", "", "", (ChecklistItem("frame", "框", "Frame"), ChecklistItem("key", "匙", "Key")))
STATEMENT = ConfirmAsked("p", "", "")
NUMBER = EnterAsked("p", "", "", "V")
CHOICE = ChooseAsked("p", "", "", (Choice("white", "白", "white"), Choice("blue", "蓝", "blue")))
PHOTOS = Path("/nowhere")
FITS: list[tuple[Prompt, AnyAnswer]] = [
    (LIST, Answer("p", ("key",))),
    (STATEMENT, Confirm("p", False)),
    (NUMBER, Enter("p", "1,5")),
    (CHOICE, Choose("p", "blue")),
]


@pytest.mark.parametrize(("text", "number"), NUMBERS.items())
def test_a_number_is_read_as_a_person_types_it(text: str, number: float) -> None:
    assert number_of(text) == number


@pytest.mark.parametrize("text", NONSENSE)
def test_what_is_no_number_or_was_scanned_is_refused(text: str) -> None:
    with pytest.raises(OperatorError, match="is no number"):
        number_of(text)


@pytest.mark.parametrize("prompt", [prompt for prompt, _ in FITS])
@pytest.mark.parametrize("answer", [answer for _, answer in FITS])
def test_only_an_answer_of_its_own_kind_fits_a_prompt(prompt: Prompt, answer: AnyAnswer) -> None:
    assert fitting(prompt, answer, PHOTOS) == (answer if (prompt, answer) in FITS else None)


def test_of_an_answer_only_what_was_asked_is_kept() -> None:
    assert fitting(LIST, Answer("p", ("key", "gold")), PHOTOS) == Answer("p", ("key",))
    assert fitting(CHOICE, Choose("p", "gold"), PHOTOS) is None
    assert fitting(STATEMENT, Confirm("another", True), PHOTOS) is None


def test_tick_answers_what_needs_no_eye() -> None:
    assert unasked(LIST, Tick.ALL) == Answer("p", ("frame", "key"))
    assert unasked(LIST, Tick.NONE) == Answer("p", ())
    assert [unasked(STATEMENT, tick) for tick in (Tick.ALL, Tick.NONE)] == [Confirm("p", True), Confirm("p", False)]
    assert [unasked(prompt, tick) for prompt in (NUMBER, CHOICE) for tick in Tick] == [None] * 6


def test_a_journal_of_a_station_that_had_only_checklists_is_read() -> None:
    asked = b'{"event":"prompted","prompt_id":"p","kind":"checklist","zh":"","en":"","items":[]}'
    said = b'{"event":"answered","prompt_id":"p","accessories":[{"name":"frame","is_present":true}]}'
    assert isinstance(decode_entry(asked), Prompted)
    answered = decode_entry(said)
    assert isinstance(answered, Answered) and answered.accessories[0].is_present
