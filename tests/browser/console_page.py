"""The operator's page in Chromium, used as an operator does: keys and a scanner that types."""

from __future__ import annotations

import json
import os
import shutil
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from playwright.sync_api import Browser, Page, expect, sync_playwright

from tests.browser import shots
from tests.forked import Forked

CHROMIUM = shutil.which("chromium-headless-shell") or "/usr/bin/chromium"
"""The headless shell is the same browser without its own window, at half the processor time."""

FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
ROOT = Path(__file__).parents[2]
TIMEOUT_MS = 15_000
RULES = [{"family": "FJ-R1", "product": "FJ-R1", "pattern": "FJR1[0-9]{8}"}]


@contextmanager
def chromium() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield browser
        browser.close()


@dataclass
class OperatorPage:
    """One window; ``complaints`` are the errors that the browser told of."""

    page: Page
    complaints: list[str] = field(default_factory=list)

    def scan(self, code: str) -> None:
        """A scanner in keyboard mode: the characters, then Enter."""
        self.page.keyboard.type(code)
        self.page.keyboard.press("Enter")

    def press(self, *keys: str) -> None:
        for key in keys:
            self.page.keyboard.press(key)

    def wait_for(self, phase: str) -> None:
        """Wait until the page shows ``phase``: name, idle, choose, running, prompt or outcome."""
        expect(self.page.locator("body")).to_have_attribute("data-phase", phase, timeout=TIMEOUT_MS)

    def ticked(self) -> list[str]:
        return [box.get_attribute("value") or "" for box in self.page.locator("#prompt-items input:checked").all()]

    def focused(self) -> str:
        """The id of the element that has the focus, or its name on the checklist."""
        script = "document.activeElement.id || document.activeElement.value || document.activeElement.tagName"
        return str(self.page.evaluate(script))

    def text(self, selector: str) -> str:
        return self.page.locator(selector).inner_text()

    def shoot(self, name: str) -> None:
        shots.shoot(self.page, f"console-{name}")


@contextmanager
def operator_page(
    browser: Browser, url: str, language: str = "zh_CN", scheme: str = "light", *, has_policy: bool = True
) -> Iterator[OperatorPage]:
    """A fresh window; fails when the page told of an error that the test did not take out of ``complaints``.

    Without the page's own policy a judge may try styles on it.
    """
    context = browser.new_context(
        viewport={"width": 1280, "height": 800},
        color_scheme="dark" if scheme == "dark" else "light",
        bypass_csp=not has_policy,
    )
    context.add_cookies([{"name": "fanji_lang", "value": language, "url": url}])
    shown = OperatorPage(context.new_page())
    shown.page.on("console", lambda said: shown.complaints.append(said.text) if said.type == "error" else None)
    shown.page.on("pageerror", lambda error: shown.complaints.append(str(error)))
    shown.page.goto(url)
    yield shown
    context.close()
    assert shown.complaints == []


@contextmanager
def console_process(
    bench_file: Path, folder: Path, rules: list[dict[str, str]], settings: dict[str, str] | None = None
) -> Iterator[tuple[str, Forked]]:
    """``fanji-station console`` with the serial rules that a server would have sent; its address and process.

    ``settings`` are further variables of its environment.
    """
    state = {
        "schema": "fanji/state/1",
        "version": 1,
        "expires_at": "2099-01-01T00:00:00.000000Z",
        "serial_rules": rules,
    }
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "state.json").write_text(json.dumps(state), encoding="utf-8")
    environment = {name: value for name, value in os.environ.items() if not name.startswith("FANJI_")}
    environment |= {"FANJI_STATE_DIR": str(folder)} | (settings or {})
    process = Forked("station.cli", ["console", "--bench", str(bench_file), "--port", "0"], environment)
    try:
        yield process.stdout.readline().split()[1], process
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(15)
        process.close()
