"""Follows the letters: a thread that takes runs into the caches of sums within seconds, between the writers."""

from __future__ import annotations

import logging
import threading

import sqlalchemy as sa

from server.db.engine import Database
from server.errors import StorageError
from server.runs.summing import has_unsummed, sum_up

logger = logging.getLogger(__name__)

PAUSE_S = 1.0
"""Between two looks; a value is in the sums at most this and one pass later."""
STOP_S = 30.0


class SumFollower:
    """``start`` before, ``stop`` after use; what it leaves undone waits in the database."""

    def __init__(self, database: Database, pause_s: float = PAUSE_S) -> None:
        self._database = database
        self._pause_s = pause_s
        self._is_ending = threading.Event()
        self._thread = threading.Thread(target=self._work, name="sum-follower")

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._is_ending.set()
        self._thread.join(STOP_S)

    def _work(self) -> None:
        while not self._is_ending.wait(self._pause_s):
            try:
                while self._step() and not self._is_ending.is_set():
                    pass
            except (StorageError, sa.exc.SQLAlchemyError) as error:
                logger.warning("the sums wait: %s", error)

    def _step(self) -> bool:
        """One pass; whether it found anything. A look alone takes nobody's turn to write."""
        with self._database.reading() as connection:
            if not has_unsummed(connection):
                return False
        with self._database.writing() as connection:
            return sum_up(connection) > 0
