"""Relays that are closed for as long as something is looked at."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress

from station.model.errors import StationError
from station.model.roles import Relays


@contextmanager
def closed(relays: Relays, *names: str) -> Iterator[None]:
    """``names`` are closed inside and open afterwards; make-safe opens them where that cannot be done here."""
    relays.close(*names)
    try:
        yield
    except StationError:
        with suppress(StationError):  # what went wrong first is what is told
            relays.open(*names)
        raise
    relays.open(*names)
