"""What a rule asks of a unit, as a condition of SQL: for units on record, and for one that is only named."""

from __future__ import annotations

import sqlalchemy as sa

from server.burns.tables import burn
from server.interception.criteria import Criteria
from server.interception.tables import (
    interception_decision,
    interception_hit,
    production_lot,
    production_lot_void,
)
from server.units.link_tables import unit_alias
from server.units.tables import unit, unit_event

CLEARED, REWORKED, SCRAPPED = DECISIONS = ("cleared", "reworked", "scrapped")
FREES = (CLEARED, REWORKED)
"""What lets a unit go; a scrapped one stays held."""
RECEIVED = "received"
"""The kind of a unit's event when it arrives."""

_arrival = unit_event.alias("arrival")
_was = unit_alias.alias("was")
"""By other names, so that they stay apart from what somebody asks for beside it."""
Columns = sa.ColumnCollection[str, sa.ColumnElement[str]]


def matches(asks: Criteria, of: Columns = unit.c) -> sa.ColumnElement[bool]:
    """Whether all that is asked is so of a unit with the columns ``unit_id``, ``serial`` and ``product``."""
    conditions: list[sa.ColumnElement[bool]] = [sa.true()]
    if asks.product:
        conditions.append(of["product"] == asks.product)
    if asks.serial_first:
        conditions.append(of["serial"].between(asks.serial_first, asks.serial_last))
        conditions.append(sa.func.length(of["serial"]) == len(asks.serial_first))
    if asks.image_name:
        burned = [burn.c.image_name == asks.image_name]
        burned += [burn.c.image_version == asks.image_version] if asks.image_version else []
        conditions.append(_has(burn, burned, of))
    if asks.asks_of_lot:
        conditions.append(_is_of_lot(asks, of))
    came = [_arrival.c.at >= asks.received_since] if asks.received_since else []
    came += [_arrival.c.at < asks.received_until] if asks.received_until else []
    if came:
        conditions.append(_has(_arrival, [_arrival.c.kind == RECEIVED, *came], of))
    return sa.and_(*conditions)


def is_met(rule_id: str, unit_id: sa.ColumnElement[str] = unit.c.unit_id) -> sa.ColumnElement[bool]:
    """Whether the rule met the unit at any occasion."""
    return sa.exists().where(interception_hit.c.rule_id == rule_id, interception_hit.c.unit_id == unit_id)


def is_decided(rule_id: str, unit_id: sa.ColumnElement[str] = unit.c.unit_id) -> sa.ColumnElement[bool]:
    """Whether anything was decided of the unit under the rule."""
    one = interception_decision.c
    return sa.exists().where(one.rule_id == rule_id, one.unit_id == unit_id)


def is_freed(rule_id: str, unit_id: sa.ColumnElement[str] = unit.c.unit_id) -> sa.ColumnElement[bool]:
    """Whether a decision let the unit go."""
    one = interception_decision.c
    return sa.exists().where(one.rule_id == rule_id, one.unit_id == unit_id, one.kind.in_(FREES))


def _has(facts: sa.FromClause, conditions: list[sa.ColumnElement[bool]], of: Columns) -> sa.ColumnElement[bool]:
    """Whether the unit has such a fact, under its own id or under a provisional one that turned out to be it."""
    own = sa.exists().where(facts.c.unit_id == of["unit_id"], *conditions)
    before = sa.exists().where(facts.c.unit_id == _was.c.unit_id, _was.c.real_unit_id == of["unit_id"], *conditions)
    return sa.or_(own, before)


def _is_of_lot(asks: Criteria, of: Columns) -> sa.ColumnElement[bool]:
    lot = production_lot.c
    wanted = [
        of["serial"].between(lot.serial_first, lot.serial_last),
        sa.func.length(of["serial"]) == sa.func.length(lot.serial_first),
        sa.or_(lot.product == "", lot.product == of["product"]),
        ~sa.exists().where(production_lot_void.c.lot_id == lot.id),
    ]
    wanted += [lot.lot == asks.lot] if asks.lot else []
    wanted += [lot.supplier == asks.supplier] if asks.supplier else []
    wanted += [lot.made_on >= asks.made_since] if asks.made_since else []
    wanted += [lot.made_on <= asks.made_until] if asks.made_until else []
    return sa.exists().where(*wanted)
