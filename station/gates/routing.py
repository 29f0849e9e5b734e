"""The unit has come as far as an outgoing test: repaired, and burned with what it needs."""

from __future__ import annotations

from station.gates.case import GateCase, by_state, closed, unknown, unsaid
from station.model.gate import GateNote
from station.outbox.gate_state import Missing, Route

GATE = "routing"


def ask_routing(case: GateCase) -> GateNote:
    """Raises GateClosed where something is still missing; a unit that the office does not know may be tested."""
    if note := unsaid(GATE, case.state, case.state.routes):
        return note
    route = route_of(case)
    if route is None:
        return unknown(GATE, case.state, "no return case is known of this unit")
    if route.missing:
        of_case = f" (return case {route.case_no})" if route.case_no else ""
        raise closed(
            GATE,
            f"{case.unit.serial} is not ready for its outgoing test{of_case}: still missing: "
            f"{', '.join(_named(one) for one in route.missing)}. Send it back until that is on record.",
            f"{case.unit.serial} 尚不能做出货测试{f'（返厂单 {route.case_no}）' if route.case_no else ''}："
            f"还缺：{'、'.join(_named_zh(one) for one in route.missing)}。请退回，完成并登记后再测试。",
        )
    return by_state(
        GATE, case.state, f"nothing is missing in {route.case_no}" if route.case_no else "nothing is missing"
    )


def route_of(case: GateCase) -> Route | None:
    """What the snapshot says of the unit; by its id, else by its serial number."""
    rows = case.state.routes.rows or ()
    by_id = next((row for row in rows if row.unit_id == case.unit.id), None)
    return by_id or next((row for row in rows if row.serial == case.unit.serial), None)


def _named(missing: Missing) -> str:
    return f"{missing.what} {missing.detail}".strip()


def _named_zh(missing: Missing) -> str:
    word = {"repair": "维修", "burn": "烧录"}.get(missing.what, missing.what)
    return f"{word} {missing.detail}".strip()
