"""What is asked for, as typed or scanned: on each line a part's number, and how many; one where nothing is said."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass

import sqlalchemy as sa

from server.errors import BadInput, NotInForce
from server.parts.posting import MAX_QUANTITY
from server.parts.queries import Part, Place, parts_by_number, place_by_code

MAX_LINES = 200
MAX_NUMBER = 64
LINE = re.compile(r"([^\s,;×*]+)(?:[\s,;×*]+(\d+))?")


@dataclass(frozen=True, slots=True)
class Line:
    """So many of the part with this number."""

    number: str
    quantity: int


def canonical(text: str, field: str) -> str:
    """A part's number or a place's code as it is compared: NFKC, upper case, trimmed, in one word; raises BadInput."""
    word = unicodedata.normalize("NFKC", text).upper().strip()
    if not 0 < len(word) <= MAX_NUMBER or not word.isprintable() or " " in word or set(word) & set(",;*×"):
        raise BadInput(f"{text[:80]!r} is no word of 1 to {MAX_NUMBER} characters", field, about=text.strip()[:80])
    return word


def lines_of(text: str) -> tuple[Line, ...]:
    """The lines that say something; a part that is named again is added up. Raises BadInput that names the line."""
    found: dict[str, int] = {}
    for place, typed in enumerate(text.splitlines(), 1):
        if not typed.strip():
            continue
        said = LINE.fullmatch(unicodedata.normalize("NFKC", typed).strip())
        if said is None:
            problem = f"line {place}: {typed.strip()[:80]!r} is no number of a part with a quantity"
            raise BadInput(problem, "lines", about=typed.strip()[:80])
        number = canonical(said[1], "lines")
        found[number] = found.get(number, 0) + int(said[2] or 1)
    return tuple(Line(number, quantity) for number, quantity in found.items())


def known_lines(connection: sa.Connection, lines: Iterable[Line]) -> list[tuple[Part, int]]:
    """The parts with their quantities, none twice; raises BadInput for what is not on record or cannot be counted."""
    wanted: dict[str, int] = {}
    for line in lines:
        number = canonical(line.number, "lines")
        wanted[number] = wanted.get(number, 0) + line.quantity
    if not 0 < len(wanted) <= MAX_LINES:
        raise BadInput(f"names 1 to {MAX_LINES} parts", "lines")
    parts = parts_by_number(connection, wanted)
    for number, quantity in wanted.items():
        if number not in parts:
            raise BadInput(f"no part {number} is on record", "lines", about=number)
        if parts[number].retired_at is not None:
            raise NotInForce(f"the part {number} is retired", "retired", about=number)
        if not 0 < quantity <= MAX_QUANTITY:
            said = f"{number}: {quantity} is no number from 1 to {MAX_QUANTITY}"
            raise BadInput(said, "lines", about=f"{number} × {quantity}")
    return [(parts[number], quantity) for number, quantity in wanted.items()]


def known_place(connection: sa.Connection, code: str, kinds: Iterable[str], field: str) -> Place:
    """The place of one of these kinds; raises BadInput."""
    place = place_by_code(connection, canonical(code, field))
    if place is None or place.retired_at is not None or place.kind not in kinds:
        raise BadInput(f"{code[:64]!r} is no place for this", field, about=code[:64])
    return place
