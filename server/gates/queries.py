"""What is released, held and missing at this moment, and the version that grows whenever it changes."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import sqlalchemy as sa

from server.gates.golden_tables import golden_unit, golden_unit_end
from server.gates.tables import hold, hold_release, plan_release, plan_withdrawal, route_demand, route_done
from server.interception.holding import rules_about, units_held
from server.interception.queries import rules_in_force
from server.interception.rule import HOLD, Named, Rule, RuleHold
from server.orders.queries import UNIT, Order, open_orders
from server.repairs.queries import READY
from server.repairs.tables import repair_entry
from server.returns.tables import case_event, return_case

REPAIR, BURN = "repair", "burn"
BEFORE_REPAIR = ("diagnosing", "repairing", "waiting_parts", "refurbishing")
"""The states of a return case in which its repair is not closed."""
REMEMBERED = timedelta(days=365)
"""How long a repair is told to the stations, so that it begins their count of attempts anew."""
FACTS = (
    plan_release,
    plan_withdrawal,
    hold,
    hold_release,
    route_demand,
    route_done,
    golden_unit,
    golden_unit_end,
    case_event,
)


@dataclass(frozen=True, slots=True)
class Release:
    """A plan that is released."""

    id: str
    product: str
    sha256: str
    released_at: datetime
    released_by: str


@dataclass(frozen=True, slots=True)
class Hold:
    """A hold in force; ``unit_id`` is None where it is on a product."""

    id: str
    unit_id: str | None
    serial: str
    product: str
    reason: str
    held_at: datetime
    held_by: str


@dataclass(frozen=True, slots=True)
class Standing:
    """The holds and the interception rules in force at one moment."""

    holds: list[Hold]
    rules: list[Rule]


@dataclass(frozen=True, slots=True)
class Words:
    """What holds a unit, and what is only to be told of it."""

    holds: tuple[Hold, ...]
    tells: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Demand:
    """What is still missing of a unit."""

    id: str
    unit_id: str
    serial: str
    what: str
    image_sha256: str
    detail: str
    demanded_at: datetime
    demanded_by: str


@dataclass(slots=True)
class UnitRoute:
    """How far a unit has come; ``case_state`` and ``case_no`` are empty without an open return case.

    ``orders`` are burns that were ordered for it and are not on record yet.
    """

    unit_id: str
    serial: str
    case_no: str
    case_state: str
    demands: list[Demand]
    repaired_at: datetime | None = None
    orders: list[Order] = field(default_factory=list)


def gates_version(connection: sa.Connection) -> int:
    """How often it was changed: every change is a row more of an insert-only table."""
    counts = [sa.select(sa.func.count()).select_from(table).scalar_subquery() for table in FACTS]
    return sum(connection.execute(sa.select(*counts)).one())


def governed_products(connection: sa.Connection) -> list[str]:
    """The products of which a plan was ever released, though it may be withdrawn."""
    return list(connection.scalars(sa.select(plan_release.c.product).distinct().order_by(plan_release.c.product)))


def releases(connection: sa.Connection) -> list[Release]:
    """The released plans, by product, the newest first."""
    query = sa.select(plan_release).where(_is_open(plan_release, plan_withdrawal.c.release_id))
    rows = connection.execute(query.order_by(plan_release.c.product, plan_release.c.id.desc()))
    return [Release(*row) for row in rows]


def holds(connection: sa.Connection) -> list[Hold]:
    """The holds in force, the oldest first."""
    query = sa.select(hold).where(_is_open(hold, hold_release.c.hold_id)).order_by(hold.c.id)
    return [Hold(*row) for row in connection.execute(query)]


def standing(connection: sa.Connection, at: datetime) -> Standing:
    """What is looked up once, however many units are asked about."""
    return Standing(holds(connection), rules_in_force(connection, at))


def words_on(connection: sa.Connection, named: Named, now: Standing) -> Words:
    """What is said of this unit, on record or not: of itself, its product, or by an interception rule."""
    own = [row for row in now.holds if named.unit_id == row.unit_id or (named.product and row.product == named.product)]
    by_rules = rules_about(connection, named, now.rules)
    tells = tuple(row.reason for row in by_rules if row.does != HOLD)
    return Words((*own, *(_by_rule(row) for row in by_rules if row.does == HOLD)), tells)


def held_by_rules(connection: sa.Connection, at: datetime) -> list[Hold]:
    """Units that an interception rule met and that were not let go, and those in an open case that one matches."""
    here = sa.select(return_case.c.unit_id).where(return_case.c.closed_at.is_(None))
    return [_by_rule(row) for row in units_held(connection, at, here)]


def demands(connection: sa.Connection, unit_ids: Iterable[str] | None = None) -> list[Demand]:
    """What is missing, of these units or of all; a repair is not once an entry says that the unit goes to its test."""
    query = sa.select(route_demand).where(_is_open(route_demand, route_done.c.demand_id), ~_IS_REPAIRED)
    if unit_ids is not None:
        query = query.where(route_demand.c.unit_id.in_(list(unit_ids)))
    return [Demand(*row) for row in connection.execute(query.order_by(route_demand.c.id))]


def ordered_burns(connection: sa.Connection) -> list[Order]:
    """Open orders for a unit whose burn is not on record yet, the oldest first."""
    return [order for order in open_orders(connection, UNIT) if order.accounts.good < order.quantity]


def routes(connection: sa.Connection, at: datetime) -> list[UnitRoute]:
    """Units with an open case, with something missing, or repaired within a year."""
    found: dict[str, UnitRoute] = {}
    cases = sa.select(return_case.c.unit_id, return_case.c.serial, return_case.c.case_no, return_case.c.state)
    for row in connection.execute(cases.where(return_case.c.closed_at.is_(None)).order_by(return_case.c.unit_id)):
        found[row.unit_id] = UnitRoute(*row, demands=[])
    for demand in demands(connection):
        _of(found, demand.unit_id, demand.serial).demands.append(demand)
    for order in ordered_burns(connection):
        _of(found, order.unit_id or "", order.serial).orders.append(order)
    for repairs in (_REPAIRS, _ENTRIES):
        for unit_id, serial, repaired_at in connection.execute(repairs, {"since": at - REMEMBERED}):
            route = _of(found, unit_id, serial)
            route.repaired_at = max(repaired_at, route.repaired_at or repaired_at)
    return list(found.values())


def _of(found: dict[str, UnitRoute], unit_id: str, serial: str) -> UnitRoute:
    return found.setdefault(unit_id, UnitRoute(unit_id, serial, "", "", []))


def _by_rule(row: RuleHold) -> Hold:
    return Hold(row.rule_id, row.unit_id, row.serial, "", row.reason, row.since, row.by)


def _is_open(table: sa.Table, end: sa.Column[str]) -> sa.ColumnElement[bool]:
    return ~sa.exists().where(end == table.c.id)


_REPAIRS = (
    sa.select(route_demand.c.unit_id, sa.func.max(route_demand.c.serial), sa.func.max(route_done.c.done_at))
    .join(route_done, route_done.c.demand_id == route_demand.c.id)
    .where(route_demand.c.what == REPAIR, route_done.c.done_at >= sa.bindparam("since"))
    .group_by(route_demand.c.unit_id)
)
_ENDED = sa.and_(repair_entry.c.outcome == READY, repair_entry.c.corrects.is_(None))
"""Whether a unit was repaired by this entry; one that waits for parts, or goes on, is not done."""
_ENTRIES = (
    sa.select(repair_entry.c.unit_id, sa.func.max(repair_entry.c.serial), sa.func.max(repair_entry.c.recorded_at))
    .where(_ENDED, repair_entry.c.recorded_at >= sa.bindparam("since"))
    .group_by(repair_entry.c.unit_id)
)
_IS_REPAIRED = sa.and_(
    route_demand.c.what == REPAIR,
    sa.exists().where(
        repair_entry.c.unit_id == route_demand.c.unit_id,
        repair_entry.c.recorded_at >= route_demand.c.demanded_at,
        _ENDED,
    ),
)
