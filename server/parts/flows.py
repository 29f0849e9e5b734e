"""Parts are received, issued, returned, moved and counted, and movements taken back; each command once.

Every flow takes an id that is made by who asks: the same command again changes nothing and gives the first answer.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import sqlalchemy as sa

from server.admin.author import Author, typed
from server.admin.flows import note
from server.errors import BadInput, Contradiction, NotFound, NotInForce
from server.parts.lines import Line, known_lines, known_place
from server.parts.movements import issued_to_case, movement_by_id, reversal_of
from server.parts.posting import (
    BURN,
    COUNT,
    ISSUE,
    MOVE,
    RECEIVE,
    RETURN,
    REVERSAL,
    Paper,
    Step,
    begin,
    post,
    posted_by,
)
from server.parts.queries import (
    BENCH,
    CASE,
    CUSTOMER,
    DIFFERENCE,
    KEPT,
    OTHER_CODE,
    SUPPLIER,
    Place,
    balances,
    part_by_id,
    place_by_id,
)

MOVING, USING, REVERSING = "parts.move", "parts.use", "parts.reverse"
COUNT_REASONS = ("opening", "miscounted", "unrecorded", "lost", "other")
MAX_NOTE, MAX_DOCUMENT, MAX_PERSON, MAX_CASE = 500, 60, 80, 60
VALUABLE = "valuable"
"""The state of a refusal where a second person is needed."""


@dataclass(frozen=True, slots=True)
class Hand:
    """Parts that change hands. ``source`` and ``target`` are codes of places, empty where the kind of movement says it;
    ``person`` is who gets or brings them, ``document`` the number on the paper that came with them."""

    lines: tuple[Line, ...]
    source: str = ""
    target: str = ""
    person: str = ""
    document: str = ""
    note: str = ""
    case_no: str = ""
    case_id: str | None = None


@dataclass(frozen=True, slots=True)
class CountLine:
    """A part as counted; ``expected`` is the balance on the sheet that was counted by."""

    number: str
    expected: int
    counted: int


@dataclass(frozen=True, slots=True)
class CountSheet:
    """A place as counted."""

    place: str
    lines: tuple[CountLine, ...]
    reason: str
    note: str = ""


def receive(connection: sa.Connection, command_id: str, hand: Hand, author: Author) -> tuple[str, ...]:
    """Take in what a supplier sends; without a ``target`` each part goes to where it is kept. The movements' ids."""
    author.require(connection, MOVING)
    if not begin(connection, command_id, RECEIVE, hand, author):
        return posted_by(connection, command_id)
    source = known_place(connection, OTHER_CODE[SUPPLIER], (SUPPLIER,), "source")
    steps = [
        Step(part, quantity, source, _kept_at(connection, hand.target, part.home_id))
        for part, quantity in known_lines(connection, hand.lines)
    ]
    return _done(connection, command_id, RECEIVE, steps, _paper(hand), author)


def issue(connection: sa.Connection, command_id: str, hand: Hand, author: Author) -> tuple[str, ...]:
    """Give parts out of a store to a bench, a customer or a return case.

    Raises NotInForce with the state ``valuable`` for a part that needs a second person, ``short`` where fewer are
    there.
    """
    author.require(connection, MOVING)
    if not begin(connection, command_id, ISSUE, hand, author):
        return posted_by(connection, command_id)
    target = known_place(connection, hand.target, (BENCH, CUSTOMER, CASE), "target")
    if target.kind == CASE and not hand.case_no.strip():
        raise BadInput("names the return case", "case_no")
    steps = [
        Step(part, quantity, _kept_at(connection, hand.source, part.home_id, "source"), target)
        for part, quantity in known_lines(connection, hand.lines)
    ]
    _refuse_valuable(steps)
    return _done(connection, command_id, ISSUE, steps, _paper(hand), author)


def issue_to_case(connection: sa.Connection, command_id: str, hand: Hand, author: Author) -> tuple[str, ...]:
    """Build parts into the unit of a return case; the movements' ids, which a repair entry may keep.

    For whoever records a repair, in that transaction: ``command_id`` is a UUID made by the client for this draw, so
    that the same again changes nothing and gives the same ids; ``hand`` names lines, the ``source`` by its code,
    ``case_id`` and ``case_no``, and the technician as ``person``. Drawing from a bench needs the permission
    ``parts.use``; drawing from a store or the cabinet ``parts.move``, and no valuable part leaves these without a
    requisition that another person approved.

    Raises BadInput (fields ``lines``, ``source``, ``case_no``), NotAllowed, Contradiction for an id that stands for
    another content, and NotInForce whose state is ``short`` (fewer are there), ``valuable`` or ``retired``. Nothing is
    moved then; the caller lets its transaction roll back.
    """
    author.require(connection, USING)
    if not begin(connection, command_id, "use", hand, author):
        return posted_by(connection, command_id)
    if not hand.case_no.strip():
        raise BadInput("names the return case", "case_no")
    source = known_place(connection, hand.source, (*KEPT, BENCH), "source")
    if source.kind in KEPT:
        author.require(connection, MOVING)
    target = known_place(connection, OTHER_CODE[CASE], (CASE,), "target")
    steps = [Step(part, quantity, source, target) for part, quantity in known_lines(connection, hand.lines)]
    _refuse_valuable(steps)
    return _done(connection, command_id, ISSUE, steps, _paper(hand), author)


def give_back(connection: sa.Connection, command_id: str, hand: Hand, author: Author) -> tuple[str, ...]:
    """Take parts back (退料) from a bench, a customer or a return case; without a ``target`` to where they are kept."""
    author.require(connection, MOVING)
    if not begin(connection, command_id, RETURN, hand, author):
        return posted_by(connection, command_id)
    source = known_place(connection, hand.source, (BENCH, CUSTOMER, CASE), "source")
    lines = known_lines(connection, hand.lines)
    if source.kind == CASE:
        issued = issued_to_case(connection, typed(hand.case_no, "case_no", MAX_CASE))
        for part, quantity in lines:
            if quantity > issued.get(part.id, 0):
                there = issued.get(part.id, 0)
                said = f"{part.number}: {there} went into {hand.case_no}"
                raise BadInput(said, "in_case", about=f"{part.number} · {hand.case_no}: {there} < {quantity}")
    steps = [Step(part, quantity, source, _kept_at(connection, hand.target, part.home_id)) for part, quantity in lines]
    return _done(connection, command_id, RETURN, steps, _paper(hand), author)


def move(connection: sa.Connection, command_id: str, hand: Hand, author: Author) -> tuple[str, ...]:
    """Put parts from one store or cabinet into another."""
    author.require(connection, MOVING)
    if not begin(connection, command_id, MOVE, hand, author):
        return posted_by(connection, command_id)
    source = known_place(connection, hand.source, KEPT, "source")
    target = known_place(connection, hand.target, KEPT, "target")
    if source.id == target.id:
        raise BadInput("is where they are", "target")
    steps = [Step(part, quantity, source, target) for part, quantity in known_lines(connection, hand.lines)]
    return _done(connection, command_id, MOVE, steps, _paper(hand), author)


def count(connection: sa.Connection, command_id: str, sheet: CountSheet, author: Author) -> tuple[str, ...]:
    """Post what a count found more or less than the ledger has; ids of the movements, none where all agrees.

    Raises Contradiction where a balance has moved since the sheet was drawn, and NotInForce with the state
    ``valuable`` where a valuable part is missing: it is scrapped as lost, by two persons.
    """
    author.require(connection, MOVING)
    if not begin(connection, command_id, COUNT, sheet, author):
        return posted_by(connection, command_id)
    place = known_place(connection, sheet.place, (*KEPT, BENCH), "place")
    other = known_place(connection, OTHER_CODE[DIFFERENCE], (DIFFERENCE,), "place")
    counted = {line.number: line for line in sheet.lines}
    parts = [part for part, _ in known_lines(connection, [Line(number, 1) for number in counted])]
    there = balances(connection, [part.id for part in parts])
    steps = []
    for part in parts:
        line, now = counted[part.number], there.at(part.id, place.id)
        if line.counted < 0:
            raise BadInput(f"{part.number}: nothing is counted below 0", "lines")
        if line.expected != now:
            said = f"{part.number}: {place.code} has {now}, not {line.expected} any more: count it again"
            raise Contradiction(said, about=f"{part.number}: {line.expected} → {now}")
        if line.counted > now:
            steps.append(Step(part, line.counted - now, other, place))
        elif line.counted < now:
            steps.append(Step(part, now - line.counted, place, other))
            if part.is_valuable:
                said = f"{part.number} is valuable: have what is missing scrapped as lost"
                raise NotInForce(said, VALUABLE, about=part.number)
    if steps and sheet.reason not in COUNT_REASONS:
        raise BadInput("says why the count differs", "reason")
    said = typed(sheet.note, "note", MAX_NOTE, may_be_empty=sheet.reason != "other")
    return _done(connection, command_id, COUNT, steps, Paper(reason=sheet.reason if steps else "", note=said), author)


def reverse(connection: sa.Connection, command_id: str, movement_id: str, reason: str, author: Author) -> str:
    """Take a movement back by one the other way; the new movement's id.

    Raises NotFound, Contradiction where it is taken back already, NotAllowed where the same person moved a valuable
    part, NotInForce where the parts are not there any more (``short``), or for a movement of a burn order
    (``burn``: the order's accounts are corrected) and for a reversal (``reversal``: the movement is made again).
    """
    author.require(connection, REVERSING)
    if not begin(connection, command_id, REVERSAL, [movement_id, reason], author):
        return posted_by(connection, command_id)[0]
    found = movement_by_id(connection, movement_id)
    if found is None:
        raise NotFound(f"no movement {movement_id[:36]}")
    if found.kind in (BURN, REVERSAL):
        raise NotInForce(f"a {found.kind} is not taken back by hand", found.kind)
    if reversal_of(connection, movement_id) is not None:
        raise Contradiction("the movement is taken back already")
    part = part_by_id(connection, found.part_id)
    source, target = place_by_id(connection, found.to_id), place_by_id(connection, found.from_id)
    if part is None or source is None or target is None:
        raise NotFound(f"the movement {movement_id} names nothing on record")
    if part.is_valuable:
        said = f"{found.actor} moved {part.number}: another person takes it back"
        author.require_other(connection, REVERSING, found.actor, said)
    paper = Paper(
        reason=found.reason,
        document=found.document,
        note=typed(reason, "reason", MAX_NOTE),
        person=found.person,
        case_id=found.case_id,
        case_no=found.case_no,
        request_id=found.request_id,
        reverses=found.id,
    )
    return _done(connection, command_id, REVERSAL, [Step(part, found.quantity, source, target)], paper, author)[0]


def _done(
    connection: sa.Connection, command_id: str, kind: str, steps: list[Step], paper: Paper, author: Author
) -> tuple[str, ...]:
    """Post the steps, and say so in the audit."""
    made = post(connection, command_id, kind, steps, paper, author)
    subject = paper.case_no or paper.document or paper.person or kind
    note(connection, author.at, author.actor, f"parts.{kind}", subject, said_of(steps))
    return made


def said_of(steps: Iterable[Step]) -> str:
    """What moved, for the audit."""
    return "; ".join(f"{step.part.number} × {step.quantity} {step.source.code} → {step.target.code}" for step in steps)


def _paper(hand: Hand) -> Paper:
    return Paper(
        person=typed(hand.person, "person", MAX_PERSON, may_be_empty=True),
        document=typed(hand.document, "document", MAX_DOCUMENT, may_be_empty=True),
        note=typed(hand.note, "note", MAX_NOTE, may_be_empty=True),
        case_id=hand.case_id,
        case_no=typed(hand.case_no, "case_no", MAX_CASE, may_be_empty=True),
    )


def _kept_at(connection: sa.Connection, code: str, home_id: str, field: str = "target") -> Place:
    """The store or cabinet that is named, or the one where the part is kept."""
    if code.strip():
        return known_place(connection, code, KEPT, field)
    home = place_by_id(connection, home_id)
    if home is None:
        raise NotFound("the part's place is not on record")
    return home


def _refuse_valuable(steps: Iterable[Step]) -> None:
    for step in steps:
        if step.part.is_valuable and step.source.kind in KEPT:
            said = f"{step.part.number} is valuable: have a requisition approved"
            raise NotInForce(said, VALUABLE, about=step.part.number)
