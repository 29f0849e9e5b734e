"""A study's file, figures and page: complete or not, resumed, with holes, with the manual's own data."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path

import msgspec
import pytest

from station.model.errors import OperatorError, StorageError
from station.model.limit import Comparator
from station.model.run_record import PlanRef
from station.runner.entries import PlannedMeasurement
from station.study.charts import part_chart, run_chart
from station.study.design import Cell, Kind, StudyDesign, StudyRun
from station.study.files import page, values, write_files
from station.study.ledger import FILE, Ledger
from station.study.report import report_of
from station.study.tally import course
from tests.station.analysis.test_gauge import AIAG

AT = datetime(2026, 3, 1, 8, 0, tzinfo=UTC)
PARTS = tuple(f"P{number}" for number in range(1, 11))
OPERATORS = ("Ann", "Bo & Co", "<Cy>")
WIDTH = PlannedMeasurement("width", "w", "宽", "Width", "mm", Comparator.BETWEEN, -4.0, 4.0, (), True, "manual")
MODEL = PlannedMeasurement("model", "w", "型号", "Model", "", Comparator.EQUALS, None, None, ("X",), True, "manual")


def design(kind: Kind = Kind.RR, **other: object) -> StudyDesign:
    crossed = kind is Kind.RR
    made = StudyDesign(
        kind=kind,
        product="AB-7",
        plan=PlanRef("AB-7 outgoing", "1", "0" * 64),
        bench_sha256="1" * 64,
        parts=PARTS if crossed else PARTS[:1],
        operators=OPERATORS if crossed else OPERATORS[:1],
        trials=3,
        seconds=0.0,
        references={},
        measurements=(WIDTH, MODEL),
    )
    return msgspec.structs.replace(made, **other)


def run_of(cell: Cell, values: Mapping[str, float], verdict: str = "PASS", seconds: float = 2.0) -> StudyRun:
    failed = ("width",) if verdict == "FAIL" else ()
    return StudyRun(
        cell=cell,
        run_id=f"{cell.part}-{cell.operator}-{cell.trial}",
        at=AT,
        seconds=seconds,
        verdict=verdict,
        values=dict(values),
        failed=failed,
        message="",
    )


def manual(cell: Cell) -> StudyRun:
    """The reading of the manual's worked example."""
    value = AIAG[OPERATORS.index(cell.operator)][cell.trial - 1][PARTS.index(cell.part)]
    return run_of(cell, {"width": value})


@pytest.fixture
def crossed(tmp_path: Path) -> Ledger:
    """The manual's study, all runs played."""
    ledger = Ledger(tmp_path, design())
    for cell in list(ledger.due()):
        ledger.add(manual(cell))
    ledger.close()
    return ledger


def test_a_crossed_study_has_every_part_by_every_operator_in_each_trial() -> None:
    cells = list(design().cells())
    assert len(cells) == len(set(cells)) == 90
    assert [cell.trial for cell in cells] == sorted(cell.trial for cell in cells)
    assert {(cell.part, cell.operator) for cell in cells[:30]} == {(p, o) for p in PARTS for o in OPERATORS}
    orders = {tuple(cell.part for cell in cells[place : place + 10]) for place in range(0, 90, 10)}
    assert len(orders) > 5 and PARTS not in orders
    assert cells == list(design().cells())


def test_the_manuals_data_give_the_manuals_figures_whatever_the_order_of_the_runs(crossed: Ledger) -> None:
    (found,) = report_of(crossed).measurements
    assert found.gauge is not None
    assert found.figures.found is not None and found.figures.found.cg is None, "ten parts are not one gauge's spread"
    component = found.gauge.component("GRR")
    assert round(component.variation_percent, 2) == 27.86
    assert component.tolerance_percent is not None and round(component.tolerance_percent, 2) == 22.68
    assert found.remark == (
        "%GRR 27.9: may do; %P/T 22.7: may do; "
        "ndc 4: these parts are too alike, or the gauge too coarse, to tell them apart"
    )


def test_a_study_goes_on_where_it_was_left(tmp_path: Path) -> None:
    first = Ledger(tmp_path, design())
    due = list(first.due())
    first.add(manual(due[0]))
    first.add(run_of(due[1], {}, "ERROR"))
    first.add(run_of(due[2], {}, "ABORTED"))
    first.close()
    again = Ledger(tmp_path, design())
    assert list(again.due()) == due[1:] and not again.is_complete
    again.close()


def test_a_study_that_was_killed_while_it_wrote_loses_no_whole_run(tmp_path: Path) -> None:
    first = Ledger(tmp_path, design())
    first.add(manual(next(first.due())))
    first.close()
    with (tmp_path / FILE).open("ab") as file:
        file.write(b'{"entry":"run","cell":{"pa')
    again = Ledger(tmp_path, design())
    again.add(manual(next(again.due())))
    again.close()
    third = Ledger(tmp_path, design())
    assert len(third.runs) == 2
    third.close()


@pytest.mark.parametrize(
    ("other", "named"),
    [
        ({"trials": 2}, "trials"),
        ({"plan": PlanRef("AB-7 outgoing", "2", "3" * 64)}, "plan"),
        ({"bench_sha256": "2" * 64}, "bench_sha256"),
        ({"parts": PARTS[1:], "operators": OPERATORS[1:]}, "parts, operators"),
    ],
)
def test_values_of_two_studies_are_never_mixed(tmp_path: Path, other: dict[str, object], named: str) -> None:
    Ledger(tmp_path, design()).close()
    with pytest.raises(OperatorError, match=f"holds a study with other {named}: go on with the same"):
        Ledger(tmp_path, design(**other))


def test_a_file_that_is_no_study_is_left_alone(tmp_path: Path) -> None:
    line = msgspec.json.encode(manual(next(design().cells()))) + b"\n"
    (tmp_path / FILE).write_bytes(line)
    with pytest.raises(StorageError, match="does not begin with a study"):
        Ledger(tmp_path, design())
    assert (tmp_path / FILE).read_bytes() == line


def test_a_gauge_is_not_judged_while_a_value_is_missing(tmp_path: Path) -> None:
    ledger = Ledger(tmp_path, design())
    cells = list(ledger.due())
    for cell in cells[:-1]:
        ledger.add(manual(cell))
    ledger.add(run_of(cells[-1], {}, "FAIL"))
    ledger.close()
    report = report_of(ledger)
    (found,) = report.measurements
    assert report.is_complete and found.gauge is None
    assert found.remark == "not measured in every run: the gauge cannot be judged yet"
    assert found.figures.found is not None and found.figures.found.count == 89


def test_a_soak_counts_every_run_and_ends_after_its_time(tmp_path: Path) -> None:
    ledger = Ledger(tmp_path, design(Kind.SOAK, trials=0, seconds=10.0))
    due = ledger.due()
    for verdict, seconds in (("PASS", 4.0), ("ERROR", 4.0), ("FAIL", 4.0)):
        assert not ledger.is_complete
        ledger.add(run_of(next(due), {"width": 1.0}, verdict, seconds))
    assert ledger.is_complete
    ledger.close()
    report = report_of(ledger)
    assert report.verdicts == {"PASS": 1, "ERROR": 1, "FAIL": 1} and report.failing == {"width": 1}
    assert (report.measurements[0].figures.values, report.measurements[0].gauge) == ((1.0, 1.0), None)


def test_a_soak_with_a_number_of_runs_goes_on_after_those_it_has(tmp_path: Path) -> None:
    ledger = Ledger(tmp_path, design(Kind.SOAK, trials=3))
    ledger.add(run_of(next(ledger.due()), {}, "ERROR"))
    assert [cell.trial for cell in ledger.due()] == [2, 3]
    ledger.close()


def test_a_repeated_value_is_held_against_its_limits_and_reference(tmp_path: Path) -> None:
    ledger = Ledger(tmp_path, design(Kind.REPEAT, references={"width": 0.05}))
    for cell, value in zip(list(ledger.due()), (0.0, 0.1, 0.05), strict=True):
        ledger.add(run_of(cell, {"width": value}))
    ledger.close()
    (found,) = report_of(ledger).measurements
    assert found.figures.found is not None and found.figures.found.cg == pytest.approx(0.2 * 8 / (6 * 0.05))
    assert found.remark == "Cgk 5.33: fine (1.33)"


def test_the_page_shows_everything_needs_nothing_and_lets_no_name_be_markup(crossed: Ledger) -> None:
    text = page(report_of(crossed), "the operator <left>")
    assert "27.86" in text and "22.68" in text and "pooled with the equipment" in text and "0.974" in text
    assert "Bo &amp; Co" in text and "&lt;Cy&gt;" in text and "<Cy>" not in text and "<left>" not in text
    assert re.findall(r"(?:src|href)=|<script|https?://", text) == []
    assert text.count("<svg") == 2


def test_the_values_are_a_table_of_every_run(crossed: Ledger) -> None:
    rows = list(csv.DictReader(io.StringIO(values(report_of(crossed)))))
    assert len(rows) == 90 and {row["operator"] for row in rows} == set(OPERATORS)
    row = next(row for row in rows if (row["part"], row["operator"], row["trial"]) == ("P1", "Ann", "1"))
    assert float(row["width"]) == 0.29


def test_the_figures_are_there_for_programs(crossed: Ledger, tmp_path: Path) -> None:
    write_files(report_of(crossed), tmp_path, "")
    figures = msgspec.json.decode((tmp_path / "figures.json").read_bytes())
    gauge = figures["measurements"][0]["gauge"]
    assert gauge["categories"] == 4 and gauge["is_pooled"] is True
    assert figures["is_complete"] is True and figures["design"]["plan"]["name"] == "AB-7 outgoing"


def test_a_folder_that_takes_no_files_is_told_of(crossed: Ledger, tmp_path: Path) -> None:
    with pytest.raises(StorageError, match="nowhere"):
        write_files(report_of(crossed), tmp_path / "nowhere", "")


@pytest.mark.parametrize("numbers", [[1.0], [1.0, 1.0], [1e-9, 2e-9, -3e-9], [float(n) for n in range(500)]])
def test_a_chart_is_a_picture_whose_points_lie_in_it(numbers: list[float]) -> None:
    for drawn in (run_chart(numbers, min(numbers), 1e6, numbers[0]), part_chart({"A": numbers, "B": numbers})):
        points = [pair for line in re.findall(r'<polyline points="([^"]*)"', drawn) for pair in line.split()]
        assert len(points) in (len(numbers), 2 * len(numbers))
        assert all(0 <= float(x) <= 640 and 0 <= float(y) <= 150 for x, y in (point.split(",") for point in points))
    assert run_chart([], None, None, 0.0) == part_chart({}) == ""


def test_a_course_is_as_long_as_its_values_and_no_longer_than_a_line() -> None:
    assert course([1.0, 2.0, 3.0]) == "▁▅█" or course([1.0, 2.0, 3.0]) == "▁▄█"
    assert course([2.0, 2.0]) == "▁▁"
    assert len(course([float(n) for n in range(1000)])) <= 60
    assert course([]) == ""
