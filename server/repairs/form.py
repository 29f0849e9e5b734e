"""The form of a repair as typed, with what it starts from: the test that failed, the last repair, the clock."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from pydantic import BaseModel, Field

from server.errors import BadInput
from server.parts.lines import lines_of
from server.repairs.asked import Repair
from server.repairs.queries import READY, Entry
from server.runs.queries import Run
from server.wire.ids import new_id

MINUTES = "%Y-%m-%dT%H:%M"
MAX_TYPED = 4000


@dataclass(frozen=True, slots=True)
class Answered:
    """A failed measurement that a repair may answer: ``key`` is what the form sends."""

    run: Run
    name: str

    @property
    def key(self) -> str:
        return f"{self.run.row.id} {self.name}"


class RepairForm(BaseModel):
    """The fields as they came; nothing is refused here, so that nothing typed is lost."""

    id: str = Field(default="", max_length=40)
    answers: str = Field(default="", max_length=200)
    symptom: str = Field(default="", max_length=40)
    cause: str = Field(default="", max_length=40)
    action: str = Field(default="", max_length=40)
    designators: str = Field(default="", max_length=500)
    parts: str = Field(default="", max_length=MAX_TYPED)
    source: str = Field(default="", max_length=64)
    started: str = Field(default="", max_length=40)
    ended: str = Field(default="", max_length=40)
    outcome: str = Field(default=READY, max_length=20)
    technician: str = Field(default="", max_length=80)
    scrap_reason: str = Field(default="", max_length=20)
    note: str = Field(default="", max_length=1000)
    corrects: str = Field(default="", max_length=40)

    def as_repair(self, case_id: str, zone: ZoneInfo) -> Repair:
        """Raises BadInput for a time that is none, and for parts that cannot be read."""
        run_id, _, measurement = self.answers.strip().partition(" ")
        return Repair(
            id=self.id,
            case_id=case_id,
            symptom=self.symptom.strip().upper(),
            cause=self.cause.strip().upper(),
            action=self.action.strip().upper(),
            started_at=_moment(self.started, zone, "started_at"),
            ended_at=_moment(self.ended, zone, "ended_at"),
            outcome=self.outcome,
            technician=self.technician.strip(),
            designators=tuple(self.designators.upper().replace(",", " ").replace("，", " ").split()),
            run_id=run_id,
            measurement=measurement,
            parts=lines_of(self.parts),
            source=self.source,
            note=self.note.strip(),
            scrap_reason=self.scrap_reason,
            corrects=self.corrects,
        )


def new_form(answered: Sequence[Answered], since: datetime, at: datetime, zone: ZoneInfo) -> RepairForm:
    """What a repair starts from: the first failed measurement, since the unit came to the bench, until now."""
    return RepairForm(
        id=new_id(at),
        answers=answered[0].key if answered else "",
        started=since.astimezone(zone).strftime(MINUTES),
        ended=at.astimezone(zone).strftime(MINUTES),
    )


def correction_of(entry: Entry, at: datetime, zone: ZoneInfo) -> RepairForm:
    """The entry as a form that will count in its place; why is still to be said."""
    return RepairForm(
        id=new_id(at),
        answers=f"{entry.run_id} {entry.measurement}" if entry.run_id else "",
        symptom=entry.symptom,
        cause=entry.cause,
        action=entry.action,
        designators=" ".join(entry.designators),
        started=entry.started_at.astimezone(zone).strftime(MINUTES),
        ended=entry.ended_at.astimezone(zone).strftime(MINUTES),
        outcome=entry.outcome,
        technician=entry.technician,
        corrects=entry.id,
    )


def _moment(text: str, zone: ZoneInfo, field: str) -> datetime:
    try:
        moment = datetime.fromisoformat(text)
        typed = moment if moment.tzinfo else moment.replace(tzinfo=zone)
        return typed.astimezone(UTC)
    except (ValueError, OverflowError):
        raise BadInput("is no date and time", field) from None
