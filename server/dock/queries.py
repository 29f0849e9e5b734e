"""What a scanned serial number is, told at once: product, open case, hold, and earlier visits."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime

import sqlalchemy as sa

from server.errors import BadInput
from server.gates.queries import Standing, standing, words_on
from server.interception.rule import Named
from server.quality.queries import fault_tree
from server.quality.tree import SYMPTOM, FaultCode
from server.returns.queries import ReturnCase, cases_of_unit
from server.units.flows import UnitName, name_unit
from server.units.links import real_name
from server.units.queries import unit_by_id


@dataclass(frozen=True, slots=True)
class Scanned:
    """A unit as it stands when it is scanned; ``holds`` are why it is held, ``visits`` how often it came before.

    ``tells`` are what quality wants to be known of it, though it is not held.
    """

    name: UnitName
    open_case: ReturnCase | None
    last_case: ReturnCase | None
    holds: tuple[str, ...]
    visits: int
    tells: tuple[str, ...] = ()


def look(connection: sa.Connection, serials: Iterable[str]) -> list[Scanned]:
    """The units of these serial numbers, in order; raises BadInput for one that cannot be."""
    now = standing(connection, datetime.now(UTC))
    return [_scanned(connection, name_unit(connection, serial), now) for serial in serials]


def look_if_possible(connection: sa.Connection, serial: str) -> Scanned | None:
    """The unit of a serial number; None where it cannot be one."""
    try:
        return look(connection, [serial])[0]
    except BadInput:
        return None


def reason_codes(connection: sa.Connection) -> list[FaultCode]:
    """The symptoms that may be scanned or typed as the reason of a return."""
    return fault_tree(connection).offered(SYMPTOM)


def _scanned(connection: sa.Connection, name: UnitName, now: Standing) -> Scanned:
    cases = cases_of_unit(connection, name.unit_id)
    words = words_on(connection, _named(connection, name), now)
    return Scanned(
        name,
        next((case for case in cases if case.closed_at is None), None),
        cases[0] if cases else None,
        tuple(hold.reason for hold in words.holds),
        sum(case.closed_at is not None for case in cases),
        words.tells,
    )


def _named(connection: sa.Connection, name: UnitName) -> Named:
    """The unit as rules ask of it: the real one of a provisional number, and its product where tests told it."""
    real = real_name(connection, name)
    known = unit_by_id(connection, real.unit_id)
    return Named(real.unit_id, real.serial, (known.product if known else "") or real.product)
