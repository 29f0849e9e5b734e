"""Many runs of one plan, measurement by measurement: counts of verdicts and figures of the values."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from station.analysis.repeatability import Repeatability, repeatability
from station.model.limit import NUMERIC
from station.runner.entries import PlannedMeasurement

_BARS = "▁▂▃▄▅▆▇█"
_MAX_BARS = 60


@dataclass(frozen=True, slots=True)
class Taken:
    """One run: its verdict and the numbers it measured."""

    verdict: str
    values: Mapping[str, float]


@dataclass(frozen=True, slots=True)
class Figures:
    """One measurement over all runs; ``found`` is None where no run gave a number."""

    planned: PlannedMeasurement
    values: tuple[float, ...]
    found: Repeatability | None
    reference: float | None

    @property
    def tolerance(self) -> float | None:
        """Upper minus lower limit; None where the limit has not both."""
        return tolerance_of(self.planned)


def tolerance_of(planned: PlannedMeasurement) -> float | None:
    """Upper minus lower limit; None where the limit has not both, or no room between them."""
    if planned.low is None or planned.high is None or planned.high <= planned.low:
        return None
    return planned.high - planned.low


def figures(
    planned: Iterable[PlannedMeasurement],
    runs: Sequence[Taken],
    references: Mapping[str, float],
    is_one_unit: bool = True,
) -> tuple[Figures, ...]:
    """The figures of every measurement that is a number; the spread of several units is not the gauge's: no Cg then."""
    return tuple(
        _figures(each, runs, references.get(each.name), tolerance_of(each) if is_one_unit else None)
        for each in planned
        if each.comparator in NUMERIC
    )


def _figures(
    planned: PlannedMeasurement, runs: Sequence[Taken], reference: float | None, tolerance: float | None
) -> Figures:
    values = tuple(run.values[planned.name] for run in runs if planned.name in run.values)
    found = repeatability(values, tolerance, reference) if values else None
    return Figures(planned, values, found, reference)


def table_lines(rows: Sequence[Figures], runs: Sequence[Taken]) -> list[str]:
    """The figures as text, with the course of each measurement from the first run to the last."""
    verdicts = Counter(run.verdict for run in runs)
    lines = [f"{len(runs)} runs: " + (", ".join(f"{count} {name}" for name, count in verdicts.items()) or "none")]
    width = max((len(row.planned.name) for row in rows), default=0)
    heads = f"{'n':>5} {'mean':>11} {'s':>10} {'min':>11} {'max':>11} {'drift/run':>10} {'Cg':>6} {'Cgk':>6}"
    lines.append(f"{'':{width}} {heads}")
    lines += [_line(row, width) for row in rows]
    return lines


def _line(row: Figures, width: int) -> str:
    found = row.found
    if found is None:
        return f"{row.planned.name:{width}} {0:>5}  no value"
    capability = " ".join(f"{'-' if value is None else format(value, '.2f'):>6}" for value in (found.cg, found.cgk))
    numbers = f"{found.count:>5} {found.mean:>11.6g} {found.deviation:>10.3g} {found.lowest:>11.6g}"
    rest = f"{found.highest:>11.6g} {found.drift_per_run:>10.2g} {capability}"
    return f"{row.planned.name:{width}} {numbers} {rest}  {course(row.values)} {row.planned.unit}"


def course(values: Sequence[float]) -> str:
    """``values`` in their order as bars between their lowest and highest, at most 60 of them."""
    if not values:
        return ""
    stride = -(-len(values) // _MAX_BARS)
    shown = [values[place : place + stride] for place in range(0, len(values), stride)]
    means = [sum(part) / len(part) for part in shown]
    low, high = min(means), max(means)
    if not high > low:
        return _BARS[0] * len(means)
    return "".join(_BARS[round((mean - low) / (high - low) * (len(_BARS) - 1))] for mean in means)
