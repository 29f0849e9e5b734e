"""The golden units in force: which unit has to pass at which station before units of a product are judged there."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from server.gates.golden_tables import golden_unit, golden_unit_end


@dataclass(frozen=True, slots=True)
class GoldenUnit:
    """A golden unit by its canonical serial; ``every_h`` is how many hours it holds that it passed."""

    id: str
    station_id: str
    product: str
    serial: str
    every_h: float
    set_at: datetime
    set_by: str


def golden_units(connection: sa.Connection) -> list[GoldenUnit]:
    """Those in force, by station and product."""
    ended = sa.exists().where(golden_unit_end.c.golden_unit_id == golden_unit.c.id)
    query = sa.select(golden_unit).where(~ended).order_by(golden_unit.c.station_id, golden_unit.c.product)
    return [GoldenUnit(*row) for row in connection.execute(query)]
