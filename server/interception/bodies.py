"""What interception looks like over the API: taken and given, with examples."""

from __future__ import annotations

from datetime import date, datetime
from typing import Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field
from pydantic.config import JsonDict

from server.interception.criteria import Criteria
from server.interception.flows import Decision, LotEntry, Wish
from server.interception.rule import Figures, Hit, Lot, Rule

CRITERIA_EXAMPLE: JsonDict = {"product": "FJ-R1", "serial_first": "FJR126110001", "serial_last": "FJR126110500"}
RULE_EXAMPLE: JsonDict = {
    "title": "Amplifier of lot L-0815",
    "reason": "may catch fire at 16 V",
    "does": "hold",
    "asks": CRITERIA_EXAMPLE,
    "starts_at": None,
    "ends_at": None,
}
END_EXAMPLE: JsonDict = {"reason": "all units of the lot were found"}
DECISION_EXAMPLE: JsonDict = {"kind": "reworked", "reason": "amplifier replaced"}
LOT_EXAMPLE: JsonDict = {
    "lot": "L-0815",
    "product": "FJ-R1",
    "supplier": "ACME",
    "made_on": "2026-11-02",
    "serial_first": "FJR126110001",
    "serial_last": "FJR126110500",
}


class Taken(BaseModel):
    """What a request may hold; nothing else is taken."""

    model_config = ConfigDict(extra="forbid")


class CriteriaBody(Taken):
    """What is asked of a unit; what is left out is not asked, and all that is given must be so.

    ``lot``, ``supplier`` and the days on which it was made are those of the noted lot that its serial number is in;
    an image is one that a burn on record wrote into it.
    """

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [CRITERIA_EXAMPLE]})

    product: str = Field(default="", max_length=100)
    serial_first: str = Field(default="", max_length=100)
    serial_last: str = Field(default="", max_length=100)
    image_name: str = Field(default="", max_length=200)
    image_version: str = Field(default="", max_length=80)
    lot: str = Field(default="", max_length=60)
    supplier: str = Field(default="", max_length=200)
    made_since: date | None = None
    made_until: date | None = None
    received_since: AwareDatetime | None = None
    received_until: AwareDatetime | None = None

    def as_criteria(self) -> Criteria:
        return Criteria(**self.model_dump())


class RuleBody(Taken):
    """A rule; without ``starts_at`` it is in force at once, without ``ends_at`` until somebody ends it."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [RULE_EXAMPLE]})

    title: str = Field(min_length=1, max_length=100)
    reason: str = Field(min_length=1, max_length=300)
    does: Literal["hold", "tell"] = "hold"
    asks: CriteriaBody
    starts_at: AwareDatetime | None = None
    ends_at: AwareDatetime | None = None

    def as_wish(self, rule_id: str) -> Wish:
        asks = self.asks.as_criteria()
        return Wish(rule_id, self.title, self.reason, asks, self.does, self.starts_at, self.ends_at)


class EndBody(Taken):
    """Why a rule is ended, or a lot is void."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [END_EXAMPLE]})

    reason: str = Field(min_length=1, max_length=300)


class UnitDecisionBody(Taken):
    """What became of a unit: cleared or reworked let it go, scrapped does not."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [DECISION_EXAMPLE]})

    kind: Literal["cleared", "reworked", "scrapped"]
    reason: str = Field(min_length=1, max_length=300)

    def as_decision(self, decision_id: str, rule_id: str, unit_id: str) -> Decision:
        return Decision(decision_id, rule_id, unit_id, self.kind, self.reason)


class LotBody(Taken):
    """Units of a lot, by the range of their serial numbers."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [LOT_EXAMPLE]})

    lot: str = Field(min_length=1, max_length=60)
    product: str = Field(default="", max_length=100)
    supplier: str = Field(default="", max_length=200)
    made_on: date | None = None
    serial_first: str = Field(min_length=1, max_length=100)
    serial_last: str = Field(default="", max_length=100)

    def as_entry(self, lot_id: str) -> LotEntry:
        return LotEntry(id=lot_id, **self.model_dump())


class CriteriaAnswer(BaseModel):
    """What a rule asks; empty or null where it does not."""

    model_config = ConfigDict(from_attributes=True)

    product: str
    serial_first: str
    serial_last: str
    image_name: str
    image_version: str
    lot: str
    supplier: str
    made_since: date | None
    made_until: date | None
    received_since: datetime | None
    received_until: datetime | None


class RuleAnswer(BaseModel):
    """A rule as it stands; ``state`` is coming, in_force or over."""

    id: str
    state: str
    title: str
    reason: str
    does: str
    asks: CriteriaAnswer
    starts_at: datetime
    ends_at: datetime | None
    declared_at: datetime
    declared_by: str
    end_reason: str | None
    ended_at: datetime | None
    ended_by: str | None


class FiguresAnswer(BaseModel):
    """Units known to match, found of those, decided of these; the rates are 0 to 1, null where there is nothing."""

    model_config = ConfigDict(from_attributes=True)

    known: int
    found: int
    decided: int
    found_rate: float | None
    closing_rate: float | None


class RuleWithFigures(BaseModel):
    """A rule and how far it has come."""

    rule: RuleAnswer
    figures: FiguresAnswer


class TrialAnswer(BaseModel):
    """How many units on record a rule would match at this moment, and the first of them by serial number."""

    matching: int
    first: list[str]


class HitAnswer(BaseModel):
    """Where a rule met a unit, and what was decided of the unit last."""

    model_config = ConfigDict(from_attributes=True)

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


class LotAnswer(BaseModel):
    """A noted lot."""

    model_config = ConfigDict(from_attributes=True)

    id: str
    lot: str
    product: str
    supplier: str
    made_on: date | None
    serial_first: str
    serial_last: str
    noted_at: datetime
    noted_by: str


def rule_answer(rule: Rule, at: datetime) -> RuleAnswer:
    return RuleAnswer(
        id=rule.id,
        state=rule.state(at),
        title=rule.title,
        reason=rule.reason,
        does=rule.does,
        asks=CriteriaAnswer.model_validate(rule.asks),
        starts_at=rule.starts_at,
        ends_at=rule.ends_at,
        declared_at=rule.declared_at,
        declared_by=rule.declared_by,
        end_reason=rule.end_reason,
        ended_at=rule.ended_at,
        ended_by=rule.ended_by,
    )


def with_figures(rule: Rule, figures: Figures, at: datetime) -> RuleWithFigures:
    return RuleWithFigures(rule=rule_answer(rule, at), figures=FiguresAnswer.model_validate(figures))


def hit_answer(hit: Hit) -> HitAnswer:
    return HitAnswer.model_validate(hit)


def lot_answer(lot: Lot) -> LotAnswer:
    return LotAnswer.model_validate(lot)
