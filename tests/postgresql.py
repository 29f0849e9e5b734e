"""A real PostgreSQL for the length of a test session: its own folder, a Unix socket, and a database for each test."""

from __future__ import annotations

import atexit
import hashlib
import os
import pwd
import shutil
import subprocess
import tempfile
import time
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import psycopg

VERSIONS = Path("/usr/lib/postgresql")
USER = "postgres"
START_S = 30.0
QUICK = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off", "autovacuum": "off"}
"""These tests kill our server, not PostgreSQL: what that has committed, it has."""
SMALL = {"max_connections": "200", "shared_buffers": "64MB", "wal_level": "minimal", "max_wal_senders": "0"}


@dataclass
class Postgresql:
    """A cluster in ``folder``; ``start`` and ``stop`` may alternate."""

    folder: Path
    settings: dict[str, str]
    process: subprocess.Popen[bytes] | None = None

    def url(self, name: str) -> str:
        return f"postgresql+psycopg://{USER}@/{name}?host={self.folder}"

    def initialise(self) -> None:
        self.folder.chmod(0o755)
        if user := _user():
            shutil.chown(self.folder, user, user)
        command = [
            _program("initdb"),
            "--auth=trust",
            "--no-sync",
            "--encoding=UTF8",
            "--locale=C",
            f"--username={USER}",
        ]
        subprocess.run([*command, str(self._data)], check=True, stdout=subprocess.DEVNULL, cwd="/", **_as(_user()))

    def start(self) -> None:
        """Wait until it answers."""
        fixed = {"listen_addresses": "", "unix_socket_directories": str(self.folder), "logging_collector": "off"}
        options = [f"--{name}={value}" for name, value in (fixed | SMALL | self.settings).items()]
        with (self.folder / "log").open("ab") as log:
            self.process = subprocess.Popen(
                [_program("postgres"), "-D", str(self._data), *options], stderr=log, cwd="/", **_as(_user())
            )
        until = time.monotonic() + START_S
        while True:
            try:
                psycopg.connect(self._address).close()
                return
            except psycopg.OperationalError:
                if time.monotonic() > until or self.process.poll() is not None:
                    raise
                time.sleep(0.05)

    def stop(self) -> None:
        """At once: connections are cut, nothing is lost."""
        if self.process is not None:
            self.process.send_signal(3)  # SIGQUIT, an immediate shutdown; SIGINT would write a checkpoint first
            self.process.wait(START_S)
            self.process = None

    def create(self, name: str, template: str = "template0") -> None:
        """A database with the content of another one to which nobody is connected."""
        self.run(f'CREATE DATABASE "{name}" TEMPLATE "{template}"')

    def drop(self, name: str) -> None:
        self.run(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')

    def run(self, statement: str) -> list[tuple[object, ...]]:
        with psycopg.connect(self._address, autocommit=True) as connection:
            cursor = connection.execute(statement.encode())
            return cursor.fetchall() if cursor.description else []

    @property
    def _data(self) -> Path:
        return self.folder / "data"

    @property
    def _address(self) -> str:
        return f"host={self.folder} user={USER} dbname=postgres"


def make_cluster(settings: dict[str, str]) -> Postgresql:
    """A new cluster that runs until the process ends."""
    # a socket's path is at most 107 characters, and pytest's folders are closed to other users
    cluster = Postgresql(Path(tempfile.mkdtemp(prefix="fanji-pg-", dir="/tmp")), settings)

    def end() -> None:
        cluster.stop()
        shutil.rmtree(cluster.folder, ignore_errors=True)

    atexit.register(end)
    cluster.initialise()
    cluster.start()
    return cluster


@cache
def postgresql() -> Postgresql:
    """The cluster of this test session."""
    return make_cluster(QUICK)


def name_of(folder: Path) -> str:
    """The database of the site in ``folder``."""
    return f"t{hashlib.sha256(str(folder).encode()).hexdigest()[:20]}"


def _program(name: str) -> str:
    newest = max(VERSIONS.glob(f"*/bin/{name}"), key=lambda path: float(path.parts[-3]))
    return str(newest)


def _user() -> str | None:
    """PostgreSQL does not run as root."""
    return USER if os.geteuid() == 0 else None


def _as(user: str | None) -> dict[str, object]:
    return {"user": user, "group": pwd.getpwnam(user).pw_gid, "extra_groups": []} if user else {}
