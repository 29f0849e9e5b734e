"""The whole API asked what its description allows, what it forbids, and what breaks programs; on both databases."""

from __future__ import annotations

import tempfile
import time
from pathlib import Path

from schemathesis import GenerationMode

from tests import databases
from tests.server.asked_anything import Inquiry, ask_described, ask_hostile, ask_spoiled_examples
from tests.server.conftest import Site
from tests.server.test_no_server_error import inquiry_at, said
from tests.server_process import set_up
from tests.soak.finding import Finding

EXAMPLES = 60
"""Of every operation and mode: about 10,000 requests on each database."""


def soak() -> list[Finding]:
    """About 20 minutes; estimate."""
    return [_asked(kind) for kind in (databases.SQLITE, databases.POSTGRESQL)]


def _asked(kind: str) -> Finding:
    databases.use(kind)
    began = time.monotonic()
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary) / "site"
        folder.mkdir()
        site = Site(folder, set_up(folder, ("bench-1",), ("supervisor", "reader")))
        with inquiry_at(site) as inquiry:
            _ask(inquiry)
            told = said(inquiry)
        databases.remove_site(folder)
    seconds = time.monotonic() - began
    return Finding("api", f"{kind}: never a 5xx", inquiry.asked, len(inquiry.broken), seconds, told)


def _ask(inquiry: Inquiry) -> None:
    ask_described(inquiry, EXAMPLES, [GenerationMode.POSITIVE, GenerationMode.NEGATIVE])
    ask_hostile(inquiry)
    ask_hostile(inquiry, one_by_one=True)
    ask_spoiled_examples(inquiry)
