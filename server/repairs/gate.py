"""What repairs say to a move of a case: it may go to its test, it may be scrapped; or why not."""

from __future__ import annotations

import sqlalchemy as sa

from server.errors import NotInForce
from server.repairs.readiness import readiness
from server.returns.flows import OpenGate
from server.returns.machine import Transition
from server.returns.queries import ReturnCase

READY, SCRAPPED = "ready", "scrapped"
"""What cases.toml asks of repairs."""
NOTHING_DONE, NOT_AGREED = "nothing_done", "not_agreed"


def gate_of_repairs(connection: sa.Connection, case: ReturnCase, transition: Transition) -> OpenGate | None:
    """What the move rests on, None where it asks nothing of repairs; raises NotInForce where it may not be."""
    if transition.repairs == READY:
        return ready_gate(connection, case)
    if transition.repairs == SCRAPPED:
        raise NotInForce(f"{case.case_no}: one person asks to scrap it, another one decides", NOT_AGREED)
    return None


def ready_gate(connection: sa.Connection, case: ReturnCase) -> OpenGate:
    """That something was done, or nothing was wrong; raises NotInForce with the state ``nothing_done``."""
    found = readiness(connection, case)
    if not found.is_ready:
        raise NotInForce(f"nothing was done to {case.serial} since it was found faulty", NOTHING_DONE)
    return OpenGate(READY, case.id, case.version, {"ready": found.basis})
