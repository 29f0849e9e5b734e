"""The words of the monthly report: its sections, their columns, and how each figure is defined."""

from __future__ import annotations


def mark(text: str) -> str:
    """Marks ``text`` for extraction; the catalogue is asked when the page is drawn."""
    return text


REPORT = {
    "cover": mark("Report"),
    "month": mark("Month"),
    "site": mark("Site"),
    "version": mark("Version"),
    "made": mark("Made"),
    "not_frozen": mark("not frozen"),
    "received": mark("Received in the month"),
    "ended": mark("Ended in the month"),
    "open_at_end": mark("Open at the month's end"),
    "turnaround": mark("Turnaround"),
    "first_pass": mark("First-pass yield"),
    "tests": mark("Tests"),
    "burns": mark("Burns"),
    "causes": mark("Causes"),
    "rates": mark("Rates"),
    "freight": mark("Freight"),
}
REPORT_COLUMNS = {
    "product": mark("Product"),
    "kind": mark("Kind"),
    "state": mark("State"),
    "count": mark("How many"),
    "closed_cases": mark("Closed"),
    "half_days": mark("Days, half of them"),
    "most_days": mark("Days, 9 of 10"),
    "first_tests": mark("First tests"),
    "passed_at_once": mark("passed at once"),
    "yield": mark("Yield"),
    "from": mark("at least"),
    "to": mark("at most"),
    "verdict": mark("Verdict"),
    "cause": mark("Cause"),
    "share": mark("Share"),
    "rate_of": mark("Rate"),
    "of": mark("of"),
    "courier": mark("Courier"),
    "currency": mark("Currency"),
    "parcels": mark("Parcels"),
    "amount": mark("Amount"),
}
RATES = {
    "no_fault_found": mark("no fault found"),
    "repeat_returns": mark("back within 90 days"),
}
DEFINITIONS = {
    "received": mark("Cases opened in the month, without those merged into another one."),
    "ended": mark("Cases closed in the month, by how they ended."),
    "open_at_end": mark("Cases opened before the month's end and not closed by then."),
    "turnaround": mark("Days from opening to closing of the cases closed in the month, by nearest rank."),
    "first_pass": mark(
        "The first judged outgoing test of each visit that began in the month; Wilson's interval of 0.95."
    ),
    "tests": mark("Every test begun in the month, by its verdict."),
    "burns": mark("Every burn begun in the month, by its verdict."),
    "causes": mark("Repairs ended in the month and not corrected away, by cause; the twenty most frequent."),
    "rates": mark(
        "No fault found: of the cases diagnosed in the month. Back within 90 days: of the units sent out in the month."
    ),
    "freight": mark("Waybills entered in the month whose freight is known."),
}
REPORT_TABLES = {
    "report": REPORT,
    "report_column": REPORT_COLUMNS,
    "report_rate": RATES,
    "report_definition": DEFINITIONS,
}
