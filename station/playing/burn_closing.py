"""From a burn's journal to its letter in the outbox, at its end or when the next burn finds what a kill has left."""

from __future__ import annotations

import logging
from pathlib import Path

from station.history.sockets import SocketLog
from station.model.burn_record import BurnRecord, ProgrammerRef
from station.model.errors import StorageError
from station.outbox.burn_letter import burn_letter
from station.outbox.label_book import LabelBook
from station.outbox.label_facts import IcLabelFacts
from station.outbox.spool import Spool
from station.playing.burn_entries import BurnFinished, BurnStarted, decode_burn_entry
from station.playing.burn_order import BurnBooks
from station.playing.burn_record import burn_record_of
from station.playing.events import WaitingLetter
from station.runner.journal import forget_unbegun, read_journal

MEDIA = "media"
"""The name of the programmer of every card; its socket is the card."""

logger = logging.getLogger(__name__)


def recover_burns(order: BurnBooks) -> None:
    """Close the burns that a kill left behind on this programmer; its lock is held."""
    recover_burns_of(order, order.start.station_id, order.start.programmer)


def recover_burns_of(order: BurnBooks, station_id: str, place: ProgrammerRef) -> None:
    """Likewise on another programmer, whose lock is held too; of a card, those of that card alone."""
    for path in sorted(order.journals.glob("*.jsonl")):
        try:
            entries = read_journal(path, decode_burn_entry)
        except StorageError as error:
            if path.exists():  # else its burn has just been closed
                logger.error("a journal needs a person: %s", error)
            continue
        start = entries[0] if entries else None
        if not isinstance(start, BurnStarted):
            forget_unbegun(path, order.clock.utc())
        elif start.station_id == station_id and _is_there(start.programmer, place):
            close_burn(order, path)
            logger.warning("burn %s was found unfinished and recorded", start.burn_id)


def left_behind(order: BurnBooks) -> frozenset[tuple[str, ProgrammerRef]]:
    """The stations and places of the burns that have a journal, whether they live or were killed."""
    found = set()
    for path in order.journals.glob("*.jsonl"):
        try:
            start = next(iter(read_journal(path, decode_burn_entry)), None)
        except StorageError:
            continue  # whoever recovers it says so
        if isinstance(start, BurnStarted):
            found.add((start.station_id, start.programmer))
    return frozenset(found)


def _is_there(programmer: ProgrammerRef, place: ProgrammerRef) -> bool:
    """Whether one lock is for both: a programmer has one for all its sockets, each card has its own."""
    return programmer.name == place.name and (place.name != MEDIA or programmer.socket == place.socket)


def close_burn(order: BurnBooks, path: Path) -> BurnFinished:
    """Make the letter of the burn whose journal is ``path``. Raises StorageError: the journal then stays."""
    at = order.clock.utc()
    entries = read_journal(path, decode_burn_entry)
    record = burn_record_of(entries, at)
    start = entries[0]
    station_id = start.station_id if isinstance(start, BurnStarted) else order.start.station_id
    spool = Spool(order.settings.outbox)
    letter = spool.commit_burn(record, station_id, at, lambda place: burn_letter(record, place))
    _allow_label(order, record, station_id)
    path.unlink(missing_ok=True)
    try:
        SocketLog(order.settings.history, station_id).keep(record)
    except StorageError as error:  # the letter is the record; the socket's count misses one
        logger.warning("the socket's wear was not counted: %s", error)
    return BurnFinished(record.id, record.result, record.failure, WaitingLetter.of(letter))


def ic_label_facts(record: BurnRecord, station_id: str) -> IcLabelFacts:
    """What a label may say of the IC that ``record`` is about."""
    return IcLabelFacts(
        burn_id=record.id,
        order=record.order or "",
        image=record.image.name,
        version=record.image.version,
        target=record.target,
        numbers=record.serial_numbers,
        unique_id=record.identity.unique_id,
        unit=record.unit.serial if record.unit else "",
        station_id=station_id,
        operator=record.operator,
        programmer=f"{record.programmer.name} {record.programmer.socket}",
        finished_at=record.finished_at,
        is_marginal=record.is_marginal,
    )


def _allow_label(order: BurnBooks, record: BurnRecord, station_id: str) -> None:
    """A label is for an IC that was burned by an order, passed, and is on record."""
    if record.order is None or record.result != "PASS":
        return
    try:
        LabelBook.of_ics(order.settings).note(ic_label_facts(record, station_id))
    except StorageError as error:  # the record is safe; an IC without a label is seen
        logger.warning("this IC will have no label: %s", error)
