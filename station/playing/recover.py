"""Runs that a power cut or a kill of everything left behind: closed as ABORTED before the next one begins."""

from __future__ import annotations

import logging
from collections.abc import Callable

from station.model.errors import StorageError
from station.playing.closing import Closing, stopped
from station.playing.family import nothing
from station.playing.order import RunOrder
from station.runner.entries import RunStarted, decode_entry
from station.runner.journal import forget_unbegun, read_journal

logger = logging.getLogger(__name__)


def recover_runs(order: RunOrder, settle: Callable[[], None] = nothing) -> tuple[str, ...]:
    """Close every run that this slot left in its journal; gives their ids. The slot's lock must be held.

    A journal that cannot be read stays where it is and is told of. ``settle`` makes sure, where there is one to close,
    that the bench is still the one that the disk says.
    """
    recovered = []
    for path in sorted(order.settings.journals.glob("*.jsonl")):
        try:
            entries = read_journal(path, decode_entry)
        except StorageError as error:
            if path.exists():  # else its run has just been closed
                logger.error("a journal needs a person: %s", error)
            continue
        if not entries:
            forget_unbegun(path, order.clock.utc())
            continue
        start = entries[0]
        if not isinstance(start, RunStarted):
            logger.error("a journal needs a person: %s does not begin with a run", path)
            continue
        if (start.station_id, start.slot) == (order.bench.station_id, order.bench.slot):
            settle()
            closing = Closing(order.settings, order.bench, path, order.clock)
            stop = stopped("ABORTED", "station", "the station lost power or was killed", None, order.clock)
            closing.close(stop, lambda told: None)
            logger.warning("run %s of unit %s was found unfinished and closed", start.run_id, start.unit.serial)
            recovered.append(start.run_id)
    return tuple(recovered)
