"""A station numbers and chains its letters, so that one that never arrived, or was changed, shows."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache

import sqlalchemy as sa

from server.ingest.submission import Place, Submission
from server.ingest.tables import letter
from server.units.event import GENESIS
from server.units.flows import Finding


@dataclass(frozen=True, slots=True)
class Gap:
    """Letters ``first`` to ``last`` of a chain that the server has not received."""

    station_id: str
    chain_id: str
    first: int
    last: int


@dataclass(frozen=True, slots=True)
class _Link:
    """A letter that has its place in a chain."""

    id: str
    sha256: str
    prev_sha256: str


class Chains:
    """The neighbourhood of some letters in their chains, in the transaction that is about to store them."""

    def __init__(self, connection: sa.Connection, submissions: Sequence[Submission]) -> None:
        self._connection = connection
        self._links: dict[tuple[str, str, int], list[_Link]] = {}
        wanted = {
            (place.station_id, place.chain_id, seq)
            for place in (submission.place for submission in submissions)
            if place.seq > 0
            for seq in range(place.seq - 1, place.seq + 2)
        }
        if wanted:
            for station_id, chain_id, seq, *link in connection.execute(*_at_places(sorted(wanted))):
                self._links.setdefault((station_id, chain_id, seq), []).append(_Link(*link))

    def findings(self, submission: Submission) -> Iterator[Finding]:
        """What does not fit between a letter that is about to be stored and its neighbours.

        Nothing is refused for it: a letter that comes late closes its gap, see ``gaps``.
        """
        place = submission.place
        for link in self._at(place, place.seq):
            if link.sha256 != submission.sha256:
                yield Finding("chain_fork", f"letter {link.id} has the same number {place.seq} in the chain")
        for link in self._at(place, place.seq + 1):
            if link.prev_sha256 != submission.sha256:
                yield Finding("chain_break", f"letter {place.seq + 1} of the chain follows another than this")
        before = self._at(place, place.seq - 1)
        if place.seq == 1:
            if place.prev_sha256 != GENESIS:
                yield Finding("chain_break", "the first letter of the chain names one before it")
        elif not before:
            yield Finding("chain_gap", self._missing(place))
        elif all(link.sha256 != place.prev_sha256 for link in before):
            yield Finding("chain_break", f"the letter before, {place.seq - 1}, is another than this one names")

    def add(self, submission: Submission) -> None:
        """The letter is kept: those after it in this transaction see it."""
        place = submission.place
        link = _Link(submission.id, submission.sha256, place.prev_sha256)
        self._links.setdefault((place.station_id, place.chain_id, place.seq), []).append(link)

    def _at(self, place: Place, seq: int) -> list[_Link]:
        return self._links.get((place.station_id, place.chain_id, seq), [])

    def _missing(self, place: Place) -> str:
        stored = self._connection.scalar(
            sa.select(sa.func.max(letter.c.seq)).where(
                letter.c.station_id == place.station_id, letter.c.chain_id == place.chain_id, letter.c.seq < place.seq
            )
        )
        chain = (place.station_id, place.chain_id)
        added = [seq for *of, seq in self._links if tuple(of) == chain and seq < place.seq]
        first_missing = max(stored or 0, *added, 0) + 1
        if first_missing == place.seq - 1:
            return f"letter {first_missing} of the chain had not arrived before this one"
        return f"letters {first_missing} to {place.seq - 1} of the chain had not arrived before this one"


def gaps(connection: sa.Connection) -> list[Gap]:
    """What is missing at this moment in every chain."""
    key = (letter.c.station_id, letter.c.chain_id)
    seq = letter.c.seq
    with_gaps = sa.select(*key).where(seq > 0).group_by(*key).having(sa.func.count(seq.distinct()) < sa.func.max(seq))
    chains = connection.execute(with_gaps).all()
    if not chains:
        return []
    of_chains = (seq > 0, letter.c.chain_id.in_([row.chain_id for row in chains]))
    numbers = sa.select(*key, seq).where(*of_chains).distinct().subquery()
    before = sa.func.lag(numbers.c.seq, 1, 0).over(
        partition_by=(numbers.c.station_id, numbers.c.chain_id), order_by=numbers.c.seq
    )
    steps = sa.select(numbers, before.label("before")).subquery()
    rows = connection.execute(
        sa.select(steps)
        .where(steps.c.seq > steps.c.before + 1)
        .order_by(steps.c.station_id, steps.c.chain_id, steps.c.seq)
    )
    return [Gap(row.station_id, row.chain_id, row.before + 1, row.seq - 1) for row in rows]


def _at_places(wanted: Sequence[tuple[str, str, int]]) -> tuple[sa.TextClause, dict[str, object]]:
    """The statement for the letters at these places; joined, because SQLite would scan for a list of triples."""
    names = ("station", "chain", "seq")
    values = {
        f"{name}{row}": value for row, place in enumerate(wanted) for name, value in zip(names, place, strict=True)
    }
    return _statement(len(wanted)), values


@lru_cache
def _statement(places: int) -> sa.TextClause:
    rows = ", ".join(f"(:station{row}, :chain{row}, CAST(:seq{row} AS BIGINT))" for row in range(places))
    return sa.text(
        f"WITH wanted (station_id, chain_id, seq) AS (VALUES {rows}) "  # noqa: S608 (made of numbered parameters alone)
        "SELECT letter.station_id, letter.chain_id, letter.seq, letter.id, letter.sha256, letter.prev_sha256 "
        "FROM wanted JOIN letter ON letter.station_id = wanted.station_id "
        "AND letter.chain_id = wanted.chain_id AND letter.seq = wanted.seq"
    )
