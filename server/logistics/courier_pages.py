"""Couriers beside each other: what they take in days and in money, with how it is counted."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated

from fastapi import APIRouter, Depends, Request, Response

from server.admin.access import InSettings, Now, Reading, require
from server.admin.queries import User
from server.db.span import Span
from server.logistics.courier_figures import courier_figures
from server.web.day_span import day_span
from server.web.formats import iso_day
from server.web.render import page

USUAL = timedelta(days=90)
router = APIRouter(include_in_schema=False)
Reader = Annotated[User, Depends(require("records.read"))]


@router.get("/couriers")
def couriers_page(
    request: Request,
    user: Reader,
    connection: Reading,
    settings: InSettings,
    at: Now,
    since: str = "",
    until: str = "",
) -> Response:
    """The couriers of the waybills entered between two days, or in the last 90."""
    typed = {"since": since if iso_day(since) else "", "until": until if iso_day(until) else ""}
    span = day_span(settings, since, until) or Span(at - USUAL, at + timedelta(seconds=1))
    return page(
        request,
        "logistics/couriers.html",
        user=user,
        rows=courier_figures(connection, span),
        filters=typed,
    )
