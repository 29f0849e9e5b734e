"""Where a reader can go: groups of pages in the header, and the pages of the group that is open beneath it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Protocol

from server.web.words import mark


class Reader(Protocol):
    """Somebody logged in."""

    def may(self, action: str) -> bool: ...


@dataclass(frozen=True, slots=True)
class Place:
    """A page with a link of its own; ``also`` matches the addresses of other pages that belong to it."""

    path: str
    text: str
    action: str = ""
    also: str = ""

    def covers(self, path: str) -> int:
        """How closely ``path`` belongs here: the matched length, 0 for not at all."""
        if path == self.path or (self.path != "/" and path.startswith(self.path + "/")):
            return len(self.path)
        found = re.match(self.also, path) if self.also else None
        return found.end() if found else 0


@dataclass(frozen=True, slots=True)
class Group:
    text: str
    places: tuple[Place, ...]


GROUPS = (
    Group(mark("Home"), (Place("/", mark("Home"), also="/find"),)),
    Group(
        mark("Returns"),
        (
            Place("/cases", mark("Return cases")),
            Place("/arrivals/new", mark("Receive"), "arrivals.write", also="/arrivals"),
            Place("/units", mark("Units")),
            Place("/waybills", mark("Waybills")),
            Place("/freight", mark("Freight bills"), "freight.write"),
            Place("/couriers", mark("Couriers compared")),
        ),
    ),
    Group(
        mark("Repair"),
        (
            Place("/repairs", mark("My queue")),
            Place("/repairs/board", mark("Board")),
            Place("/repairs/faults", mark("Faults")),
            Place("/repairs/figures", mark("No fault found, repeats")),
            Place("/fault-codes", mark("Fault codes")),
        ),
    ),
    Group(
        mark("Tests"),
        (
            Place("/runs", mark("Test ledger"), also="/units/[^/]+/runs/"),
            Place("/statistics", mark("Figures")),
            Place("/reports", mark("Monthly reports")),
            Place("/gates", mark("Holds and releases")),
            Place("/interception", mark("Interception")),
        ),
    ),
    Group(
        mark("Burning"),
        (
            Place("/burn-orders", mark("Burn orders")),
            Place("/images", mark("Images")),
            Place("/serial-numbers", mark("Serial numbers for ICs")),
            Place("/burns", mark("Burn ledger")),
        ),
    ),
    Group(
        mark("Parts"),
        (
            Place("/parts", mark("Stock")),
            Place("/parts/movements", mark("Movements")),
            Place("/parts/requests", mark("Requests")),
            Place("/parts/hand/receive", mark("Hand over"), "parts.move", also="/parts/hand"),
            Place("/parts/count", mark("Stock count"), "parts.move"),
            Place("/parts/valuable", mark("Valuable parts")),
            Place("/parts/plan", mark("Purchase plan")),
            Place("/parts/places", mark("Places")),
            Place("/parts/burn-orders", mark("ICs of burn orders")),
        ),
    ),
    Group(
        mark("Service"),
        (Place("/service", mark("Service requests")), Place("/service/new", mark("New call"), "service.write")),
    ),
    Group(mark("Masters"), (Place("/products", mark("Products")), Place("/parties", mark("Parties")))),
    Group(mark("Alarms"), (Place("/alarms", mark("Alarms"), "alarms.read"),)),
    Group(
        mark("People"),
        (
            Place("/people", mark("Accounts"), "users.write"),
            Place("/delegations", mark("Rights for some days"), "authority.delegate"),
            Place("/tokens", mark("Station tokens"), "tokens.write"),
            Place("/audit", mark("Audit"), "audit.read"),
            Place("/account", mark("My account")),
        ),
    ),
)


@dataclass(frozen=True, slots=True)
class Door:
    """A link as a reader sees it."""

    path: str
    text: str
    is_here: bool


@dataclass(frozen=True, slots=True)
class Navigation:
    """The header's links, and those of the open group where it has several."""

    groups: tuple[Door, ...]
    places: tuple[Door, ...]


def navigation(path: str, user: Reader) -> Navigation:
    """The links for ``user``, who looks at ``path``; a group leads to the first of its pages that he may open."""
    open_to = [
        (group, [place for place in group.places if not place.action or user.may(place.action)]) for group in GROUPS
    ]
    open_to = [(group, places) for group, places in open_to if places]
    closest = max((place for group in GROUPS for place in group.places), key=lambda place: place.covers(path))
    here = closest if closest.covers(path) else None
    inside = next((places for group, places in open_to if here in group.places), [])
    return Navigation(
        tuple(Door(places[0].path, group.text, here in group.places) for group, places in open_to),
        tuple(Door(place.path, place.text, place is here) for place in inside) if len(inside) > 1 else (),
    )
