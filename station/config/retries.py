"""How often a step may be played again, and after what: the unit's failures only where the plan's file says so."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from station.config.toml_file import TomlFile

OF_THE_STATION = ("link", "instrument")
"""A link that failed, an instrument that failed or gave no usable value."""
OF_THE_UNIT = ("dut", "limit")
"""A unit that did not answer, a value outside its limit."""
MOST = 9
"""Whoever needs more has a fault to repair."""


class RetriesRow(msgspec.Struct, frozen=True):
    """How often the step of this name is played again after each kind of failure; ``source`` says who allows it."""

    step: str
    counts: Mapping[str, int]
    source: str


class RetriesTable(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """``[retries.STEP]`` as people write it."""

    source: str
    link: int = 0
    instrument: int = 0
    dut: int = 0
    limit: int = 0


def retries_row(toml: TomlFile, step: str, table: RetriesTable) -> RetriesRow:
    """The checked row; raises ConfigError for a missing source and for counts outside 0 to 9."""
    path = ("retries", step)
    if not table.source.strip():
        raise toml.error((*path, "source"), "every figure needs a source")
    counts = {"link": table.link, "instrument": table.instrument, "dut": table.dut, "limit": table.limit}
    for kind, count in counts.items():
        if not 0 <= count <= MOST:
            raise toml.error((*path, kind), f"must be 0 to {MOST}")
    return RetriesRow(step, {kind: count for kind, count in counts.items() if count}, table.source)
