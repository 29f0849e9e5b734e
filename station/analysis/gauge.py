"""Gauge repeatability and reproducibility, crossed, by analysis of variance: how much of what is seen is the gauge.

AIAG, Measurement Systems Analysis, 4th edition (2010), chapter III section B, "Analysis of Variance (ANOVA) Method",
and appendix A: two random factors with interaction; an interaction that is not significant is pooled with the
equipment. A component whose estimate is negative is 0. A study variation is six standard deviations.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.special import fdtrc

ALPHA = 0.05
"""The interaction counts where so small a chance would not explain it."""
SPREAD = 6.0
"""Standard deviations of a study variation (99.73 %)."""

Readings = Sequence[Sequence[Sequence[float]]]
"""By operator, part and trial; every cell has as many trials."""


@dataclass(frozen=True, slots=True)
class AnovaRow:
    """One source of variation; ``f`` and ``p`` are None where nothing is compared."""

    source: str
    degrees: int
    sum_of_squares: float
    mean_square: float
    f: float | None = None
    p: float | None = None


@dataclass(frozen=True, slots=True)
class Component:
    """A standard deviation, and its shares in percent: of the total variation, of the total variance, of the tolerance.

    ``tolerance_percent`` is %P/T; None where the limit has no two bounds.
    """

    name: str
    sigma: float
    variation_percent: float
    variance_percent: float
    tolerance_percent: float | None


@dataclass(frozen=True, slots=True)
class GaugeStudy:
    """``categories`` is ndc: how many groups of parts the gauge tells apart; None where the gauge does not vary at all.

    ``components`` are EV, AV, of it operator and interaction, GRR, PV and TV.
    """

    table: tuple[AnovaRow, ...]
    is_pooled: bool
    components: tuple[Component, ...]
    categories: int | None

    def component(self, name: str) -> Component:
        """The component of this name."""
        return next(component for component in self.components if component.name == name)


@dataclass(frozen=True, slots=True)
class _Variances:
    repeatability: float
    operator: float
    interaction: float
    part: float


def gauge_study(readings: Readings, tolerance: float | None = None, alpha: float = ALPHA) -> GaugeStudy:
    """Analyse a complete crossed study; ``tolerance`` is upper minus lower limit.

    Raises ValueError for less than two operators, parts or trials, a cell that lacks one, a reading that is not finite.
    """
    values = _checked(readings)
    operators, parts, trials = values.shape
    table = _table(values)
    operator, part, interaction, equipment = (row.mean_square for row in table[:4])
    is_pooled = table[2].p is None or table[2].p >= alpha
    if is_pooled:
        pooled = table[2].sum_of_squares + table[3].sum_of_squares
        equipment = pooled / (table[2].degrees + table[3].degrees)
        interaction = equipment
    variances = _Variances(
        repeatability=equipment,
        operator=max(0.0, (operator - interaction) / (parts * trials)),
        interaction=max(0.0, (interaction - equipment) / trials),
        part=max(0.0, (part - interaction) / (operators * trials)),
    )
    components = _components(variances, tolerance)
    gauge, true = math.sqrt(_gauge(variances)), math.sqrt(variances.part)
    categories = int(math.sqrt(2.0) * true / gauge) if gauge > 0 else None
    return GaugeStudy(table, is_pooled, components, categories)


def _checked(readings: Readings) -> np.ndarray:
    shapes = {(len(operator), len(part)) for operator in readings for part in operator}
    if len(shapes) != 1 or len(readings) < 2 or min(shapes.copy().pop()) < 2:
        raise ValueError("a crossed study has the same parts and trials of each operator, and two of each at least")
    values = np.array(readings, dtype=float)
    if not np.isfinite(values).all():
        raise ValueError("a reading is not finite")
    return values


def _table(values: np.ndarray) -> tuple[AnovaRow, ...]:
    """Operator, part, interaction, equipment, total; main effects are held against the interaction."""
    operators, parts, trials = values.shape
    centred = values - values.mean()  # sums of squares of what is left do not lose digits to the mean
    by_operator, by_part, by_cell = centred.mean((1, 2)), centred.mean((0, 2)), centred.mean(2)
    interplay = by_cell - by_operator[:, None] - by_part[None, :]
    within = centred - by_cell[:, :, None]
    operator = _row("operator", operators - 1, parts * trials * _squares(by_operator))
    part = _row("part", parts - 1, operators * trials * _squares(by_part))
    interaction = _row("operator × part", (operators - 1) * (parts - 1), trials * _squares(interplay))
    equipment = _row("equipment", operators * parts * (trials - 1), _squares(within))
    total = _row("total", values.size - 1, _squares(centred))
    return (
        _tested(operator, interaction),
        _tested(part, interaction),
        _tested(interaction, equipment),
        equipment,
        total,
    )


def _row(source: str, degrees: int, sum_of_squares: float) -> AnovaRow:
    return AnovaRow(source, degrees, sum_of_squares, sum_of_squares / degrees)


def _tested(row: AnovaRow, against: AnovaRow) -> AnovaRow:
    if against.mean_square <= 0:
        return row
    f = row.mean_square / against.mean_square
    p = float(fdtrc(row.degrees, against.degrees, f))
    return AnovaRow(row.source, row.degrees, row.sum_of_squares, row.mean_square, f, p)


def _squares(values: np.ndarray) -> float:
    return float((values**2).sum())


def _gauge(variances: _Variances) -> float:
    return variances.repeatability + variances.operator + variances.interaction


def _components(variances: _Variances, tolerance: float | None) -> tuple[Component, ...]:
    gauge = _gauge(variances)
    total = gauge + variances.part
    by_name = {
        "EV": variances.repeatability,
        "AV": variances.operator + variances.interaction,
        "operator": variances.operator,
        "interaction": variances.interaction,
        "GRR": gauge,
        "PV": variances.part,
        "TV": total,
    }
    return tuple(_component(name, variance, total, tolerance) for name, variance in by_name.items())


def _component(name: str, variance: float, total: float, tolerance: float | None) -> Component:
    sigma = math.sqrt(variance)
    share = variance / total if total > 0 else 0.0
    of_tolerance = 100.0 * SPREAD * sigma / tolerance if tolerance is not None and tolerance > 0 else None
    return Component(name, sigma, 100.0 * math.sqrt(share), 100.0 * share, of_tolerance)
