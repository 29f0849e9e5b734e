"""What a study found, as figures: of every measurement, and of the gauge where it was crossed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from station.analysis.gauge import GaugeStudy, gauge_study
from station.runner.entries import PlannedMeasurement
from station.study.design import Cell, Kind, StudyDesign, StudyRun
from station.study.ledger import Ledger
from station.study.tally import Figures, Taken, figures, tolerance_of

FINE_PERCENT, USABLE_PERCENT, FINE_CATEGORIES = 10.0, 30.0, 5
"""AIAG, Measurement Systems Analysis, 4th edition, chapter II section D: %GRR below 10 and up to 30; ndc at least 5."""


@dataclass(frozen=True, slots=True)
class Found:
    """One measurement: its figures, the gauge's where they can be had, and what is to be said of it in words."""

    figures: Figures
    gauge: GaugeStudy | None
    remark: str


@dataclass(frozen=True, slots=True)
class Report:
    """``failing`` counts how often each measurement was outside its limit; not ``is_complete`` while runs are due."""

    design: StudyDesign
    is_complete: bool
    played_s: float
    verdicts: Mapping[str, int]
    failing: Mapping[str, int]
    measurements: Sequence[Found]
    runs: Sequence[StudyRun]


def report_of(ledger: Ledger) -> Report:
    """What is known by now."""
    design, runs = ledger.design, ledger.runs
    usable = [run for run in runs if run.is_usable]
    taken = [Taken(run.verdict, run.values) for run in usable]
    rows = figures(design.measurements, taken, design.references, is_one_unit=len(design.parts) == 1)
    return Report(
        design=design,
        is_complete=ledger.is_complete,
        played_s=ledger.played_s(),
        verdicts=Counter(run.verdict for run in runs),
        failing=Counter(name for run in runs for name in run.failed),
        measurements=[_found(row, design, usable) for row in rows],
        runs=runs,
    )


def _found(row: Figures, design: StudyDesign, usable: Sequence[StudyRun]) -> Found:
    if row.found is None:
        return Found(row, None, "no run gave a number")
    if design.kind is not Kind.RR:
        return Found(row, None, _capability(row))
    readings = readings_of(row.planned, design, {run.cell: run.values for run in usable})
    if readings is None:
        return Found(row, None, "not measured in every run: the gauge cannot be judged yet")
    gauge = gauge_study(readings, tolerance_of(row.planned))
    return Found(row, gauge, _judgement(gauge))


def readings_of(
    planned: PlannedMeasurement, design: StudyDesign, values: Mapping[Cell, Mapping[str, float]]
) -> list[list[list[float]]] | None:
    """The values by operator, part and trial; None where one is missing."""
    trials = range(1, design.trials + 1)
    try:
        return [
            [[values[Cell(part, operator, trial)][planned.name] for trial in trials] for part in design.parts]
            for operator in design.operators
        ]
    except KeyError:
        return None


def _judgement(gauge: GaugeStudy) -> str:
    """As AIAG has it; of the tolerance where there is one, because a limit is what the gauge is for."""
    component = gauge.component("GRR")
    if component.sigma == 0:
        return "the gauge never varied: its resolution hides how good it is"
    shares = {"%GRR": component.variation_percent, "%P/T": component.tolerance_percent}
    words = [f"{name} {value:.1f}: {_word(value)}" for name, value in shares.items() if value is not None]
    if gauge.categories is not None and gauge.categories < FINE_CATEGORIES:
        words.append(f"ndc {gauge.categories}: these parts are too alike, or the gauge too coarse, to tell them apart")
    return "; ".join(words)


def _word(percent: float) -> str:
    if percent < FINE_PERCENT:
        return "fine"
    return "may do" if percent <= USABLE_PERCENT else "not good enough"


def _capability(row: Figures) -> str:
    found = row.found
    if found is None or found.cg is None:
        return "" if row.tolerance is None else "the values never varied"
    lowest = found.cg if found.cgk is None else min(found.cg, found.cgk)
    name = "Cg" if found.cgk is None else "Cgk"
    return f"{name} {lowest:.2f}: {'fine' if lowest >= 1.33 else 'not good enough'} (1.33)"
