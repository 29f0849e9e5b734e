"""A small HTTP server on a real socket that answers letters as a test says, and keeps what it got."""

from __future__ import annotations

import hashlib
import json
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

Reply = tuple[int, bytes]


@dataclass
class Got:
    """One request."""

    method: str
    path: str
    token: str
    body: bytes

    @property
    def sha256(self) -> str:
        return hashlib.sha256(self.body).hexdigest()


def receipt(sha256: str, outcome: str = "stored", problem: str = "") -> bytes:
    """A receipt for the letter with ``sha256``."""
    words = {"schema": "fanji/receipt/1", "id": "", "discrepancies": [], "problem": problem}
    return json.dumps(words | {"sha256": sha256, "outcome": outcome}).encode()


def stored(got: Got) -> Reply:
    return 201, receipt(got.sha256)


@dataclass
class AnsweringServer:
    """``answer`` is asked for each request; ``headers`` go with each answer."""

    answer: Callable[[Got], Reply] = stored
    headers: dict[str, str] = field(default_factory=dict)
    got: list[Got] = field(default_factory=list)

    def __enter__(self) -> AnsweringServer:
        outer = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_PUT(self) -> None:
                self._serve()

            def do_GET(self) -> None:
                self._serve()

            def do_POST(self) -> None:
                self._serve()

            def _serve(self) -> None:
                body = self.rfile.read(int(self.headers.get("Content-Length", "0")))
                got = Got(self.command, self.path, self.headers.get("Authorization", ""), body)
                outer.got.append(got)
                status, reply = outer.answer(got)
                self.send_response(status)
                for name, value in outer.headers.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(reply)))
                self.end_headers()
                self.wfile.write(reply)

            def log_message(self, *words: object) -> None:
                """Say nothing."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.01})
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_address[1]}"
