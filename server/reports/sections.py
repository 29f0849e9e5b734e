"""What a monthly report consists of: its sections, and the columns of each."""

from __future__ import annotations

from dataclasses import dataclass

Cell = str | int | float


@dataclass(frozen=True, slots=True)
class Column:
    """A column by name; a text in it is a code of ``table``, where one is named. ``kind`` says how a number reads."""

    name: str
    table: str = ""
    kind: str = ""


PRODUCT, COUNT = Column("product"), Column("count")
SECTIONS: dict[str, tuple[Column, ...]] = {
    "received": (PRODUCT, Column("kind", "case_kind"), COUNT),
    "ended": (PRODUCT, Column("state", "case_state"), COUNT),
    "open_at_end": (PRODUCT, COUNT),
    "turnaround": (PRODUCT, Column("closed_cases"), Column("half_days", kind="days"), Column("most_days", kind="days")),
    "first_pass": (
        PRODUCT,
        Column("first_tests"),
        Column("passed_at_once"),
        Column("yield", kind="share"),
        Column("from", kind="share"),
        Column("to", kind="share"),
    ),
    "tests": (Column("verdict", "verdict"), COUNT),
    "burns": (Column("verdict", "verdict"), COUNT),
    "causes": (Column("cause"), COUNT, Column("share", kind="share")),
    "rates": (Column("rate_of", "report_rate"), COUNT, Column("of"), Column("share", kind="share")),
    "freight": (Column("courier"), Column("currency"), Column("parcels"), Column("amount", kind="money")),
}
"""In their order in the report."""

Sections = dict[str, list[list[Cell]]]
"""The lines of each section, in the order of its columns."""
