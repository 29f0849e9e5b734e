"""A station's letters are numbered and chained; what is missing or changed shows, and nothing is refused for it."""

from __future__ import annotations

import json

from server.ingest.chain import Gap, gaps
from tests.server.conftest import RunningServer
from tests.server.letter_book import Letter, LetterBook


def found_gaps(server: RunningServer) -> list[Gap]:
    with server.database.reading() as connection:
        return gaps(connection)


def test_an_unbroken_chain_has_nothing_to_say(server: RunningServer, book: LetterBook) -> None:
    for _ in range(4):
        assert server.put(book.run()).json()["discrepancies"] == []
    assert found_gaps(server) == []


def test_a_gap_is_shown_until_the_missing_letters_arrive(server: RunningServer, book: LetterBook) -> None:
    server.put(book.run())
    late = [book.run(), book.run()]
    answer = server.put(book.run())
    assert answer.status_code == 201
    assert answer.json()["discrepancies"] == ["letters 2 to 3 of the chain had not arrived before this one"]
    assert found_gaps(server) == [Gap("bench-1", book.chain_id, 2, 3)]
    assert [server.put(letter).status_code for letter in late] == [201, 201]
    assert found_gaps(server) == []


def test_a_chain_that_does_not_begin_at_its_beginning_has_a_gap(server: RunningServer, book: LetterBook) -> None:
    book.skip(2)
    server.put(book.run())
    assert found_gaps(server) == [Gap("bench-1", book.chain_id, 1, 2)]


def test_a_letter_that_follows_another_than_the_one_on_record_is_a_break(
    server: RunningServer, book: LetterBook
) -> None:
    server.put(book.run())
    book.previous = "f" * 64
    assert "is another than this one names" in server.put(book.run()).json()["discrepancies"][0]


def test_a_late_letter_that_its_successor_does_not_name_is_a_break(server: RunningServer, book: LetterBook) -> None:
    late = book.run()
    book.previous = "f" * 64
    server.put(book.run())
    assert server.put(late).json()["discrepancies"] == ["letter 2 of the chain follows another than this"]


def test_two_letters_with_one_number_are_a_fork(server: RunningServer, book: LetterBook) -> None:
    first = book.run()
    server.put(first)
    book.seq, book.previous = 0, "0" * 64
    assert f"letter {first.id} has the same number 1" in server.put(book.run()).json()["discrepancies"][0]


def test_a_first_letter_that_names_one_before_it_is_a_break(server: RunningServer, book: LetterBook) -> None:
    book.previous = "f" * 64
    assert server.put(book.run()).json()["discrepancies"] == ["the first letter of the chain names one before it"]


def test_a_new_outbox_begins_a_new_chain(server: RunningServer) -> None:
    for _ in range(2):
        assert server.put(LetterBook().run()).json()["discrepancies"] == []


def test_a_quarantined_letter_keeps_its_place_in_the_chain(server: RunningServer, book: LetterBook) -> None:
    server.put(book.run())
    content = book.run().content | {"verdict": "MAYBE"}
    broken = Letter("run", content["id"], json.dumps(content).encode())
    book.previous = broken.sha256
    assert server.put(broken).status_code == 422
    assert server.put(book.run()).json()["discrepancies"] == []
    assert found_gaps(server) == []
