"""docs/test-plan.md: every item has measurements that the plans take, or a reason; no measurement is left out."""

from __future__ import annotations

import re
from fnmatch import fnmatch

import pytest

from station.sequences.catalogue import load_plan
from tests.conftest import ROOT

PAGE = ROOT / "docs/test-plan.md"
PRODUCTS = ("FJ-R5", "FJ-N7")
ITEMS = 65
ROW = re.compile(r"^\| (\d+) \| ([^|]+) \| ([^|]+) \| ([^|]+) \|$", re.MULTILINE)
NAME = re.compile(r"`([a-z0-9_*]+)`")
FEWEST_WORDS = 3
"""Of a reason."""


def cells(product: str) -> dict[int, str]:
    """The product's cell of each item; "likewise" is the one to its left."""
    rows = ROW.findall(PAGE.read_text(encoding="utf-8"))
    column = PRODUCTS.index(product)
    return {int(number): texts[0] if texts[column] == "likewise" else texts[column] for number, _, *texts in rows}


def takes(product: str) -> set[str]:
    """What the product's plan measures, and the steps that measure nothing but are recorded."""
    plan = load_plan(product)
    measured = {name for step in plan.steps for name in step.declaration.measures}
    return measured | {step.name for step in plan.steps if not step.declaration.measures}


def test_the_page_has_every_item_once_and_in_order() -> None:
    numbers = [int(number) for number, *_ in ROW.findall(PAGE.read_text(encoding="utf-8"))]
    assert numbers == list(range(1, ITEMS + 1))


@pytest.mark.parametrize("product", PRODUCTS)
def test_every_measurement_that_the_page_names_is_taken_by_the_plan(product: str) -> None:
    taken = takes(product)
    unknown = {
        f"{number}: {pattern}"
        for number, cell in cells(product).items()
        for pattern in NAME.findall(cell)
        if not any(fnmatch(name, pattern) for name in taken)
    }
    assert unknown == set()


@pytest.mark.parametrize("product", PRODUCTS)
def test_every_measurement_of_the_plan_stands_in_some_row(product: str) -> None:
    patterns = [pattern for cell in cells(product).values() for pattern in NAME.findall(cell)]
    assert {name for name in takes(product) if not any(fnmatch(name, pattern) for pattern in patterns)} == set()


@pytest.mark.parametrize("product", PRODUCTS)
def test_an_item_that_is_not_measured_says_why(product: str) -> None:
    silent = {
        number for number, cell in cells(product).items() if not NAME.search(cell) and len(cell.split()) < FEWEST_WORDS
    }
    assert silent == set()
