"""The slots of a bench file: the roles that each has, its own and those common to all."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence

import msgspec

from station.config.bench_checks import check_names, check_text
from station.config.role_row import RoleRow, RoleTable, check_role, role_row
from station.config.toml_file import TomlFile

MOST_SLOTS = 8


class SlotTable(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A slot as people write it: the roles that it has besides the common ones."""

    roles: dict[str, RoleTable] = {}


class SlotRoles(msgspec.Struct, frozen=True):
    """All roles of one slot; ``own`` are those written under it."""

    name: str
    roles: Mapping[str, RoleRow]
    own: frozenset[str] = frozenset()

    def written_in(self, toml: TomlFile) -> TomlFile:
        """``toml`` as this slot reads it: a mistake in one of its own roles is where that is written."""
        moved = ((("roles", role), ("slots", self.name, "roles", role)) for role in sorted(self.own))
        return TomlFile(toml.file, toml.sha256, toml.text, toml.content, toml.base, tuple(moved))


def slots_of(
    toml: TomlFile,
    only: str,
    tables: Mapping[str, SlotTable],
    common: Mapping[str, RoleTable],
    instruments: Collection[str],
) -> tuple[SlotRoles, ...]:
    """The slots of ``tables``, or the ``only`` one of a bench without them; raises ConfigError for the first mistake.

    The common roles are right in themselves.
    """
    everybodys = {name: role_row(name, row) for name, row in common.items()}
    if not tables:
        _check_only(toml, only)
        return (SlotRoles(only, everybodys),)
    if only:
        raise toml.error(("bench", "slot"), "is for a bench of one slot: this one has [slots], leave the key out")
    if len(tables) > MOST_SLOTS:
        raise toml.error(("slots",), f"{len(tables)} slots: a bench has at most {MOST_SLOTS}")
    check_names(toml, {("slots",): tuple(tables)})
    return tuple(_slot(toml, name, table, everybodys, instruments) for name, table in tables.items())


def shared_of(slots: Sequence[SlotRoles]) -> frozenset[str]:
    """The instruments that roles of more than one slot use."""
    used = [{name for role in slot.roles.values() for name in role.instruments()} for slot in slots]
    users = Counter(name for names in used for name in names)
    return frozenset(name for name, count in users.items() if count > 1)


def _check_only(toml: TomlFile, only: str) -> None:
    if not toml.has(("bench", "slot")):
        raise toml.error(("bench", "slot"), "this key is missing, or [slots] with the roles of each slot")
    check_text(toml, ("bench", "slot"), only)


def _slot(
    toml: TomlFile, name: str, table: SlotTable, common: Mapping[str, RoleRow], instruments: Collection[str]
) -> SlotRoles:
    check_names(toml, {("slots", name, "roles"): tuple(table.roles)})
    slot = SlotRoles(
        name, {**common, **{role: role_row(role, row) for role, row in table.roles.items()}}, frozenset(table.roles)
    )
    here = slot.written_in(toml)
    for role, row in table.roles.items():
        if role in common:
            raise here.error(("roles", role), "is a role of every slot already")
        check_role(here, role, row, instruments)
    return slot
