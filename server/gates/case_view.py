"""A return case as its page shows it: the state, the gates, and what this person may do next."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date

import sqlalchemy as sa

from server.admin.queries import User
from server.gates.case_flows import ASK, CHECK, DECIDE
from server.gates.case_gates import Gate, Override, case_gates, overrides_of
from server.gates.evidence import Evidence, evidence_of
from server.gates.judgement import PACKING
from server.logistics.queries import Waybill
from server.returns.details import GRADES, KINDS
from server.returns.machine import machine
from server.returns.queries import CaseFile, case_continuing
from server.units.links import Board, boards_in, parent_of
from server.units.queries import Unit, unit_by_id
from server.web.language import CHINESE, Language
from server.web.spoken import spoken

ELSEWHERE = frozenset({"receive", "amend", "merge"})
"""Moves with a page or form of their own."""


@dataclass(frozen=True, slots=True)
class Step:
    """A button: the move's name, its word, whether it can be pressed, and what it needs."""

    name: str
    word: str
    is_usual: bool
    is_open: bool
    needs: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Item:
    """A line of the accessory list; ``is_present`` is None where nobody has said."""

    name: str
    word: str
    is_required: bool
    is_present: bool | None


@dataclass(frozen=True, slots=True)
class CaseView:
    """All that the page draws."""

    file: CaseFile
    unit: Unit
    gates: Mapping[str, Gate]
    steps: tuple[Step, ...]
    items: tuple[Item, ...]
    overrides: tuple[Override, ...]
    outbound: Waybill | None
    replacement: Unit | None
    parent: Unit | None
    boards: tuple[Board, ...]
    continued_by: str
    is_in_warranty: bool | None

    @property
    def shut(self) -> list[Gate]:
        """The gates that this case still has to pass, and cannot yet."""
        return [gate for name, gate in self.gates.items() if name != "replaced" and not gate.is_open]

    @property
    def kinds(self) -> tuple[str, ...]:
        return KINDS

    @property
    def grades(self) -> tuple[str, ...]:
        return GRADES


def case_view(connection: sa.Connection, file: CaseFile, user: User, language: Language) -> CaseView | None:
    """The page's content; None where the unit is not on record."""
    case = file.case
    evidence = evidence_of(connection, case.unit_id, case)
    if evidence is None:
        return None
    is_open = case.closed_at is None
    gates = case_gates(connection, case) if is_open else {}
    parent_id, later = parent_of(connection, case.unit_id), case_continuing(connection, case.id)
    return CaseView(
        file=file,
        unit=evidence.unit,
        gates=gates,
        steps=tuple(_steps(case.state, gates, user, language)),
        items=tuple(_items(evidence, language)) if is_open else (),
        overrides=tuple(overrides_of(connection, case)),
        outbound=evidence.waybill,
        replacement=unit_by_id(connection, case.replaced_by) if case.replaced_by else None,
        parent=unit_by_id(connection, parent_id) if parent_id else None,
        boards=tuple(boards_in(connection, case.unit_id)),
        continued_by=later.id if later else "",
        is_in_warranty=_is_in_warranty(case.warranty_until, case.opened_at.date()),
    )


def may_check(user: User) -> bool:
    return user.may(CHECK)


def may_ask(user: User) -> bool:
    return user.may(ASK)


def may_decide(user: User) -> bool:
    return user.may(DECIDE)


def _steps(state: str, gates: Mapping[str, Gate], user: User, language: Language) -> Iterator[Step]:
    table = machine()
    usual = table.states[state].usual
    for name in sorted(table.moves_from(state), key=lambda name: name != usual):
        move = table.moves[name]
        if name in ELSEWHERE or not move.action or not user.may(move.action) or move.repairs == "scrapped":
            continue
        is_open = not move.guard or name == "replace" or _is_open_but_for_what_is_said(gates[move.guard])
        word = move.zh if language is CHINESE else move.en
        yield Step(name, word, name == usual, is_open, move.needs)


def _is_open_but_for_what_is_said(gate: Gate) -> bool:
    """A grade is said with the move itself."""
    return all(reason.code == "no_grade" for reason in gate.reasons)


def _items(evidence: Evidence, language: Language) -> Iterator[Item]:
    """The product's list, else what the test or a check named and the packing."""
    ticked = {name: said.is_present for name, said in evidence.accessories.items()}
    if evidence.configuration is not None:
        for row in evidence.configuration.accessories:
            word = row.zh if language is CHINESE else row.en
            yield Item(row.code, word, row.is_required, ticked.get(row.code))
        return
    for name in [*(name for name in ticked if name != PACKING), PACKING]:
        yield Item(name, spoken(language, "term", name), True, ticked.get(name))


def _is_in_warranty(until: date | None, arrived_on: date) -> bool | None:
    """Whether the unit came while its warranty ran; None where its end is not known."""
    return None if until is None else arrived_on <= until
