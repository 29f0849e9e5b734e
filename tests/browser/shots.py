"""Pictures of pages as the tests see them, for people: `FANJI_SHOTS=1` writes them to tests/browser/shots."""

from __future__ import annotations

import os
from pathlib import Path

from playwright.sync_api import Page

SHOTS = Path(__file__).parent / "shots"
IS_WANTED = "FANJI_SHOTS" in os.environ


def shoot(page: Page, name: str, *, full_page: bool = False) -> None:
    """Write ``name``.png, where pictures are wanted: they take a tenth of the browser's time."""
    if IS_WANTED:
        SHOTS.mkdir(exist_ok=True)
        page.screenshot(path=SHOTS / f"{name}.png", full_page=full_page)
