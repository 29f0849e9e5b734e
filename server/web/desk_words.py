"""The words of the search page and of the control charts."""

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
CONTROL_RULES = {
    "beyond": mark("beyond three sigma"),
    "two_of_three": mark("two of three beyond two sigma on one side"),
    "four_of_five": mark("four of five beyond one sigma on one side"),
    "eight_in_a_row": mark("eight in a row on one side of the mean"),
}
DESK_TABLES = {"found": FOUND, "control_rule": CONTROL_RULES}
