"""The forms of interception as they were typed: of a rule, of a lot, of a decision."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from pydantic import BaseModel, Field

from server.errors import BadInput, NotFound
from server.interception.criteria import Criteria
from server.interception.flows import Decision, LotEntry, Wish
from server.interception.rule import HOLD
from server.units.flows import name_unit
from server.units.links import real_name
from server.units.queries import unit_by_id
from server.web.formats import iso_day


class RuleForm(BaseModel):
    """A rule as it came; nothing is refused here, so that nothing typed is lost. Days are of the site's calendar."""

    made: str = Field(default="", max_length=36)
    title: str = Field(default="", max_length=500)
    reason: str = Field(default="", max_length=1000)
    does: str = Field(default=HOLD, max_length=20)
    starts_on: str = Field(default="", max_length=20)
    ends_on: str = Field(default="", max_length=20)
    product: str = Field(default="", max_length=500)
    serial_first: str = Field(default="", max_length=500)
    serial_last: str = Field(default="", max_length=500)
    image_name: str = Field(default="", max_length=500)
    image_version: str = Field(default="", max_length=500)
    lot: str = Field(default="", max_length=500)
    supplier: str = Field(default="", max_length=500)
    made_since: str = Field(default="", max_length=20)
    made_until: str = Field(default="", max_length=20)
    received_since: str = Field(default="", max_length=20)
    received_until: str = Field(default="", max_length=20)
    tried: str = Field(default="", max_length=64)
    is_meant: bool = False

    def as_wish(self, zone: ZoneInfo) -> Wish:
        """The rule; raises BadInput for a day that is none."""
        asks = Criteria(
            product=self.product,
            serial_first=self.serial_first,
            serial_last=self.serial_last,
            image_name=self.image_name,
            image_version=self.image_version,
            lot=self.lot,
            supplier=self.supplier,
            made_since=_day(self.made_since, "made_since"),
            made_until=_day(self.made_until, "made_until"),
            received_since=_start(self.received_since, "received_since", zone),
            received_until=_end(self.received_until, "received_until", zone),
        )
        starts_at, ends_at = _start(self.starts_on, "starts_on", zone), _end(self.ends_on, "ends_at", zone)
        return Wish(self.made, self.title, self.reason, asks, self.does, starts_at, ends_at)


class LotForm(BaseModel):
    """A lot as it came."""

    made: str = Field(default="", max_length=36)
    lot: str = Field(default="", max_length=500)
    product: str = Field(default="", max_length=500)
    supplier: str = Field(default="", max_length=500)
    made_on: str = Field(default="", max_length=20)
    serial_first: str = Field(default="", max_length=500)
    serial_last: str = Field(default="", max_length=500)

    def as_entry(self) -> LotEntry:
        made_on = _day(self.made_on, "made_on")
        return LotEntry(self.made, self.lot, self.product, self.supplier, made_on, self.serial_first, self.serial_last)


class DecisionForm(BaseModel):
    """A scanned unit and what becomes of it."""

    made: str = Field(default="", max_length=36)
    serial: str = Field(default="", max_length=500)
    kind: str = Field(default="", max_length=20)
    reason: str = Field(default="", max_length=1000)

    def as_decision(self, connection: sa.Connection, rule_id: str) -> Decision:
        """The decision; raises BadInput for what cannot be a serial number, NotFound for a unit that is unknown."""
        name = real_name(connection, name_unit(connection, self.serial))
        if unit_by_id(connection, name.unit_id) is None:
            raise NotFound(f"no unit {name.serial} is on record")
        return Decision(self.made, rule_id, name.unit_id, self.kind, self.reason)


def _day(text: str, field: str) -> date | None:
    day = iso_day(text) if text else None
    if text and day is None:
        raise BadInput("is no day", field)
    return day


def _start(text: str, field: str, zone: ZoneInfo) -> datetime | None:
    day = _day(text, field)
    return datetime.combine(day, time.min, zone) if day else None


def _end(text: str, field: str, zone: ZoneInfo) -> datetime | None:
    """The midnight after the day."""
    day = _day(text, field)
    if day is not None and day.year >= date.max.year:
        raise BadInput("is no day", field)
    return datetime.combine(day + timedelta(days=1), time.min, zone) if day else None
