"""The rules, the lots, where a rule met units, and how far it has come."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime

import sqlalchemy as sa

from server.interception.criteria import Criteria
from server.interception.matching import is_decided, is_met, matches
from server.interception.rule import Decided, Figures, Hit, Lot, Named, Progress, Rule
from server.interception.tables import (
    interception_decision,
    interception_end,
    interception_hit,
    interception_rule,
    production_lot,
    production_lot_void,
)
from server.units.link_tables import unit_alias
from server.units.tables import unit

FACTS = (
    interception_rule,
    interception_end,
    interception_hit,
    interception_decision,
    production_lot,
    production_lot_void,
)


def rules(connection: sa.Connection, after: str = "", limit: int = 50) -> list[Rule]:
    """The rules, the newest first; ``after`` is the id of the last one of the page before."""
    query = _RULES.order_by(interception_rule.c.id.desc()).limit(limit)
    if after:
        query = query.where(interception_rule.c.id < after)
    return [_rule(row) for row in connection.execute(query)]


def rules_in_force(connection: sa.Connection, at: datetime) -> list[Rule]:
    """The rules that meet units at this moment, the oldest first."""
    query = _RULES.where(
        interception_end.c.rule_id.is_(None),
        interception_rule.c.starts_at <= at,
        sa.or_(interception_rule.c.ends_at.is_(None), interception_rule.c.ends_at > at),
    )
    return [_rule(row) for row in connection.execute(query.order_by(interception_rule.c.id))]


def rule_by_id(connection: sa.Connection, rule_id: str) -> Rule | None:
    """One rule, if it is on record."""
    row = connection.execute(_RULES.where(interception_rule.c.id == rule_id)).first()
    return _rule(row) if row else None


def count_matching(connection: sa.Connection, asks: Criteria) -> int:
    """How many units on record a rule that asks this would match."""
    query = sa.select(sa.func.count()).select_from(unit).where(matches(asks), ~_IS_MERGED)
    return connection.scalar(query) or 0


def some_matching(connection: sa.Connection, asks: Criteria, limit: int = 20) -> list[Named]:
    """The first of these units, by serial number."""
    query = _NAMED.where(matches(asks), ~_IS_MERGED).order_by(unit.c.serial).limit(limit)
    return [Named(*row) for row in connection.execute(query)]


def not_met(connection: sa.Connection, rule: Rule, limit: int = 50) -> list[Named]:
    """Units on record that match and that the rule has not met yet, by serial number; decided ones are not among."""
    wanted = (matches(rule.asks), ~is_met(rule.id), ~is_decided(rule.id), ~_IS_MERGED)
    query = _NAMED.where(*wanted).order_by(unit.c.serial).limit(limit)
    return [Named(*row) for row in connection.execute(query)]


def figures(connection: sa.Connection, rule: Rule) -> Figures:
    """How far the rule has come; a provisional unit counts as the one that it turned out to be."""
    made = progress(connection, [rule.id])[rule.id]
    found = sa.union(*_found([rule.id])).subquery()
    elsewhere = (
        sa.select(sa.func.count())
        .select_from(found.join(unit, unit.c.unit_id == found.c.unit_id))
        .where(~matches(rule.asks))
    )
    known = count_matching(connection, rule.asks) + (connection.scalar(elsewhere) or 0)
    return Figures(known, made.found, made.decided)


def progress(connection: sa.Connection, rule_ids: Iterable[str]) -> dict[str, Progress]:
    """How many units each of these rules found and how many are decided, from facts alone."""
    wanted = list(rule_ids)
    pairs = _found(wanted)
    counted = []
    for facts in (sa.union(*pairs).subquery(), pairs[1].distinct().subquery()):
        query = sa.select(facts.c.rule_id, sa.func.count()).group_by(facts.c.rule_id)
        counted.append({row[0]: row[1] for row in connection.execute(query)})
    found, decided = counted
    return {rule_id: Progress(found.get(rule_id, 0), decided.get(rule_id, 0)) for rule_id in wanted}


def _found(rule_ids: list[str]) -> list[sa.Select[tuple[str, str]]]:
    """(rule, unit) of hits, and of decisions; a provisional unit counts as the one that it turned out to be."""
    merged = sa.select(unit_alias.c.unit_id)
    return [
        sa.select(one.rule_id, one.unit_id).where(one.rule_id.in_(rule_ids), one.unit_id.not_in(merged))
        for one in (interception_hit.c, interception_decision.c)
    ]


def hits(connection: sa.Connection, rule_id: str, after: str = "", limit: int = 50) -> list[Hit]:
    """Where the rule met units, the newest first; ``after`` is the id of the last hit of the page before."""
    query = _HITS.where(interception_hit.c.rule_id == rule_id).order_by(interception_hit.c.id.desc()).limit(limit)
    if after:
        query = query.where(interception_hit.c.id < after)
    return [Hit(**row) for row in connection.execute(query).mappings()]


def decisions(connection: sa.Connection, rule_id: str, unit_id: str) -> list[Decided]:
    """What was decided of the unit, in order."""
    one = interception_decision.c
    query = sa.select(one.id, one.kind, one.reason).where(one.rule_id == rule_id, one.unit_id == unit_id)
    return [Decided(*row) for row in connection.execute(query.order_by(one.seq))]


def is_known_to(connection: sa.Connection, rule: Rule, unit_id: str) -> bool:
    """Whether the rule met the unit, or matches it."""
    query = sa.select(unit.c.unit_id).where(unit.c.unit_id == unit_id, sa.or_(matches(rule.asks), is_met(rule.id)))
    return connection.execute(query).first() is not None


def lots(connection: sa.Connection, after: str = "", limit: int = 50) -> list[Lot]:
    """The lots, the newest first; ``after`` is the id of the last one of the page before."""
    query = sa.select(production_lot).where(~sa.exists().where(production_lot_void.c.lot_id == production_lot.c.id))
    query = query.order_by(production_lot.c.id.desc()).limit(limit)
    if after:
        query = query.where(production_lot.c.id < after)
    return [Lot(*row) for row in connection.execute(query)]


def lot_by_id(connection: sa.Connection, lot_id: str) -> Lot | None:
    """One lot, void or not, if it is on record."""
    row = connection.execute(sa.select(production_lot).where(production_lot.c.id == lot_id)).first()
    return Lot(*row) if row else None


def is_void(connection: sa.Connection, lot_id: str) -> bool:
    """Whether the lot was noted wrongly."""
    query = sa.select(production_lot_void.c.lot_id).where(production_lot_void.c.lot_id == lot_id)
    return connection.execute(query).first() is not None


def interception_version(connection: sa.Connection) -> int:
    """Grows with every fact of interception, and when a rule comes into force or its time is over."""
    now = datetime.now(UTC)
    counts = [sa.select(sa.func.count()).select_from(table).scalar_subquery() for table in FACTS]
    moments = (interception_rule.c.starts_at, interception_rule.c.ends_at)
    counts += [sa.select(sa.func.count()).where(moment <= now).scalar_subquery() for moment in moments]
    return sum(connection.execute(sa.select(*counts)).one())


def _rule(row: sa.Row[tuple[object, ...]]) -> Rule:
    one = row._mapping
    asks = Criteria(**{name: one[name] for name in Criteria.__dataclass_fields__})
    kept = {name: one[name] for name in Rule.__dataclass_fields__ if name != "asks"}
    return Rule(asks=asks, **kept)


_RULES = sa.select(
    interception_rule,
    interception_end.c.reason.label("end_reason"),
    interception_end.c.ended_at,
    interception_end.c.ended_by,
).join(interception_end, interception_end.c.rule_id == interception_rule.c.id, isouter=True)
_NAMED = sa.select(unit.c.unit_id, unit.c.serial, unit.c.product)
_IS_MERGED = sa.exists().where(unit_alias.c.unit_id == unit.c.unit_id)
"""What was met under a provisional number counts under the real one."""
_next = interception_decision.alias("next_one")
_HITS = (
    sa.select(
        interception_hit.c.id,
        interception_hit.c.unit_id,
        unit.c.serial,
        unit.c.product,
        interception_hit.c.occasion,
        interception_hit.c.at,
        interception_hit.c.actor,
        interception_hit.c.carried_from,
        interception_decision.c.kind.label("decision"),
        interception_decision.c.reason,
        interception_decision.c.decided_at,
        interception_decision.c.decided_by,
    )
    .join(unit, unit.c.unit_id == interception_hit.c.unit_id)
    .join(
        interception_decision,
        sa.and_(
            interception_decision.c.unit_id == interception_hit.c.unit_id,
            interception_decision.c.rule_id == interception_hit.c.rule_id,
            ~sa.exists().where(
                _next.c.unit_id == interception_decision.c.unit_id,
                _next.c.rule_id == interception_decision.c.rule_id,
                _next.c.seq > interception_decision.c.seq,
            ),
        ),
        isouter=True,
    )
    .where(~_IS_MERGED)
)
