"""Units arrive by waybill, and each opens a return case."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from datetime import datetime

import msgspec
import sqlalchemy as sa

from server.admin.flows import note
from server.db.span import SiteCalendar
from server.errors import BadInput, Contradiction
from server.interception.catching import RECEIVE as AT_ARRIVAL
from server.interception.catching import catch
from server.logistics.flows import WaybillName, keep_inbound, name_waybill, put_on_waybill
from server.returns.flows import keep_event
from server.returns.queries import CaseEvent, ReturnCase, cases_of_arrival, open_case
from server.returns.tables import arrival, return_case
from server.units.event import NewEvent
from server.units.flows import UnitName, name_unit
from server.units.links import real_name
from server.units.timelines import add_event
from server.wire.ids import new_id

RECEIVE, RECEIVED, ANNOUNCED = "receive", "received", "announced"
MAX_UNITS, MAX_SOURCE, MAX_REASON = 500, 200, 500


@dataclass(frozen=True, slots=True)
class ArrivedUnit:
    """A unit as it was scanned or typed, and why it came back."""

    serial: str
    reason: str


@dataclass(frozen=True, slots=True)
class Arrival:
    """What came in with one parcel; ``id`` is made by the client and makes a repetition harmless."""

    id: str
    courier: str
    number: str
    source: str
    units: tuple[ArrivedUnit, ...]

    @property
    def sha256(self) -> str:
        return hashlib.sha256(msgspec.json.encode(self)).hexdigest()


@dataclass(frozen=True, slots=True)
class Opened:
    """The cases of an arrival; ``is_repeated`` when it had been received before."""

    cases: tuple[ReturnCase, ...]
    waybill_id: str
    is_repeated: bool


def receive(connection: sa.Connection, asked: Arrival, actor: str, settings: SiteCalendar, at: datetime) -> Opened:
    """Open a case for each unit, or receive the one that was announced; all of them or none.

    Raises Contradiction when a unit has an open case or when the arrival's id stands for something else, and
    BadInput for what cannot be used.
    """
    known = connection.execute(sa.select(arrival).where(arrival.c.id == asked.id)).first()
    if known is not None:
        if known.sha256 != asked.sha256:
            raise Contradiction(f"the arrival {asked.id} is on record with another content")
        return Opened(tuple(cases_of_arrival(connection, asked.id)), known.waybill_id, is_repeated=True)
    waybill_name = name_waybill(asked.courier, asked.number)
    names = named_units(connection, asked.units)
    announced = _announced_cases(connection, names)
    refuse_open_cases(connection, [name for name in names if name.unit_id not in announced])
    waybill_id = keep_inbound(connection, waybill_name, asked.source, settings.site, actor, at)
    row = {"id": asked.id, "sha256": asked.sha256, "waybill_id": waybill_id, "received_at": at, "received_by": actor}
    connection.execute(sa.insert(arrival), row)
    numbers = iter(case_numbers(connection, settings, at, len(names) - len(announced)))
    for name, unit in zip(names, asked.units, strict=True):
        if (expected := announced.get(name.unit_id)) is not None:
            expected = replace(expected, reason=unit.reason or expected.reason, arrival_id=asked.id)
            _receive_announced(connection, name, expected, (waybill_id, waybill_name), (actor, at))
            continue
        case = ReturnCase(
            unit_id=name.unit_id,
            id=new_id(at),
            site=settings.site,
            case_no=next(numbers),
            serial=name.serial,
            product=name.product,
            arrival_id=asked.id,
            waybill_id=waybill_id,
            source=asked.source,
            reason=unit.reason,
            state=RECEIVED,
            is_provisional=name.is_provisional,
            opened_at=at,
            opened_by=actor,
            changed_at=at,
            closed_at=None,
        )
        _open_case(connection, name, case, waybill_id, waybill_name)
    catch(connection, {name.unit_id: actor for name in names}, AT_ARRIVAL, at)
    note(connection, at, actor, "arrival.receive", asked.id, f"{waybill_name.number}: {len(names)} units")
    return Opened(tuple(cases_of_arrival(connection, asked.id)), waybill_id, is_repeated=False)


def named_units(connection: sa.Connection, units: Sequence[ArrivedUnit]) -> list[UnitName]:
    """The units by the serial rules; raises BadInput for none, too many, one named twice, a serial that cannot be."""
    if not 0 < len(units) <= MAX_UNITS:
        raise BadInput(f"an arrival has 1 to {MAX_UNITS} units", "units")
    names: list[UnitName] = []
    for index, unit in enumerate(units):
        try:
            name = real_name(connection, name_unit(connection, unit.serial))
        except BadInput as error:
            raise BadInput(error.detail, f"units[{index}].serial") from None
        if name in names:
            raise BadInput(f"{name.serial} is listed twice", f"units[{index}].serial")
        names.append(name)
    return names


def refuse_open_cases(connection: sa.Connection, names: Sequence[UnitName]) -> None:
    """Raise Contradiction that lists the units which have an open case."""
    found = [case for case in (open_case(connection, name.unit_id) for name in names) if case is not None]
    if found:
        listed = ", ".join(f"{case.serial} ({case.case_no}, {case.state})" for case in found)
        raise Contradiction(f"a return case is open already: {listed}")


def case_numbers(connection: sa.Connection, settings: SiteCalendar, at: datetime, count: int) -> list[str]:
    """Printed numbers: site, the site's day, and a counter that begins anew each day."""
    day = at.astimezone(settings.zone).strftime("%Y%m%d")
    stem = f"{settings.site.upper()}-{day}-"
    taken = connection.scalar(
        sa.select(sa.func.count())
        .select_from(return_case)
        .where(return_case.c.case_no.startswith(stem, autoescape=True))
    )
    return [f"{stem}{number:04d}" for number in range((taken or 0) + 1, (taken or 0) + count + 1)]


def _announced_cases(connection: sa.Connection, names: Sequence[UnitName]) -> dict[str, ReturnCase]:
    found = (open_case(connection, name.unit_id) for name in names)
    return {case.unit_id: case for case in found if case is not None and case.state == ANNOUNCED}


def _receive_announced(
    connection: sa.Connection,
    name: UnitName,
    case: ReturnCase,
    waybill: tuple[str, WaybillName],
    by: tuple[str, datetime],
) -> None:
    """The announced case goes on; its source stays the one that announced it."""
    actor, at = by
    event_id = new_id(at)
    event = CaseEvent(event_id, case.version + 1, RECEIVED, at, actor, case.reason, RECEIVE, "{}", "")
    keep_event(connection, case, event)
    row: dict[str, object] = {"arrival_id": case.arrival_id, "waybill_id": waybill[0], "reason": case.reason}
    row |= {"state": RECEIVED, "changed_at": at, "version": event.seq}
    connection.execute(
        sa.update(return_case).where(return_case.c.unit_id == case.unit_id, return_case.c.id == case.id).values(row)
    )
    told = NewEvent(event_id, RECEIVED, at, actor, _payload(case, *waybill), case_id=case.id)
    add_event(connection, name, told, case.site, at)
    put_on_waybill(connection, waybill[0], case.unit_id, case.id)


def _payload(case: ReturnCase, waybill_id: str, waybill: WaybillName) -> dict[str, object]:
    """What the unit's timeline shows of its arrival."""
    return {
        "case_no": case.case_no,
        "source": case.source,
        "reason": case.reason,
        "courier": waybill.courier,
        "waybill": waybill.number,
        "waybill_id": waybill_id,
    }


def _open_case(
    connection: sa.Connection, name: UnitName, case: ReturnCase, waybill_id: str, waybill: WaybillName
) -> None:
    """The unit's event, the case, its first event and its place on the waybill."""
    payload = _payload(case, waybill_id, waybill)
    event = NewEvent(case.id, RECEIVED, case.opened_at, case.opened_by, payload, case_id=case.id)
    add_event(connection, name, event, case.site, case.opened_at)
    connection.execute(sa.insert(return_case), asdict(case))
    first = CaseEvent(case.id, 1, case.state, case.opened_at, case.opened_by, case.reason, RECEIVE, "{}", "")
    keep_event(connection, case, first)
    put_on_waybill(connection, waybill_id, case.unit_id, case.id)
