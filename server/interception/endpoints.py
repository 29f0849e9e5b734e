"""Interception over the API: rules declared, tried and ended, hits read and decided, lots noted."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Path, Query, Response

from server.admin.access import InDatabase, Now, Reading, require
from server.admin.author import Author
from server.admin.queries import User
from server.interception.bodies import (
    CriteriaBody,
    EndBody,
    HitAnswer,
    LotAnswer,
    LotBody,
    RuleAnswer,
    RuleBody,
    RuleWithFigures,
    TrialAnswer,
    UnitDecisionBody,
    hit_answer,
    lot_answer,
    rule_answer,
    with_figures,
)
from server.interception.criteria import checked
from server.interception.flows import (
    DECIDE,
    WRITE,
    decide,
    declare,
    end_rule,
    known_rule,
    note_lot,
    void_lot,
)
from server.interception.queries import (
    count_matching,
    figures,
    hits,
    lot_by_id,
    lots,
    rule_by_id,
    rules,
    some_matching,
)
from server.wire.fields import UUID, UUID7

router = APIRouter(prefix="/v1", tags=["interception"])
Reader = Annotated[User, Depends(require("records.read"))]
Writer = Annotated[User, Depends(require(WRITE))]
Decider = Annotated[User, Depends(require(DECIDE))]
MadeId = Annotated[str, Path(pattern=UUID7, examples=["01a1f3a0-2c00-7000-8000-0000000000ee"])]
KnownId = Annotated[str, Path(pattern=UUID)]
After = Annotated[str, Query(pattern=f"^$|{UUID}", description="The id of the last row of the page before")]
Rows = Annotated[int, Query(ge=1, le=200)]
REPEATED: dict[int | str, dict[str, object]] = {200: {"description": "On record before"}}


@router.get("/interceptions")
def get_rules(user: Reader, connection: Reading, at: Now, after: After = "", limit: Rows = 50) -> list[RuleAnswer]:
    """The rules, the newest first."""
    return [rule_answer(rule, at) for rule in rules(connection, after, limit)]


@router.post("/interceptions/trial")
def post_trial(body: CriteriaBody, user: Writer, connection: Reading) -> TrialAnswer:
    """How many units a rule with these criteria would match; nothing is declared."""
    asks = checked(body.as_criteria())
    first = [row.serial for row in some_matching(connection, asks)]
    return TrialAnswer(matching=count_matching(connection, asks), first=first)


@router.put("/interceptions/{rule_id}", status_code=201, responses=REPEATED)
def put_rule(
    rule_id: MadeId, body: RuleBody, response: Response, user: Writer, database: InDatabase, at: Now
) -> RuleAnswer:
    """Declare a rule; what it should have met since it is in force is met at once. The same again changes nothing."""
    with database.writing() as connection:
        response.status_code = 200 if rule_by_id(connection, rule_id) else 201
        return rule_answer(declare(connection, body.as_wish(rule_id), Author(user.name, at)), at)


@router.get("/interceptions/{rule_id}")
def get_rule(rule_id: KnownId, user: Reader, connection: Reading, at: Now) -> RuleWithFigures:
    """A rule and how far it has come."""
    rule = known_rule(connection, rule_id)
    return with_figures(rule, figures(connection, rule), at)


@router.put("/interceptions/{rule_id}/end")
def put_end(rule_id: KnownId, body: EndBody, user: Writer, database: InDatabase, at: Now) -> RuleAnswer:
    """End a rule: it meets nothing more. The same again changes nothing."""
    with database.writing() as connection:
        return rule_answer(end_rule(connection, rule_id, body.reason, Author(user.name, at)), at)


@router.get("/interceptions/{rule_id}/hits")
def get_hits(
    rule_id: KnownId, user: Reader, connection: Reading, after: After = "", limit: Rows = 50
) -> list[HitAnswer]:
    """Where the rule met units, the newest first."""
    known_rule(connection, rule_id)
    return [hit_answer(hit) for hit in hits(connection, rule_id, after, limit)]


@router.put("/interceptions/{rule_id}/units/{unit_id}/decisions/{decision_id}", status_code=204)
def put_decision(
    rule_id: KnownId,
    unit_id: KnownId,
    decision_id: MadeId,
    body: UnitDecisionBody,
    user: Decider,
    database: InDatabase,
    at: Now,
) -> Response:
    """Say what became of a unit under the rule. The same again changes nothing."""
    with database.writing() as connection:
        decide(connection, body.as_decision(decision_id, rule_id, unit_id), Author(user.name, at))
    return Response(status_code=204)


@router.get("/production-lots")
def get_lots(user: Reader, connection: Reading, after: After = "", limit: Rows = 50) -> list[LotAnswer]:
    """The noted lots, the newest first."""
    return [lot_answer(lot) for lot in lots(connection, after, limit)]


@router.put("/production-lots/{lot_id}", status_code=201, responses=REPEATED)
def put_lot(
    lot_id: MadeId, body: LotBody, response: Response, user: Writer, database: InDatabase, at: Now
) -> LotAnswer:
    """Say which units are of a lot. The same again changes nothing."""
    with database.writing() as connection:
        response.status_code = 200 if lot_by_id(connection, lot_id) else 201
        return lot_answer(note_lot(connection, body.as_entry(lot_id), Author(user.name, at)))


@router.put("/production-lots/{lot_id}/void", status_code=204)
def put_void(lot_id: KnownId, body: EndBody, user: Writer, database: InDatabase, at: Now) -> Response:
    """Say that a lot was noted wrongly. The same again changes nothing."""
    with database.writing() as connection:
        void_lot(connection, lot_id, body.reason, Author(user.name, at))
    return Response(status_code=204)
