"""A rule, how far it has come, where it met a unit, the units that it holds, and a lot of production."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from server.interception.criteria import Criteria

HOLD, TELL = DOES = ("hold", "tell")
"""What a rule does with a unit that it meets."""


@dataclass(frozen=True, slots=True)
class Rule:
    """A rule; ``ended_at`` is None while nobody ended it."""

    id: str
    title: str
    reason: str
    does: str
    starts_at: datetime
    ends_at: datetime | None
    asks: Criteria
    sha256: str
    declared_at: datetime
    declared_by: str
    end_reason: str | None
    ended_at: datetime | None
    ended_by: str | None

    def state(self, at: datetime) -> str:
        """``coming``, ``in_force`` or ``over``."""
        if self.ended_at is not None or (self.ends_at is not None and self.ends_at <= at):
            return "over"
        return "in_force" if self.starts_at <= at else "coming"


@dataclass(frozen=True, slots=True)
class Figures:
    """How far a rule has come, in units.

    ``known`` are on record and match at this moment, or were found; ``found`` met the rule or were decided;
    ``decided`` have a decision.
    """

    known: int
    found: int
    decided: int

    @property
    def found_rate(self) -> float | None:
        """Found of those known, 0 to 1; None where there is none."""
        return self.found / self.known if self.known else None

    @property
    def closing_rate(self) -> float | None:
        """Decided of those found, 0 to 1; None where there is none."""
        return self.decided / self.found if self.found else None


@dataclass(frozen=True, slots=True)
class Progress:
    """How many units a rule found, and how many of these are decided."""

    found: int
    decided: int

    @property
    def waiting(self) -> int:
        return self.found - self.decided

    @property
    def closing_rate(self) -> float | None:
        """Decided of those found, 0 to 1; None where there is none."""
        return self.decided / self.found if self.found else None


@dataclass(frozen=True, slots=True)
class Hit:
    """Where a rule met a unit, and what was decided of the unit last."""

    id: str
    unit_id: str
    serial: str
    product: str
    occasion: str
    at: datetime
    actor: str
    carried_from: str | None
    decision: str | None
    reason: str | None
    decided_at: datetime | None
    decided_by: str | None


@dataclass(frozen=True, slots=True)
class Decided:
    """What was decided of a unit; ``kind`` is cleared, reworked or scrapped."""

    id: str
    kind: str
    reason: str


@dataclass(frozen=True, slots=True)
class RuleHold:
    """A rule's word on a unit: hold it, or only tell."""

    rule_id: str
    does: str
    unit_id: str
    serial: str
    reason: str
    since: datetime
    by: str


@dataclass(frozen=True, slots=True)
class Named:
    """A unit by what rules ask of it, on record or not."""

    unit_id: str
    serial: str
    product: str


@dataclass(frozen=True, slots=True)
class Lot:
    """Units of one lot; ``made_on`` is None where nobody said."""

    id: str
    lot: str
    product: str
    supplier: str
    made_on: date | None
    serial_first: str
    serial_last: str
    noted_at: datetime
    noted_by: str
