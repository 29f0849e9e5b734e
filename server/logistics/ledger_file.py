"""The ledger of waybills as a file."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import sqlalchemy as sa

from server.logistics.waybill_ledger import WaybillFilter, waybill_ledger
from server.web.ledger_file import Teller, every
from server.web.spreadsheet import Cell

COLUMNS = (
    "direction", "courier", "waybill", "state", "party", "source", "units", "weight", "freight", "currency", "received",
)  # fmt: skip
GRAMS, MINOR = 1000, 100


def waybill_cells(connection: sa.Connection, wanted: WaybillFilter, teller: Teller) -> Iterator[Sequence[Cell]]:
    """A line for each waybill, in the order of COLUMNS; weight in kilograms, freight in whole units of the currency."""
    for row in every(lambda after, limit: waybill_ledger(connection, wanted, after, limit)):
        yield (
            teller.word("direction", row.direction),
            row.courier,
            row.number,
            teller.word("waybill_status", row.status),
            row.party_name or "",
            row.source,
            row.units,
            None if row.weight_g is None else row.weight_g / GRAMS,
            None if row.freight_minor is None else row.freight_minor / MINOR,
            row.currency if row.freight_minor is not None else "",
            teller.time(row.received_at),
        )
