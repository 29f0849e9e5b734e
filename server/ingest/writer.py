"""The one writer of letters: takes what waits, keeps it in one transaction, and acknowledges after the commit."""

from __future__ import annotations

import logging
import queue
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field
from datetime import datetime

import sqlalchemy as sa

from server.admin.queries import STATION_UNKNOWN, valid_tokens
from server.db.engine import Database
from server.errors import NotLoggedIn, StorageError
from server.ingest.flows import take
from server.ingest.submission import Submission
from server.wire.receipt import Receipt

logger = logging.getLogger(__name__)

BATCH = 64
MAX_WAITING = 1024
STOP_S = 30.0


@dataclass(frozen=True, slots=True)
class _Waiting:
    submission: Submission
    token_sha256: str
    answer: Future[Receipt] = field(default_factory=Future)


class LetterWriter:
    """A thread that commits letters in groups; ``start`` before, ``stop`` after use."""

    def __init__(self, database: Database, site: str, now: Callable[[], datetime]) -> None:
        self._database = database
        self._site = site
        self._now = now
        self._queue: queue.Queue[_Waiting | None] = queue.Queue(MAX_WAITING)
        self._thread = threading.Thread(target=self._work, name="letter-writer")

    @property
    def is_alive(self) -> bool:
        return self._thread.is_alive()

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        """Keep what waits, then end."""
        self._queue.put(None)
        self._thread.join(STOP_S)

    def put(self, submission: Submission, token_sha256: str) -> Future[Receipt]:
        """The receipt to come; ``token_sha256`` is the digest of the station token that the letter came with.

        The future raises NotLoggedIn when the token is not valid when the letter would be kept, and StorageError
        when it could not be kept.

        Raises StorageError at once when MAX_WAITING letters wait already, or when the writer has ended.
        """
        if self._thread.ident is not None and not self._thread.is_alive():
            raise StorageError("the letter writer has ended: restart the server")
        waiting = _Waiting(submission, token_sha256)
        try:
            self._queue.put_nowait(waiting)
        except queue.Full:
            raise StorageError(f"{MAX_WAITING} letters wait to be kept") from None
        return waiting.answer

    def _work(self) -> None:
        is_open = True
        while is_open:
            batch, is_open = self._next_batch()
            if batch:
                self._keep(batch)

    def _next_batch(self) -> tuple[list[_Waiting], bool]:
        """Wait for one letter, and take all that wait by then and whose requests still do; False to end."""
        batch: list[_Waiting] = []
        entry = self._queue.get()
        while entry is not None:
            if entry.answer.set_running_or_notify_cancel():
                batch.append(entry)
            if len(batch) == BATCH:
                return batch, True
            try:
                entry = self._queue.get_nowait()
            except queue.Empty:
                return batch, True
        return batch, False

    def _keep(self, batch: list[_Waiting]) -> None:
        """One transaction; nobody is answered before the commit."""
        try:
            with self._database.writing() as connection:
                valid = valid_tokens(connection, {waiting.token_sha256 for waiting in batch}, self._now())
                allowed = [waiting for waiting in batch if waiting.token_sha256 in valid]
                answers = self._take(connection, [waiting.submission for waiting in allowed])
        except (StorageError, sa.exc.SQLAlchemyError) as error:
            logger.warning("%d letters could not be kept: %s", len(batch), error)
            allowed, answers = batch, [StorageError("the letter could not be kept")] * len(batch)
        for waiting, answer in zip(allowed, answers, strict=True):
            if isinstance(answer, Receipt):
                waiting.answer.set_result(answer)
            else:
                waiting.answer.set_exception(answer)
        for waiting in batch:
            if not waiting.answer.done():
                waiting.answer.set_exception(NotLoggedIn(STATION_UNKNOWN))

    def _take(self, connection: sa.Connection, submissions: Sequence[Submission]) -> Sequence[Receipt | Exception]:
        """Letters in a savepoint; one that goes wrong is found by halving, and rolled back alone for its request.

        A disk that does not write is everybody's, and ends the whole transaction.
        """
        savepoint = connection.begin_nested()
        try:
            receipts = take(connection, submissions, self._site, self._now())
        except sa.exc.OperationalError:
            raise
        except Exception as error:  # noqa: BLE001 (raised again where the request waits; the writer must live on)
            savepoint.rollback()
            if len(submissions) == 1:
                return [error]
            half = len(submissions) // 2
            return [*self._take(connection, submissions[:half]), *self._take(connection, submissions[half:])]
        savepoint.commit()
        return receipts
