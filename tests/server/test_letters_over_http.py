"""Letters are put over HTTP: what is answered, and what is on record afterwards."""

from __future__ import annotations

import gzip
import hashlib
import json
import logging
import socket
import time
from datetime import timedelta
from typing import Any

import httpx
import pytest
import sqlalchemy as sa

from server.ingest.letter_body import MAX_LETTER_BYTES
from server.ingest.queries import body_of, conflicts, letters, quarantined
from server.runs.queries import ledger, run_by_id
from tests.server.conftest import RunningServer
from tests.server.letter_book import Letter, LetterBook, unit


def rows(server: RunningServer, table: str) -> int:
    with server.database.reading() as connection:
        return connection.scalar(sa.text(f"SELECT count(*) FROM {table}")) or 0  # noqa: S608 (our own table names)


def assert_receipt(answer: httpx.Response, letter: Letter, outcome: str) -> None:
    receipt = answer.json()
    assert (receipt["outcome"], receipt["sha256"], receipt["id"]) == (outcome, letter.sha256, letter.id)


def test_a_letter_is_stored_and_given_back_byte_for_byte(server: RunningServer, book: LetterBook) -> None:
    letter = book.run()
    answer = server.put(letter)
    assert answer.status_code == 201
    assert_receipt(answer, letter, "stored")
    back = server.client.get(
        f"/v1/letters/{letter.id}", headers={"Authorization": f"Bearer {server.site.tokens['bench-1']}"}
    )
    assert back.content == letter.body


def test_a_letter_sent_twice_is_one_row(server: RunningServer, book: LetterBook) -> None:
    letter = book.run()
    assert [server.put(letter).status_code for _ in range(3)] == [201, 200, 200]
    assert_receipt(server.put(letter), letter, "duplicate")
    assert rows(server, "letter") == rows(server, "run") == rows(server, "unit_event") == 1


def test_the_same_id_with_another_body_is_a_conflict_and_both_are_kept(server: RunningServer, book: LetterBook) -> None:
    first = book.run()
    server.put(first)
    other = Letter("run", first.id, first.body.replace(b"slot-1", b"slot-9"))
    answers = [server.put(other), server.put(other)]
    assert [answer.status_code for answer in answers] == [409, 409]
    assert_receipt(answers[1], other, "conflict")
    with server.database.reading() as connection:
        assert body_of(connection, first.id, first.sha256) == first.body
        assert body_of(connection, first.id, other.sha256) == other.body
        assert [row.sha256 for row in conflicts(connection)] == [other.sha256]
        assert [row.slot for row in ledger(connection)] == ["slot-1"]


@pytest.mark.parametrize(
    ("change", "named"),
    [
        (lambda run: run.pop("slot"), "slot"),
        (lambda run: run["measurements"][2].update(value=[1]), "measurements[2].value"),
        (lambda run: run["unit"].update(serial="A*B"), "unit.serial"),
        (lambda run: run["steps"][1].update(started_at="2026-13-01T00:00:00.000000Z"), "steps[1].started_at"),
        (lambda run: run.update(seq=0), "seq"),
        (lambda run: run.update(extra=1), "extra"),
    ],
)
def test_a_malformed_letter_is_quarantined_and_its_field_named(
    server: RunningServer, book: LetterBook, change: Any, named: str
) -> None:
    content = book.run().content
    change(content)
    letter = Letter("run", content["id"], json.dumps(content).encode())
    answer = server.put(letter)
    assert answer.status_code == 422
    assert_receipt(answer, letter, "quarantined")
    assert answer.json()["problem"].startswith(f"{named}: ")
    with server.database.reading() as connection:
        assert [row.problem for row in quarantined(connection)] == [answer.json()["problem"]]
        assert body_of(connection, letter.id, letter.sha256) == letter.body


@pytest.mark.parametrize(
    ("said", "said_twice", "named"),
    [
        (b'"verdict":"PASS"', b'"verdict":"FAIL","verdict":"PASS"', "verdict"),
        (b'"verdict":"PASS"', b'"verdict" : "FAIL",\n"verdict":"PASS"', "verdict"),
        (b'"operator":"', b'"operator":"x","operator":"a\\u003Ab', "operator"),
        (b'"outcome":"PASS"', b'"outcome":"PASS","outcome":"PASS"', "outcome"),
    ],
)
def test_a_letter_that_says_something_twice_is_quarantined(
    server: RunningServer, book: LetterBook, said: bytes, said_twice: bytes, named: str
) -> None:
    letter = book.run()
    answer = server.put(Letter("run", letter.id, letter.body.replace(said, said_twice, 1)))
    assert (answer.status_code, answer.json()["problem"]) == (422, f"{named}: is there twice")


@pytest.mark.parametrize("operator", ["a: b", "a\\u003a b", 'a \\" : b'])
def test_a_colon_in_a_text_is_no_repetition(server: RunningServer, book: LetterBook, operator: str) -> None:
    letter = book.run(operator="SOMEBODY")
    body = letter.body.replace(b"SOMEBODY", operator.encode())
    assert server.put(Letter("run", letter.id, body)).status_code == 201


@pytest.mark.parametrize("moment", ["9999-12-31T23:59:59.999999Z", "0001-01-01T00:00:00.000000Z"])
def test_a_moment_that_no_clock_shows_is_quarantined_and_the_ledger_still_read(
    server: RunningServer, book: LetterBook, moment: str
) -> None:
    assert server.put(book.run(finished_at=moment)).status_code == 422
    assert server.log_in("reader").get("/runs").status_code == 200


def test_a_letter_at_an_endless_address_is_kept_under_its_beginning(server: RunningServer) -> None:
    answer = server.put(Letter("run", "x" * 5000, b"{}"))
    assert answer.status_code == 422
    with server.database.reading() as connection:
        assert [row.id for row in quarantined(connection)] == ["x" * 100]


def test_an_id_of_the_future_is_a_discrepancy(server: RunningServer, book: LetterBook) -> None:
    book.born += timedelta(days=2)
    (said,) = server.put(book.run()).json()["discrepancies"]
    assert said.startswith("the letter's id is of a moment 172")


@pytest.mark.parametrize("body", [b"", b"{", b"\xff\xfe", b"[]", b"null", b"[" * 100_000])
def test_bytes_that_are_no_letter_are_kept_too(server: RunningServer, body: bytes) -> None:
    letter = Letter("burn", "not-even-an-id", body)
    answer = server.put(letter)
    assert answer.status_code == 422
    assert answer.json()["sha256"] == hashlib.sha256(body).hexdigest()
    assert rows(server, "letter") == 1


def test_a_quarantined_letter_sent_again_is_answered_alike_and_kept_once(server: RunningServer) -> None:
    letter = Letter("run", "019ab000-0000-7000-8000-000000000099", b'{"seq":1}')
    first, second = server.put(letter), server.put(letter)
    assert (first.status_code, first.content) == (second.status_code, second.content)
    assert rows(server, "letter") == 1


def test_a_letter_at_another_address_than_its_id_is_quarantined(server: RunningServer, book: LetterBook) -> None:
    letter = book.run()
    answer = server.put(Letter("run", "019ab000-0000-7000-8000-000000000099", letter.body))
    assert answer.status_code == 422
    assert answer.json()["problem"].startswith("id: ")


def test_a_good_letter_after_a_quarantined_one_of_the_same_id_is_stored(
    server: RunningServer, book: LetterBook
) -> None:
    letter = book.run()
    assert server.put(Letter("run", letter.id, letter.body[:-2])).status_code == 422
    assert server.put(letter).status_code == 201


@pytest.mark.parametrize("has_valid_body", [True, False])
def test_a_token_does_not_write_for_another_station(
    server: RunningServer, book: LetterBook, has_valid_body: bool
) -> None:
    letter = book.run()
    body = letter.body if has_valid_body else letter.body.replace(b'"slot":', b'"slit":')
    assert server.put(Letter("run", letter.id, body), station_id="bench-2").status_code == 403
    assert rows(server, "letter") == 0


def test_without_a_token_nothing_is_kept(server: RunningServer, book: LetterBook) -> None:
    letter = book.run()
    for headers in ({}, {"Authorization": "Bearer fjt_wrong"}, {"Authorization": "Basic abc"}):
        assert server.client.put(letter.path, content=letter.body, headers=headers).status_code == 401
    assert rows(server, "letter") == 0


def test_a_gzipped_letter_is_kept_unpacked(server: RunningServer, book: LetterBook) -> None:
    letter = book.run()
    packed = Letter("run", letter.id, gzip.compress(letter.body, mtime=0))
    answer = server.put(packed, **{"Content-Encoding": "gzip"})
    assert answer.status_code == 201
    assert_receipt(answer, letter, "stored")
    assert server.put(letter).status_code == 200


@pytest.mark.parametrize(
    ("encoding", "body", "status"),
    [
        ("gzip", gzip.compress(b" " * (MAX_LETTER_BYTES + 1), mtime=0), 413),
        ("gzip", gzip.compress(b"{}", mtime=0)[:-3], 415),
        ("gzip", b"no gzip", 415),
        ("br", b"{}", 415),
        ("identity", b" " * (MAX_LETTER_BYTES + 1), 413),
    ],
)
def test_a_body_that_is_too_long_or_broken_is_refused_and_not_kept(
    server: RunningServer, encoding: str, body: bytes, status: int
) -> None:
    letter = Letter("run", "019ab000-0000-7000-8000-000000000099", body)
    assert server.put(letter, **{"Content-Encoding": encoding}).status_code == status
    assert rows(server, "letter") == 0


def test_every_part_of_a_run_comes_back_from_its_packed_row(server: RunningServer, book: LetterBook) -> None:
    letter = book.run()
    server.put(letter)
    sent = letter.content
    with server.database.reading() as connection:
        run = run_by_id(connection, sent["unit"]["id"], letter.id)
    assert run is not None
    assert [row.value for row in run.measurements] == [row["value"] for row in sent["measurements"]]
    assert [row.definition.name for row in run.measurements] == [row["name"] for row in sent["measurements"]]
    assert [row.definition.high for row in run.measurements] == [row["high"] for row in sent["measurements"]]
    assert [str(row.cal_due or None) for row in run.measurements] == [
        str(row["cal_due"]) for row in sent["measurements"]
    ]
    assert [step.name for step in run.steps] == ["identify", "boot"]
    assert [row.name for row in run.accessories] == ["harness", "remote"]
    assert run.traces[0].y == (0.01, 0.62, 0.41)
    assert run.row.letter_sha256 == letter.sha256
    assert run.discrepancies == ()


def test_limits_that_many_runs_share_are_kept_once(server: RunningServer, book: LetterBook) -> None:
    for number in range(5):
        assert server.put(book.run(serial=f"FJR12611000{number}")).status_code == 201
    assert rows(server, "defset") == 1
    assert rows(server, "mdef") == 6
    assert rows(server, "run") == 5


def test_a_unit_named_by_a_wrong_id_is_kept_under_the_right_one_with_a_discrepancy(
    server: RunningServer, book: LetterBook
) -> None:
    wrong = unit("FJR126110001") | {"id": unit("FJR126110002")["id"]}
    answer = server.put(book.run(unit=wrong))
    assert answer.status_code == 201
    assert "unit's id" in answer.json()["discrepancies"][0]
    with server.database.reading() as connection:
        assert [row.unit_id for row in ledger(connection)] == [unit("FJR126110001")["id"]]


def test_the_letters_of_the_command_line_and_of_the_pages_are_the_same(server: RunningServer, book: LetterBook) -> None:
    sent = [book.run(), book.burn(), book.burn("burn-fail", serial=None)]
    for letter in sent:
        server.put(letter)
    with server.database.reading() as connection:
        assert {row.id: row.sha256 for row in letters(connection)} == {letter.id: letter.sha256 for letter in sent}


def test_a_station_that_is_cut_off_while_it_sends_leaves_nothing_and_no_defect_in_the_log(
    server: RunningServer, book: LetterBook, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "server.web.problems")
    letter = book.run()
    host, port = server.url.removeprefix("http://").split(":")
    head = (
        f"PUT {letter.path} HTTP/1.1\r\nHost: {host}\r\nAuthorization: Bearer {server.site.tokens['bench-1']}\r\n"
        f"Content-Type: application/json\r\nContent-Length: {len(letter.body)}\r\n\r\n"
    )
    with socket.create_connection((host, int(port))) as line:
        line.sendall(head.encode() + letter.body[:100])
    deadline = time.monotonic() + 10
    while not any("the client is gone" in record.message for record in caplog.records):
        assert time.monotonic() < deadline
        time.sleep(0.02)
    assert [record for record in caplog.records if record.levelno >= logging.ERROR] == []
    assert server.put(letter).status_code == 201
