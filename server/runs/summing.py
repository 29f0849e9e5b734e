"""Brings the caches of runs up to date: hourly sums of each measurement, and the first result of each visit."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import groupby

import msgspec
import sqlalchemy as sa

from server.db.on_postgresql import without_bounds
from server.db.pending import Row, insert_rows
from server.runs.figures import hour_of
from server.runs.sums import Sums, by_definition, sums_of_columns
from server.runs.tables import defset, measured_hour, run, unsummed, visit_result

JUDGING = ("outgoing", "incoming")
AT_ONCE = 1000
"""Runs of one transaction of the follower, some 20 ms; SQLite takes no more than 32766 parameters."""

_SUMS = ("count", "mean", "squares", "lowest", "highest")


def has_unsummed(connection: sa.Connection) -> bool:
    return connection.scalar(sa.select(unsummed.c.id).limit(1)) is not None


def sum_up(connection: sa.Connection) -> int:
    """Take some of the runs that wait into the caches; how many they were."""
    groups, run_ids = [], list[str]()
    for group, runs in connection.execute(sa.select(unsummed.c.id, unsummed.c.runs).order_by(unsummed.c.id).limit(64)):
        groups.append(group)
        run_ids += msgspec.json.decode(runs, type=list[str])
        if len(run_ids) >= AT_ONCE:
            break
    for start in range(0, len(run_ids), AT_ONCE):
        _take(connection, connection.execute(_RUNS, {"wanted": run_ids[start : start + AT_ONCE]}).all())
    if groups:
        connection.execute(sa.delete(unsummed).where(unsummed.c.id.in_(groups)))
    return len(run_ids)


def rebuild(connection: sa.Connection) -> int:
    """Make the caches anew from the runs; how many runs they hold."""
    without_bounds(connection)
    for table in (unsummed, measured_hour, visit_result):
        connection.execute(sa.delete(table))
    counted, after = 0, ""
    while rows := connection.execute(_ALL.where(run.c.id > after) if after else _ALL).all():
        _take(connection, rows)
        counted, after = counted + len(rows), rows[-1].id
    return counted


def _take(connection: sa.Connection, rows: Sequence[sa.Row[tuple[object, ...]]]) -> None:
    judging = [row for row in rows if row.purpose in JUDGING and not row.has_discrepancy]
    _add_sums(connection, judging)
    _keep_first(connection, [row for row in judging if row.verdict != "ABORTED"])


def _add_sums(connection: sa.Connection, rows: Iterable[sa.Row[tuple[object, ...]]]) -> None:
    """Add the runs' values to the sums of their hours; a run is given here once."""
    hours: dict[tuple[str, str, int], list[tuple[str, Sums]]] = {}
    sets: dict[str, list[str]] = {}
    for key, group in groupby(sorted(rows, key=_hour_and_set), key=_hour_and_set):
        product, purpose, hour, digest = key
        runs = list(group)
        if digest not in sets:
            mdefs = connection.scalar(sa.select(defset.c.mdefs).where(defset.c.sha256 == digest))
            sets[digest] = msgspec.json.decode(mdefs or "[]", type=list[str])
        columns = sums_of_columns([row.values_f64 for row in runs], [row.outcomes for row in runs])
        hours.setdefault((product, purpose, hour), []).extend(by_definition(sets[digest], columns))
    for (product, purpose, hour), found in hours.items():
        of_hour = sa.and_(
            measured_hour.c.product == product, measured_hour.c.purpose == purpose, measured_hour.c.hour == hour
        )
        known: dict[str, Sums] = {}
        for digest, sums in found:
            known[digest] = known[digest] + sums if digest in known else sums
        theirs = sa.and_(measured_hour.c.mdef_sha256.in_(list(known)), of_hour)
        for before in connection.execute(_ON_RECORD.where(theirs)):
            known[before.mdef_sha256] += Sums(*before[1:])
        connection.execute(sa.delete(measured_hour).where(theirs))
        key_row: Row = {"product": product, "purpose": purpose, "hour": hour}
        made = [
            {
                "mdef_sha256": digest,
                **key_row,
                **dict(zip(_SUMS, _values(sums), strict=True)),
            }
            for digest, sums in known.items()
        ]
        if made:
            insert_rows(connection, measured_hour, made)


def _keep_first(connection: sa.Connection, rows: Iterable[sa.Row[tuple[object, ...]]]) -> None:
    """Keep the first run of each visit; one that comes late may be it."""
    first: dict[tuple[str, str, str, str], Row] = {}
    for row in sorted(rows, key=lambda row: row.id):
        key = (row.unit_id, row.case_id or "", row.product, row.purpose)
        first.setdefault(
            key,
            {
                **dict(zip(("unit_id", "visit", "product", "purpose"), key, strict=True)),
                "run_id": row.id,
                "started_at": row.started_at,
                "verdict": row.verdict,
            },
        )
    units = sorted({key[0] for key in first})
    for known in connection.execute(_FIRST, {"wanted": units}):
        key = (known.unit_id, known.visit, known.product, known.purpose)
        if key in first and known.run_id <= str(first[key]["run_id"]):
            del first[key]
    if first:
        keys = [
            {f"_{name}": row[name] for name in ("unit_id", "visit", "product", "purpose")} for row in first.values()
        ]
        connection.execute(_FORGET, keys)
        insert_rows(connection, visit_result, list(first.values()))


def _hour_and_set(row: sa.Row[tuple[object, ...]]) -> tuple[str, str, int, str]:
    return row.product, row.purpose, hour_of(row.started_at), row.defset_sha256


def _values(sums: Sums) -> tuple[int, float, float, float, float]:
    return sums.count, sums.mean, sums.squares, sums.lowest, sums.highest


_COLUMNS = [
    run.c[name]
    for name in (
        "unit_id",
        "id",
        "case_id",
        "product",
        "purpose",
        "started_at",
        "verdict",
        "has_discrepancy",
        "defset_sha256",
        "values_f64",
        "outcomes",
    )
]
_RUNS = sa.select(*_COLUMNS).where(run.c.id.in_(sa.bindparam("wanted", expanding=True)))
_ALL = sa.select(*_COLUMNS).order_by(run.c.id).limit(AT_ONCE)
_ON_RECORD = sa.select(measured_hour.c.mdef_sha256, *[measured_hour.c[name] for name in _SUMS])
_FIRST = sa.select(
    visit_result.c.unit_id,
    visit_result.c.visit,
    visit_result.c.product,
    visit_result.c.purpose,
    visit_result.c.run_id,
).where(visit_result.c.unit_id.in_(sa.bindparam("wanted", expanding=True)))
_FORGET = sa.delete(visit_result).where(
    *[visit_result.c[name] == sa.bindparam(f"_{name}") for name in ("unit_id", "visit", "product", "purpose")]
)
