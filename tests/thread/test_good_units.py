"""Good units of seeded tolerance pass their whole plans, and what is read of them is what their figures say.

A fiftieth of `make soak AREA=units`; both products at once, each on a bench of its own.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack

import pytest

from tests.conftest import Bench
from tests.product_play import load
from tests.unit_spread import spreads
from tests.unit_trials import WORLD_OF, serials_of, trial_box, try_unit

UNITS = 4
SERIALS = {product: serials_of(product, UNITS) for product in WORLD_OF}


@pytest.fixture(scope="module")
def boxes() -> Iterator[Mapping[str, Bench]]:
    with ExitStack() as started:
        yield {product: started.enter_context(trial_box(product, SERIALS[product])) for product in WORLD_OF}


@pytest.mark.parametrize("number", range(UNITS))
def test_good_units_of_both_products_pass_and_read_as_their_figures_say(
    boxes: Mapping[str, Bench], number: int
) -> None:
    with ThreadPoolExecutor(len(boxes)) as pool:
        tried = {
            product: pool.submit(try_unit, box, load(product), SERIALS[product][number])
            for product, box in boxes.items()
        }
    for product, future in tried.items():
        trial = future.result()
        assert trial.verdict == "PASS", trial.told
        assert [row for row in spreads(product, [trial]) if not row.is_true] == []
