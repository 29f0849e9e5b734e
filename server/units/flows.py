"""Units are named, what is wrong with their letters is kept; serial rules are added and retired."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from server.admin.flows import COMMAND_LINE, note
from server.db.pending import Row
from server.errors import BadInput, LetterError, NotFound
from server.units.queries import rule_for, serial_rules, state_version
from server.units.tables import serial_rule
from server.wire.ids import canonical_serial, new_id, unit_id
from server.wire.parts import UnitRef

MAX_DETAIL = 500
RULES = "serial_rules.write"


@dataclass(frozen=True, slots=True)
class Finding:
    """A rule that a letter breaks: ``code`` names the rule, ``detail`` says how."""

    code: str
    detail: str


@dataclass(frozen=True, slots=True)
class Subject:
    """The letter that findings are about; ``key`` is its unit's id, or what stands in for it."""

    key: str
    kind: str
    id: str
    station_id: str


@dataclass(frozen=True, slots=True)
class UnitName:
    """A unit by what identifies it anywhere; ``product`` is empty where it is not known."""

    unit_id: str
    family: str
    serial: str
    product: str = ""

    @property
    def is_provisional(self) -> bool:
        return self.family == ""

    def findings(self, named: UnitRef) -> Iterator[Finding]:
        """Where a letter's own naming of this unit differs."""
        if named.id != self.unit_id:
            yield Finding("unit_id", f"the unit's id is {named.id}, its family and serial make {self.unit_id}")
        if named.serial != self.serial:
            yield Finding("serial", f"the serial {named.serial!r} is not written as {self.serial!r}")


@dataclass(frozen=True, slots=True)
class Receiving:
    """Where, when and under which digest a letter came in, and the return case it belongs to."""

    site: str
    received_at: datetime
    letter_sha256: str
    case_id: str | None


def name_unit(connection: sa.Connection, serial: str) -> UnitName:
    """The unit of a scanned serial by the serial rules, provisional where none matches; raises BadInput."""
    try:
        canonical = canonical_serial(serial)
    except LetterError as error:
        raise BadInput(f"{serial[:80]!r} {error.problem}", "serial") from None
    rule = rule_for(serial_rules(connection), canonical)
    family, product = (rule.family, rule.product) if rule else ("", "")
    return UnitName(unit_id(family, canonical), family, canonical, product)


def finding_rows(subject: Subject, findings: Iterable[Finding], at: datetime) -> Iterator[Row]:
    """What is wrong with a letter, as rows of ``discrepancy``, whose ids keep the order in which it was found."""
    found = list(findings)
    for made, finding in zip(sorted(new_id(at) for _ in found), found, strict=True):
        yield {
            "unit_id": subject.key,
            "id": made,
            "subject_kind": subject.kind,
            "subject_id": subject.id,
            "station_id": subject.station_id,
            "code": finding.code,
            "detail": finding.detail[:MAX_DETAIL],
            "found_at": at,
        }


def add_serial_rule(
    connection: sa.Connection, family: str, product: str, pattern: str, at: datetime, actor: str = COMMAND_LINE
) -> int:
    """Add a rule after those that exist; the new version of the stations' state. Raises BadInput."""
    for field, text, longest in (("family", family, 40), ("product", product, 100), ("pattern", pattern, 200)):
        if not 0 < len(text) <= longest or not text.isprintable():
            raise BadInput(f"has 1 to {longest} printable characters", field)
    try:
        re.compile(pattern)
    except re.error as error:
        raise BadInput(f"is no regular expression: {error}", "pattern") from None
    version = state_version(connection) + 1
    row = {"version": version, "family": family, "product": product, "pattern": pattern, "added_at": at}
    connection.execute(sa.insert(serial_rule), row)
    note(connection, at, actor, "serial_rule.add", family, pattern)
    return version


def retire_serial_rule(connection: sa.Connection, version: int, at: datetime, actor: str = COMMAND_LINE) -> int:
    """End the rule that came with ``version``; the new version of the stations' state. Raises NotFound."""
    retired_in = state_version(connection) + 1
    changed = connection.execute(
        sa.update(serial_rule)
        .where(serial_rule.c.version == version, serial_rule.c.retired_in.is_(None))
        .values(retired_in=retired_in)
    )
    if changed.rowcount != 1:
        raise NotFound(f"no serial rule {version} is in force")
    note(connection, at, actor, "serial_rule.retire", str(version))
    return retired_in
