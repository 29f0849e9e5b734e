"""A study's report as files: a page for people, figures and values for programs."""

from __future__ import annotations

import csv
import io
from pathlib import Path
from statistics import fmean

import msgspec
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from station.model.errors import StorageError
from station.runner.entries import PlannedMeasurement
from station.study.charts import COLOURS, part_chart, run_chart
from station.study.report import Report, readings_of
from station.study.tally import Figures

TITLES = {"rr": "Gauge repeatability and reproducibility", "repeat": "Repeatability", "soak": "Soak"}


def write_files(report: Report, folder: Path, stopped: str) -> tuple[Path, ...]:
    """Write ``report.html``, ``figures.json`` and ``values.csv``; raises StorageError where the disk refuses."""
    files = {
        folder / "report.html": page(report, stopped),
        folder / "figures.json": msgspec.json.format(msgspec.json.encode(report), indent=2).decode() + "\n",
        folder / "values.csv": values(report),
    }
    try:
        for path, text in files.items():
            path.write_text(text, encoding="utf-8")
    except OSError as error:
        raise StorageError(str(folder), error.strerror or str(error)) from None
    return tuple(files)


def values(report: Report) -> str:
    """Every run with all its values, as CSV; a measurement that gave no number is empty."""
    names = [found.figures.planned.name for found in report.measurements]
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(["trial", "operator", "part", "run_id", "at", "verdict", *names])
    for run in report.runs:
        cell = run.cell
        taken = [run.values.get(name, "") for name in names]
        writer.writerow([cell.trial, cell.operator, cell.part, run.run_id, run.at.isoformat(), run.verdict, *taken])
    return text.getvalue()


def page(report: Report, stopped: str) -> str:
    """The report as one page that needs nothing else."""
    environment = Environment(
        loader=FileSystemLoader(Path(__file__).parent),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    by_cell = {run.cell: run.values for run in report.runs if run.is_usable}

    def drawn_parts(row: Figures) -> Markup:
        readings = readings_of(row.planned, report.design, by_cell) or []
        means = [[fmean(trials) for trials in parts] for parts in readings]
        return _drawing(part_chart(dict(zip(report.design.operators, means, strict=False))))

    def drawn_runs(row: Figures) -> Markup:
        mean = row.found.mean if row.found else 0.0
        return _drawing(run_chart(row.values, row.planned.low, row.planned.high, mean))

    return environment.get_template("report.html").render(
        title=f"{TITLES[report.design.kind]} · {report.design.product}",
        report=report,
        stopped=stopped,
        number=_number,
        limits=_limits,
        run_chart=drawn_runs,
        part_chart=drawn_parts,
        colour=lambda place: COLOURS[place % len(COLOURS)],
    )


def _drawing(svg: str) -> Markup:
    """Made here of numbers and fixed words alone."""
    return Markup(svg)  # noqa: S704


def _number(value: float | None) -> str:
    return "" if value is None else f"{value:.6g}"


def _limits(planned: PlannedMeasurement) -> str:
    low = "" if planned.low is None else f"{planned.low:g} … "
    high = "" if planned.high is None else f"{planned.high:g} "
    return f"{low or '… '}{high}{planned.unit}"
