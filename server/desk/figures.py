"""The figures that the home pages share, each asked for once and only where it is needed."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from functools import cached_property

import sqlalchemy as sa

from server.admin.queries import User
from server.db.span import Span
from server.ingest.chain import gaps
from server.ingest.queries import count_set_aside
from server.logistics.waybill_ledger import ON_THE_WAY, WaybillFilter, count_waybills
from server.orders.queries import count_open
from server.parts.requests import count_requests
from server.repairs.queue import Waiting, waiting_for
from server.returns.queries import count_open_by_state
from server.runs.queries import count_by_verdict
from server.units.queries import count_discrepancies


@dataclass
class Desk:
    """Who sits there and when; what he sees is counted on first use."""

    connection: sa.Connection
    user: User
    at: datetime
    today: Span
    date: date

    @cached_property
    def cases(self) -> dict[str, int]:
        return count_open_by_state(self.connection)

    @cached_property
    def runs(self) -> dict[str, int]:
        return count_by_verdict(self.connection, self.today)

    @cached_property
    def orders(self) -> dict[str, int]:
        return count_open(self.connection)

    @cached_property
    def requests(self) -> dict[str, int]:
        return count_requests(self.connection)

    @cached_property
    def repairs(self) -> Waiting:
        return waiting_for(self.connection, self.user.name, self.date)

    def alarms(self) -> int:
        found = count_discrepancies(self.connection) + count_set_aside(self.connection)
        return found + len(gaps(self.connection))

    def waybills(self, direction: str) -> int:
        return count_waybills(self.connection, WaybillFilter(direction=direction, status=ON_THE_WAY))
