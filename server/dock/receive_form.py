"""The form of an arrival as typed, and what is wrong with it before anything is received."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import sqlalchemy as sa
from pydantic import BaseModel, Field

from server.errors import BadInput, LetterError
from server.logistics.flows import MAX_COURIER, MAX_NUMBER
from server.returns.queries import open_case
from server.returns.receiving import MAX_REASON, MAX_SOURCE, MAX_UNITS, Arrival, ArrivedUnit
from server.units.flows import name_unit
from server.wire.ids import canonical_serial

MAX_TYPED = 400_000
"""500 lines of a serial number and a reason."""
APART = re.compile("[\t;；]")
"""What stands between a serial number and the reason of that unit alone."""


@dataclass(frozen=True, slots=True)
class Problem:
    """What the clerk must correct: ``code`` chooses the sentence, the rest fills it in."""

    code: str
    subject: str = ""
    detail: str = ""


class ReceiveForm(BaseModel):
    """The fields as they came; nothing is refused here, so that nothing typed is lost."""

    act: str = ""
    arrival: str = ""
    number: str = ""
    courier: str = ""
    source: str = ""
    reason: str = ""
    serials: str = Field(default="", max_length=MAX_TYPED)

    def entries(self) -> list[tuple[str, str]]:
        """Serial number and own reason of each line, in the order they were scanned; the reason may be empty."""
        parts = [APART.split(line.strip(), maxsplit=1) for line in self.serials.splitlines() if line.strip()]
        return [(part[0].strip(), part[1].strip() if len(part) > 1 else "") for part in parts]

    def lines(self) -> list[str]:
        """The serial numbers as typed."""
        return [serial for serial, _ in self.entries()]

    @property
    def has_own_reasons(self) -> bool:
        """Whether every unit has a reason of its own, so that the parcel needs none."""
        entries = self.entries()
        return bool(entries) and all(reason for _, reason in entries)

    def as_arrival(self, codes: Mapping[str, str]) -> Arrival:
        """What is to be received; a reason that is one of ``codes`` is written with its words."""
        units = tuple(
            ArrivedUnit(canonical_serial(serial), _in_words(reason or self.reason, codes))
            for serial, reason in self.entries()
        )
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
        if not text and name == "reason" and form.has_own_reasons:
            continue
        if not text:
            yield Problem("empty", name)
        elif len(text) > longest or not text.isprintable():
            yield Problem("unusable", name)
    for serial, reason in form.entries():
        if len(reason) > MAX_REASON or not reason.isprintable():
            yield Problem("unit_reason", serial[:80])
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


def _in_words(reason: str, codes: Mapping[str, str]) -> str:
    """``s11`` as ``S11 不开机``; anything else as typed."""
    code = reason.strip().upper()
    return f"{code} {codes[code]}" if code in codes else reason.strip()
