"""What many good units measured: how near they came to each limit, and how far from what is true of them."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from rich.console import Console
from rich.table import Table

from station.model.limit import Limit
from tests.product_play import load
from tests.unit_trials import Trial, seed_of
from tests.unit_truths import TRUTHS, figures_of
from tests.unit_windows import numeric_limits


@dataclass(frozen=True, slots=True)
class Spread:
    """One measurement over all units; ``least_off`` and ``most_off`` are readings less truths."""

    limit: Limit
    least: float
    most: float
    least_off: float
    most_off: float

    @property
    def distance(self) -> float:
        """From the worst reading to the nearer limit; below zero is outside."""
        below = math.inf if self.limit.low is None else self.least - self.limit.low
        return min(below, math.inf if self.limit.high is None else self.limit.high - self.most)

    @property
    def is_true(self) -> bool:
        """Whether each reading was as near to the truth as TRUTHS has it; a busy machine may be late."""
        truth = TRUTHS.get(self.limit.name)
        if truth is None:
            return True
        return truth.least_off <= self.least_off and (self.limit.unit == "s" or self.most_off <= truth.most_off)


def spreads(product: str, trials: Sequence[Trial]) -> list[Spread]:
    """In the order of the plan; measurements that no unit has are left out."""
    figures = {trial.serial: figures_of(product, trial.serial, seed_of(product)) for trial in trials}
    found = []
    for name, limit in numeric_limits(load(product)).items():
        read = [(trial.serial, trial.readings[name]) for trial in trials if name in trial.readings]
        if not read:
            continue
        values = [value for _, value in read]
        truth = TRUTHS.get(name)
        offs = [value - truth.of(figures[serial]) for serial, value in read] if truth is not None else [0.0]
        found.append(Spread(limit, min(values), max(values), min(offs), max(offs)))
    return found


def show_spreads(product: str, count: int, found: Sequence[Spread]) -> None:
    """Print the table; what is wrong is marked."""
    table = Table(title=f"{product}: {count} good units")
    columns = ("measurement", "unit", "low", "least", "most", "high", "to the limit", "off: least", "off: most", "")
    for column in columns:
        table.add_column(column, justify="left" if column in ("measurement", "unit", "") else "right", no_wrap=True)
    for row in found:
        limit = row.limit
        has_truth = limit.name in TRUTHS
        table.add_row(
            limit.name,
            limit.unit,
            "" if limit.low is None else f"{limit.low:g}",
            f"{row.least:.5g}",
            f"{row.most:.5g}",
            "" if limit.high is None else f"{limit.high:g}",
            f"{row.distance:.3g}",
            f"{row.least_off:+.2g}" if has_truth else "",
            f"{row.most_off:+.2g}" if has_truth else "",
            "FAILS" if row.distance < 0 else "" if row.is_true else "not true",
        )
    Console(width=140).print(table)
