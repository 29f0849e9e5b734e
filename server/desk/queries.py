"""Finds units, cases, waybills, orders, parts and requests by their numbers: whole, in part, or by a list."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from server.gates.case_gates import waiting_overrides
from server.logistics.queries import search_waybills
from server.orders.queries import orders
from server.parts.queries import PartFilter, part_rows
from server.parts.requests import RequestFilter, requests
from server.returns.case_ledger import CaseFilter, case_ledger
from server.returns.queries import open_case_ids
from server.returns.tables import return_case
from server.units.queries import search_units
from server.units.tables import unit

MOST_OF_A_KIND = 8
MOST_IN_A_LIST = 200
MAX_TEXT = 8000
UNIT, CASE, WAYBILL, ORDER, PART, REQUEST = "unit", "case", "waybill", "burn_order", "part", "part_request"


@dataclass(frozen=True, slots=True)
class Found:
    """Something that has a number: its page, what it is, and how it stands (the code of a state, or empty)."""

    kind: str
    number: str
    path: str
    what: str = ""
    state: str = ""


@dataclass(frozen=True, slots=True)
class ListedUnit:
    """A serial number of a list, with its unit where there is one, and that unit's open case."""

    serial: str
    unit_id: str | None = None
    product: str = ""
    case_id: str | None = None
    case_no: str = ""
    state: str = ""


@dataclass(frozen=True, slots=True)
class WaitingException:
    """Somebody asked that a case may pass a gate that is shut, and nobody has decided."""

    case_id: str
    case_no: str
    serial: str
    gate: str
    reason: str
    requested_at: datetime
    requested_by: str


def canonical(text: str) -> str:
    """As numbers are kept: full-width characters made narrow, in capitals."""
    return unicodedata.normalize("NFKC", text).upper().strip()


def listed_serials(text: str) -> list[str]:
    """The numbers of a pasted list, each once and in its order; empty where ``text`` is not a list.

    A list has several words, all of them with a digit: a name with spaces is none.
    """
    words = [word for word in re.split(r"[\s,;，；、]+", canonical(text)) if word]
    is_list = len(words) > 1 and all(re.search(r"\d", word) and len(word) >= 4 for word in words)
    return list(dict.fromkeys(words)) if is_list else []


def find(connection: sa.Connection, text: str) -> list[Found]:
    """What has a number like ``text``, at most MOST_OF_A_KIND of a kind; whole numbers first."""
    wanted = canonical(text)
    if not wanted:
        return []
    found = list(_similar(connection, wanted))
    return sorted(found, key=lambda one: canonical(one.number) != wanted)


def the_only(found: list[Found], text: str) -> Found | None:
    """What has exactly this number, where nothing else has."""
    whole = [one for one in found if canonical(one.number) == canonical(text)]
    return whole[0] if len(whole) == 1 else None


def look_up(connection: sa.Connection, serials: list[str]) -> list[ListedUnit]:
    """The units of a list of serial numbers, in its order; those that are not on record, too."""
    query = sa.select(unit.c.serial, unit.c.unit_id, unit.c.product).where(unit.c.serial.in_(serials))
    units = {row.serial: row for row in connection.execute(query)}
    open_cases = open_case_ids(connection, [row.unit_id for row in units.values()])
    query = sa.select(return_case.c.id, return_case.c.case_no, return_case.c.state)
    query = query.where(return_case.c.id.in_(list(open_cases.values())))
    cases = {row.id: row for row in connection.execute(query)}
    listed = []
    for serial in serials:
        row = units.get(serial)
        case = cases.get(open_cases.get(row.unit_id, "")) if row else None
        listed.append(
            ListedUnit(
                serial,
                row.unit_id if row else None,
                (row.product or "") if row else "",
                case.id if case else None,
                case.case_no if case else "",
                case.state if case else "",
            )
        )
    return listed


def waiting_exceptions(connection: sa.Connection) -> list[WaitingException]:
    """What waits for another person's decision, the oldest first."""
    asked = waiting_overrides(connection)
    query = sa.select(return_case.c.id, return_case.c.case_no, return_case.c.serial)
    query = query.where(return_case.c.id.in_([one.case_id for one in asked]))
    cases = {row.id: row for row in connection.execute(query)}
    return [
        WaitingException(
            one.case_id,
            cases[one.case_id].case_no,
            cases[one.case_id].serial,
            one.gate,
            one.reason,
            one.requested_at,
            one.requested_by,
        )
        for one in asked
        if one.case_id in cases
    ]


def _similar(connection: sa.Connection, wanted: str) -> Iterator[Found]:
    most = MOST_OF_A_KIND
    for one in search_units(connection, wanted, limit=most):
        yield Found(UNIT, one.serial, f"/units/{one.unit_id}", one.product or "")
    for case in case_ledger(connection, CaseFilter(text=wanted), limit=most):
        yield Found(CASE, case.case_no, f"/cases/{case.id}", case.serial, case.state)
    for waybill in search_waybills(connection, wanted, most):
        yield Found(WAYBILL, waybill.number, f"/waybills/{waybill.id}", waybill.courier, waybill.direction)
    for order in orders(connection, wanted, limit=most):
        yield Found(ORDER, order.no, f"/burn-orders/{order.no}", order.serial or "", order.state)
    for row in part_rows(connection, PartFilter(text=wanted), limit=most):
        yield Found(PART, row.part.number, f"/parts/{row.part.id}", f"{row.part.name_zh} · {row.part.name_en}")
    for request in requests(connection, RequestFilter(text=wanted), limit=most):
        yield Found(REQUEST, request.no, f"/parts/requests/{request.id}", request.requested_by, request.state)
