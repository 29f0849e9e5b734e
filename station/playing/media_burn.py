"""A file set onto a card, from the lock to the letter in the outbox: as a burn, with a folder for a programmer."""

from __future__ import annotations

import os
from pathlib import Path

import msgspec

from station.config.bench_file import BenchFile
from station.config.settings import Settings
from station.ic_programmer.media.card import Card
from station.ic_programmer.media.upgrade import STAGES, MediaJob, upgrade
from station.model.burn_record import ImageRef, ProgrammerRef
from station.model.clock import Clock
from station.model.errors import OperatorError, StationError
from station.model.ids import new_id
from station.outbox.state_cache import StateCache, unit_of
from station.playing.burn_closing import MEDIA, close_burn, left_behind, recover_burns, recover_burns_of
from station.playing.burn_entries import BurnFinished, BurnStarted
from station.playing.burn_order import BurnWatcher
from station.playing.burn_teller import BurnTeller
from station.playing.estop_watch import EstopWatch
from station.playing.events import Refused
from station.playing.order import operator_name, slot_lock
from station.playing.watched_bus import BurnStop
from station.system import StopSignals, take_lock

TARGET = "SD/USB"
MOST_SOCKET_LENGTH = 100
"""Of the wire contract."""


class MediaOrder(msgspec.Struct, frozen=True):
    """A set that may be written: everything was checked that can be checked without the card."""

    settings: Settings
    job: MediaJob
    card: Path
    start: BurnStarted
    clock: Clock

    @property
    def journals(self) -> Path:
        """Where burns are kept until their letters are in the outbox."""
        return self.settings.state_dir / "burns"


def order_media(
    job: MediaJob, card: Path, operator: str, unit: str, bench: BenchFile, settings: Settings, clock: Clock
) -> MediaOrder:
    """What is to be written onto the card that is mounted at ``card``.

    Raises OperatorError for nobody's name, and for a serial that cannot be one.
    """
    at, manifest = clock.utc(), job.manifest
    started = BurnStarted(
        burn_id=new_id(at),
        at=at,
        kind="ad_hoc",
        order=None,
        unit=unit_of(unit, StateCache(settings.cached_state).valid_at(at)) if unit else None,
        operator=operator_name(operator),
        programmer=ProgrammerRef(MEDIA, "", str(card)[-MOST_SOCKET_LENGTH:]),
        target=TARGET,
        image=ImageRef(manifest.name, manifest.version, manifest.sha256, max(manifest.size_bytes, 1)),
        station_id=bench.station_id,
        bench_sha256=bench.sha256,
        stages=STAGES,
    )
    return MediaOrder(settings, job, card, started, clock)


def burn_media(
    order: MediaOrder, bench: BenchFile, is_any_folder: bool, watcher: BurnWatcher
) -> BurnFinished | Refused:
    """Write the set; the result was told to ``watcher`` too.

    Raises StorageError where the record cannot be kept; the journal then holds it until the next set is written.
    """
    lock = take_lock(_card_lock(order, bench.station_id, order.start.programmer.socket))
    if lock is None:
        result: BurnFinished | Refused = Refused.by(OperatorError(f"{order.card} is being written: wait for its end"))
    else:
        recover_burns(order)
        _recover_other_cards(order)
        result = _burn_locked(order, bench, is_any_folder, watcher)
    watcher.tell(result)
    return result


def _recover_other_cards(order: MediaOrder) -> None:
    """Close what was killed on other cards, which may never come back; whatever lives holds its card's lock."""
    own = (order.start.station_id, order.start.programmer)
    for station_id, place in left_behind(order) - {own}:
        lock = take_lock(_card_lock(order, station_id, place.socket)) if place.name == MEDIA else None
        if lock is not None:
            try:
                recover_burns_of(order, station_id, place)
            finally:
                os.close(lock)


def _card_lock(order: MediaOrder, station_id: str, card: str) -> Path:
    return slot_lock(order.settings, station_id, f"media {card}")


def _burn_locked(
    order: MediaOrder, bench: BenchFile, is_any_folder: bool, watcher: BurnWatcher
) -> BurnFinished | Refused:
    path = order.journals / f"{order.start.burn_id}.jsonl"
    estop = EstopWatch(bench.estop, order.clock)
    refused = estop.begin()
    if refused is not None:
        return refused
    try:
        teller = BurnTeller(order, watcher, StopSignals(), BurnStop(estop), path)
        try:
            card = Card(order.card, is_any_folder)
            teller.conclude(upgrade(order.job, card, order.clock, teller.note, teller.is_stopped), "")
        finally:
            teller.journal.close()
    except StationError as error:
        return Refused.by(error)
    finally:
        estop.end()
    return close_burn(order, path)
