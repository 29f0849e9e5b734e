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
    "passed": mark("test passed"),
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
CASE_FIELDS = {
    "kind": mark("Kind"),
    "owner": mark("Owner"),
    "confirmed_reason": mark("Confirmed reason"),
    "grade": mark("Grade"),
    "due_on": mark("Due"),
    "sold_on": mark("Sold"),
    "warranty_until": mark("Warranty until"),
    "replaced_by": mark("Unit given in exchange"),
}
CASE_REFUSALS = {
    "gate_shut": mark("It was not done: its gate is shut. Below is what is missing."),
    "has_changed": mark("It was not done: somebody else changed the case meanwhile. Look at it again."),
    "already": mark("It was not done: it does not fit what is on record."),
    "gone": mark("It was not done: there is no such unit or case."),
    "same_person": mark("It was not done: another person has to do this."),
    "is_nothing_done": mark("It was not done: put the repair on record first."),
    "is_not_agreed": mark("It was not done: one person asks for it, another one decides."),
    "note": mark("It was not done: say why."),
    "reason": mark("It was not done: say why."),
    "grade": mark("It was not done: the grade is missing."),
    "exchange": mark("It was not done: the unit given in exchange is missing or cannot be."),
    "board": mark("It was not done: the board's serial number is missing or cannot be."),
    "parent": mark("It was not done: a board cannot be in itself."),
    "serial": mark("It was not done: this cannot be a serial number."),
    "items": mark("It was not done: nothing was listed."),
    "owner": mark("It was not done: the owner's name is too long."),
    "kind": mark("It was not done: the kind is not known."),
    "confirmed_reason": mark("It was not done: the reason is too long."),
    "due_on": mark("It was not done: this is no day."),
    "sold_on": mark("It was not done: this is no day."),
    "warranty_until": mark("It was not done: this is no day."),
    "id": mark("It was not done: the form is damaged. Open the page again."),
    "move": mark("It was not done: the form is damaged. Open the page again."),
    "changes": mark("It was not done: nothing was changed."),
}

CASE_TABLES = {
    "case_state": CASE_STATES,
    "case_kind": CASE_KINDS,
    "case_gate": CASE_GATES,
    "gate_reason": GATE_REASONS,
    "case_field": CASE_FIELDS,
    "case_refusal": CASE_REFUSALS,
}
"""By the names under which pages ask for them."""
