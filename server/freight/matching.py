"""A courier's bill beside our waybills: each line of it falls into exactly one class."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

AGREES, UNPRICED, OTHER_PRICE, OTHER_WEIGHT = "agrees", "unpriced", "other_price", "other_weight"
DOUBLE, NOT_OURS = "double", "not_ours"
CLASSES = (AGREES, UNPRICED, OTHER_PRICE, OTHER_WEIGHT, DOUBLE, NOT_OURS)
"""``unpriced``: the waybill is ours, and nobody has entered what it should cost."""
WEIGHT_STEP_G = 1000
"""Couriers bill a started kilogram as a whole one. Source: estimate; a shop whose contract says else enters its own."""


@dataclass(frozen=True, slots=True)
class Line:
    """A line of a bill; the number in canonical form, an empty direction where the bill does not say."""

    position: int
    number: str
    direction: str
    weight_g: int | None
    price_minor: int


@dataclass(frozen=True, slots=True)
class Ours:
    """A waybill of ours as we know it."""

    waybill_id: str
    number: str
    direction: str
    weight_g: int | None
    freight_minor: int | None


@dataclass(frozen=True, slots=True)
class Match:
    """A line with its class and the waybill that it is about; None where it is not ours."""

    line: Line
    kind: str
    ours: Ours | None


@dataclass(frozen=True, slots=True)
class Matching:
    """Every line in the order of the bill, and our waybills that no line is about."""

    matches: tuple[Match, ...]
    missing: tuple[Ours, ...]

    @property
    def counts(self) -> dict[str, int]:
        found = Counter(match.kind for match in self.matches)
        return {kind: found[kind] for kind in CLASSES}

    @property
    def sums_minor(self) -> dict[str, int]:
        """What the lines of each class cost; together what the bill costs."""
        sums = dict.fromkeys(CLASSES, 0)
        for match in self.matches:
            sums[match.kind] += match.line.price_minor
        return sums


def match_lines(lines: Sequence[Line], ours: Iterable[Ours], billed_before: Iterable[str] = ()) -> Matching:
    """Match by number and direction; ``billed_before`` are waybills that an earlier bill of this courier has.

    A number that goes both ways, on a bill that names no direction, is the outgoing parcel first.
    """
    by_number: defaultdict[str, list[Ours]] = defaultdict(list)
    for waybill in sorted(ours, key=lambda row: row.direction, reverse=True):
        by_number[waybill.number].append(waybill)
    taken = set(billed_before)
    matches = [_match(line, by_number.get(line.number, []), taken) for line in lines]
    missing = [row for rows in by_number.values() for row in rows if row.waybill_id not in taken]
    return Matching(tuple(matches), tuple(missing))


def _match(line: Line, named: list[Ours], taken: set[str]) -> Match:
    fitting = [row for row in named if line.direction in ("", row.direction)]
    if not fitting:
        return Match(line, NOT_OURS, None)
    free = next((row for row in fitting if row.waybill_id not in taken), None)
    if free is None:
        return Match(line, DOUBLE, fitting[0])
    taken.add(free.waybill_id)
    return Match(line, _difference(line, free), free)


def _difference(line: Line, ours: Ours) -> str:
    if ours.freight_minor is None:
        return UNPRICED
    if ours.freight_minor != line.price_minor:
        return OTHER_PRICE
    if line.weight_g is None or ours.weight_g is None:
        return AGREES
    most_g = -(-ours.weight_g // WEIGHT_STEP_G) * WEIGHT_STEP_G
    return OTHER_WEIGHT if line.weight_g > most_g else AGREES
