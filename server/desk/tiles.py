"""What may wait for somebody: a number with its words and the page behind it, counted when a home page shows it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from server.burns.queries import count_by_result
from server.desk.figures import Desk
from server.gates.case_gates import waiting_overrides
from server.images.queries import images
from server.parts.queries import count_below
from server.returns.case_ledger import count_late
from server.units.queries import count_units
from server.web.words import mark


@dataclass(frozen=True, slots=True)
class Tile:
    """A number on a home page; ``action`` is what a person must be allowed to, ``is_alarm`` marks a number above 0.

    ``path`` may name the site's day: ``{today}``. One that ``is_rare`` is only shown where there is something; what
    ``is_decision`` is so on the home of everybody who may decide it.
    """

    text: str
    path: str
    count: Callable[[Desk], int]
    action: str = ""
    is_alarm: bool = False
    is_rare: bool = False
    verdict: str = ""
    is_decision: bool = False


def _cases(state: str) -> Callable[[Desk], int]:
    return lambda desk: desk.cases.get(state, 0)


TILES = {
    "open_cases": Tile(mark("open return cases"), "/cases?state=open", lambda desk: sum(desk.cases.values())),
    "announced": Tile(mark("announced, not yet here"), "/cases?state=announced", _cases("announced")),
    "received": Tile(mark("received, not yet looked at"), "/cases?state=received", _cases("received")),
    "waiting_parts": Tile(mark("waiting for parts"), "/cases?state=waiting_parts", _cases("waiting_parts")),
    "to_test": Tile(mark("to be tested"), "/cases?state=awaiting_test", _cases("awaiting_test")),
    "to_pack": Tile(mark("passed, to be packed"), "/cases?state=passed", _cases("passed")),
    "packing": Tile(mark("being packed"), "/cases?state=packing", _cases("packing")),
    "late_cases": Tile(
        mark("after their day"), "/cases?days=late", lambda desk: count_late(desk.connection, desk.date), is_alarm=True
    ),
    "parcels_in": Tile(
        mark("parcels on their way here"), "/waybills?direction=in&status=on_the_way", lambda desk: desk.waybills("in")
    ),
    "parcels_out": Tile(
        mark("parcels on their way out"), "/waybills?direction=out&status=on_the_way", lambda desk: desk.waybills("out")
    ),
    "own_repairs": Tile(mark("my repairs"), "/repairs", lambda desk: desk.repairs.own, "cases.repair"),
    "own_late": Tile(
        mark("of them overdue"),
        "/repairs",
        lambda desk: desk.repairs.overdue,
        "cases.repair",
        is_alarm=True,
        is_rare=True,
    ),
    "unowned": Tile(
        mark("units without a technician"), "/repairs/board?owner=-", lambda desk: desk.repairs.unowned, "cases.edit"
    ),
    "to_scrap": Tile(
        mark("to be scrapped: decide"),
        "/repairs/board#scrap",
        lambda desk: desk.repairs.to_scrap,
        "cases.scrap",
        is_alarm=True,
        is_decision=True,
    ),
    "overrides": Tile(
        mark("exceptions to decide"),
        "/#overrides",
        lambda desk: len(waiting_overrides(desk.connection)),
        "overrides.approve",
        is_alarm=True,
        is_decision=True,
    ),
    "runs_today": Tile(mark("tests today"), "/runs?since={today}", lambda desk: sum(desk.runs.values())),
    "failed_today": Tile(
        mark("failed today"),
        "/runs?since={today}&verdict=FAIL",
        lambda desk: desk.runs.get("FAIL", 0),
        is_rare=True,
        verdict="FAIL",
    ),
    "errors_today": Tile(
        mark("station errors today"),
        "/runs?since={today}&verdict=ERROR",
        lambda desk: desk.runs.get("ERROR", 0),
        is_rare=True,
        verdict="ERROR",
    ),
    "burns_today": Tile(
        mark("burns today"),
        "/burns?since={today}",
        lambda desk: sum(count_by_result(desk.connection, desk.today).values()),
    ),
    "open_orders": Tile(
        mark("open burn orders"), "/burn-orders?state=approved", lambda desk: desk.orders.get("approved", 0)
    ),
    "draft_orders": Tile(
        mark("burn orders to approve"),
        "/burn-orders?state=draft",
        lambda desk: desk.orders.get("draft", 0),
        "orders.approve",
        is_decision=True,
    ),
    "tried_images": Tile(
        mark("images to approve"),
        "/images?state=tested",
        lambda desk: len(images(desk.connection, state="tested")),
        "images.approve",
        is_decision=True,
    ),
    "part_requests": Tile(
        mark("requests wait for approval"),
        "/parts/requests?state=requested",
        lambda desk: desk.requests["requested"],
        "parts.approve",
        is_decision=True,
    ),
    "parts_to_issue": Tile(
        mark("requests to be handed out"),
        "/parts/requests?state=approved",
        lambda desk: desk.requests["approved"],
        "parts.move",
    ),
    "parts_below": Tile(
        mark("parts below the minimum"),
        "/parts?shown=below",
        lambda desk: count_below(desk.connection),
        is_alarm=True,
        is_rare=True,
    ),
    "units": Tile(mark("units on record"), "/units", lambda desk: count_units(desk.connection)),
    "alarms": Tile(mark("alarms"), "/alarms", Desk.alarms, "alarms.read", is_alarm=True),
}
"""By the name that homes.toml uses."""
