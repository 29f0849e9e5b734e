"""A provisional unit turns out to be a real one: its case goes on under the real unit, and nothing is rewritten."""

from __future__ import annotations

from dataclasses import asdict, replace

import sqlalchemy as sa

from server.admin.author import Author
from server.db.span import SiteCalendar
from server.errors import Contradiction, NotFound
from server.interception.catching import RECEIVE as AT_ARRIVAL
from server.interception.catching import carry, catch
from server.logistics.flows import put_on_waybill
from server.returns.flows import Move, keep_event, move
from server.returns.queries import CaseEvent, ReturnCase, case_continuing, open_case
from server.returns.receiving import RECEIVE, RECEIVED, case_numbers
from server.returns.tables import return_case
from server.units.event import NewEvent
from server.units.flows import UnitName, name_unit
from server.units.links import real_unit_of, say_alias
from server.units.timelines import add_event
from server.wire.ids import new_id

MERGE, ACTION = "merge", "cases.merge"


def merge_unit(
    connection: sa.Connection, event_id: str, unit_id: str, serial: str, reason: str, place: tuple[SiteCalendar, Author]
) -> str:
    """Say that the provisional unit is the one with ``serial``; the real unit's id.

    Its open case ends as merged and another one begins at received for the real unit: whatever was tested under the
    wrong number is tested again. The same merge again changes nothing. Raises NotFound, NotAllowed, BadInput, and
    Contradiction where the real unit has an open case, is provisional itself, or another was named before.
    """
    settings, author = place
    author.require(connection, ACTION)
    real = name_unit(connection, serial)
    known = real_unit_of(connection, unit_id)
    if known == real.unit_id:
        return known
    busy = open_case(connection, real.unit_id)
    if busy is not None:
        raise Contradiction(f"{real.serial} has an open return case: {busy.case_no}")
    say_alias(connection, unit_id, real, reason, author)
    carry(connection, unit_id, real.unit_id, author.at)
    case = open_case(connection, unit_id)
    if case is not None:
        move(connection, Move(event_id, case.id, MERGE, reason), author)
        _go_on(connection, case, real, settings, author)
        catch(connection, {real.unit_id: author.actor}, AT_ARRIVAL, author.at)
    return real.unit_id


def case_after(connection: sa.Connection, case: ReturnCase) -> ReturnCase | None:
    """The case of the real unit that goes on with this one."""
    return case_continuing(connection, case.id)


def _go_on(connection: sa.Connection, case: ReturnCase, real: UnitName, settings: SiteCalendar, author: Author) -> None:
    (case_no,) = case_numbers(connection, settings, author.at, 1)
    goes_on = replace(
        case,
        unit_id=real.unit_id,
        id=new_id(author.at),
        case_no=case_no,
        serial=real.serial,
        product=real.product,
        state=RECEIVED,
        is_provisional=False,
        changed_at=author.at,
        version=1,
        continues=case.id,
    )
    payload: dict[str, object] = {
        "case_no": case_no,
        "source": case.source,
        "reason": case.reason,
        "courier": "",
        "waybill": "",
        "waybill_id": case.waybill_id,
        "continues": case.case_no,
    }
    told = NewEvent(goes_on.id, RECEIVED, author.at, author.actor, payload, case_id=goes_on.id)
    add_event(connection, real, told, case.site, author.at)
    connection.execute(sa.insert(return_case), asdict(goes_on))
    first = CaseEvent(goes_on.id, 1, RECEIVED, author.at, author.actor, case.reason, RECEIVE, "{}", "")
    keep_event(connection, goes_on, first)
    if case.waybill_id is None:
        raise NotFound(f"the case {case.case_no} has no waybill")
    put_on_waybill(connection, case.waybill_id, real.unit_id, goes_on.id)
