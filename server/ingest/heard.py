"""Which letters of a chain the accounts of a burn order are made of, so that a station can add only its others."""

from __future__ import annotations

from collections.abc import Iterator

import sqlalchemy as sa

from server.ingest.tables import letter
from server.orders.queries import letters_behind
from server.wire.order import Heard
from server.wire.receipt import Outcome

AT_ONCE = 500
"""Ids in one statement; SQLite takes 32 766 parameters."""


def heard_of(connection: sa.Connection, no: str) -> tuple[Heard, ...]:
    """By chain, the stretches of letters on record between the first and the last that is about the order.

    A letter that was set aside is in none, nor is one that has not come: nothing of it is counted.
    """
    return tuple(
        Heard(chain_id, first, last)
        for (station_id, chain_id), (begin, end) in sorted(_ends(connection, no).items())
        for first, last in connection.execute(
            _STRETCHES, {"station": station_id, "chain": chain_id, "begin": begin, "end": end}
        )
    )


def _ends(connection: sa.Connection, no: str) -> dict[tuple[str, str], tuple[int, int]]:
    """The first and the last letter about the order in each chain."""
    ends: dict[tuple[str, str], tuple[int, int]] = {}
    for station_id, chain_id, first, last in _found(connection, letters_behind(connection, no)):
        known = ends.get((station_id, chain_id), (first, last))
        ends[station_id, chain_id] = min(first, known[0]), max(last, known[1])
    return ends


def _found(connection: sa.Connection, ids: list[str]) -> Iterator[sa.Row[str, str, int, int]]:
    for begin in range(0, len(ids), AT_ONCE):
        yield from connection.execute(_PLACES, {"wanted": ids[begin : begin + AT_ONCE]}).all()


_PLACES = (
    sa.select(letter.c.station_id, letter.c.chain_id, sa.func.min(letter.c.seq), sa.func.max(letter.c.seq))
    .where(letter.c.id.in_(sa.bindparam("wanted", expanding=True)), letter.c.outcome == Outcome.STORED.value)
    .group_by(letter.c.station_id, letter.c.chain_id)
)
_numbers = (
    sa.select(letter.c.seq)
    .where(
        letter.c.station_id == sa.bindparam("station"),
        letter.c.chain_id == sa.bindparam("chain"),
        letter.c.seq.between(sa.bindparam("begin"), sa.bindparam("end")),
        letter.c.outcome == Outcome.STORED.value,
    )
    .distinct()
    .subquery()
)
_islands = sa.select(
    _numbers.c.seq, (_numbers.c.seq - sa.func.row_number().over(order_by=_numbers.c.seq)).label("island")
).subquery()
_STRETCHES = (
    sa.select(sa.func.min(_islands.c.seq), sa.func.max(_islands.c.seq))
    .group_by(_islands.c.island)
    .order_by(sa.func.min(_islands.c.seq))
)
