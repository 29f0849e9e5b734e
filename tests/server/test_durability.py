"""What was acknowledged is on record: after kill -9, under eight stations at once, and when the disk says no."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime

import httpx
import pytest
import sqlalchemy as sa

from server.admin.flows import revoke_token
from server.admin.queries import digest
from server.db.engine import Database
from server.errors import NotLoggedIn, StorageError
from server.ingest.submission import RUN, submit
from server.ingest.writer import BATCH, LetterWriter
from server.runs.flows import PreparedRun
from server.units.queries import broken_link
from server.wire.ids import unit_id
from server.wire.receipt import Outcome, Receipt
from tests.server.conftest import TLS, RunningServer, Site
from tests.server.letter_book import Letter, LetterBook
from tests.server_process import ServerProcess

ACKNOWLEDGED = frozenset({200, 201})


@pytest.fixture
def process(site: Site) -> Iterator[ServerProcess]:
    process = ServerProcess(site.folder)
    yield process
    process.kill()


def put(client: httpx.Client, site: Site, letter: Letter) -> int:
    """The status, or 0 when there was no answer."""
    headers = {"Authorization": f"Bearer {site.tokens['bench-1']}"}
    try:
        return client.put(letter.path, content=letter.body, headers=headers).status_code
    except httpx.TransportError:
        return 0


def digests(database: Database) -> dict[str, str]:
    with database.reading() as connection:
        return {row.id: row.sha256 for row in connection.execute(sa.text("SELECT id, sha256 FROM letter"))}


def test_a_kill_between_letters_loses_nothing_acknowledged_and_a_replay_adds_nothing(
    site: Site, process: ServerProcess, database: Database
) -> None:
    process.start()
    books = [LetterBook() for _ in range(4)]
    letters = [[book.run(serial=f"FJR12611000{index}") for _ in range(25)] for index, book in enumerate(books)]
    acknowledged: list[Letter] = []
    enough = threading.Event()

    def send(own: list[Letter]) -> None:
        with httpx.Client(base_url=process.url, verify=TLS) as client:
            for letter in own:
                if put(client, site, letter) in ACKNOWLEDGED:
                    acknowledged.append(letter)
                if len(acknowledged) >= 20:
                    enough.set()

    with ThreadPoolExecutor(4) as pool:
        sending = [pool.submit(send, own) for own in letters]
        assert enough.wait(30)
        process.kill()
        for future in sending:
            future.result()
    assert 20 <= len(acknowledged) < 100
    process.start()
    kept = digests(database)
    assert {letter.id: letter.sha256 for letter in acknowledged}.items() <= kept.items()
    with httpx.Client(base_url=process.url, verify=TLS) as client:
        answers = [put(client, site, letter) for own in letters for letter in own]
    assert answers.count(200) == len(kept)
    assert answers.count(201) == 100 - len(kept)
    with database.reading() as connection:
        assert connection.scalar(sa.text("SELECT count(*) FROM run")) == 100
        assert [broken_link(connection, unit_id("FJ-R1", f"FJR12611000{index}")) for index in range(4)] == [None] * 4
    assert process.stop() == 0


def test_a_server_that_is_stopped_answers_what_it_has_taken(
    site: Site, process: ServerProcess, database: Database, book: LetterBook
) -> None:
    process.start()
    with httpx.Client(base_url=process.url, verify=TLS) as client:
        letters = [book.run() for _ in range(5)]
        assert [put(client, site, letter) for letter in letters] == [201] * 5
    assert process.stop() == 0
    assert set(digests(database)) == {letter.id for letter in letters}


def test_eight_stations_at_once_all_get_their_receipts(server: RunningServer) -> None:
    books = [LetterBook() for _ in range(8)]
    letters = [[book.run(serial="FJR126110001") for _ in range(10)] for book in books]

    def send(own: list[Letter]) -> list[int]:
        with httpx.Client(base_url=server.url, verify=TLS) as client:
            return [put(client, server.site, letter) for letter in own]

    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(send, letters))
    assert answers == [[201] * 10] * 8
    with server.database.reading() as connection:
        assert broken_link(connection, unit_id("FJ-R1", "FJR126110001")) is None
        assert connection.scalar(sa.text("SELECT max(seq) FROM unit_event")) == 80
        assert connection.scalar(sa.text("SELECT count(*) FROM discrepancy")) == 0


def put_run(writer: LetterWriter, site: Site, letter: Letter) -> Future[Receipt]:
    """Hand a letter to the writer as the endpoint does."""
    return writer.put(submit(RUN, letter.id, letter.body, "bench-1"), digest(site.tokens["bench-1"]))


def writer_of(database: Database) -> LetterWriter:
    return LetterWriter(database, "test", lambda: datetime.now(UTC))


def test_letters_that_wait_are_committed_together_and_in_order(
    site: Site, database: Database, book: LetterBook
) -> None:
    writer = writer_of(database)
    letters = [book.run() for _ in range(BATCH + 6)]
    answers = [put_run(writer, site, letter) for letter in letters]
    writer.start()
    receipts = [answer.result(20) for answer in answers]
    writer.stop()
    assert {receipt.outcome for receipt in receipts} == {Outcome.STORED}
    assert all(receipt.discrepancies == () for receipt in receipts)


def test_a_letter_that_cannot_be_kept_spoils_no_other(site: Site, database: Database, book: LetterBook) -> None:
    writer = writer_of(database)
    good = [book.run(), book.run()]
    submissions = [submit(RUN, letter.id, letter.body, "bench-1") for letter in (*good, LetterBook().run())]
    prepared = submissions[2].prepared
    assert isinstance(prepared, PreparedRun)
    broken = replace(prepared.packed, outcomes=None)  # type: ignore[arg-type]  # a column that may not be empty
    poison = replace(submissions[2], prepared=replace(prepared, packed=broken))
    token = digest(site.tokens["bench-1"])
    answers = [writer.put(submission, token) for submission in (submissions[0], poison, submissions[1])]
    writer.start()
    assert [answers[0].result(20).outcome, answers[2].result(20).outcome] == [Outcome.STORED] * 2
    assert isinstance(answers[1].exception(20), sa.exc.IntegrityError)
    assert writer.is_alive
    writer.stop()
    assert set(digests(database)) == {letter.id for letter in good}


def test_a_request_that_is_given_up_does_not_end_the_writer(site: Site, database: Database, book: LetterBook) -> None:
    writer = writer_of(database)
    given_up, kept = book.run(), book.run()
    assert put_run(writer, site, given_up).cancel()
    answer = put_run(writer, site, kept)
    writer.start()
    assert answer.result(20).outcome is Outcome.STORED
    assert writer.is_alive
    writer.stop()


def test_a_token_that_is_revoked_while_its_letter_waits_is_refused_and_its_neighbour_kept(
    site: Site, database: Database, book: LetterBook
) -> None:
    writer = writer_of(database)
    refused, other = put_run(writer, site, book.run()), LetterBook("bench-2").run()
    kept = writer.put(submit(RUN, other.id, other.body, "bench-2"), digest(site.tokens["bench-2"]))
    with database.writing() as connection:
        revoke_token(connection, site.tokens["bench-1"][:10], datetime.now(UTC))
    writer.start()
    assert isinstance(refused.exception(20), NotLoggedIn)
    assert kept.result(20).outcome is Outcome.STORED
    writer.stop()
    assert set(digests(database)) == {other.id}


@pytest.mark.sqlite_only
def test_nothing_is_acknowledged_that_the_disk_did_not_take(site: Site, database: Database, book: LetterBook) -> None:
    with database.reading() as connection:
        pages = connection.exec_driver_sql("PRAGMA page_count").scalar()
    database.close()
    sa.event.listen(
        database.engine, "connect", lambda connection, _: connection.execute(f"PRAGMA max_page_count={pages}")
    )
    writer = writer_of(database)
    letters = [book.run(operator="x" * 80) for _ in range(60)]
    answers = [put_run(writer, site, letter) for letter in letters]
    writer.start()
    assert any(isinstance(answer.exception(20), StorageError) for answer in answers)
    writer.stop()
    stored = {letter.id for letter, answer in zip(letters, answers, strict=True) if answer.exception() is None}
    assert set(digests(database)) == stored


@pytest.mark.sqlite_only
def test_a_database_that_another_process_holds_is_given_up_and_taken_again(site: Site, book: LetterBook) -> None:
    database = Database(site.settings.database_url, patience_s=0.2)
    writer = writer_of(database)
    writer.start()
    letter = book.run()
    blocker = sa.create_engine(database.url, isolation_level="AUTOCOMMIT")
    with blocker.connect() as connection:
        connection.exec_driver_sql("BEGIN EXCLUSIVE")
        assert isinstance(put_run(writer, site, letter).exception(20), StorageError)
        connection.exec_driver_sql("ROLLBACK")
    blocker.dispose()
    assert put_run(writer, site, letter).result(20).outcome is Outcome.STORED
    writer.stop()
    database.close()


def test_without_its_writer_the_server_says_503_and_when_to_come_back(server: RunningServer, book: LetterBook) -> None:
    server.app.state.letter_writer.stop()
    for answer in (server.put(book.run()), server.client.get("/healthz")):
        assert answer.status_code == 503
        assert int(answer.headers["retry-after"]) > 0
    assert digests(server.database) == {}
