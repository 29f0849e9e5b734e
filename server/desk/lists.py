"""The lists of the home pages: what is waited for by name, with the template that draws its lines."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from server.burns.queries import ledger as burn_ledger
from server.desk.figures import Desk
from server.desk.queries import waiting_exceptions
from server.orders.queries import open_orders
from server.returns.case_ledger import OPEN, CaseFilter, case_ledger
from server.runs.queries import failed_measurements, only_just
from server.runs.queries import ledger as run_ledger
from server.web.words import mark

LINES = 8


@dataclass(frozen=True, slots=True)
class Listing:
    """A heading, the page with all of it, the template, and what that needs.

    ``empty`` is said where nothing is; one that ``is_rare`` is left out then.
    """

    text: str
    path: str
    template: str
    empty: str
    context: Callable[[Desk], Mapping[str, object]]
    action: str = ""
    is_rare: bool = False


def _cases(**wanted: str) -> Callable[[Desk], Mapping[str, object]]:
    return lambda desk: {"rows": case_ledger(desk.connection, CaseFilter(**wanted), limit=LINES)}  # type: ignore[arg-type]  # all are texts


def _own(desk: Desk) -> Mapping[str, object]:
    return {"rows": case_ledger(desk.connection, CaseFilter(state=OPEN, owner=desk.user.name), limit=LINES)}


def _runs(desk: Desk) -> Mapping[str, object]:
    rows = run_ledger(desk.connection, limit=LINES)
    ids = [run.id for run in rows]
    return {
        "rows": rows,
        "failed": failed_measurements(desk.connection, ids),
        "only_just": only_just(desk.connection, ids),
    }


_NONE_WAITS = mark("No unit waits.")
LISTS = {
    "cases": Listing(
        mark("Open return cases"), "/cases?state=open", "desk/cases.html", _NONE_WAITS, _cases(state=OPEN)
    ),
    "received": Listing(
        mark("Received, not yet looked at"),
        "/cases?state=received",
        "desk/cases.html",
        _NONE_WAITS,
        _cases(state="received"),
    ),
    "own": Listing(mark("With me"), "/repairs", "desk/cases.html", _NONE_WAITS, _own),
    "to_test": Listing(
        mark("To be tested"),
        "/cases?state=awaiting_test",
        "desk/cases.html",
        _NONE_WAITS,
        _cases(state="awaiting_test"),
    ),
    "to_pack": Listing(
        mark("Passed, to be packed"), "/cases?state=passed", "desk/cases.html", _NONE_WAITS, _cases(state="passed")
    ),
    "packing": Listing(
        mark("Being packed"), "/cases?state=packing", "desk/cases.html", _NONE_WAITS, _cases(state="packing")
    ),
    "orders": Listing(
        mark("Open burn orders"),
        "/burn-orders?state=approved",
        "desk/orders.html",
        mark("No burn order is open."),
        lambda desk: {"rows": open_orders(desk.connection)[:LINES]},
    ),
    "overrides": Listing(
        mark("Exceptions to decide"),
        "",
        "desk/exceptions.html",
        mark("Nobody asks to pass a gate that is shut."),
        lambda desk: {"rows": waiting_exceptions(desk.connection)},
        "overrides.approve",
        is_rare=True,
    ),
    "runs": Listing(
        mark("Last tests"),
        "/runs",
        "runs/table.html",
        mark("No test is on record yet. A station sends the first."),
        _runs,
    ),
    "burns": Listing(
        mark("Last burns"),
        "/burns",
        "burns/table.html",
        mark("No burn is on record yet. A station sends the first."),
        lambda desk: {"rows": burn_ledger(desk.connection, limit=LINES)},
    ),
}
"""By the name that homes.toml uses."""
