"""A burn from the opened programmer to the letter in the outbox; a kill leaves a journal that the next burn closes."""

from __future__ import annotations

import logging
from pathlib import Path

from msgspec.structs import replace

from station.bench import open_chip, open_programmer
from station.gates.socket_wear import ask_socket
from station.history.sockets import SocketLog
from station.ic_programmer.burn import burn
from station.ic_programmer.job import stages_of
from station.model.errors import OperatorError, StationError, StorageError
from station.model.roles import SpiBus
from station.outbox.outbox_file import outbox_transaction
from station.playing.burn_claims import release_own
from station.playing.burn_closing import close_burn, recover_burns
from station.playing.burn_entries import (
    BurnFinished,
)
from station.playing.burn_order import BurnOrder, BurnWatcher
from station.playing.burn_teller import BurnTeller
from station.playing.estop_watch import EstopWatch
from station.playing.events import Refused
from station.playing.order import slot_lock
from station.playing.watched_bus import BurnStop, WatchedBus
from station.system import StopSignals, take_lock

logger = logging.getLogger(__name__)


def burn_order(order: BurnOrder, watcher: BurnWatcher) -> BurnFinished | Refused:
    """Burn one IC; the result was told to ``watcher`` too.

    Raises StorageError where the record cannot be kept; the journal then holds it until the next burn.
    """
    result = _burn_locked(order, watcher)
    watcher.tell(result)
    return result


def _burn_locked(order: BurnOrder, watcher: BurnWatcher) -> BurnFinished | Refused:
    programmer = order.start.programmer.name
    if take_lock(slot_lock(order.settings, order.bench.station_id, f"programmer {programmer}")) is None:
        busy = f"{programmer} is burning another IC: wait until it has ended"
        return Refused.by(OperatorError(busy, f"{programmer} 正在烧录另一片芯片：请等待其完成"))
    recover_burns(order)
    path = order.journals / f"{order.start.burn_id}.jsonl"
    try:
        _ask_socket(order)
        order = order.prepare(order) if order.prepare is not None else order
        order = replace(order, start=replace(order.start, stages=stages_of(order.job.options)))
        refused = _burn_stoppable(order, watcher, path)
    except StationError as error:
        refused = Refused.by(error)
    if refused is None:
        return close_burn(order, path)
    if not path.exists():  # what a journal may tell of stays claimed until it is closed
        _release(order)
    return refused


def _burn_stoppable(order: BurnOrder, watcher: BurnWatcher, path: Path) -> Refused | None:
    signals = StopSignals()
    estop = EstopWatch(order.bench.estop, order.clock)
    refused = estop.begin()
    if refused is not None:
        return refused
    try:
        _burn_watched(order, watcher, signals, estop, path)
    finally:
        estop.end()
    return None


def _burn_watched(order: BurnOrder, watcher: BurnWatcher, signals: StopSignals, estop: EstopWatch, path: Path) -> None:
    """Burn; when the programmer has let go of its pins, what came of it is in the journal."""
    outcome, stop = None, BurnStop(estop)

    def watch(bus: SpiBus) -> SpiBus:
        return bus if order.bench.estop is None else WatchedBus(bus, stop, order.clock)

    try:
        with open_chip(order.bench, order.start.programmer.name, order.clock, order.job.target, watch) as chip:
            teller = BurnTeller(order, watcher, signals, stop, path)
            outcome = burn(order.job, chip, order.clock, teller.note, teller.is_stopped)
    except StationError as error:
        if outcome is None:
            raise
        logger.warning("the programmer was not let go: %s", error)
    try:
        pins = _let_go(order) if stop.stop is not None and stop.is_broken else ""
        teller.conclude(outcome, pins)
    finally:
        teller.journal.close()


def _let_go(order: BurnOrder) -> str:
    """Let go of the pins over a fresh link, because that of the burn broke: empty, or what a person must do."""
    try:
        with open_programmer(order.bench, order.start.programmer.name, order.clock):
            return ""
    except StationError as error:
        return f"; its pins may still be driven ({error}): unplug the programmer"


def _ask_socket(order: BurnOrder) -> None:
    """Raises GateClosed for a socket that has to be serviced first."""
    programmer = order.start.programmer
    wear = SocketLog(order.settings.history, order.bench.station_id).wear(programmer.name, programmer.socket)
    ask_socket(order.bench.programmers[programmer.name], wear)


def _release(order: BurnOrder) -> None:
    """Whatever of the order was claimed and no letter tells of is free again."""
    if order.start.order is None:
        return
    try:
        with outbox_transaction(order.settings.outbox) as database:
            release_own(database, order)
    except StorageError as error:  # the next burn on this programmer lets go of it
        logger.warning("%s keeps its claim for now: %s", order.start.order, error)
