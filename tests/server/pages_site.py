"""A served site as people meet it: browsers without scripts, and a station that sends letters."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx

from server.app import create_app
from tests.databases import copy_site, remove_site
from tests.server.conftest import PATIENCE_S, TLS, Site, serving
from tests.server.letter_book import Letter
from tests.server_process import PASSWORD

HTML = {"Accept": "text/html", "Accept-Language": "en"}


@dataclass(frozen=True)
class PagesSite:
    """The served site; accounts are named for their roles."""

    site: Site
    url: str
    clients: list[httpx.Client]

    def visitor(self, language: str = "en") -> httpx.Client:
        """A browser without a session; it does not follow redirections, so that each can be looked at."""
        client = httpx.Client(
            base_url=self.url, headers=HTML | {"Accept-Language": language}, verify=TLS, timeout=PATIENCE_S
        )
        self.clients.append(client)
        return client

    def person(self, role: str, language: str = "en") -> httpx.Client:
        """A browser whose user logged in through the form."""
        client = self.visitor(language)
        answer = client.post("/login", data={"name": role, "password": PASSWORD, "back": "/"})
        assert answer.status_code == 303, answer.text
        return client

    def send(self, letter: Letter) -> str:
        """Put a letter as its station does; its id."""
        headers = {"Authorization": f"Bearer {self.site.tokens['bench-1']}", "Content-Type": "application/json"}
        station = self.clients[0] if self.clients else self.visitor()
        answer = station.put(letter.path, content=letter.body, headers=headers)
        assert answer.status_code == 201, answer.text
        return letter.id


@contextmanager
def pages_site(prepared: Site, folder: Path) -> Iterator[PagesSite]:
    """A copy of the prepared site, served for the length of a block."""
    copy_site(prepared.folder, folder)
    site = Site(folder, prepared.tokens)
    with serving(create_app(site.settings)) as url:
        made = PagesSite(site, url, [])
        yield made
        for client in made.clients:
            client.close()
    remove_site(folder)


def csrf_of(answer: httpx.Response) -> str:
    """The form token of a page."""
    found = re.search(r'name="csrf" value="([0-9a-f]{64})"', answer.text)
    assert found, "the page has no form token"
    return found[1]


def arrival_form(client: httpx.Client, **fields: str) -> dict[str, str]:
    """The receive form as a browser would send it, with ``fields`` typed in."""
    answer = client.get("/arrivals/new")
    arrival = re.search(r'name="arrival" value="([0-9a-f-]{36})"', answer.text)
    assert arrival
    typed = {"number": "SF1001", "courier": "顺丰速运", "source": "4S 店", "reason": "不开机", "serials": ""}
    return {"csrf": csrf_of(answer), "arrival": arrival[1]} | typed | fields
