"""One role of a bench file: which part of which instrument plays it, and what lies between it and the unit."""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping

import msgspec

from station.config.samples import Samples, check_samples
from station.config.toml_file import TomlFile


class Shunt(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A resistor in the jig and the scanner channel, or the relay, that leads to what is across it.

    ``highest_a`` is what it may carry without end, by its maker's rating or by the fuse before it.
    """

    channel: int
    resistance_ohm: float
    highest_a: float


class RoleRow(msgspec.Struct, frozen=True):
    """One role: which part of which instrument plays it, and what is lost on the way from it to the unit.

    ``current_of`` is the output of a supply whose current it reads, and switches nothing; ``points`` of a supply are
    outputs likewise. ``relays`` is the instrument whose coils the numbers of ``points`` or ``shunt`` then are: they
    connect one point at a time to the role's instrument, which has one input. ``samples`` says how those of a stream
    are to be read, ``generator`` which instrument makes the sine for an analyser that cannot.
    """

    name: str
    instrument: str
    channel: int | None
    points: Mapping[str, int] | None
    shunt: Shunt | None
    scope: str
    path_loss_db: float | None = None
    relays: str | None = None
    samples: Samples | None = None
    generator: str | None = None
    current_of: int | None = None

    def instruments(self) -> tuple[str, ...]:
        """All that have to be open for it."""
        return tuple(name for name in (self.instrument, self.relays, self.generator) if name is not None)

    def made_safe_at(self) -> str:
        """The instrument that is switched off for this role: whoever makes the sine for one that cannot."""
        return self.generator or self.instrument

    def given_key(self) -> str:
        """Which part of the instrument it is: channel, points, shunt, current_of, or empty for the whole."""
        keys = {
            "channel": self.channel,
            "points": self.points,
            "shunt": self.shunt,
            "current_of": self.current_of,
        }
        return next((key for key, value in keys.items() if value is not None), "")

    def numbers(self) -> Mapping[tuple[str, ...], int]:
        """Every channel, or coil, that the role names, by where in its table it stands."""
        found: dict[tuple[str, ...], int] = {}
        if self.channel is not None:
            found[("channel",)] = self.channel
        if self.shunt is not None:
            found[("shunt", "channel")] = self.shunt.channel
        if self.current_of is not None:
            found[("current_of",)] = self.current_of
        return found | {("points", point): number for point, number in (self.points or {}).items()}


class RoleTable(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A role as people write it."""

    instrument: str
    channel: int | None = None
    points: dict[str, int] | None = None
    shunt: Shunt | None = None
    scope: str = "slot"
    path_loss_db: float | None = None
    relays: str | None = None
    samples: Samples | None = None
    generator: str | None = None
    current_of: int | None = None


def role_row(name: str, table: RoleTable) -> RoleRow:
    """The row of a table that is right in itself."""
    return RoleRow(
        name,
        table.instrument,
        table.channel,
        table.points,
        table.shunt,
        table.scope,
        table.path_loss_db,
        table.relays,
        table.samples,
        table.generator,
        table.current_of,
    )


def check_role(toml: TomlFile, name: str, table: RoleTable, instruments: Collection[str]) -> None:
    """Raise ConfigError for the first mistake that shows without knowing any driver."""
    path = ("roles", name)
    others = (("instrument", table.instrument), ("relays", table.relays), ("generator", table.generator))
    for key, instrument in others:
        if instrument is not None and instrument not in instruments:
            known = ", ".join(instruments) or "none"
            raise toml.error((*path, key), f"no instrument {instrument!r} in this file (there are: {known})")
    if table.scope != "slot":
        raise toml.error((*path, "scope"), f"{table.scope!r} is not known: the only scope is 'slot'")
    parts = {
        "channel": table.channel,
        "points": table.points,
        "shunt": table.shunt,
        "current_of": table.current_of,
    }
    given = [key for key, value in parts.items() if value is not None]
    if len(given) > 1:
        raise toml.error((*path, given[1]), f"a role has either {given[0]} or {given[1]}, not both")
    if table.points is not None and not table.points:
        raise toml.error((*path, "points"), "must name at least one point")
    _check_points(toml, name, table.points or {})
    if table.shunt is not None and not (math.isfinite(table.shunt.resistance_ohm) and table.shunt.resistance_ohm > 0):
        raise toml.error((*path, "shunt", "resistance_ohm"), "must be above 0 ohm")
    if table.shunt is not None and not (math.isfinite(table.shunt.highest_a) and table.shunt.highest_a > 0):
        raise toml.error((*path, "shunt", "highest_a"), "must be above 0 A")
    if table.relays is not None and given not in (["points"], ["shunt"]):
        raise toml.error((*path, "relays"), "relays connect points or a shunt: this role has neither")
    if table.samples is not None:
        check_samples(toml, name, table.samples, table.points)


def _check_points(toml: TomlFile, name: str, points: Mapping[str, int]) -> None:
    """Two points on one input would be one reading under two names."""
    first: dict[int, str] = {}
    for point, number in points.items():
        other = first.setdefault(number, point)
        if other != point:
            raise toml.error(("roles", name, "points", point), f"{number} is {other} already")
