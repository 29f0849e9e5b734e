"""Has every supply of a bench take a harmless setting, which it reads back; no output is switched."""

from __future__ import annotations

from typing import cast

import msgspec

from station.bench.checking import driver_of
from station.bench.identity import require_identities
from station.config.bench_file import BenchFile, RoleRow
from station.drivers.safe_output import SUPPLY
from station.model.clock import Clock
from station.model.errors import StationError
from station.model.roles import Supply

HARMLESS_V, HARMLESS_A = 0.5, 0.1
"""Below what counts as off (station.drivers.safe_output.SAFE_V), and in the range of every supply with a driver."""
OPEN_S = 1.0
ANSWER_S = 1.0


class SetPointReport(msgspec.Struct, frozen=True):
    """What came of one supply role; ``problem`` is empty where it took the setting."""

    role: str
    problem: str


def try_set_points(bench: BenchFile, clock: Clock) -> tuple[SetPointReport, ...]:
    """Set 0.5 V and 0.1 A at each supply role of ``bench``, one slot's; raises ConfigError only.

    The outputs must be proved off before, and nobody else may use the bench meanwhile.
    """
    return tuple(_try(bench, role, clock) for role in bench.roles.values() if _kind(bench, role) == SUPPLY)


def _kind(bench: BenchFile, role: RoleRow) -> str:
    return driver_of(bench, bench.instruments[role.instrument]).kinds.get(role.given_key(), "")


def _try(bench: BenchFile, role: RoleRow, clock: Clock) -> SetPointReport:
    row = bench.instruments[role.instrument]
    connection = driver_of(bench, row).connect(row, clock, ANSWER_S)
    opened = connection.instrument
    try:
        connection.link.open(OPEN_S)
        found = opened.instrument.begin()
        if found is not None:
            require_identities(bench, {row.name: found})
        opened.instrument.prepare()
        output = cast(Supply, opened.play(role))  # as the catalogue says of this kind
        output.set(HARMLESS_V, HARMLESS_A)
    except StationError as error:
        return SetPointReport(role.name, str(error))
    finally:
        connection.link.close()
    return SetPointReport(role.name, "")
