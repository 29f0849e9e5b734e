"""Freezes a month's report: what was counted is kept with its digest, and never changed."""

from __future__ import annotations

import hashlib
from datetime import datetime

import msgspec
import sqlalchemy as sa

from server.admin.author import Author
from server.admin.flows import note
from server.db.span import SiteCalendar, Span
from server.errors import BadInput, Contradiction
from server.reports.queries import Frozen, count_month, versions
from server.reports.tables import monthly_report

FREEZE = "reports.freeze"


def month_span(month: str, calendar: SiteCalendar) -> Span:
    """``YYYY-MM`` as the moments it spans in the site's zone; raises BadInput for what is no month."""
    try:
        start = datetime.strptime(month, "%Y-%m").replace(tzinfo=calendar.zone)
    except ValueError as error:
        raise BadInput("is a month as YYYY-MM", "month") from error
    if month != start.strftime("%Y-%m") or not 2000 <= start.year < 2100:
        raise BadInput("is a month as YYYY-MM", "month")
    end = start.replace(year=start.year + start.month // 12, month=start.month % 12 + 1)
    return Span(start, end)


def freeze(connection: sa.Connection, month: str, calendar: SiteCalendar, author: Author) -> Frozen:
    """Count the month and keep it as the next version.

    Raises NotAllowed, BadInput for a month that has not ended, Contradiction where nothing changed since the version
    before.
    """
    author.require(connection, FREEZE)
    span = month_span(month, calendar)
    if author.at < span.end:
        raise BadInput("has not ended: a report is frozen when its month is over", "month")
    document = msgspec.json.encode(count_month(connection, span, author.at)).decode()
    digest = hashlib.sha256(document.encode()).hexdigest()
    known = versions(connection, calendar.site, month)
    if known and known[0].sha256 == digest:
        raise Contradiction(f"nothing changed since version {known[0].version}")
    made = Frozen(month, known[0].version + 1 if known else 1, digest, document, author.at, author.actor)
    row = {"site": calendar.site, "month": made.month, "version": made.version, "sha256": digest}
    row |= {"document": document, "made_at": made.made_at, "made_by": made.made_by}
    connection.execute(sa.insert(monthly_report), row)
    note(connection, author.at, author.actor, "report.freeze", f"{month} v{made.version}", digest)
    return made
