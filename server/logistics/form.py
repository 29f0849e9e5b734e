"""The forms of a waybill as typed, and what they mean."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa
from pydantic import BaseModel, Field

from server.config import Settings
from server.errors import BadInput
from server.logistics.queries import Details
from server.parties.queries import KINDS, parties_named
from server.web.amounts import CURRENCIES, read_money, read_weight

COURIERS = ("顺丰速运", "京东物流", "中通快递", "圆通速递", "韵达速递", "申通快递", "极兔速递", "邮政 EMS", "德邦快递")
WITHOUT_COURIERS = tuple(kind for kind in KINDS if kind != "courier")


class DetailsForm(BaseModel):
    """The fields as they came; nothing is refused here, so that nothing typed is lost."""

    base: int = Field(default=0, ge=0, le=10**6)
    party: str = Field(default="", max_length=500)
    expected_units: str = Field(default="", max_length=20)
    weight: str = Field(default="", max_length=40)
    freight: str = Field(default="", max_length=40)
    currency: str = Field(default="CNY", max_length=10)
    note: str = Field(default="", max_length=1000)

    def as_details(self, connection: sa.Connection) -> Details:
        """What was typed; raises BadInput for what cannot be read and for a party that is not on record."""
        if self.currency not in CURRENCIES:
            raise BadInput(f"is one of {', '.join(CURRENCIES)}", "currency")
        return Details(
            _party_id(connection, self.party),
            _count(self.expected_units),
            read_weight(self.weight, "weight") if self.weight.strip() else None,
            read_money(self.freight, "freight") if self.freight.strip() else None,
            self.currency,
            self.note,
        )


class WaybillForm(DetailsForm):
    """A new waybill as typed."""

    direction: str = Field(default="", max_length=10)
    courier: str = Field(default="", max_length=500)
    number: str = Field(default="", max_length=500)
    source: str = Field(default="", max_length=500)

    def as_details(self, connection: sa.Connection) -> Details:
        """The other party is the one that the source names, where none is named beside it."""
        if not self.party.strip() and parties_named(connection, [self.source]):
            self.party = self.source
        return super().as_details(connection)


def moment_of(text: str, settings: Settings, at: datetime) -> datetime:
    """A moment as a browser's field gives it (``2026-11-27T09:30``), in the site's zone; ``at`` for an empty one."""
    if not text.strip():
        return at
    try:
        typed = datetime.fromisoformat(text.strip())
        return typed.replace(tzinfo=settings.zone) if typed.tzinfo is None else typed
    except ValueError:
        raise BadInput("is a day and a time", "moment") from None


def _party_id(connection: sa.Connection, name: str) -> str | None:
    if not name.strip():
        return None
    found = parties_named(connection, [name]).get(name)
    if found is None:
        raise BadInput("no party has this name", "party")
    return found.id


def _count(text: str) -> int | None:
    if not text.strip():
        return None
    if not (text.strip().isascii() and text.strip().isdecimal()) or len(text.strip()) > 6:
        raise BadInput("is a number", "expected_units")
    return int(text)
