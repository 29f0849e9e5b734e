"""The shape of the tree: files stay small, say what they are for, and promise nothing unfinished."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent.parent
HOUSES = ("station", "server", "fixtures", "benchmarks", "tests")
CATCH_ALLS = {
    "station/cli/__init__.py": "an error of the program itself must not leave with the exit code of FAIL",
    "station/link/visa.py": "pyvisa-py raises bare Exception and worse; they are translated once, here",
}
"""Files that may do what the others may not, each with its reason."""
FILES = sorted(path for house in HOUSES for path in (ROOT / house).rglob("*.py"))
PRODUCT = [path for path in FILES if path.relative_to(ROOT).parts[0] in ("station", "server")]


def lines(path: Path) -> list[str]:
    return path.read_text(encoding="utf-8").splitlines()


def test_no_file_is_longer_than_300_lines_and_no_test_longer_than_500() -> None:
    bound = {path: 500 if path.is_relative_to(ROOT / "tests") else 300 for path in FILES}
    assert [f"{path}: {len(lines(path))}" for path in FILES if len(lines(path)) > bound[path]] == []


def test_every_file_begins_with_a_line_that_says_what_it_is_for() -> None:
    without = [path for path in FILES if lines(path) and not ast.get_docstring(ast.parse(path.read_text("utf-8")))]
    assert without == []


@pytest.mark.parametrize(
    "forbidden",
    [
        r"\b(TODO|FIXME|XXX)\b",
        r"NotImplementedError",
        r"except( Exception| BaseException)?\s*:\s*(#.*)?$",
        r"\b(fake|mock)\b",
        r"\bif\b.*\b(simulated|virtual)\b",
        r"\bhasattr\(|\bgetattr\(",
    ],
)
def test_the_product_holds_nothing_unfinished_and_no_branch_for_a_simulation(forbidden: str) -> None:
    found = [
        f"{path.relative_to(ROOT)}:{number}"
        for path in PRODUCT
        if str(path.relative_to(ROOT)) not in CATCH_ALLS
        for number, line in enumerate(lines(path), 1)
        if re.search(forbidden, line, re.IGNORECASE if "fake" in forbidden else 0)
    ]
    assert found == []


def test_nothing_in_the_station_sleeps_but_the_link() -> None:
    sleeping = [
        path.relative_to(ROOT)
        for path in PRODUCT
        if "time.sleep(" in path.read_text("utf-8") and not path.is_relative_to(ROOT / "station/link")
    ]
    assert sleeping == []
