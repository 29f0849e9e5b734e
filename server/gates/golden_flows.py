"""Golden units are set for a station and a product, replaced, and taken back; each by an account that may do it."""

from __future__ import annotations

import math
from dataclasses import asdict

import sqlalchemy as sa

from server.admin.author import Author, typed
from server.admin.flows import note
from server.admin.queries import station_tokens
from server.errors import BadInput, Contradiction, NotFound
from server.gates.flows import MAX_PRODUCT, MAX_REASON, PLANS
from server.gates.golden_queries import GoldenUnit, golden_units
from server.gates.golden_tables import golden_unit, golden_unit_end
from server.units.flows import name_unit
from server.wire.ids import new_id

LONGEST_H = 24 * 366
"""What stations take at most; the contract's bound."""


def set_golden_unit(
    connection: sa.Connection, station_id: str, product: str, serial: str, every_h: float, author: Author
) -> str:
    """Have this unit pass at the station every ``every_h`` hours, instead of whatever was set before; the row's id.

    Raises NotFound for a station without a token, BadInput, and Contradiction where it is so already.
    """
    author.require(connection, PLANS)
    station_id, product = station_id.strip(), typed(product, "product", MAX_PRODUCT)
    if all(token.station_id != station_id for token in station_tokens(connection)):
        raise NotFound(f"no station {station_id!r} has a token")
    if not (math.isfinite(every_h) and 0 < every_h <= LONGEST_H):
        raise BadInput(f"must be above 0 and at most {LONGEST_H} h", "every_h")
    name = name_unit(connection, serial)
    if name.product not in ("", product):
        raise BadInput(f"{name.serial} is a unit of {name.product} by its serial number", "product")
    before = _in_force(connection, station_id, product)
    if before is not None and (before.serial, before.every_h) == (name.serial, every_h):
        raise Contradiction(f"{name.serial} is the golden unit of {product} at {station_id} already")
    if before is not None:
        _end(connection, before, f"replaced by {name.serial}, {every_h:g} h", author)
    row = GoldenUnit(new_id(author.at), station_id, product, name.serial, every_h, author.at, author.name)
    connection.execute(sa.insert(golden_unit), asdict(row))
    note(connection, author.at, author.actor, "golden.set", name.serial, f"{station_id} {product} {every_h:g} h")
    return row.id


def end_golden_unit(connection: sa.Connection, station_id: str, product: str, reason: str, author: Author) -> None:
    """Take it back: the station asks for what its own bench file says, if anything. Raises NotFound, BadInput."""
    author.require(connection, PLANS)
    reason = typed(reason, "reason", MAX_REASON)
    found = _in_force(connection, station_id, product)
    if found is None:
        raise NotFound(f"no golden unit of {product} is set for {station_id}")
    _end(connection, found, reason, author)
    note(connection, author.at, author.actor, "golden.end", found.serial, f"{station_id} {product}: {reason}")


def _in_force(connection: sa.Connection, station_id: str, product: str) -> GoldenUnit | None:
    rows = (row for row in golden_units(connection) if (row.station_id, row.product) == (station_id, product))
    return next(rows, None)


def _end(connection: sa.Connection, row: GoldenUnit, reason: str, author: Author) -> None:
    end = {"golden_unit_id": row.id, "reason": reason, "ended_at": author.at, "ended_by": author.name}
    connection.execute(sa.insert(golden_unit_end), end)
