"""The book of labels: a print is taken once, and one whose process died does not block the next for ever."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from station.model.errors import OperatorError, StorageError
from station.outbox.label_book import PRINTING_TAKES_AT_MOST, LabelBook
from station.outbox.label_facts import LabelFacts

AT = datetime(2026, 11, 26, 12, 0, tzinfo=UTC)
FACTS = LabelFacts(
    run_id="r1",
    serial="FJN726110001",
    product="FJ-N7",
    station_id="bench-1",
    operator="王芳",
    finished_at=AT,
    attempt=1,
    is_marginal=False,
    values={"firmware_version": "2.1.0"},
)


@pytest.fixture
def book(tmp_path: Path) -> LabelBook:
    made = LabelBook(tmp_path / "state" / "labels.sqlite3", LabelFacts)
    made.note(FACTS)
    return made


def test_facts_come_back_as_they_were_noted_first(book: LabelBook) -> None:
    book.note(LabelFacts(**{name: getattr(FACTS, name) for name in FACTS.__struct_fields__} | {"serial": "OTHER"}))
    assert book.facts_of("r1") == FACTS
    assert book.facts_of("r2") is None


def test_of_many_that_want_the_same_print_one_gets_it(book: LabelBook) -> None:
    def ask(_: int) -> bool:
        try:
            return book.begin("r1", 1, AT) == 1
        except OperatorError:
            return False

    with ThreadPoolExecutor(8) as threads:
        assert sum(threads.map(ask, range(8))) == 1
    assert len(book.prints_of("r1")) == 1


def test_while_a_label_is_printed_no_other_is_begun(book: LabelBook) -> None:
    book.begin("r1", None, AT)
    with pytest.raises(OperatorError, match="being printed"):
        book.begin("r1", None, AT + timedelta(seconds=5))
    book.end("r1", 1, "out of labels", AT)
    assert book.begin("r1", None, AT + timedelta(seconds=5)) == 2
    assert [one.problem for one in book.prints_of("r1")] == ["out of labels", ""]


@pytest.mark.parametrize("number", [1, 3])
def test_only_the_next_print_is_begun(book: LabelBook, number: int) -> None:
    book.begin("r1", 1, AT)
    book.end("r1", 1, "", AT)
    with pytest.raises(OperatorError, match="not printed twice"):
        book.begin("r1", number, AT)
    assert len(book.prints_of("r1")) == 1


def test_a_print_whose_process_died_does_not_block_the_next_for_ever(book: LabelBook) -> None:
    book.begin("r1", 1, AT)
    assert book.begin("r1", 2, AT + PRINTING_TAKES_AT_MOST + timedelta(seconds=1)) == 2


def test_a_disk_that_refuses_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(StorageError):
        LabelBook(tmp_path / "file" / "labels.sqlite3", LabelFacts).facts_of("r1")
