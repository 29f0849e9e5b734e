"""Opens the emergency stop of a bench, for the process that watches it and for who looks once."""

from __future__ import annotations

from station.config.estop_row import EstopRow
from station.drivers.estop_contact import Contact, open_contact
from station.model.clock import Clock
from station.model.errors import EstopError, StationError

OPEN_S = 2.0
ANSWER_S = 0.2
"""Longest time of one answer: two of them, the pause between samples and make-safe are below one second."""

PRESSED = "the e-stop is pressed, or its wire is broken: release it when the bench is safe, then start again"


def open_estop(row: EstopRow, clock: Clock) -> Contact:
    """The contact; raises LinkError or InstrumentError where its state cannot be read."""
    return open_contact(row, clock, OPEN_S, ANSWER_S)


def require_released(row: EstopRow | None, clock: Clock) -> None:
    """Look once: raises EstopError where it is pressed, LinkError where nobody can know. None: there is none."""
    if row is None:
        return
    contact = open_estop(row, clock)
    try:
        is_closed = contact.is_closed()
    finally:
        contact.close()
    if not is_closed:
        raise EstopError(PRESSED)


def estop_problem(row: EstopRow, clock: Clock) -> str:
    """What is wrong with it, empty where the bench may run."""
    try:
        require_released(row, clock)
    except StationError as error:
        return str(error)
    return ""
