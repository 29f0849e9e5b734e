"""What the page is told of the bench besides its runs: letters, the last runs, instruments, the self-test."""

from __future__ import annotations

from datetime import date, datetime

import msgspec

from station.outbox.answers import Fate


class Letters(msgspec.Struct, frozen=True):
    """The outbox and its server: ``is_reachable`` is None where this console has not asked the server.

    ``is_carried_elsewhere`` where another process carries this outbox; ``fates`` are those of the last letters.
    """

    server_url: str = ""
    waiting: int = 0
    set_aside: int = 0
    is_reachable: bool | None = None
    problem: str = ""
    is_carried_elsewhere: bool = False
    fates: dict[str, Fate] = {}


class RecentRun(msgspec.Struct, frozen=True):
    """A run that has ended; ``verdict`` is empty where the process ended without one."""

    run_id: str
    serial: str
    product: str
    operator: str
    verdict: str
    ended_at: datetime
    is_marginal: bool = False


class SeenInstrument(msgspec.Struct, frozen=True):
    """An instrument of the bench file as it was last seen; ``seen_at`` is None where it never was.

    ``problem`` is empty where all was well then; ``due_days`` is negative once the calibration is over.
    """

    name: str
    driver: str
    found: str
    problem: str
    seen_at: datetime | None
    due: date | None
    due_days: int | None


class SeenSelftest(msgspec.Struct, frozen=True):
    """The last self-test of the bench; ``problems`` is empty where it was good."""

    at: datetime
    problems: tuple[str, ...]
