"""A unit that has failed so often goes back to repair before it is tested again."""

from __future__ import annotations

from station.gates.case import GateCase, closed, passed
from station.gates.routing import route_of
from station.model.gate import GateNote

GATE = "retest"
FIRST_YEAR = 1970
"""No repair is older."""


def ask_retest(case: GateCase) -> GateNote | None:
    """Raises GateClosed after as many FAILs in a row as the bench allows; None where it sets no bound.

    A repair on record begins the count anew. What failed at other stations is not counted.
    """
    attempts = case.bench.gates.attempts
    if attempts is None:
        return None
    route = route_of(case)
    repaired_at = route.repaired_at if route is not None else None
    if repaired_at is not None:
        is_moment = repaired_at.tzinfo is not None and repaired_at.year >= FIRST_YEAR
        repaired_at = min(repaired_at, case.at) if is_moment else None
    failed = case.spool.failed_since_pass(case.unit.serial, repaired_at)
    if failed >= attempts:
        raise closed(
            GATE,
            f"{case.unit.serial} failed its outgoing test {failed} times without a repair ({attempts} are allowed):"
            " back to repair. It may be tested again when the repair is on record at the server.",
            f"{case.unit.serial} 已连续 {failed} 次出货测试不合格且未维修（最多 {attempts} 次）："
            "请退回维修；维修登记到服务器后方可再测。",
        )
    return passed(GATE, f"{failed} of {attempts} attempts failed since the last PASS or repair")
