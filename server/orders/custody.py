"""A custody letter with everything that can be worked out before its transaction."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from server.units.flows import Finding, UnitName
from server.wire.custody import CustodyLetter
from server.wire.decode import to_datetime
from server.wire.ids import order_id


@dataclass(frozen=True, slots=True)
class PreparedCustody:
    """``key`` is made of the order's number; there is no unit."""

    letter: CustodyLetter
    key: str
    findings: tuple[Finding, ...]
    name: UnitName | None = None


def prepare_custody(letter: CustodyLetter) -> PreparedCustody:
    """Judge what needs no database."""
    return PreparedCustody(letter, order_id(letter.order), tuple(_findings(letter)))


def _findings(letter: CustodyLetter) -> Iterator[Finding]:
    if to_datetime(letter.at) > to_datetime(letter.created_at):
        yield Finding("time", "what happened is later than its letter")
