"""Rules meet units: at every occasion, afterwards where one was missed, and again under a unit's real number."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from server.admin.flows import note
from server.db.refused import keep_if_refused
from server.interception.matching import is_freed, matches
from server.interception.queries import rule_by_id, rules_in_force
from server.interception.rule import Named, Rule
from server.interception.tables import interception_hit
from server.units.event import NewEvent
from server.units.flows import UnitName
from server.units.link_tables import unit_alias
from server.units.queries import unit_by_id
from server.units.tables import unit, unit_event
from server.units.timelines import add_event
from server.wire.ids import new_id

logger = logging.getLogger(__name__)

RECEIVE, REPAIR, TEST, BURN, SHIP = OCCASIONS = ("receive", "repair", "test", "burn", "ship")
MET = "intercepted"
"""The kind of the unit's event of a hit."""
TOLD_BY = {"received": RECEIVE, "repaired": REPAIR, "tested": TEST, "burned": BURN}
"""The occasion that a kind of a unit's event was."""
MOST = 1000
"""Hits that are made up for at once; what is left is found the next time."""


@dataclass(frozen=True, slots=True)
class _Meeting:
    """A rule and a unit at one occasion; ``at`` is when they met."""

    rule: Rule
    unit_id: str
    occasion: str
    actor: str
    at: datetime
    carried_from: str | None = None


def catch(connection: sa.Connection, met: Mapping[str, str], occasion: str, at: datetime) -> int:
    """Put on record which of these units the rules in force meet at this occasion; how many hits that made.

    ``met`` is who acted (``user:ann``, ``station:bench-1``) by unit. A provisional unit is met as its real one.
    """
    made = 0
    in_force = rules_in_force(connection, at) if met else []
    named = _named(connection, met) if in_force else []
    for rule in in_force:
        may_be = [row.unit_id for row in named if rule.asks.may_match(row.serial, row.product)]
        for unit_id, real_id in _to_be_met(connection, rule, may_be, occasion) if may_be else []:
            _keep(connection, _Meeting(rule, real_id, occasion, met[unit_id], at), at)
            made += 1
    return made


def catch_or_miss(connection: sa.Connection, met: Mapping[str, str], occasion: str, at: datetime) -> None:
    """As ``catch``, but whatever goes wrong here is undone alone: what it belongs to is kept.

    A hit that was missed so is made up for by ``catch_up``, from the unit's own events; the unit is held meanwhile.
    """
    if not met or not rules_in_force(connection, at):
        return
    try:
        with connection.begin_nested():
            catch(connection, met, occasion, at)
    except sa.exc.SQLAlchemyError as error:
        logger.warning("interception missed %d units at %s, the next start looks again: %s", len(met), occasion, error)


def catch_at_door(connection: sa.Connection, unit_id: str, actor: str, at: datetime) -> None:
    """The unit is to leave: what meets it comes on record, though the move be refused and undone."""

    def meet(kept: sa.Connection) -> None:
        catch(kept, {unit_id: actor}, SHIP, at)

    meet(connection)
    keep_if_refused(connection, meet)


def catch_up(connection: sa.Connection, at: datetime, only: str = "") -> int:
    """Meet what happened to units since a rule is in force and was not noticed: declared or noted too late, or missed.

    Of all rules in force or of ``only`` one; at most MOST hits. How many hits that made.
    """
    made = 0
    for rule in rules_in_force(connection, at):
        if not only or rule.id == only:
            for meeting in list(_missed(connection, rule, MOST - made)):
                _keep(connection, meeting, at)
                made += 1
    return made


def carry(connection: sa.Connection, unit_id: str, real_id: str, at: datetime) -> int:
    """What met a provisional unit, and was not let go, holds the real one: as many hits more."""
    query = sa.select(interception_hit).where(interception_hit.c.unit_id == unit_id)
    made = 0
    for rule in rules_met(connection, unit_id):
        wanted = query.where(interception_hit.c.rule_id == rule.id, ~is_freed(rule.id, interception_hit.c.unit_id))
        for row in connection.execute(wanted).all():
            if not _is_on_record(connection, real_id, rule.id, row.occasion):
                _keep(connection, _Meeting(rule, real_id, row.occasion, row.actor, row.at, unit_id), at)
                made += 1
    return made


def rules_met(connection: sa.Connection, unit_id: str) -> list[Rule]:
    """The rules that met the unit, over or not."""
    from_hits = sa.select(interception_hit.c.rule_id).distinct().where(interception_hit.c.unit_id == unit_id)
    found = (rule_by_id(connection, rule_id) for rule_id in connection.scalars(from_hits).all())
    return [rule for rule in found if rule is not None]


def _named(connection: sa.Connection, unit_ids: Iterable[str]) -> list[Named]:
    query = sa.select(unit.c.unit_id, unit.c.serial, unit.c.product).where(unit.c.unit_id.in_(sorted(unit_ids)))
    return [Named(*row) for row in connection.execute(query)]


def _to_be_met(connection: sa.Connection, rule: Rule, unit_ids: Iterable[str], occasion: str) -> list[tuple[str, str]]:
    """(unit, real unit) of those that match, were not met at this occasion, and are not let go."""
    hit = interception_hit.c
    is_known = sa.exists().where(hit.unit_id == _REAL_ID, hit.rule_id == rule.id, hit.occasion == occasion)
    query = (
        sa.select(unit.c.unit_id, _REAL_ID)
        .select_from(_WITH_REAL)
        .where(unit.c.unit_id.in_(sorted(unit_ids)), matches(rule.asks), ~is_known, ~is_freed(rule.id, _REAL_ID))
        .order_by(unit.c.unit_id)
    )
    first_of = {real_id: unit_id for unit_id, real_id in reversed(connection.execute(query).all())}
    return [(unit_id, real_id) for real_id, unit_id in first_of.items()]


def _missed(connection: sa.Connection, rule: Rule, most: int) -> Iterator[_Meeting]:
    hit, event = interception_hit.c, unit_event.c
    for kind, occasion in TOLD_BY.items():
        is_known = sa.exists().where(hit.unit_id == _REAL_ID, hit.rule_id == rule.id, hit.occasion == occasion)
        query = (
            sa.select(_REAL_ID, event.actor, event.station_id, event.received_at)
            .select_from(_WITH_REAL.join(unit_event, event.unit_id == unit.c.unit_id))
            .where(event.kind == kind, event.received_at >= rule.starts_at, matches(rule.asks))
            .where(~is_known, ~is_freed(rule.id, _REAL_ID))
            .order_by(event.received_at, event.id)
        )
        first_of = {row[0]: row for row in reversed(connection.execute(query).all())}
        for real_id, actor, station_id, at in list(first_of.values())[: max(0, most)]:
            yield _Meeting(rule, real_id, occasion, f"station:{station_id}" if station_id else actor, at)
            most -= 1


def _is_on_record(connection: sa.Connection, unit_id: str, rule_id: str, occasion: str) -> bool:
    hit = interception_hit.c
    query = sa.select(hit.id).where(hit.unit_id == unit_id, hit.rule_id == rule_id, hit.occasion == occasion)
    return connection.execute(query).first() is not None


def _keep(connection: sa.Connection, meeting: _Meeting, at: datetime) -> None:
    """The hit, and the unit's event of it."""
    rule, made = meeting.rule, new_id(at)
    row: dict[str, object] = {"unit_id": meeting.unit_id, "rule_id": rule.id, "occasion": meeting.occasion, "id": made}
    row |= {"at": meeting.at, "actor": meeting.actor, "carried_from": meeting.carried_from}
    connection.execute(sa.insert(interception_hit), row)
    known = unit_by_id(connection, meeting.unit_id)
    if known is None:
        raise KeyError(meeting.unit_id)
    payload: dict[str, object] = {"rule_id": rule.id, "title": rule.title, "reason": rule.reason}
    payload |= {"occasion": meeting.occasion, "does": rule.does}
    name = UnitName(known.unit_id, known.family, known.serial, known.product)
    note(connection, at, meeting.actor, "interception.hit", known.serial, f"{rule.title}: {meeting.occasion}")
    add_event(connection, name, NewEvent(made, MET, meeting.at, meeting.actor, payload), known.site, at)


_WITH_REAL = sa.join(unit, unit_alias, unit_alias.c.unit_id == unit.c.unit_id, isouter=True)
_REAL_ID: sa.ColumnElement[str] = sa.func.coalesce(unit_alias.c.real_unit_id, unit.c.unit_id)
