"""Only a released plan judges units: its digest must be among those that the office has released for the product."""

from __future__ import annotations

from station.gates.case import GateCase, by_state, closed, unknown, unsaid
from station.model.gate import GateNote

GATE = "released_plan"


def ask_released_plan(case: GateCase) -> GateNote:
    """Raises GateClosed for another digest than those released, once any plan was ever released for the product."""
    if note := unsaid(GATE, case.state, case.state.plans):
        return note
    row = next((row for row in case.state.plans.rows or () if row.product == case.product), None)
    if row is None:
        return unknown(GATE, case.state, f"no plan was ever released for {case.product}")
    release = next((release for release in row.released if release.sha256 == case.plan.sha256), None)
    if release is None:
        plan = f"{case.plan.name} {case.plan.version}"
        raise closed(
            GATE,
            f"the plan {plan} (sha256 {case.plan.sha256[:12]}…) is not released for {case.product}: an after-sales"
            " engineer must release it at the server, or the released plan must be put back.",
            f"测试流程 {plan}（sha256 {case.plan.sha256[:12]}…）未批准用于 {case.product}："
            "请售后工程师在服务器上批准，或恢复已批准的流程。",
        )
    return by_state(GATE, case.state, f"released by {release.released_by}")
