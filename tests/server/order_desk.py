"""Images and burn orders made through the server's flows, and the letters that stations send for them."""

from __future__ import annotations

import hashlib
import io
import json
import secrets
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx

from server.admin.author import Author
from server.app import create_app
from server.db.engine import Database
from server.images.flows import Upload, Use, approve_image, put_test, take_image, withdraw_image
from server.images.store import store_of
from server.numbers.flows import PoolForm, make_pool
from server.orders.flows import Wish, approve_order, request_order
from server.wire.ids import new_id
from tests.databases import copy_site, remove_site
from tests.server.conftest import PATIENCE_S, TLS, RunningServer, Site, serving
from tests.server.letter_book import Letter, LetterBook

TARGET, PRODUCT = "W25Q64JV", "FJ-R1"


@contextmanager
def shared_server(prepared: Site, folder: Path) -> Iterator[RunningServer]:
    """One server for the tests of a file: each takes a desk of its own."""
    copy_site(prepared.folder, folder)
    site = Site(folder, prepared.tokens)
    database = Database(site.settings.database_url)
    app = create_app(site.settings)
    with (
        serving(app) as url,
        httpx.Client(base_url=url, verify=TLS, timeout=PATIENCE_S) as client,
        ExitStack() as sessions,
    ):
        yield RunningServer(site, url, database, app, client, sessions)
    database.close()
    remove_site(folder)


@dataclass
class OrderDesk:
    """One chain of letters of bench-1, one program and one unit that no other desk has."""

    server: RunningServer
    book: LetterBook = field(default_factory=LetterBook)
    program: bytes = field(default_factory=lambda: secrets.token_bytes(32))
    serial: str = field(default_factory=lambda: f"FJR1{secrets.randbelow(10**8):08}")

    def author(self, name: str = "engineer") -> Author:
        return Author(name, datetime.now(UTC))

    def image(self, content: bytes = b"", recipe: str = "", name: str = "fj-r1.bin") -> str:
        """An approved image; its approval's id."""
        content = content or self.program
        store, database = store_of(self.server.site.folder), self.server.database
        sha256 = take_image(database, store, Upload(name, "1.4.2", "", ""), io.BytesIO(content), self.author())
        with database.writing() as connection:
            put_test(connection, sha256, "FJR126110001, PASS", self.author())
            return approve_image(connection, sha256, Use(PRODUCT, "B", TARGET, recipe), self.author("supervisor"))

    def order(self, approval: str, quantity: int = 2, serial: str = "", is_approved: bool = True) -> str:
        """An order by the engineer, approved by the supervisor; its number."""
        wish = Wish(approval, "unit" if serial else "stock", serial, str(quantity), "")
        with self.server.database.writing() as connection:
            no = request_order(connection, wish, self.server.site.settings, self.author())
            if is_approved:
                approve_order(connection, no, self.author("supervisor"))
        return no

    def withdraw(self) -> None:
        with self.server.database.writing() as connection:
            withdraw_image(connection, digest(self.program), "a mistake", self.author())

    def pool(self, name: str, first: str = "1", last: str = "99", prefix: str = "") -> None:
        """Numbers of six digits; the prefix is the pool's name where none is given."""
        prefix = prefix or f"{name}-"
        with self.server.database.writing() as connection:
            make_pool(connection, PoolForm(name, prefix, "10", "6", first, last), self.author())

    def put(self, letter: Letter) -> list[str]:
        """Put a letter; what the server says against it."""
        answer = self.server.put(letter)
        assert answer.status_code == 201, answer.text
        found: list[str] = answer.json()["discrepancies"]
        return found

    def custody(self, no: str, event: str, quantity: int = 1, **changes: Any) -> list[str]:
        """ICs change hands at the station."""
        reason = {"reason": "damaged"} if event == "scrapped" else {}
        return self.put(self.custody_letter(no, event, quantity, **(reason | changes)))

    def custody_letter(self, no: str, event: str, quantity: int = 1, **changes: Any) -> Letter:
        content = {"order": no, "event": event, "quantity": quantity, "reason": None, "note": ""} | changes
        return self.book.letter("custody", "custody-taken", content)

    def burn(self, no: str | None, content: bytes = b"", **changes: Any) -> list[str]:
        """A passing burn of ``content`` for stock, with what a test changes."""
        return self.put(self.burn_letter(no, content, **changes))

    def burn_letter(self, no: str | None, content: bytes = b"", **changes: Any) -> Letter:
        """A passing burn for stock, each of another IC."""
        content = content or self.program
        image = {"name": "fj-r1.bin", "version": "1.4.2", "sha256": digest(content), "size_bytes": len(content)}
        chip = {"jedec": "EF4017", "sfdp_sha256": "", "unique_id": secrets.token_hex(8).upper()}
        made = {"order": no, "kind": "stock", "image": image, "after_sha256": digest(content), "identity": chip}
        return self.book.burn(serial=None, **(made | changes))

    def document(self, no: str) -> httpx.Response:
        return self.server.client.get(f"/v1/burn-orders/{no}", headers=self.headers())

    def accounts(self, no: str) -> tuple[str, int, int, int, int]:
        """State, taken, good, scrapped and returned as the station reads them."""
        told = self.document(no).json()
        return told["state"], told["taken"], told["good"], told["scrapped"], told["returned"]

    def lease(self, no: str, pool: str, count: int = 1, station: str = "bench-1", **changes: Any) -> httpx.Response:
        asked = {"schema": "fanji/lease-request/1", "id": new_id(datetime.now(UTC)), "order": no, "pool": pool}
        body = json.dumps(asked | {"count": count} | changes)
        return self.server.client.post("/v1/leases", content=body, headers=self.headers(station))

    def state(self) -> Any:
        return self.server.client.get("/v1/stations/me/state", headers=self.headers()).json()

    def headers(self, station: str = "bench-1") -> dict[str, str]:
        token = self.server.site.tokens[station]
        return {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}


def digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()
