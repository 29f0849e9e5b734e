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
CASE_GATES = {
    "passed": mark("passed"),
    "shipped": mark("ready to ship"),
    "stocked_in": mark("ready for stock"),
    "replaced": mark("ready for exchange"),
}
GATE_REASONS = {
    "held": mark("%(subject)s is held: %(detail)s"),
    "not_sent_to_test": mark("It was not sent to test."),
    "not_tested": mark("No outgoing test began since it was sent to test."),
    "test_before_work": mark("Its last outgoing test began before the last work on it: %(subject)s."),
    "test_not_passed": mark("Its last outgoing test is %(detail)s."),
    "discrepancy": mark("Its last outgoing test has a discrepancy."),
    "product_unknown": mark("Its product is not known."),
    "product_differs": mark("It was tested as %(subject)s, but is %(detail)s."),
    "no_released_plan": mark("No test plan is released for %(subject)s."),
    "plan_not_released": mark("It was tested by %(subject)s %(detail)s, which is not released."),
    "firmware_differs": mark("Firmware of %(subject)s: %(detail)s."),
    "firmware_unproved": mark("Nothing proves the firmware of %(subject)s: %(detail)s is released."),
    "image_withdrawn": mark("The image %(detail)s released for %(subject)s was withdrawn."),
    "accessories_unchecked": mark("Its accessories were not checked."),
    "accessory_missing": mark("Accessory %(subject)s is missing."),
    "packing_missing": mark("Packing %(subject)s is missing."),
    "no_waybill": mark("It is on no outbound waybill."),
    "no_grade": mark("Its grade was not given."),
    "no_replacement": mark("The unit given in exchange was not named."),
    "replacement_unknown": mark("The unit given in exchange is not on record, or is this unit itself."),
    "replacement_busy": mark("The unit given in exchange has an open return case: %(detail)s."),
    "replacement_held": mark("The unit given in exchange is held: %(detail)s"),
    "replacement_unproved": mark("The unit given in exchange has no passed outgoing test by which it could leave."),
}

CASE_TABLES = {
    "case_state": CASE_STATES,
    "case_kind": CASE_KINDS,
    "case_gate": CASE_GATES,
    "gate_reason": GATE_REASONS,
}
"""By the names under which pages ask for them."""
