"""Everything that the gates of a unit are judged by, looked up once."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime

import sqlalchemy as sa

from server.burns.evidence import READ_BACK
from server.burns.tables import burn
from server.gates.case_tables import accessory_check, accessory_check_item
from server.gates.queries import Hold, releases, standing, words_on
from server.gates.work import Work, last_work, sent_to_test_at
from server.images.queries import withdrawal_of
from server.interception.rule import Named
from server.logistics.queries import Waybill, outbound_waybill
from server.products.content import Configuration
from server.products.queries import active_configuration
from server.returns.queries import ReturnCase, events_of, open_case
from server.runs.queries import Run, run_by_id
from server.runs.tables import run
from server.units.queries import Unit, unit_by_id

OUTGOING = "outgoing"


@dataclass(frozen=True, slots=True)
class Burned:
    """The last burn of one kind of IC of a unit; ``is_proved`` where it passed and was read back."""

    id: str
    target: str
    digests: frozenset[str]
    is_proved: bool


@dataclass(frozen=True, slots=True)
class Ticked:
    """What was last said of one accessory, and when."""

    is_present: bool
    at: datetime


@dataclass(frozen=True, slots=True)
class Evidence:
    """What is known of a unit, for its ``case`` or, without one, of the unit alone."""

    unit: Unit
    case: ReturnCase | None
    sent_to_test_at: datetime | None
    work: Work | None
    run: Run | None
    burns: tuple[Burned, ...]
    plans: frozenset[str]
    configuration: Configuration | None
    withdrawn_images: frozenset[str]
    holds: tuple[Hold, ...]
    accessories: Mapping[str, Ticked]
    waybill: Waybill | None
    open_case_no: str = ""
    replacement: Evidence | None = None
    changes: Mapping[str, str] = field(default_factory=dict)

    @property
    def product(self) -> str:
        return self.unit.product


def evidence_of(
    connection: sa.Connection, unit_id: str, case: ReturnCase | None, changes: Mapping[str, str] | None = None
) -> Evidence | None:
    """The evidence, or None for a unit that is not on record; ``changes`` are what a move will say of the case."""
    unit = unit_by_id(connection, unit_id)
    if unit is None:
        return None
    events = tuple(events_of(connection, case)) if case else ()
    last, sent_at = last_outgoing_run(connection, unit_id), sent_to_test_at(events)
    active = active_configuration(connection, unit.product)
    configuration = active.configuration if active else None
    said, now = dict(changes or {}), standing(connection, datetime.now(UTC))
    replaced_by = said.get("replaced_by") or (case.replaced_by if case else None)
    return Evidence(
        unit=unit,
        case=case,
        sent_to_test_at=sent_at,
        work=last_work(connection, unit_id, events),
        run=last,
        burns=_last_burns(connection, unit_id),
        plans=frozenset(row.sha256 for row in releases(connection) if row.product == unit.product),
        configuration=configuration,
        withdrawn_images=_withdrawn(connection, configuration),
        holds=words_on(connection, Named(unit_id, unit.serial, unit.product), now).holds,
        accessories=_accessories(connection, case, last, sent_at) if case and sent_at else {},
        waybill=outbound_waybill(connection, unit_id, case.id) if case else None,
        open_case_no=_open_case_no(connection, unit_id),
        replacement=evidence_of(connection, replaced_by, None) if replaced_by else None,
        changes=said,
    )


def _open_case_no(connection: sa.Connection, unit_id: str) -> str:
    found = open_case(connection, unit_id)
    return found.case_no if found else ""


def last_outgoing_run(connection: sa.Connection, unit_id: str) -> Run | None:
    """The newest by its own clock, whatever became of it."""
    query = sa.select(run.c.id).where(run.c.unit_id == unit_id, run.c.purpose == OUTGOING)
    run_id = connection.scalar(query.order_by(run.c.started_at.desc(), run.c.id.desc()).limit(1))
    return run_by_id(connection, unit_id, run_id) if run_id else None


def _last_burns(connection: sa.Connection, unit_id: str) -> tuple[Burned, ...]:
    """The last burn of each kind of IC."""
    query = sa.select(burn).where(burn.c.unit_id == unit_id).order_by(burn.c.finished_at, burn.c.id)
    last = {row.target: row for row in connection.execute(query)}
    return tuple(
        Burned(
            row.id,
            row.target,
            frozenset({row.image_sha256, row.file_sha256} - {""}),
            row.result == "PASS" and not row.has_discrepancy and row.proof in READ_BACK,
        )
        for row in last.values()
    )


def _withdrawn(connection: sa.Connection, configuration: Configuration | None) -> frozenset[str]:
    digests = {row.image_sha256 for row in configuration.firmware} - {""} if configuration else set()
    return frozenset(digest for digest in digests if withdrawal_of(connection, digest) is not None)


def _accessories(
    connection: sa.Connection, case: ReturnCase, last: Run | None, since: datetime
) -> Mapping[str, Ticked]:
    """What was said last of each item since the unit was sent to test: by its outgoing test, and by checks."""
    said: list[tuple[datetime, str, bool]] = []
    if last is not None:
        said += [(last.row.finished_at, row.name, row.is_present) for row in last.accessories]
    check, item = accessory_check.c, accessory_check_item.c
    query = (
        sa.select(check.checked_at, item.name, item.is_present)
        .join(accessory_check_item, sa.and_(item.unit_id == check.unit_id, item.check_id == check.id))
        .where(check.unit_id == case.unit_id, check.case_id == case.id)
    )
    said += [(row.checked_at, row.name, row.is_present) for row in connection.execute(query)]
    return {name: Ticked(is_present, at) for at, name, is_present in sorted(said) if at >= since}
