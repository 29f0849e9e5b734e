"""The trade's words for return cases, marked for the catalogues."""

from __future__ import annotations


def mark(text: str) -> str:
    """Marks ``text`` for extraction; the catalogue is asked when the page is drawn."""
    return text


CASE_STATES = {
    "announced": mark("announced"),
    "received": mark("received"),
    "diagnosing": mark("diagnosing"),
    "repairing": mark("repairing"),
    "waiting_parts": mark("waiting for parts"),
    "refurbishing": mark("refurbishing"),
    "awaiting_test": mark("awaiting test"),
    "passed": mark("passed test"),
    "packing": mark("packing"),
    "shipped": mark("shipped"),
    "stocked_in": mark("stocked in"),
    "scrapped": mark("scrapped"),
    "replaced": mark("replaced"),
    "cancelled": mark("cancelled"),
    "merged": mark("merged"),
}
CASE_KINDS = {
    "repair": mark("repair"),
    "exchange": mark("exchange"),
    "refund": mark("refund"),
    "refurbish": mark("refurbish"),
    "in_plant": mark("in-plant"),
    "navigation_upgrade": mark("navigation upgrade"),
}

CASE_TABLES = {
    "case_state": CASE_STATES,
    "case_kind": CASE_KINDS,
}
"""By the names under which pages ask for them."""
