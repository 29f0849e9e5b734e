"""Which claims on ICs and numbers still hold: those of burns that live, and of those whose journal nobody can read."""

from __future__ import annotations

import os
import sqlite3

from station.model.burn_record import ProgrammerRef
from station.outbox.order_claims import claimers, release_all
from station.outbox.outbox_file import outbox_transaction
from station.playing.burn_closing import recover_burns_of
from station.playing.burn_order import BurnBooks
from station.playing.order import slot_lock
from station.system import take_lock


def claimer(order: BurnBooks) -> str:
    """The programmer, as claims name it: two benches of one PC may each have one of that name."""
    return f"{order.start.station_id}/{order.start.programmer.name}"


def release_own(database: sqlite3.Connection, order: BurnBooks) -> None:
    """Let go of what killed burns on this programmer claimed; its lock is held."""
    release_all(database, claimer(order), _in_doubt(order))


def release_killed(order: BurnBooks, no: str) -> None:
    """Close the burns by the order ``no`` that were killed on other programmers, and let go of what they claimed.

    Whatever lives holds its programmer's lock. Raises StorageError.
    """
    with outbox_transaction(order.settings.outbox) as database:
        others = [name for name in claimers(database, no) if name != claimer(order)]
    for other in others:
        station_id, _, name = other.rpartition("/")
        lock = take_lock(slot_lock(order.settings, station_id, f"programmer {name}"))
        if lock is None:
            continue
        try:
            recover_burns_of(order, station_id, ProgrammerRef(name, "", ""))
            with outbox_transaction(order.settings.outbox) as database:
                release_all(database, other, _in_doubt(order))
        finally:
            os.close(lock)


def _in_doubt(order: BurnBooks) -> frozenset[str]:
    """The burns that have a journal yet."""
    return frozenset(path.stem for path in order.journals.glob("*.jsonl"))
