"""Letters as received, what is in quarantine, what conflicts, and the counts of the home page."""

from __future__ import annotations

import zlib
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from server.burns.queries import count_by_result
from server.db.span import Span
from server.ingest.chain import Gap, gaps
from server.ingest.tables import letter
from server.orders.queries import count_open
from server.returns.queries import count_open_by_state
from server.runs.queries import count_by_verdict
from server.units.queries import Discrepancy, count_discrepancies, count_units
from server.units.queries import discrepancies as unit_discrepancies
from server.wire.receipt import Outcome


@dataclass(frozen=True, slots=True)
class LetterRow:
    """A letter without its body; ``problem`` says why it was set aside."""

    id: str
    sha256: str
    kind: str
    outcome: str
    station_id: str
    chain_id: str
    seq: int
    unit_id: str | None
    received_at: datetime
    problem: str
    size_bytes: int


@dataclass(frozen=True, slots=True)
class Home:
    """The numbers of the home page; ``today`` is the site's day."""

    units: int
    runs_today: dict[str, int]
    burns_today: dict[str, int]
    open_cases: dict[str, int]
    open_orders: dict[str, int]
    discrepancies: int
    quarantined: int
    conflicts: int
    gaps: tuple[Gap, ...]


def letters(connection: sa.Connection, after: tuple[str, str] | None = None, limit: int = 50) -> list[LetterRow]:
    """Every letter, by id and digest; ``after`` is both of the last row of the page before."""
    query = _LETTERS.order_by(letter.c.id, letter.c.sha256).limit(limit)
    if after is not None:
        query = query.where(sa.tuple_(letter.c.id, letter.c.sha256) > sa.tuple_(*after))
    return [LetterRow(**row) for row in connection.execute(query).mappings()]


def letters_of(connection: sa.Connection, letter_id: str) -> list[LetterRow]:
    """Every letter that was put at this id: the stored one, and those that contradict it."""
    query = _LETTERS.where(letter.c.id == letter_id).order_by(letter.c.received_at)
    return [LetterRow(**row) for row in connection.execute(query).mappings()]


def body_of(connection: sa.Connection, letter_id: str, sha256: str) -> bytes | None:
    """The bytes as they were received."""
    packed = connection.scalar(sa.select(letter.c.body).where(letter.c.id == letter_id, letter.c.sha256 == sha256))
    return zlib.decompress(packed) if packed is not None else None


def quarantined(connection: sa.Connection, limit: int = 200) -> list[LetterRow]:
    """Letters that do not parse, the newest first."""
    return _set_aside(connection, Outcome.QUARANTINED, limit)


def conflicts(connection: sa.Connection, limit: int = 200) -> list[LetterRow]:
    """Letters whose id stands for another one, the newest first."""
    return _set_aside(connection, Outcome.CONFLICT, limit)


def discrepancies(connection: sa.Connection, after: str | None = None, limit: int = 50) -> list[Discrepancy]:
    """What contradicts itself, the newest first."""
    return unit_discrepancies(connection, after, limit)


def count_set_aside(connection: sa.Connection) -> int:
    """How many letters are in quarantine or contradict another."""
    return sum(_count_set_aside(connection, outcome) for outcome in (Outcome.QUARANTINED, Outcome.CONFLICT))


def home(connection: sa.Connection, today: Span) -> Home:
    """The numbers of the home page."""
    return Home(
        units=count_units(connection),
        runs_today=count_by_verdict(connection, today),
        burns_today=count_by_result(connection, today),
        open_cases=count_open_by_state(connection),
        open_orders=count_open(connection),
        discrepancies=count_discrepancies(connection),
        quarantined=_count_set_aside(connection, Outcome.QUARANTINED),
        conflicts=_count_set_aside(connection, Outcome.CONFLICT),
        gaps=tuple(gaps(connection)),
    )


def _set_aside(connection: sa.Connection, outcome: Outcome, limit: int) -> list[LetterRow]:
    query = _LETTERS.where(_IS_SET_ASIDE, letter.c.outcome == outcome.value)
    rows = connection.execute(query.order_by(letter.c.received_at.desc()).limit(limit))
    return [LetterRow(**row) for row in rows.mappings()]


def _count_set_aside(connection: sa.Connection, outcome: Outcome) -> int:
    query = sa.select(sa.func.count()).select_from(letter).where(_IS_SET_ASIDE, letter.c.outcome == outcome.value)
    return connection.scalar(query) or 0


_LETTERS = sa.select(*[letter.c[name] for name in LetterRow.__dataclass_fields__])
_IS_SET_ASIDE = sa.text("letter.outcome <> 'stored'")
