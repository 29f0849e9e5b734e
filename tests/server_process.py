"""Starts the server as its own process on a free loopback port, for tests that kill it or look at it from outside."""

from __future__ import annotations

import os
import signal
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import sqlalchemy as sa
from argon2 import PasswordHasher

from server.admin.flows import add_token, add_user
from server.admin.tables import user_account
from server.db.engine import Database
from server.db.schema import migrate
from server.units.flows import add_serial_rule
from tests.databases import database_url
from tests.forked import Forked

STOP_S = 15.0
PASSWORD = "correct horse battery"
QUICK_HASH = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1).hash(PASSWORD)
"""It is checked as any hash is, in a fiftieth of the time: tests log in some hundred times."""


def environment_of(folder: Path) -> dict[str, str]:
    """The settings of a server whose records are in ``folder``."""
    return {
        "FANJI_DATABASE_URL": database_url(folder),
        "FANJI_DATA_DIR": str(folder),
        "FANJI_SITE": "test",
    }


def set_up(
    folder: Path, stations: tuple[str, ...] = ("bench-1",), roles: tuple[str, ...] = ("supervisor",)
) -> dict[str, str]:
    """Migrate a database in ``folder``; a user named for each role with PASSWORD; the tokens by station."""
    database = Database(environment_of(folder)["FANJI_DATABASE_URL"])
    migrate(database)
    at = datetime.now(UTC)
    with database.writing() as connection:
        for role in roles:
            add_user(connection, role, role, PASSWORD, at)
        connection.execute(sa.update(user_account).values(password_hash=QUICK_HASH))
        add_serial_rule(connection, "FJ-R1", "FJ-R1", "FJR1[0-9]{8}", at)
        tokens = {station: add_token(connection, station, 30, at) for station in stations}
    database.close()
    return tokens


@dataclass
class ServerProcess:
    """A running server; ``start`` again after ``kill`` uses the same port and records."""

    folder: Path
    port: int = 0
    url: str = ""
    process: Forked | None = field(default=None, repr=False)

    def start(self) -> ServerProcess:
        """Wait for the line that says where it serves."""
        arguments = ["serve", "--port", str(self.port)]
        self.process = Forked("server.cli", arguments, os.environ | environment_of(self.folder))
        line = self.process.stdout.readline()
        assert line.startswith("serving http://"), f"the server did not start: {line!r}"
        self.url = line.split()[1]
        self.port = int(self.url.rpartition(":")[2])
        return self

    def kill(self) -> None:
        """As a power cut does it."""
        self._end(signal.SIGKILL)

    def stop(self, how: signal.Signals = signal.SIGTERM) -> int:
        """As an administrator does it; the exit code."""
        return self._end(how)

    def _end(self, how: signal.Signals) -> int:
        if self.process is None:
            return 0
        self.process.send_signal(how)
        code = self.process.wait(STOP_S)
        self.process.close()
        self.process = None
        return code
