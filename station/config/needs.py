"""The tables [needs.ROLE] of a limits file: which conditions say what a plan needs of an instrument."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

import msgspec

from station.config.toml_file import TomlFile
from station.model.needs import UNITS


class Figure(Protocol):
    """A condition of the file."""

    @property
    def name(self) -> str: ...

    @property
    def value(self) -> float: ...

    @property
    def unit(self) -> str: ...


class NeedsRow(msgspec.Struct, frozen=True):
    """The condition behind each key of the table; whether the role's kind has such keys is known with the plan."""

    role: str
    conditions: Mapping[str, Figure]


def needs_row(toml: TomlFile, role: str, table: Mapping[str, str], conditions: Mapping[str, Figure]) -> NeedsRow:
    """The row of one table; raises ConfigError for a key, a condition or a unit that is none."""
    path = ("needs", role)
    if not table:
        raise toml.error(path, "must name at least one condition")
    for key, name in table.items():
        if key not in UNITS:
            raise toml.error((*path, key), f"unknown key (there are: {', '.join(UNITS)})")
        if name not in conditions or conditions[name].unit not in UNITS[key]:
            units = " or ".join(UNITS[key])
            raise toml.error((*path, key), f"{name!r} is no condition in {units} of this file")
    return NeedsRow(role, {key: conditions[name] for key, name in table.items()})
