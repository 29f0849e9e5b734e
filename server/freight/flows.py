"""A bill is imported once, its lines are decided, and its month is closed with a total that stays."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

import msgspec
import sqlalchemy as sa

from server.admin.author import Author, typed
from server.admin.flows import note
from server.db.span import SiteCalendar, Span
from server.errors import BadInput, Contradiction, NotFound, NotInForce
from server.freight.bill_file import BillFile
from server.freight.matching import AGREES, UNPRICED
from server.freight.queries import ACCEPT, CLAIM, Bill, Reviewed, bill_by_sha256, bills_of, close_of, review
from server.freight.tables import bill_decision, courier_bill, courier_bill_line, freight_close
from server.logistics.details import change_details, known
from server.wire.ids import new_id

WRITE, CLOSE = "freight.write", "freight.close"
MONTH = re.compile(r"20\d\d-(0[1-9]|1[0-2])")
MAX_COURIER, MAX_FILE_NAME, MAX_NOTE = 80, 200, 500


@dataclass(frozen=True, slots=True)
class BillEntry:
    """What was typed beside a bill's file."""

    courier: str
    month: str
    file_name: str
    currency: str = "CNY"


def month_span(calendar: SiteCalendar, month: str) -> Span:
    """The month in the site's zone; raises BadInput for what is none."""
    if not MONTH.fullmatch(month):
        raise BadInput("is written 2026-11", "month")
    start = datetime.strptime(month, "%Y-%m").replace(tzinfo=calendar.zone)
    following = (start + timedelta(days=32)).replace(day=1)
    return Span(start, following)


def checked(entry: BillEntry) -> BillEntry:
    """The entry with its texts trimmed; raises BadInput."""
    if not MONTH.fullmatch(entry.month.strip()):
        raise BadInput("is written 2026-11", "month")
    courier = typed(entry.courier, "courier", MAX_COURIER)
    return BillEntry(courier, entry.month.strip(), typed(entry.file_name, "file", MAX_FILE_NAME), entry.currency)


def import_bill(connection: sa.Connection, sha256: str, entry: BillEntry, file: BillFile, author: Author) -> bool:
    """Bring a bill on record whole; False where this file is on record already, which changes nothing.

    Raises BadInput for a file with lines that cannot be read, Contradiction for one that is on record as another
    courier's or month's, and NotInForce for a closed month.
    """
    author.require(connection, WRITE)
    made = checked(entry)
    before = bill_by_sha256(connection, sha256)
    if before is not None:
        if (before.courier, before.month) != (made.courier, made.month):
            raise Contradiction(f"this file is on record for {before.courier} {before.month}")
        return False
    if file.unreadable:
        raise BadInput(f"{len(file.unreadable)} lines cannot be read", "unreadable")
    _refuse_closed(connection, made.courier, made.month)
    row = {"sha256": sha256, "courier": made.courier, "month": made.month, "file_name": made.file_name}
    counted = {"currency": made.currency, "lines": len(file.lines), "total_minor": file.total_minor}
    connection.execute(sa.insert(courier_bill), row | counted | {"imported_at": author.at, "imported_by": author.name})
    connection.execute(
        sa.insert(courier_bill_line),
        [
            {
                "bill_sha256": sha256,
                "position": line.position,
                "number": line.number,
                "direction": line.direction,
                "day": file.days.get(line.position, ""),
                "weight_g": line.weight_g,
                "price_minor": line.price_minor,
            }
            for line in file.lines
        ],
    )
    what = f"{made.courier} {made.month}: {len(file.lines)} lines, {file.total_minor} {made.currency}/100"
    note(connection, author.at, author.actor, "freight.import", sha256, what)
    return True


@dataclass(frozen=True, slots=True)
class DecisionEntry:
    """What is decided of a line: ``claimed_minor`` is not paid."""

    position: int
    decision: str
    claimed_minor: int = 0
    note: str = ""


def decide(
    connection: sa.Connection, sha256: str, entry: DecisionEntry, calendar: SiteCalendar, author: Author
) -> None:
    """Accept a line as billed, or claim some of it back; the last decision counts until the month is closed.

    To accept a line whose waybill has no freight yet says that it costs what is billed. Raises NotFound, BadInput,
    Contradiction for a line that agrees, and NotInForce for a closed month.
    """
    author.require(connection, WRITE)
    bill = _known(connection, sha256)
    _refuse_closed(connection, bill.courier, bill.month)
    rows = review(connection, bill, month_span(calendar, bill.month)).rows
    row = next((row for row in rows if row.match.line.position == entry.position), None)
    if row is None:
        raise NotFound("no such line is on record")
    if row.match.kind == AGREES and row.decision is None:
        raise Contradiction("the line agrees: there is nothing to decide")
    _check(entry, row)
    said = typed(entry.note, "note", MAX_NOTE, may_be_empty=True)
    key = {"bill_sha256": sha256, "position": entry.position, "seq": row.decision.seq + 1 if row.decision else 1}
    values = {"decision": entry.decision, "claimed_minor": entry.claimed_minor, "note": said}
    connection.execute(sa.insert(bill_decision), key | values | {"decided_at": author.at, "decided_by": author.name})
    what = f"{row.match.line.number}: {entry.decision} {entry.claimed_minor} of {row.match.line.price_minor}"
    note(connection, author.at, author.actor, "freight.decide", sha256, what)
    if entry.decision == ACCEPT and row.match.kind == UNPRICED:
        _price(connection, row, bill.currency, author)


def close_month(connection: sa.Connection, courier: str, month: str, calendar: SiteCalendar, author: Author) -> str:
    """Freeze the month of a courier with its total; the sha256 of what was frozen.

    Raises NotFound where it has no bill, NotInForce where lines wait for a decision or it is closed already.
    """
    author.require(connection, CLOSE)
    _refuse_closed(connection, courier, month)
    reviews = [review(connection, bill, month_span(calendar, month)) for bill in bills_of(connection, courier, month)]
    if not reviews:
        raise NotFound(f"{courier} has no bill of {month}")
    if any(made.waiting for made in reviews):
        raise NotInForce("lines wait for a decision", "freight_open")
    if len({made.bill.currency for made in reviews}) > 1:
        raise Contradiction("the bills of this month are in different currencies")
    content = msgspec.json.encode([[made.bill.sha256, _frozen(made.rows)] for made in reviews]).decode()
    sha256 = hashlib.sha256(content.encode()).hexdigest()
    row = {"courier": courier, "month": month, "id": new_id(author.at), "currency": reviews[0].bill.currency}
    sums = {
        "lines": sum(made.bill.lines for made in reviews),
        "billed_minor": sum(made.bill.total_minor for made in reviews),
        "accepted_minor": sum(made.accepted_minor for made in reviews),
        "claimed_minor": sum(made.claimed_minor for made in reviews),
    }
    frozen = {"sha256": sha256, "content": content, "closed_at": author.at, "closed_by": author.name}
    connection.execute(sa.insert(freight_close), row | sums | frozen)
    note(connection, author.at, author.actor, "freight.close", f"{courier} {month}", f"{sums} {sha256}")
    return sha256


def _check(entry: DecisionEntry, row: Reviewed) -> None:
    if entry.decision not in (ACCEPT, CLAIM):
        raise BadInput("is accept or claim", "decision")
    price = row.match.line.price_minor
    if entry.decision == CLAIM and not 0 < entry.claimed_minor <= price:
        raise BadInput("is more than nothing and not more than the line's", "amount")
    if entry.decision == ACCEPT and entry.claimed_minor:
        raise BadInput("is nothing where the line is accepted", "amount")


def _price(connection: sa.Connection, row: Reviewed, currency: str, author: Author) -> None:
    """What was accepted is what the parcel costs."""
    if row.match.ours is None or row.match.line.price_minor < 0:
        return
    standing = known(connection, row.match.ours.waybill_id)
    details = replace(standing.details, freight_minor=row.match.line.price_minor, currency=currency)
    change_details(connection, standing.waybill_id, details, standing.detail_seq, author)


def _frozen(rows: tuple[Reviewed, ...]) -> list[list[object]]:
    return [
        [
            row.match.line.position,
            row.match.line.number,
            row.match.kind,
            row.match.line.price_minor,
            row.decision.decision if row.decision else ACCEPT,
            row.claimed_minor,
        ]
        for row in rows
    ]


def _refuse_closed(connection: sa.Connection, courier: str, month: str) -> None:
    if close_of(connection, courier, month) is not None:
        raise NotInForce(f"{month} of {courier} is closed", "freight_closed")


def _known(connection: sa.Connection, sha256: str) -> Bill:
    found = bill_by_sha256(connection, sha256)
    if found is None:
        raise NotFound("no such bill is on record")
    return found
