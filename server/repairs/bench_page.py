"""What the page of a unit on the bench shows: its case, what failed, what fixed that before, and the form."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType

import sqlalchemy as sa
from fastapi import Request, Response

from server.admin.queries import User
from server.config import Settings
from server.errors import NotFound, RequestError
from server.parts.queries import BENCH, places
from server.quality.queries import fault_tree
from server.quality.tree import ACTION, CAUSE, SYMPTOM
from server.repairs.desk import ASSIGN, technicians
from server.repairs.form import Answered, RepairForm, correction_of, new_form
from server.repairs.queries import OUTCOMES, SCRAP_REASONS, Entry, entries_of_case, scrap_requests
from server.repairs.queue import QUEUED
from server.repairs.readiness import readiness
from server.repairs.similar import JUDGING, similar_repairs
from server.returns.queries import ReturnCase, bare_case, cases_of_unit
from server.runs.queries import Run, run_by_id
from server.runs.tables import run
from server.units.queries import unit_by_id
from server.web.refusals import refusal_of
from server.web.render import page
from server.wire.fields import UUID

BROUGHT = ("answers", "symptom", "cause", "action", "designators")
"""What an address may fill in: a repair of before that is taken over, or a chosen code."""
MOST_RUNS = 3
"""Failed tests of the case whose measurements a repair may answer."""


@dataclass(frozen=True, slots=True)
class Bench:
    """Who looks at the unit of which case, when, and which ``part`` of the page is sent: the entry or the scrapping."""

    request: Request
    user: User
    settings: Settings
    at: datetime
    case_id: str
    part: str = "entry"

    def page(
        self,
        connection: sa.Connection,
        form: RepairForm | None = None,
        error: RequestError | None = None,
        brought: Mapping[str, str] = MappingProxyType({}),
    ) -> Response:
        """The page; raises NotFound. ``form`` keeps what was typed and ``error`` is in its way, or it begins anew with
        what the address has ``brought``."""
        case = bare_case(connection, self.case_id) if re.fullmatch(UUID, self.case_id) else None
        unit = unit_by_id(connection, case.unit_id) if case else None
        if case is None or unit is None:
            raise NotFound("no such return case is on record")
        runs = failed_runs(connection, case)
        answered = answered_by(runs)
        entries = entries_of_case(connection, case.unit_id, case.id)
        form = form or self._begun(case, answered, entries, brought)
        can_repair = case.state in QUEUED
        return page(
            self.request,
            "repairs/bench.html",
            status=error.status if error else 200,
            user=self.user,
            case=case,
            unit=unit,
            runs=runs,
            answered=answered,
            similar=similar_repairs(connection, unit.product or case.product, [one.name for one in answered]),
            entries=entries,
            scrapping=scrap_requests(connection, case.unit_id, case.id),
            earlier=[one for one in cases_of_unit(connection, case.unit_id) if one.id != case.id],
            corrected=next((entry for entry in entries if entry.id == form.corrects), None),
            can_repair=can_repair,
            ready=readiness(connection, case) if can_repair else None,
            part=self.part,
            refusal=refusal_of(error),
            detail=error.detail if error else "",
            **_choices(connection, self.user, form),
        )

    def _begun(
        self, case: ReturnCase, answered: list[Answered], entries: list[Entry], brought: Mapping[str, str]
    ) -> RepairForm:
        corrects = brought.get("corrects", "")
        before = next((entry for entry in entries if entry.id == corrects and not entry.is_corrected), None)
        if before is not None:
            form = correction_of(before, self.at, self.settings.zone)
        else:
            form = new_form(answered, _since(case, self.settings, self.at), self.at, self.settings.zone)
        known = {name: text[:500] for name, text in brought.items() if name in BROUGHT}
        return form.model_copy(update=known)


def _choices(connection: sa.Connection, user: User, form: RepairForm) -> dict[str, object]:
    """What the form offers, as far as it is filled in."""
    tree = fault_tree(connection)
    return {
        "form": form,
        "tree": tree,
        "offered": {
            SYMPTOM: tree.offered(SYMPTOM),
            CAUSE: tree.offered(CAUSE, form.symptom),
            ACTION: tree.offered(ACTION, form.cause),
        },
        "outcomes": OUTCOMES,
        "scrap_reasons": SCRAP_REASONS,
        "benches": places(connection, (BENCH,)),
        "technicians": technicians(connection) if user.may(ASSIGN) else [],
    }


def failed_runs(connection: sa.Connection, case: ReturnCase) -> list[Run]:
    """The last tests of the case that did not pass, the newest first."""
    query = (
        sa.select(run.c.id)
        .where(run.c.unit_id == case.unit_id, run.c.case_id == case.id, run.c.verdict == "FAIL")
        .where(run.c.purpose.in_(JUDGING))
        .order_by(run.c.started_at.desc(), run.c.id.desc())
    )
    found = (run_by_id(connection, case.unit_id, one) for one in connection.scalars(query.limit(MOST_RUNS)))
    return [one for one in found if one is not None]


def answered_by(runs: list[Run]) -> list[Answered]:
    """Every measurement that did not pass in them, each once, of the newest run that has it."""
    found: dict[str, Answered] = {}
    for one in runs:
        for measurement in one.measurements:
            if measurement.outcome == "FAIL":
                found.setdefault(measurement.definition.name, Answered(one, measurement.definition.name))
    return list(found.values())


def _since(case: ReturnCase, settings: Settings, at: datetime) -> datetime:
    """When the work began: when the case came into its state, if that was today, else this moment."""
    began = max(case.changed_at, case.opened_at)
    is_today = began.astimezone(settings.zone).date() == at.astimezone(settings.zone).date()
    return began if is_today else at
