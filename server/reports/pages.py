"""The pages of monthly reports: all months, one month as counted now or as frozen, its workbook, and freezing it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated

import sqlalchemy as sa
from fastapi import APIRouter, Depends, Request, Response
from fastapi.responses import RedirectResponse

from server.admin.access import InDatabase, InSettings, Now, Reading, require
from server.admin.author import Author
from server.admin.queries import User
from server.config import Settings
from server.db.span import months_before
from server.errors import BadInput, Contradiction, NotFound
from server.quality.queries import fault_tree
from server.reports.flows import FREEZE, freeze, month_span
from server.reports.queries import Frozen, count_month, differences, frozen_months, versions
from server.reports.sections import SECTIONS, Column, Sections
from server.reports.workbook import workbook
from server.web.render import page, reader_language
from server.web.spoken import spoken
from server.web.spreadsheet import MEDIA_TYPES, XLSX

MONTHS = 24
router = APIRouter(include_in_schema=False)
Reader = Annotated[User, Depends(require("records.read"))]
Freezer = Annotated[User, Depends(require(FREEZE))]


@dataclass(frozen=True, slots=True)
class Visit:
    """Somebody looks at a month."""

    request: Request
    user: User
    settings: Settings
    at: datetime
    month: str


def visit(request: Request, user: Reader, settings: InSettings, at: Now, month: str) -> Visit:
    return Visit(request, user, settings, at, month)


Here = Annotated[Visit, Depends(visit)]


@router.get("/reports")
def months_page(request: Request, user: Reader, connection: Reading, settings: InSettings, at: Now) -> Response:
    """The last two years by month, each with its newest frozen version."""
    known = frozen_months(connection, settings.site)
    spans = months_before(at, settings.zone, MONTHS)
    months = [span.start.astimezone(settings.zone).strftime("%Y-%m") for span in reversed(spans)]
    return page(request, "reports/list.html", user=user, months=[(month, known.get(month)) for month in months])


@router.get("/reports/{month}")
def month_page(here: Here, connection: Reading, version: str = "") -> Response:
    """A month: the version that is asked for, or what the records come to now, and what that differs in."""
    return _month_page(here, connection, version)


@router.get("/reports/{month}/report.xlsx")
def month_file(
    request: Request, user: Reader, connection: Reading, settings: InSettings, at: Now, month: str, version: str = ""
) -> Response:
    """The same as a workbook; one that is not frozen says so."""
    frozen = _version(versions(connection, settings.site, month), version)
    sections = frozen.sections if frozen else count_month(connection, month_span(month, settings), at)
    language, tree = reader_language(request), fault_tree(connection)

    def title(table: str, name: str) -> str:
        return spoken(language, table, name)

    def said(column: Column, text: str) -> str:
        if column.name == "cause":
            return f"{text} {tree.name(text, language.tag)}"
        return spoken(language, column.table, text) if column.table else text

    cover = {
        title("report", "month"): month,
        title("report", "site"): settings.site,
        title("report", "version"): str(frozen.version) if frozen else title("report", "not_frozen"),
        title("report", "made"): (frozen.made_at if frozen else at)
        .astimezone(settings.zone)
        .strftime("%Y-%m-%d %H:%M"),
        "SHA-256": frozen.sha256 if frozen else "",
    }
    name = f"fanji-{settings.site}-{month}-{f'v{frozen.version}' if frozen else 'draft'}.xlsx"
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return Response(workbook(cover, sections, title, said), media_type=MEDIA_TYPES[XLSX], headers=headers)


@router.post("/reports/{month}")
def freeze_form(user: Freezer, here: Here, database: InDatabase) -> Response:
    """Freeze the month as it is counted now."""
    try:
        with database.writing() as connection:
            made = freeze(connection, here.month, here.settings, Author(user.name, here.at))
    except (BadInput, Contradiction) as error:
        with database.reading() as connection:
            return _month_page(here, connection, "", error.detail)
    return RedirectResponse(f"/reports/{made.month}?version={made.version}", status_code=303)


def _month_page(here: Visit, connection: sa.Connection, version: str, refusal: str = "") -> Response:
    span, known = month_span(here.month, here.settings), versions(connection, here.settings.site, here.month)
    frozen = _version(known, version)
    sections: Sections = frozen.sections if frozen else count_month(connection, span, here.at)
    before = next((one for one in known if not frozen or one.version < frozen.version), None)
    return page(
        here.request,
        "reports/month.html",
        status=409 if refusal else 200,
        user=here.user,
        month=here.month,
        is_over=here.at >= span.end,
        versions=known,
        frozen=frozen,
        sections=sections,
        layout=SECTIONS,
        before=before,
        differences=differences(before.sections, sections) if before else {},
        tree=fault_tree(connection),
        may_freeze=here.user.may(FREEZE),
        refusal=refusal,
    )


def _version(known: list[Frozen], asked: str) -> Frozen | None:
    if not asked:
        return None
    found = next((one for one in known if str(one.version) == asked), None)
    if found is None:
        raise NotFound("this month has no such version")
    return found
