"""One Chromium for all tests of a file."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, expect

from tests.browser.console_page import chromium

expect.set_options(timeout=30_000)  # how long a page takes says how busy the machine is


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as started:
        yield started
