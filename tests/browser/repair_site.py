"""The pages of repair, by the route that serves them: test_repair_pages.py looks at each with units on it."""

from __future__ import annotations

PATHS = {
    "/repairs": "/repairs",
    "/repairs/board": "/repairs/board",
    "/repairs/faults": "/repairs/faults?by=designator",
    "/repairs/figures": "/repairs/figures",
    "/fault-codes": "/fault-codes?symptom=S11&cause=C13",
    "/fault-codes/{code}": "/fault-codes/C13",
    "/fault-codes/new": "/fault-codes/new",
    "/fault-codes/import": "/fault-codes/import",
}
CASE = "/repairs/cases/{case_id}"
REPAIR_PAGES = dict.fromkeys((*PATHS, CASE), "looked at in test_repair_pages.py") | {"/fault-codes/file.csv": "a file"}
