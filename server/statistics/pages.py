"""What the tests of a product say: yields by month, what fails most, every measurement's capability, one in detail."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Annotated

from fastapi import APIRouter, Depends, Request, Response

from server.admin.access import InSettings, Now, Reading, require
from server.admin.queries import User
from server.config import Settings
from server.db.span import Span, months_before
from server.errors import NotFound
from server.runs.figures import first_pass_yields
from server.statistics.control import RULES, control_chart
from server.statistics.drawings import draw_control, draw_histogram, draw_yields, month_of
from server.statistics.queries import (
    MOST_VALUES,
    definition,
    failures_of_first_tests,
    figures_of,
    newest_values,
    products,
)
from server.statistics.shares import wilson
from server.web.day_span import day_span
from server.web.formats import iso_day
from server.web.pareto_drawing import MOST_BARS, draw
from server.web.render import page

USUAL_SPAN = timedelta(days=90)
MONTHS = 12
MOST_FAILURES = 50
MOST_IN_CHART = 100
router = APIRouter(include_in_schema=False)
Reader = Annotated[User, Depends(require("records.read"))]


@dataclass(slots=True)
class StatisticsFilter:
    """What the address asks for; used as a dependency it reads the query."""

    product: str = ""
    since: str = ""
    until: str = ""

    def __post_init__(self) -> None:
        self.product = self.product[:100]
        self.since, self.until = (text if iso_day(text) else "" for text in (self.since, self.until))

    def begun(self, settings: Settings, at: datetime) -> Span:
        """The days asked for; from 90 days ago where no first day is named."""
        self.since = self.since or (at - USUAL_SPAN).astimezone(settings.zone).date().isoformat()
        span = day_span(settings, self.since, self.until)
        return span if span is not None else Span(at - USUAL_SPAN, at)


Asked = Annotated[StatisticsFilter, Depends()]


@router.get("/statistics")
def statistics_page(
    request: Request, user: Reader, connection: Reading, settings: InSettings, at: Now, asked: Asked
) -> Response:
    """One product's figures; the first by name where none is asked for."""
    known = products(connection)
    asked.product = asked.product if asked.product in known else next(iter(known), "")
    span = asked.begun(settings, at)
    yields = first_pass_yields(connection, months_before(at, settings.zone, MONTHS), asked.product)
    failures = failures_of_first_tests(connection, asked.product, span)
    figures = figures_of(connection, asked.product, span)
    return page(
        request,
        "statistics/product.html",
        user=user,
        products=known,
        filters={"product": asked.product, "since": asked.since, "until": asked.until},
        yields=[(month_of(one.span), one, wilson(one.passed, one.tested)) for one in yields if one.tested],
        yield_drawing=draw_yields(yields),
        failures=failures[:MOST_FAILURES],
        failure_drawing=draw(failures),
        most_bars=MOST_BARS,
        figures=sorted(figures, key=lambda one: (one.ppk is None, one.ppk or 0.0, one.name)),
    )


@router.get("/statistics/{mdef_sha256}")
def measurement_page(
    request: Request, user: Reader, connection: Reading, mdef_sha256: str, product: str = ""
) -> Response:
    """The newest values of one measurement: histogram with limits, control chart, indices."""
    known = definition(connection, mdef_sha256) if re.fullmatch("[0-9a-f]{64}", mdef_sha256) else None
    if known is None:
        raise NotFound("no such measurement")
    name, unit, low, high = known
    values = newest_values(connection, product[:100], mdef_sha256)
    newest = values[-MOST_IN_CHART:]
    chart = control_chart([one.value for one in newest])
    broken = [one for one in zip(newest, chart.broken, strict=True) if one[1]] if chart else []
    return page(
        request,
        "statistics/measurement.html",
        user=user,
        product=product[:100],
        name=name,
        unit=unit,
        low=low,
        high=high,
        values=values,
        chart=chart,
        cpk=chart.cpk(low, high) if chart else None,
        broken=broken[::-1],
        rules=[rule[0] for rule in RULES],
        histogram=draw_histogram([one.value for one in values], low, high),
        control=draw_control(newest, chart, low, high) if chart else None,
        most_values=MOST_VALUES,
        most_in_chart=MOST_IN_CHART,
    )
