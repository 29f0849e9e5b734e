"""Good units of seeded tolerance pass their whole plans, and what is read of them is what their figures say.

A fiftieth of `make soak AREA=units`; both products at once, each in a world of its own.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

from tests.unit_spread import spreads
from tests.unit_trials import WORLD_OF, serials_of, try_good_units

UNITS = 4


def test_good_units_of_both_products_pass_and_read_as_their_figures_say() -> None:
    with ThreadPoolExecutor(len(WORLD_OF)) as pool:
        tried = {product: pool.submit(try_good_units, product, serials_of(product, UNITS)) for product in WORLD_OF}
    for product, future in tried.items():
        trials = future.result()
        assert [trial.told for trial in trials if trial.verdict != "PASS"] == []
        untrue = [row for row in spreads(product, trials) if not row.is_true]
        assert untrue == []
