"""The titles of the ledgers' columns in files."""

from __future__ import annotations


def mark(text: str) -> str:
    """Marks ``text`` for extraction; the catalogue is asked when the file is written."""
    return text


COLUMNS = {
    "attempt": mark("Attempt"),
    "case": mark("Case"),
    "closed": mark("Closed"),
    "courier": mark("Courier"),
    "currency": mark("Currency"),
    "days": mark("Days"),
    "direction": mark("Direction"),
    "due": mark("Due"),
    "failed": mark("Failed measurements"),
    "failure": mark("Failure"),
    "finished": mark("Finished"),
    "freight": mark("Freight"),
    "image": mark("Image"),
    "image_version": mark("Version"),
    "kind": mark("Kind"),
    "operator": mark("Operator"),
    "order": mark("Burn order"),
    "owner": mark("Owner"),
    "party": mark("Party"),
    "plan": mark("Plan"),
    "product": mark("Product"),
    "programmer": mark("Programmer"),
    "proof": mark("Proof"),
    "purpose": mark("Purpose"),
    "reason": mark("Reason for the return"),
    "received": mark("Received"),
    "serial": mark("Serial number"),
    "source": mark("Sent by"),
    "started": mark("Started"),
    "state": mark("State"),
    "station": mark("Station"),
    "target": mark("Target device"),
    "unique_id": mark("Unique ID of the IC"),
    "units": mark("Units"),
    "verdict": mark("Verdict"),
    "waybill": mark("Waybill"),
    "weight": mark("Weight (kg)"),
}
LEDGER_TABLES = {"ledger_column": COLUMNS}
