"""The figures of repairs over the API: what fixed a measurement, the Pareto, no fault found, repeat returns."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Literal

from fastapi import APIRouter, Depends, Query
from pydantic import BaseModel

from server.admin.access import InSettings, Now, Reading, require
from server.admin.queries import User
from server.config import Settings
from server.db.span import Span
from server.quality.queries import fault_tree
from server.repairs.figures import no_fault_found, pareto
from server.repairs.repeats import repeat_returns
from server.repairs.similar import similar_repairs
from server.web.day_span import FIRST, LAST, day_span

router = APIRouter(prefix="/v1", tags=["repairs"])
Reader = Annotated[User, Depends(require("records.read"))]
Day = Annotated[date | None, Query(examples=["2026-11-01"])]
MAX_DAYS = 730


class SimilarAnswer(BaseModel):
    """Repairs with one cause and action: how often, and what the unit's next test said."""

    measurement: str
    symptom: str
    cause: str
    action: str
    times: int
    passed: int
    failed: int
    last_at: datetime
    last_serial: str
    designators: list[tuple[str, int]]


class ParetoAnswer(BaseModel):
    """A code, designator or measurement with its words, number, share and running share (0 to 1)."""

    name: str
    zh: str
    en: str
    count: int
    share: float
    running: float


class NoFaultAnswer(BaseModel):
    """``rate`` is found / diagnosed, null where nothing was diagnosed."""

    found: int
    diagnosed: int
    rate: float | None
    case_nos: list[str]


class RepeatAnswer(BaseModel):
    """``rate`` is repeats / sent_out; ``waiting`` of those sent out may still come back in time."""

    days: int
    sent_out: int
    repeats: int
    waiting: int
    rate: float | None
    by_technician: list[tuple[str, int]]
    by_cause: list[tuple[str, int]]


@router.get("/repair-figures/similar")
def get_similar(
    user: Reader,
    connection: Reading,
    product: Annotated[str, Query(min_length=1, max_length=100, examples=["FJ-R1"])],
    measurement: Annotated[list[str], Query(min_length=1, max_length=20, examples=[["dark_current"]])],
) -> list[SimilarAnswer]:
    """What fixed these measurements on units of the product before."""
    found = similar_repairs(connection, product, measurement)
    return [SimilarAnswer.model_validate(row, from_attributes=True) for row in found]


@router.get("/repair-figures/faults")
def get_faults(
    user: Reader,
    connection: Reading,
    settings: InSettings,
    by: Literal["symptom", "cause", "action", "designator", "measurement"] = "cause",
    since: Day = None,
    until: Day = None,
    product: Annotated[str, Query(max_length=100)] = "",
) -> list[ParetoAnswer]:
    """How many repairs name each, the most first; by the days on which they ended."""
    tree = fault_tree(connection)
    return [
        ParetoAnswer(
            name=row.name,
            zh=tree.name(row.name, "zh-CN"),
            en=tree.name(row.name, "en"),
            count=row.count,
            share=row.share,
            running=row.running,
        )
        for row in pareto(connection, by, _span(settings, since, until), product)
    ]


@router.get("/repair-figures/no-fault-found")
def get_no_fault_found(
    user: Reader, connection: Reading, settings: InSettings, since: Day = None, until: Day = None
) -> NoFaultAnswer:
    """Cases whose incoming test passed before any work and that closed without a repair, of all that were diagnosed."""
    found = no_fault_found(connection, _span(settings, since, until) or Span(FIRST, LAST))
    return NoFaultAnswer(
        found=len(found.cases),
        diagnosed=found.diagnosed,
        rate=found.rate,
        case_nos=[case.case_no for case in found.cases],
    )


@router.get("/repair-figures/repeats")
def get_repeats(
    user: Reader,
    connection: Reading,
    settings: InSettings,
    at: Now,
    since: Day = None,
    until: Day = None,
    days: Annotated[int, Query(ge=1, le=MAX_DAYS)] = 90,
) -> RepeatAnswer:
    """Units that came back at most ``days`` days after their parcel was signed for, of those sent out."""
    found = repeat_returns(connection, _span(settings, since, until) or Span(FIRST, LAST), days, at)
    return RepeatAnswer(
        days=days,
        sent_out=found.sent_out,
        repeats=len(found.cases),
        waiting=found.waiting,
        rate=found.rate,
        by_technician=found.by("technician"),
        by_cause=found.by("cause"),
    )


def _span(settings: Settings, since: date | None, until: date | None) -> Span | None:
    return day_span(settings, since.isoformat() if since else "", until.isoformat() if until else "")
