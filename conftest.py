"""Leaves out the tests whose system program is missing, and says at the end which and why; in CI that is an error."""

from __future__ import annotations

import os
import signal
import tomllib
from pathlib import Path
from typing import Any

import pytest

PROGRAMS = tomllib.loads((Path(__file__).parent / ".ci/programs.toml").read_text(encoding="utf-8"))
signal.signal(
    signal.SIGINT, signal.default_int_handler
)  # a shell's background job ignores it, and so would our children
not_run: dict[str, list[str]] = {}


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    kept = []
    for item in items:
        missing = [name for name in needed_programs(item) if not is_installed(name)]
        if missing:
            not_run.setdefault(", ".join(missing), []).append(item.nodeid)
        else:
            kept.append(item)
    if len(kept) < len(items):
        if os.environ.get("CI") == "true":
            raise pytest.UsageError(f"missing: {'; '.join(not_run)}")
        config.hook.pytest_deselected(items=[item for item in items if item not in kept])
        items[:] = kept
    if hasattr(config, "workeroutput"):  # a process of pytest-xdist
        config.workeroutput["not_run"] = not_run


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: Any) -> None:
    """Take over what a process of pytest-xdist left out: each of them leaves out the same."""
    not_run.update(node.workeroutput.get("not_run", {}) if hasattr(node, "workeroutput") else {})


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    for missing, tests in not_run.items():
        terminalreporter.write_line(f"not run because {missing} is missing: {', '.join(tests)}", yellow=True)


def needed_programs(item: pytest.Item) -> list[str]:
    """Program names by the test's markers: ``browser`` needs chromium and the font, ``referee("x")`` needs x."""
    names = ["chromium", "cjk-font"] if item.get_closest_marker("browser") else []
    for marker in item.iter_markers("referee"):
        names += [name for name in marker.args if isinstance(name, str)]
    return names


def is_installed(name: str) -> bool:
    return any(Path(path).exists() for path in PROGRAMS[name]["paths"])
