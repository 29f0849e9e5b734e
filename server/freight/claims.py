"""What is claimed back of a bill, as a table for the courier, and what one would claim of a line."""

from __future__ import annotations

from collections.abc import Callable

from server.freight.matching import DOUBLE, NOT_OURS
from server.freight.queries import Review, Reviewed
from server.web.amounts import money_text
from server.web.masters_words import BILL_CLASSES, CLAIM_TITLES, DIRECTIONS
from server.web.spreadsheet import Cell


def claims_table(made: Review, say: Callable[[str], str]) -> tuple[list[str], list[list[Cell]]]:
    """Titles and a row for each line of which something is claimed, in the language of ``say``."""
    rows: list[list[Cell]] = [
        [
            row.match.line.number,
            say(DIRECTIONS[row.match.line.direction]) if row.match.line.direction else "",
            row.day,
            row.match.line.price_minor / 100,
            _ours(row),
            row.claimed_minor / 100,
            made.bill.currency,
            say(BILL_CLASSES[row.match.kind]),
            row.decision.note if row.decision else "",
        ]
        for row in made.rows
        if row.claimed_minor
    ]
    return [say(title) for title in CLAIM_TITLES], rows


def suggested_claim(row: Reviewed) -> str:
    """All of what is not ours or billed twice, else what is above our freight; empty where nothing is."""
    price, ours = row.match.line.price_minor, row.match.ours
    if row.match.kind in (NOT_OURS, DOUBLE) and price > 0:
        return money_text(price)
    if ours is not None and ours.freight_minor is not None and price > ours.freight_minor:
        return money_text(price - ours.freight_minor)
    return ""


def _ours(row: Reviewed) -> Cell:
    ours = row.match.ours
    return None if ours is None or ours.freight_minor is None else ours.freight_minor / 100
