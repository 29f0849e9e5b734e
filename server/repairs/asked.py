"""What a technician says of a repair, and whether it can be so: codes of the tree, times, the test that it answers."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import msgspec
import sqlalchemy as sa

from server.admin.author import Author, typed
from server.admin.permissions import permissions
from server.admin.queries import accounts
from server.errors import BadInput
from server.parts.lines import Line
from server.quality.queries import fault_tree, tree_version
from server.quality.tree import ACTION, CAUSE, SYMPTOM, FaultTree
from server.repairs.queries import OUTCOMES, READY, Entry, PartUsed
from server.returns.queries import ReturnCase
from server.runs.tables import run, run_failure
from server.wire.fields import UUID

WRITE = "cases.repair"
DESIGNATOR = re.compile("[A-Z][A-Z0-9.-]{0,11}")
MAX_NOTE, MAX_DESIGNATORS, MAX_PARTS = 500, 20, 30
CLOCKS = timedelta(minutes=2)
"""How far a typed minute may lie beyond the server's clock."""


@dataclass(frozen=True, slots=True)
class Repair:
    """What a technician says; ``id`` is a UUID made by the client. ``run_id`` and ``measurement`` are the failed
    measurement that it answers, empty where no test failed; ``source`` is the place that the parts are drawn from,
    empty where they are not drawn from stock; ``scrap_reason`` is said with the outcome ``scrap_asked``."""

    id: str
    case_id: str
    symptom: str
    cause: str
    action: str
    started_at: datetime
    ended_at: datetime
    outcome: str = READY
    technician: str = ""
    designators: tuple[str, ...] = ()
    run_id: str = ""
    measurement: str = ""
    parts: tuple[Line, ...] = ()
    source: str = ""
    note: str = ""
    scrap_reason: str = ""
    corrects: str = ""

    @property
    def sha256(self) -> str:
        return hashlib.sha256(msgspec.json.encode(self)).hexdigest()


def checked(connection: sa.Connection, asked: Repair, case: ReturnCase, author: Author) -> Entry:
    """The entry as it would come on record; raises BadInput that names the field."""
    tree = fault_tree(connection)
    _check_codes(tree, asked)
    if asked.outcome not in OUTCOMES:
        raise BadInput(f"is one of {', '.join(OUTCOMES)}", "outcome")
    _check_times(asked, case, author.at)
    _check_failure(connection, asked, case)
    return Entry(
        unit_id=case.unit_id,
        id=asked.id,
        case_id=case.id,
        sha256=asked.sha256,
        site=case.site,
        serial=case.serial,
        product=case.product,
        codes_version=tree_version(connection),
        symptom=asked.symptom,
        cause=asked.cause,
        action=asked.action,
        technician=_technician(connection, asked.technician or author.name),
        started_at=asked.started_at,
        ended_at=asked.ended_at,
        run_id=asked.run_id or None,
        measurement=asked.measurement,
        outcome=asked.outcome,
        note=typed(asked.note, "note", MAX_NOTE, may_be_empty=True),
        corrects=asked.corrects or None,
        recorded_at=author.at,
        recorded_by=author.name,
        is_corrected=False,
        designators=designators_of(asked.designators),
        parts=_parts(asked.parts),
    )


def designators_of(words: Sequence[str]) -> tuple[str, ...]:
    """Reference designators as they are compared, none twice; raises BadInput."""
    found = tuple(dict.fromkeys(word.upper() for word in words if word))
    wrong = next((word for word in found if not DESIGNATOR.fullmatch(word)), None)
    if wrong is not None:
        raise BadInput(f"{wrong[:20]!r} is no reference designator such as U3 or C812", "designators")
    if len(found) > MAX_DESIGNATORS:
        raise BadInput(f"has at most {MAX_DESIGNATORS} designators", "designators")
    return found


def _check_codes(tree: FaultTree, asked: Repair) -> None:
    for kind, code, parent in (
        (SYMPTOM, asked.symptom, ""),
        (CAUSE, asked.cause, asked.symptom),
        (ACTION, asked.action, asked.cause),
    ):
        if not tree.offers(kind, code, parent):
            raise BadInput(f"{code[:20]!r} is not offered here", kind)


def _check_times(asked: Repair, case: ReturnCase, at: datetime) -> None:
    if asked.started_at < case.opened_at.replace(second=0, microsecond=0):
        raise BadInput("is before the unit came", "started_at")
    if not asked.started_at <= asked.ended_at <= at + CLOCKS:
        raise BadInput("is before the start or has not come yet", "ended_at")


def _check_failure(connection: sa.Connection, asked: Repair, case: ReturnCase) -> None:
    """What it answers is a measurement of a run of this case that did not pass."""
    if not asked.run_id and not asked.measurement:
        return
    if not re.fullmatch(UUID, asked.run_id):
        raise BadInput("is no run's id", "run_id")
    query = (
        sa.select(sa.literal(1))
        .join(run, sa.and_(run.c.unit_id == run_failure.c.unit_id, run.c.id == run_failure.c.run_id))
        .where(
            run_failure.c.unit_id == case.unit_id,
            run_failure.c.run_id == asked.run_id,
            run_failure.c.name == asked.measurement,
            run.c.case_id == case.id,
        )
    )
    if connection.execute(query).first() is None:
        raise BadInput("is no failed measurement of a test of this case", "measurement")


def _technician(connection: sa.Connection, name: str) -> str:
    account = next((row for row in accounts(connection) if row.name == name), None)
    if account is None or not permissions().allows(account.role, WRITE):
        raise BadInput(f"{name[:80]!r} repairs nothing", "technician")
    return account.name


def _parts(lines: Sequence[Line]) -> tuple[PartUsed, ...]:
    if len(lines) > MAX_PARTS or any(line.quantity < 1 for line in lines):
        raise BadInput(f"names at most {MAX_PARTS} parts, each at least once", "lines")
    return tuple(PartUsed(line.number, line.quantity) for line in lines)
