"""What a month came to, counted from the records, and the versions of its report that were frozen."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import msgspec
import sqlalchemy as sa

from server.burns.queries import count_by_result
from server.db.span import Span
from server.logistics.tables import waybill, waybill_standing
from server.repairs.figures import no_fault_found, pareto
from server.repairs.repeats import repeat_returns
from server.reports.sections import Cell, Sections
from server.reports.tables import monthly_report
from server.returns.tables import return_case
from server.runs.figures import first_pass_yields
from server.runs.queries import count_by_verdict
from server.statistics.queries import products
from server.statistics.shares import wilson

DAY_S = 86400.0
REPEAT_DAYS = 90
MOST_CAUSES = 20
MINOR = 100
DIGITS = 4
"""Of a share or a number of days; the same records give the same report to the last digit."""


@dataclass(frozen=True, slots=True)
class Frozen:
    """A version of a month's report as it was frozen."""

    month: str
    version: int
    sha256: str
    document: str
    made_at: datetime
    made_by: str

    @property
    def sections(self) -> Sections:
        return msgspec.json.decode(self.document, type=Sections)


def count_month(connection: sa.Connection, span: Span, at: datetime) -> Sections:
    """Every section, counted now; ``span`` is the month in the site's zone."""
    return {
        "received": _received(connection, span),
        "ended": _ended(connection, span),
        "open_at_end": _open_at_end(connection, span),
        "turnaround": _turnaround(connection, span),
        "first_pass": _first_pass(connection, span),
        "tests": [list(row) for row in sorted(count_by_verdict(connection, span).items())],
        "burns": [list(row) for row in sorted(count_by_result(connection, span).items())],
        "causes": [[row.name, row.count, _share(row.share)] for row in pareto(connection, "cause", span)[:MOST_CAUSES]],
        "rates": _rates(connection, span, at),
        "freight": _freight(connection, span),
    }


def versions(connection: sa.Connection, site: str, month: str) -> list[Frozen]:
    """Every version of a month's report, the newest first."""
    query = _FROZEN.where(monthly_report.c.site == site, monthly_report.c.month == month)
    return [Frozen(*row) for row in connection.execute(query.order_by(monthly_report.c.version.desc()))]


def frozen_months(connection: sa.Connection, site: str) -> dict[str, int]:
    """The months that have a report, each with its newest version."""
    newest = sa.func.max(monthly_report.c.version)
    query = sa.select(monthly_report.c.month, newest).where(monthly_report.c.site == site)
    return {row[0]: row[1] for row in connection.execute(query.group_by(monthly_report.c.month))}


def differences(before: Sections, after: Sections) -> dict[str, tuple[list[list[Cell]], list[list[Cell]]]]:
    """By section the lines that are gone and those that are new; sections that are the same are left out."""
    found = {}
    for name in dict.fromkeys((*before, *after)):
        old, new = before.get(name, []), after.get(name, [])
        gone, come = [row for row in old if row not in new], [row for row in new if row not in old]
        if gone or come:
            found[name] = (gone, come)
    return found


def _received(connection: sa.Connection, span: Span) -> list[list[Cell]]:
    query = sa.select(return_case.c.product, return_case.c.kind, sa.func.count())
    query = query.where(*_between(return_case.c.opened_at, span), return_case.c.state.not_in(("announced", "merged")))
    return _grouped(connection, query, return_case.c.product, return_case.c.kind)


def _ended(connection: sa.Connection, span: Span) -> list[list[Cell]]:
    query = sa.select(return_case.c.product, return_case.c.state, sa.func.count())
    query = query.where(*_between(return_case.c.closed_at, span), return_case.c.state != "merged")
    return _grouped(connection, query, return_case.c.product, return_case.c.state)


def _open_at_end(connection: sa.Connection, span: Span) -> list[list[Cell]]:
    is_open = sa.or_(return_case.c.closed_at.is_(None), return_case.c.closed_at >= span.end)
    query = sa.select(return_case.c.product, sa.func.count())
    query = query.where(return_case.c.opened_at < span.end, is_open, return_case.c.state != "announced")
    return _grouped(connection, query, return_case.c.product)


def _turnaround(connection: sa.Connection, span: Span) -> list[list[Cell]]:
    query = sa.select(return_case.c.product, return_case.c.opened_at, return_case.c.closed_at)
    query = query.where(*_between(return_case.c.closed_at, span), return_case.c.state.not_in(("cancelled", "merged")))
    days: defaultdict[str, list[float]] = defaultdict(list)
    for product, opened_at, closed_at in connection.execute(query):
        days[product].append((closed_at - opened_at).total_seconds() / DAY_S)
    return [
        [product, len(taken), round(_rank(taken, 0.5), DIGITS), round(_rank(taken, 0.9), DIGITS)]
        for product, taken in sorted(days.items())
    ]


def _first_pass(connection: sa.Connection, span: Span) -> list[list[Cell]]:
    rows: list[list[Cell]] = []
    for product in products(connection):
        (found,) = first_pass_yields(connection, [span], product)
        if found.tested:
            interval = wilson(found.passed, found.tested)
            shares = (found.passed / found.tested, interval.low, interval.high)
            rows.append([product, found.tested, found.passed, *(_share(share) for share in shares)])
    return rows


def _rates(connection: sa.Connection, span: Span, at: datetime) -> list[list[Cell]]:
    nothing = no_fault_found(connection, span)
    repeats = repeat_returns(connection, span, REPEAT_DAYS, at)
    counted = (
        ("no_fault_found", len(nothing.cases), nothing.diagnosed),
        ("repeat_returns", len(repeats.cases), repeats.sent_out),
    )
    return [[name, count, of, _share(count / of) if of else 0.0] for name, count, of in counted]


def _freight(connection: sa.Connection, span: Span) -> list[list[Cell]]:
    joined = waybill.join(waybill_standing, waybill_standing.c.waybill_id == waybill.c.id)
    columns = (waybill.c.courier, waybill_standing.c.currency)
    query = sa.select(*columns, sa.func.count(), sa.func.sum(waybill_standing.c.freight_minor)).select_from(joined)
    query = query.where(*_between(waybill.c.received_at, span), waybill_standing.c.freight_minor.is_not(None))
    rows = connection.execute(query.group_by(*columns).order_by(*columns))
    return [[courier, currency, count, int(minor) / MINOR] for courier, currency, count, minor in rows]


def _between(column: sa.ColumnElement[datetime], span: Span) -> tuple[sa.ColumnElement[bool], ...]:
    return column >= span.start, column < span.end


def _grouped(
    connection: sa.Connection, query: sa.Select[tuple[object, ...]], *columns: sa.ColumnElement[str]
) -> list[list[Cell]]:
    rows = connection.execute(query.group_by(*columns).order_by(*columns))
    return [[cell if isinstance(cell, int) else str(cell) for cell in row] for row in rows]


def _rank(values: Sequence[float], share: float) -> float:
    """The smallest value that at least ``share`` of them do not exceed (nearest rank)."""
    return sorted(values)[max(math.ceil(share * len(values)) - 1, 0)]


def _share(share: float) -> float:
    return round(share, DIGITS)


_FROZEN = sa.select(
    monthly_report.c.month,
    monthly_report.c.version,
    monthly_report.c.sha256,
    monthly_report.c.document,
    monthly_report.c.made_at,
    monthly_report.c.made_by,
)
