"""The words of the search page: what a number can belong to."""

from __future__ import annotations


def mark(text: str) -> str:
    """Marks ``text`` for extraction; the catalogue is asked when the page is drawn."""
    return text


FOUND = {
    "unit": mark("unit"),
    "case": mark("return case"),
    "waybill": mark("waybill"),
    "burn_order": mark("burn order"),
    "part": mark("part"),
    "part_request": mark("request for parts"),
}
DESK_TABLES = {"found": FOUND}
