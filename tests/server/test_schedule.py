"""The schedule of a run: the same figures as on the operator's page, by the same document."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from server.runs.schedule import SCALE, Span, schedule_of

CASES = json.loads((Path(__file__).parents[2] / "fixtures/wire/v1/schedules.json").read_text("utf-8"))["schedules"]
ZERO = datetime(2026, 11, 23, 8, 0, tzinfo=UTC)


def spans_of(rows: list[dict[str, Any]]) -> list[Span]:
    spans: list[Span] = []
    for row in rows:
        number = 1 + sum(span.step == row["step"] for span in spans)
        start, end = (ZERO + timedelta(seconds=row[key]) for key in ("start_s", "end_s"))
        spans.append(Span(row["step"], number, start, end, row["outcome"]))
    return spans


@pytest.mark.parametrize("case", CASES, ids=lambda case: str(case["name"]))
def test_a_schedule_reads_as_the_document_says(case: dict[str, Any]) -> None:
    found = schedule_of(spans_of(case["spans"]))
    if case["expected"] is None:
        assert found is None
        return
    assert found is not None
    figures = {
        "takt_s": round(found.takt_s, 3),
        "serial_s": round(found.serial_s, 3),
        "saved_s": round(found.saved_s, 3),
        "waited_s": round(found.waited_s, 3),
        "critical": list(found.critical),
    }
    assert figures == case["expected"]


def test_every_bar_lies_on_the_axis_and_an_attempt_before_the_last_is_an_earlier_one() -> None:
    found = schedule_of(spans_of(CASES[2]["spans"]))
    assert found is not None
    for lane in found.lanes:
        assert all(0 <= bar.x <= SCALE and bar.width > 0 and bar.x + bar.width <= SCALE + 2 for bar in lane.bars)
        assert [bar.is_earlier for bar in lane.bars] == [True] * (lane.attempts - 1) + [False]


def test_a_clock_that_was_set_back_in_the_middle_of_a_step_breaks_no_page() -> None:
    odd = [
        Span("boot", 1, ZERO, ZERO - timedelta(seconds=3), "PASS"),
        Span("rails", 1, ZERO, ZERO, "PASS"),
    ]
    found = schedule_of(odd)
    assert found is not None and [lane.step for lane in found.lanes] == ["rails"]
