"""What the clerk's page is told: the order with its accounts, the open orders, the programmers with their burns."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from station.console.burn_shift import ShiftTold
from station.console.burn_site import BurnSite, Words
from station.console.desk import BenchCard
from station.history.sockets import SocketWear
from station.outbox.burn_state import OpenOrder
from station.outbox.order_events import OrderAccount
from station.outbox.order_sheet import OrderSheet


class ShownOrder(msgspec.Struct, frozen=True):
    """The order on the page; ``closed`` is why no IC may be burned by it now, None where one may."""

    sheet: OrderSheet
    account: OrderAccount
    in_hand: int
    left: int
    away: str
    closed: Words | None
    needs_unit: bool


class ShownSite(msgspec.Struct, frozen=True):
    """A programmer with its last burn, by ``order``; ``problem`` is why its socket takes no IC, None where it does."""

    name: str
    socket: str
    is_used: bool
    wear: SocketWear | None
    problem: Words | None
    number: int
    order: str
    is_running: bool
    result: str
    burn_id: str
    entries: Sequence[msgspec.Raw]


class Work(msgspec.Struct, frozen=True):
    """What is to be burned, and what came of it in this shift."""

    order: ShownOrder | None
    open: tuple[OpenOrder, ...]
    shift: ShiftTold


class State(msgspec.Struct, frozen=True):
    """Everything a page needs to draw itself."""

    bench: BenchCard
    station: msgspec.Raw
    work: Work
    sites: tuple[ShownSite, ...]


class NewEntry(msgspec.Struct, frozen=True):
    """A line that a burn has said."""

    site: str
    number: int
    entry: msgspec.Raw


def shown_site(site: BurnSite) -> ShownSite:
    """``site`` as a page is told of it."""
    burn = site.burn
    return ShownSite(
        site.name,
        site.socket,
        site.is_used,
        site.wear,
        site.problem,
        burn.number if burn else 0,
        burn.order if burn else "",
        site.is_running,
        burn.result if burn else "",
        burn.burn_id if burn else "",
        burn.entries if burn else (),
    )
