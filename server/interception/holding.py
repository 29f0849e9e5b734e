"""Which units rules hold: one that is scanned, and all that stations may have on the bench."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import sqlalchemy as sa

from server.interception.matching import FREES, is_freed, matches
from server.interception.queries import rule_by_id, rules_in_force
from server.interception.rule import HOLD, Named, Rule, RuleHold
from server.interception.tables import interception_decision, interception_hit, interception_rule
from server.units.link_tables import unit_alias
from server.units.tables import unit


def rules_about(connection: sa.Connection, named: Named, in_force: Sequence[Rule]) -> list[RuleHold]:
    """The rules that have a word on this unit: those of ``in_force`` that match it, and any that met it to hold it.

    None of them has let it go. ``does`` of each says whether it holds the unit or only tells.
    """
    found = [_hold(rule, named.unit_id, named.serial) for rule in _matching(connection, named, in_force)]
    known = {row.rule_id for row in found}
    for rule_id in connection.scalars(_MET.where(interception_hit.c.unit_id == named.unit_id)):
        rule_met = None if rule_id in known else rule_by_id(connection, rule_id)
        if rule_met is not None:
            found.append(_hold(rule_met, named.unit_id, named.serial))
    return found


def units_held(connection: sa.Connection, at: datetime, here: sa.Select[tuple[str]]) -> list[RuleHold]:
    """Units on record that a rule met and that nobody let go, and those that are here and match; by rule.

    ``here`` selects the ids of units that are in the house: a rule may match every unit ever made.
    """
    is_merged = sa.exists().where(unit_alias.c.unit_id == unit.c.unit_id)
    held: dict[tuple[str, str], str] = {}
    met = _MET.add_columns(unit.c.unit_id, unit.c.serial).join(unit, unit.c.unit_id == interception_hit.c.unit_id)
    for rule_id, unit_id, serial in connection.execute(met.where(~is_merged)):
        held[rule_id, unit_id] = serial
    in_force = [rule for rule in rules_in_force(connection, at) if rule.does == HOLD]
    are_here = sa.select(unit.c.unit_id, unit.c.serial, unit.c.product).where(unit.c.unit_id.in_(here), ~is_merged)
    for row in connection.execute(are_here).all() if in_force else []:
        for rule in _matching(connection, Named(*row), in_force):
            held[rule.id, row.unit_id] = row.serial
    known = {rule.id: rule for rule in in_force}
    found: list[RuleHold] = []
    for (rule_id, unit_id), serial in sorted(held.items()):
        rule_of = known.get(rule_id) or rule_by_id(connection, rule_id)
        if rule_of is not None:
            found.append(_hold(known.setdefault(rule_id, rule_of), unit_id, serial))
    return found


def _matching(connection: sa.Connection, named: Named, in_force: Sequence[Rule]) -> list[Rule]:
    """Asked of the database at once for all of them that may match."""
    in_force = [rule for rule in in_force if rule.asks.may_match(named.serial, named.product)]
    values = sa.select(
        sa.literal(named.unit_id, unit.c.unit_id.type).label("unit_id"),
        sa.literal(named.serial, unit.c.serial.type).label("serial"),
        sa.literal(named.product, unit.c.product.type).label("product"),
    ).subquery()
    is_about = (sa.and_(matches(rule.asks, values.c), ~is_freed(rule.id, values.c.unit_id)) for rule in in_force)
    answers = [sa.case((condition, 1), else_=0).label(f"is_{number}") for number, condition in enumerate(is_about)]
    if not answers:
        return []
    row = connection.execute(sa.select(*answers).select_from(values)).one()
    return [rule for rule, is_matched in zip(in_force, row, strict=True) if is_matched]


def _hold(rule: Rule, unit_id: str, serial: str) -> RuleHold:
    return RuleHold(
        rule.id, rule.does, unit_id, serial, f"{rule.title}: {rule.reason}", rule.declared_at, rule.declared_by
    )


_MET = (
    sa.select(interception_hit.c.rule_id)
    .distinct()
    .join(interception_rule, interception_rule.c.id == interception_hit.c.rule_id)
    .where(
        interception_rule.c.does == HOLD,
        ~sa.exists().where(
            interception_decision.c.unit_id == interception_hit.c.unit_id,
            interception_decision.c.rule_id == interception_hit.c.rule_id,
            interception_decision.c.kind.in_(FREES),
        ),
    )
)
"""The rules that hold what they met."""
