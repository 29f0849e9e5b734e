"""Accessories are ticked off, and a shut gate is opened by two persons; each is a fact of its own."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping

import msgspec
import sqlalchemy as sa

from server.admin.author import Author, typed
from server.admin.flows import note
from server.db.metadata import UUID
from server.errors import BadInput, Contradiction, NotFound
from server.gates.case_gates import Override, case_gates, override_by_id
from server.gates.case_tables import accessory_check, accessory_check_item, gate_override, gate_override_decision
from server.gates.judgement import GATES
from server.returns.queries import ReturnCase, bare_case
from server.units.event import NewEvent
from server.units.flows import UnitName
from server.units.queries import unit_by_id
from server.units.timelines import add_event
from server.web.language import ENGLISH

CHECK, ASK, DECIDE = "cases.pass", "overrides.request", "overrides.approve"
MAX_REASON, MAX_ITEMS, MAX_NAME = 500, 200, 100
CHECKED, ASKED, DECIDED = "accessories_checked", "override_requested", "override_decided"


def check_accessories(
    connection: sa.Connection, check_id: str, case_id: str, items: Mapping[str, bool], author: Author
) -> bool:
    """Say of each item whether it lies with the unit; False where this check is on record already.

    Raises NotFound, NotAllowed, BadInput for no or unusable items, Contradiction where the case is closed or the id
    stands for another check.
    """
    author.require(connection, CHECK)
    _require_id(check_id)
    case = _open_case(connection, case_id)
    if not 0 < len(items) <= MAX_ITEMS:
        raise BadInput(f"has 1 to {MAX_ITEMS} items", "items")
    ticked = {typed(name, "items", MAX_NAME): is_present for name, is_present in items.items()}
    digest = hashlib.sha256(msgspec.json.encode([case_id, sorted(ticked.items())])).hexdigest()
    known = connection.scalar(
        sa.select(accessory_check.c.sha256).where(
            accessory_check.c.unit_id == case.unit_id, accessory_check.c.id == check_id
        )
    )
    if known is not None:
        if known != digest:
            raise Contradiction(f"the check {check_id} is on record with another content")
        return False
    key = {"unit_id": case.unit_id, "id": check_id, "case_id": case_id, "sha256": digest}
    row = key | {"checked_at": author.at, "checked_by": author.name}
    connection.execute(sa.insert(accessory_check), row)
    rows = [
        {"unit_id": case.unit_id, "check_id": check_id, "name": name, "is_present": is_present}
        for name, is_present in ticked.items()
    ]
    connection.execute(sa.insert(accessory_check_item), rows)
    missing = sorted(name for name, is_present in ticked.items() if not is_present)
    payload: dict[str, object] = {"case_no": case.case_no, "items": len(ticked), "missing": missing}
    _tell(connection, case, NewEvent(check_id, CHECKED, author.at, author.actor, payload, case_id=case.id))
    note(connection, author.at, author.actor, "case.check", case.case_no, ", ".join(missing))
    return True


def request_override(
    connection: sa.Connection, override_id: str, case_id: str, gate_name: str, reason: str, author: Author
) -> Override:
    """Ask that a gate be passed in spite of what shuts it now; another person decides.

    Raises NotFound, NotAllowed, BadInput, and Contradiction where the gate is open, where nothing of what shuts it can
    be waived, or where the same was asked already.
    """
    author.require(connection, ASK)
    _require_id(override_id)
    known = override_by_id(connection, override_id)
    if known is not None:
        if (known.case_id, known.gate, known.reason) != (case_id, gate_name, reason.strip()):
            raise Contradiction(f"the override {override_id} is on record with another content")
        return known
    case = _open_case(connection, case_id)
    if gate_name not in GATES:
        raise BadInput(f"is one of {', '.join(GATES)}", "gate")
    reason = typed(reason, "reason", MAX_REASON)
    gate = case_gates(connection, case)[gate_name]
    if gate.override is not None and gate.override.is_approved is not False:
        raise Contradiction("an override of this is on record already")
    own = [row for row in gate.own if row.is_waivable]
    if not own:
        raise Contradiction(f"nothing that can be overridden shuts the gate {gate_name}")
    texts = [row.text(ENGLISH) for row in own]
    row = {
        "unit_id": case.unit_id,
        "id": override_id,
        "case_id": case.id,
        "gate": gate_name,
        "subject_sha256": gate.subject_sha256,
        "reasons": msgspec.json.encode(texts).decode(),
        "reason": reason,
        "requested_at": author.at,
        "requested_by": author.name,
    }
    connection.execute(sa.insert(gate_override), row)
    payload: dict[str, object] = {"case_no": case.case_no, "gate": gate_name, "reasons": texts, "reason": reason}
    _tell(connection, case, NewEvent(override_id, ASKED, author.at, author.actor, payload, case_id=case.id))
    note(connection, author.at, author.actor, "override.request", case.case_no, f"{gate_name}: {reason}")
    return _known(connection, override_id)


def decide_override(
    connection: sa.Connection, override_id: str, is_approved: bool, text: str, event_id: str, author: Author
) -> Override:
    """Approve or refuse what another person asked for; ``event_id`` is made by the client.

    Raises NotFound, NotAllowed for who asked, BadInput, and Contradiction where it was decided otherwise or no longer
    stands for what shuts the gate.
    """
    author.require(connection, DECIDE)
    _require_id(event_id)
    found = _known(connection, override_id)
    if found.is_approved is not None:
        if found.is_approved != is_approved:
            raise Contradiction(f"the override was decided by {found.decided_by}")
        return found
    author.require_other(connection, DECIDE, found.requested_by, "another person than asked must decide")
    case = _open_case(connection, found.case_id)
    text = typed(text, "note", MAX_REASON, may_be_empty=is_approved)
    if is_approved and case_gates(connection, case)[found.gate].subject_sha256 != found.subject_sha256:
        raise Contradiction("what shuts the gate has changed since it was asked for: ask again")
    row = {
        "unit_id": case.unit_id,
        "override_id": override_id,
        "is_approved": is_approved,
        "note": text,
        "requested_by": found.requested_by,
        "decided_at": author.at,
        "decided_by": author.name,
    }
    connection.execute(sa.insert(gate_override_decision), row)
    payload: dict[str, object] = {"case_no": case.case_no, "gate": found.gate, "is_approved": is_approved, "note": text}
    _tell(connection, case, NewEvent(event_id, DECIDED, author.at, author.actor, payload, case_id=case.id))
    note(connection, author.at, author.actor, "override.decide", case.case_no, f"{found.gate}: {is_approved}")
    return _known(connection, override_id)


def _require_id(made: str) -> None:
    if not UUID.fullmatch(made):
        raise BadInput("is no UUID", "id")


def _open_case(connection: sa.Connection, case_id: str) -> ReturnCase:
    case = bare_case(connection, case_id)
    if case is None:
        raise NotFound(f"no return case {case_id}")
    if case.closed_at is not None:
        raise Contradiction(f"the case {case.case_no} is closed")
    return case


def _known(connection: sa.Connection, override_id: str) -> Override:
    found = override_by_id(connection, override_id)
    if found is None:
        raise NotFound(f"no override {override_id}")
    return found


def _tell(connection: sa.Connection, case: ReturnCase, event: NewEvent) -> None:
    unit = unit_by_id(connection, case.unit_id)
    if unit is None:
        raise NotFound(f"no unit {case.unit_id}")
    add_event(connection, UnitName(unit.unit_id, unit.family, unit.serial, unit.product), event, case.site, event.at)
