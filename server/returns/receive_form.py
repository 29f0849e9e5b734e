"""The form of an arrival as typed, and what is wrong with it before anything is received."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import sqlalchemy as sa
from pydantic import BaseModel, Field

from server.errors import BadInput, LetterError
from server.logistics.flows import MAX_COURIER, MAX_NUMBER
from server.returns.queries import open_case
from server.returns.receiving import MAX_REASON, MAX_SOURCE, MAX_UNITS, Arrival, ArrivedUnit
from server.units.flows import name_unit
from server.wire.ids import canonical_serial

MAX_TYPED = 100_000


@dataclass(frozen=True, slots=True)
class Problem:
    """What the clerk must correct: ``code`` chooses the sentence, the rest fills it in."""

    code: str
    subject: str = ""
    detail: str = ""


class ReceiveForm(BaseModel):
    """The fields as they came; nothing is refused here, so that nothing typed is lost."""

    arrival: str = ""
    number: str = ""
    courier: str = ""
    source: str = ""
    reason: str = ""
    serials: str = Field(default="", max_length=MAX_TYPED)

    def lines(self) -> list[str]:
        """The serial numbers as typed, in the order they were scanned."""
        return [line.strip() for line in self.serials.splitlines() if line.strip()]

    def as_arrival(self) -> Arrival:
        units = tuple(ArrivedUnit(canonical_serial(line), self.reason.strip()) for line in self.lines())
        return Arrival(self.arrival, self.courier, self.number, self.source.strip(), units)


def problems_of(form: ReceiveForm, connection: sa.Connection) -> Iterator[Problem]:
    """Everything wrong at once: empty fields, serials that cannot be, twice named ones, and open cases."""
    for name, typed, longest in (
        ("number", form.number, MAX_NUMBER),
        ("courier", form.courier, MAX_COURIER),
        ("source", form.source, MAX_SOURCE),
        ("reason", form.reason, MAX_REASON),
    ):
        text = typed.strip()
        if not text:
            yield Problem("empty", name)
        elif len(text) > longest or not text.isprintable():
            yield Problem("unusable", name)
    lines = form.lines()
    if not lines:
        yield Problem("no_serials")
    elif len(lines) > MAX_UNITS:
        yield Problem("too_many", str(len(lines)), str(MAX_UNITS))
    else:
        yield from _serial_problems(lines, connection)


def _serial_problems(lines: list[str], connection: sa.Connection) -> Iterator[Problem]:
    seen: set[str] = set()
    for line in lines:
        try:
            serial = canonical_serial(line)
            name = name_unit(connection, serial)
        except (LetterError, BadInput):
            yield Problem("serial", line[:80])
            continue
        if serial in seen:
            yield Problem("twice", serial)
            continue
        seen.add(serial)
        opened = open_case(connection, name.unit_id)
        if opened is not None:
            yield Problem("open_case", serial, opened.case_no)
