"""What repairs say of faults, drawn and counted: the Pareto, no fault found, and units that came back."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Annotated

from fastapi import APIRouter, Depends, Request, Response

from server.admin.access import InSettings, Now, Reading, require
from server.admin.queries import User
from server.config import Settings
from server.db.span import Span
from server.quality.queries import fault_tree
from server.repairs.figure_endpoints import MAX_DAYS
from server.repairs.figures import BY, no_fault_found, pareto, repaired_products
from server.repairs.repeats import repeat_returns
from server.web.day_span import day_span
from server.web.formats import iso_day
from server.web.pareto_drawing import MOST_BARS, draw
from server.web.render import page

USUAL_SPAN, USUAL_DAYS = timedelta(days=90), 90
MOST_ROWS = 100
router = APIRouter(include_in_schema=False)
Reader = Annotated[User, Depends(require("records.read"))]


@dataclass(slots=True)
class FigureFilter:
    """What the address asks for; used as a dependency it reads the query."""

    by: str = "cause"
    since: str = ""
    until: str = ""
    product: str = ""
    days: str = ""

    def __post_init__(self) -> None:
        self.by = self.by if self.by in BY else "cause"
        self.since, self.until = (text if iso_day(text) else "" for text in (self.since, self.until))
        self.product = self.product[:100]
        is_number = self.days.isdecimal() and 1 <= int(self.days[:6]) <= MAX_DAYS
        self.days = str(int(self.days)) if is_number else str(USUAL_DAYS)

    def begun(self, settings: Settings, at: datetime) -> Span:
        """The days asked for; from 90 days ago where no first day is named."""
        self.since = self.since or (at - USUAL_SPAN).astimezone(settings.zone).date().isoformat()
        span = day_span(settings, self.since, self.until)
        return span if span is not None else Span(at - USUAL_SPAN, at)


Asked = Annotated[FigureFilter, Depends()]


@router.get("/repairs/faults")
def faults_page(
    request: Request, user: Reader, connection: Reading, settings: InSettings, at: Now, asked: Asked
) -> Response:
    """The Pareto of symptoms, causes, actions, designators or measurements."""
    span = asked.begun(settings, at)
    rows = pareto(connection, asked.by, span, asked.product)
    return page(
        request,
        "repairs/faults.html",
        user=user,
        rows=rows[:MOST_ROWS],
        total=sum(row.count for row in rows),
        drawing=draw(rows),
        most_bars=MOST_BARS,
        tree=fault_tree(connection),
        kinds=BY,
        products=repaired_products(connection),
        filters={"by": asked.by, "since": asked.since, "until": asked.until, "product": asked.product},
    )


@router.get("/repairs/figures")
def figures_page(
    request: Request, user: Reader, connection: Reading, settings: InSettings, at: Now, asked: Asked
) -> Response:
    """No fault found, and repeat returns, each with its definition beside it."""
    span = asked.begun(settings, at)
    return page(
        request,
        "repairs/figures.html",
        user=user,
        nothing=no_fault_found(connection, span),
        repeats=repeat_returns(connection, span, int(asked.days), at),
        tree=fault_tree(connection),
        most_rows=MOST_ROWS,
        filters={"since": asked.since, "until": asked.until, "days": asked.days},
    )
