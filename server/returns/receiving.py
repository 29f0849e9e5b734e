"""Units arrive by waybill, and each opens a return case."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime

import msgspec
import sqlalchemy as sa

from server.admin.flows import note
from server.db.span import SiteCalendar
from server.errors import BadInput, Contradiction
from server.logistics.flows import WaybillName, keep_inbound, name_waybill, put_on_waybill
from server.returns.flows import keep_event
from server.returns.queries import CaseEvent, ReturnCase, cases_of_arrival, open_case
from server.returns.tables import arrival, return_case
from server.units.event import NewEvent
from server.units.flows import UnitName, name_unit
from server.units.timelines import add_event
from server.wire.ids import new_id

RECEIVED = "received"
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
    """Open a case for each unit, or for none of them.

    Raises Contradiction when a unit has an open case or when the arrival's id stands for something else, and
    BadInput for what cannot be used.
    """
    known = connection.execute(sa.select(arrival).where(arrival.c.id == asked.id)).first()
    if known is not None:
        if known.sha256 != asked.sha256:
            raise Contradiction(f"the arrival {asked.id} is on record with another content")
        return Opened(tuple(cases_of_arrival(connection, asked.id)), known.waybill_id, is_repeated=True)
    waybill_name = name_waybill(asked.courier, asked.number)
    names = _named_units(connection, asked)
    _refuse_open_cases(connection, names)
    waybill_id = keep_inbound(connection, waybill_name, asked.source, settings.site, actor, at)
    row = {"id": asked.id, "sha256": asked.sha256, "waybill_id": waybill_id, "received_at": at, "received_by": actor}
    connection.execute(sa.insert(arrival), row)
    numbers = _case_numbers(connection, settings, at, len(names))
    for name, unit, case_no in zip(names, asked.units, numbers, strict=True):
        case = ReturnCase(
            unit_id=name.unit_id,
            id=new_id(at),
            site=settings.site,
            case_no=case_no,
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
    note(connection, at, actor, "arrival.receive", asked.id, f"{waybill_name.number}: {len(names)} units")
    return Opened(tuple(cases_of_arrival(connection, asked.id)), waybill_id, is_repeated=False)


def _named_units(connection: sa.Connection, asked: Arrival) -> list[UnitName]:
    if not 0 < len(asked.units) <= MAX_UNITS:
        raise BadInput(f"an arrival has 1 to {MAX_UNITS} units", "units")
    names: list[UnitName] = []
    for index, unit in enumerate(asked.units):
        try:
            name = name_unit(connection, unit.serial)
        except BadInput as error:
            raise BadInput(error.detail, f"units[{index}].serial") from None
        if name in names:
            raise BadInput(f"{name.serial} is listed twice", f"units[{index}].serial")
        names.append(name)
    return names


def _refuse_open_cases(connection: sa.Connection, names: Sequence[UnitName]) -> None:
    found = [case for case in (open_case(connection, name.unit_id) for name in names) if case is not None]
    if found:
        listed = ", ".join(f"{case.serial} ({case.case_no}, {case.state})" for case in found)
        raise Contradiction(f"a return case is open already: {listed}")


def _case_numbers(connection: sa.Connection, settings: SiteCalendar, at: datetime, count: int) -> list[str]:
    """Printed numbers: site, the site's day, and a counter that begins anew each day."""
    day = at.astimezone(settings.zone).strftime("%Y%m%d")
    stem = f"{settings.site.upper()}-{day}-"
    taken = connection.scalar(
        sa.select(sa.func.count())
        .select_from(return_case)
        .where(return_case.c.case_no.startswith(stem, autoescape=True))
    )
    return [f"{stem}{number:04d}" for number in range((taken or 0) + 1, (taken or 0) + count + 1)]


def _open_case(
    connection: sa.Connection, name: UnitName, case: ReturnCase, waybill_id: str, waybill: WaybillName
) -> None:
    """The unit's event, the case, its first event and its place on the waybill."""
    payload: dict[str, object] = {
        "case_no": case.case_no,
        "source": case.source,
        "reason": case.reason,
        "courier": waybill.courier,
        "waybill": waybill.number,
        "waybill_id": waybill_id,
    }
    event = NewEvent(case.id, RECEIVED, case.opened_at, case.opened_by, payload, case_id=case.id)
    add_event(connection, name, event, case.site, case.opened_at)
    connection.execute(sa.insert(return_case), asdict(case))
    first = CaseEvent(case.id, 1, case.state, case.opened_at, case.opened_by, case.reason, "receive", "{}", "")
    keep_event(connection, case, first)
    put_on_waybill(connection, waybill_id, case.unit_id, case.id)
