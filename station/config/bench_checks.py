"""What must hold of a bench file besides the types of its values; each mistake names file, line and field."""

from __future__ import annotations

import math
import re
from collections.abc import Collection, Iterable, Mapping

from station.config.address import Address
from station.config.can_address import CanAddress, conflict
from station.config.toml_file import TomlFile
from station.config.toml_lines import KeyPath

MAX_TEXT = 100
"""The wire contract's bound of slots and sockets."""

_NAME = re.compile(r"[a-z][a-z0-9_]{0,39}")


def check_text(toml: TomlFile, path: KeyPath, text: str) -> None:
    """Raise ConfigError for a text that no record can hold."""
    if not text.strip():
        raise toml.error(path, "must not be empty")
    if len(text) > MAX_TEXT or not text.isprintable():
        raise toml.error(path, f"must be at most {MAX_TEXT} characters that can be printed")


def check_names(toml: TomlFile, tables: Mapping[KeyPath, Collection[str]]) -> None:
    """Raise ConfigError for the first name that is none; ``tables`` are the names by the table that has them."""
    for path, names in tables.items():
        for name in names:
            if not _NAME.fullmatch(name):
                raise toml.error((*path, name), "a name is a lower-case letter, then letters, digits or _, at most 40")


def check_addresses(toml: TomlFile, rows: Iterable[tuple[str, str, Address]]) -> None:
    """Raise ConfigError where two of ``rows``, each a table, a name and an address, would open the same port."""
    owner: dict[Address, str] = {}
    for table, name, address in rows:
        if address in owner:
            raise toml.error((table, name, "address"), f"{owner[address]} has the same address")
        if isinstance(address, CanAddress) and (other := conflict(address, owner.items())):
            raise toml.error((table, name, "address"), f"{other} opens the same channel with other settings")
        owner[address] = name


def check_safe_order(toml: TomlFile, order: tuple[str, ...], roles: Collection[str]) -> None:
    """Raise ConfigError for a name in ``order`` that is none of ``roles``, or is there twice."""
    for index, role in enumerate(order):
        if role not in roles:
            raise toml.error(("make_safe", "order", index), f"no role {role!r} in this file")
        if role in order[:index]:
            raise toml.error(("make_safe", "order", index), f"{role!r} stands here twice")


def check_sockets(toml: TomlFile, programmer: str, sockets: tuple[str, ...], level_v: float) -> None:
    """Raise ConfigError for a programmer without sockets, or whose pins have no level."""
    if not sockets:
        raise toml.error(("programmers", programmer, "sockets"), "must name at least one socket")
    for index, socket in enumerate(sockets):
        check_text(toml, ("programmers", programmer, "sockets", index), socket)
    if not (math.isfinite(level_v) and level_v > 0):
        raise toml.error(("programmers", programmer, "level_v"), "must be above 0 V")
