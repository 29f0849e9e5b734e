"""From a burn's journal to its letter in the outbox, at its end or when the next burn finds what a kill has left."""

from __future__ import annotations

import logging
from pathlib import Path

from station.history.sockets import SocketLog
from station.model.errors import StorageError
from station.outbox.burn_letter import burn_letter
from station.outbox.spool import Spool
from station.playing.burn_entries import BurnFinished, BurnStarted, decode_burn_entry
from station.playing.burn_order import BurnBooks
from station.playing.burn_record import burn_record_of
from station.playing.events import WaitingLetter
from station.runner.journal import read_journal

logger = logging.getLogger(__name__)


def recover_burns(order: BurnBooks) -> None:
    """Close the burns that a kill left behind on this programmer; its lock is held."""
    for path in sorted(order.journals.glob("*.jsonl")):
        try:
            entries = read_journal(path, decode_burn_entry)
        except StorageError as error:
            logger.error("a journal needs a person: %s", error)
            continue
        start = entries[0] if entries else None
        if not isinstance(start, BurnStarted):
            path.unlink()
        elif (start.station_id, start.programmer.name) == (order.start.station_id, order.start.programmer.name):
            close_burn(order, path)
            logger.warning("burn %s was found unfinished and recorded", start.burn_id)


def close_burn(order: BurnBooks, path: Path) -> BurnFinished:
    """Make the letter of the burn whose journal is ``path``. Raises StorageError: the journal then stays."""
    at = order.clock.utc()
    entries = read_journal(path, decode_burn_entry)
    record = burn_record_of(entries, at)
    start = entries[0]
    station_id = start.station_id if isinstance(start, BurnStarted) else order.start.station_id
    spool = Spool(order.settings.outbox)
    letter = spool.commit_burn(record, station_id, at, lambda place: burn_letter(record, place))
    path.unlink(missing_ok=True)
    try:
        SocketLog(order.settings.history, station_id).keep(record)
    except StorageError as error:  # the letter is the record; the socket's count misses one
        logger.warning("the socket's wear was not counted: %s", error)
    return BurnFinished(record.id, record.result, record.failure, WaitingLetter.of(letter))
