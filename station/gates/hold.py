"""No unit that is held: by its id, its serial number, or with all of its product."""

from __future__ import annotations

from station.gates.case import GateCase, by_state, closed, unsaid
from station.model.gate import GateNote
from station.outbox.gate_state import Hold, moment

GATE = "hold"


def ask_hold(case: GateCase) -> GateNote:
    """Raises GateClosed for a held unit, with the reason and who set it; an expired list still holds."""
    if note := unsaid(GATE, case.state, case.state.holds):
        return note
    hold = next((hold for hold in case.state.holds.rows or () if _is_about(hold, case)), None)
    if hold is None:
        version = "" if case.state.version is None else f", version {case.state.version}"
        return by_state(GATE, case.state, f"not on the list of holds{version}")
    what = f"all units of {hold.product} are" if hold.product else f"{case.unit.serial} is"
    what_zh = f"{hold.product} 全部机器" if hold.product else case.unit.serial
    raise closed(
        GATE,
        f"{what} held by {hold.held_by} since {moment(hold.held_at)}: {hold.reason}. Put the unit aside and tell the"
        " supervisor; the hold is released at the server.",
        f"{what_zh} 已被 {hold.held_by} 拦截（{moment(hold.held_at)}）：{hold.reason}。"
        "请将机器隔离并告知主管；拦截在服务器上解除。",
    )


def _is_about(hold: Hold, case: GateCase) -> bool:
    """A serial counts in every family: to hold one too many is the safe mistake."""
    if hold.product and hold.product in case.products | {case.product}:
        return True
    return case.unit.id == hold.unit_id or (bool(hold.serial) and hold.serial == case.unit.serial)
