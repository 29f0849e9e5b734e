"""A migrated database for each test, and the application on a real socket over it."""

from __future__ import annotations

import asyncio
import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path

import httpx
import pytest
import uvicorn
from fastapi import FastAPI

from server.admin.permissions import permissions
from server.app import create_app
from server.config import Settings, read_settings
from server.db.engine import Database
from server.serving import listen
from tests import databases
from tests.server.letter_book import Letter, LetterBook
from tests.server_process import PASSWORD, environment_of, set_up

STATIONS = ("bench-1", "bench-2")
START_S = 10.0
PATIENCE_S = 30.0
"""How long an answer takes says how busy the machine is."""

TLS = ssl.create_default_context()
"""Made once: each client would make its own, which takes longer than most tests."""


@dataclass
class Site:
    """A folder with a migrated database, users named for their roles, and the stations' tokens."""

    folder: Path
    tokens: dict[str, str]

    @property
    def settings(self) -> Settings:
        return read_settings(environment_of(self.folder))


@dataclass
class RunningServer:
    """The application on a socket."""

    site: Site
    url: str
    database: Database
    app: FastAPI = field(repr=False)
    client: httpx.Client = field(repr=False)
    sessions: ExitStack = field(repr=False)

    def put(self, letter: Letter, station_id: str = "bench-1", **headers: str) -> httpx.Response:
        """Put a letter with the token of ``station_id``."""
        token = {"Authorization": f"Bearer {self.site.tokens[station_id]}", "Content-Type": "application/json"}
        return self.client.put(letter.path, content=letter.body, headers=token | headers)

    def log_in(self, role: str) -> httpx.Client:
        """A client with a session of the user of that role, and the header that lets it write."""
        client = self.sessions.enter_context(httpx.Client(base_url=self.url, verify=TLS, timeout=PATIENCE_S))
        answer = client.post("/v1/session", json={"name": role, "password": PASSWORD})
        assert answer.status_code == 200, answer.text
        client.headers["X-CSRF-Token"] = answer.json()["csrf"]
        return client


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Each test names its database."""
    kinds = [databases.DEFAULT]
    if metafunc.definition.get_closest_marker("both_databases"):
        kinds = [databases.SQLITE, databases.POSTGRESQL]
    if metafunc.definition.get_closest_marker("sqlite_only"):
        kinds = [databases.SQLITE]
    metafunc.parametrize("backend", [databases.needed(kind) for kind in kinds], indirect=True, scope="session")


@pytest.fixture(scope="session", autouse=True)
def backend(request: pytest.FixtureRequest) -> str:
    kind: str = getattr(request, "param", databases.DEFAULT)  # a TestCase is not parametrised
    return kind


_prepared: dict[str, Site] = {}


@pytest.fixture(scope="session")
def prepared_site(backend: str, tmp_path_factory: pytest.TempPathFactory) -> Site:
    """Made once for each database."""
    if backend not in _prepared:
        folder = tmp_path_factory.mktemp("site")
        _prepared[backend] = Site(folder, set_up(folder, STATIONS, tuple(permissions().roles)))
    return _prepared[backend]


@pytest.fixture
def site(prepared_site: Site, tmp_path: Path) -> Iterator[Site]:
    """A copy of its own for each test."""
    folder = tmp_path / "site"
    databases.copy_site(prepared_site.folder, folder)
    yield Site(folder, prepared_site.tokens)
    databases.remove_site(folder)


@pytest.fixture
def database(site: Site) -> Iterator[Database]:
    database = Database(site.settings.database_url)
    yield database
    database.close()


@pytest.fixture
def book() -> LetterBook:
    return LetterBook()


@pytest.fixture
def server(site: Site, database: Database) -> Iterator[RunningServer]:
    """The application served by uvicorn in a thread; ``database`` looks at the same file from outside."""
    app = create_app(site.settings)
    with (
        serving(app) as url,
        httpx.Client(base_url=url, verify=TLS, timeout=PATIENCE_S) as client,
        ExitStack() as sessions,
    ):
        yield RunningServer(site, url, database, app, client, sessions)


class serving:  # noqa: N801 (reads as a statement: with serving(app) as url)
    """The application on a free loopback port for the length of a block."""

    def __init__(self, app: FastAPI) -> None:
        self.started = threading.Event()
        self.server = _Server(uvicorn.Config(app, log_level="warning"), self.started)
        self.listener = listen("127.0.0.1", 0)
        self.thread = threading.Thread(target=self.server.run, kwargs={"sockets": [self.listener]})

    def __enter__(self) -> str:
        self.thread.start()
        assert self.started.wait(START_S), "the application did not start"
        return f"http://127.0.0.1:{self.listener.getsockname()[1]}"

    def __exit__(self, *exception: object) -> None:
        self.server.end()
        self.thread.join(START_S)
        self.listener.close()


class _Server(uvicorn.Server):
    """Ends when it is told to, where uvicorn looks ten times a second: there are hundreds of tests."""

    def __init__(self, config: uvicorn.Config, started: threading.Event) -> None:
        super().__init__(config)
        self._started = started

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        self._loop, self._ended = asyncio.get_running_loop(), asyncio.Event()
        await super().startup(sockets)
        self._started.set()

    async def main_loop(self) -> None:
        await self._ended.wait()

    def end(self) -> None:
        """From another thread."""
        self._loop.call_soon_threadsafe(self._ended.set)
