"""Role × action, read from permissions.toml; nothing else grants anything."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import msgspec

FILE = Path(__file__).with_name("permissions.toml")


class Role(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a role is called."""

    zh: str
    en: str


class Action(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What an action is called, and who may do it."""

    zh: str
    en: str
    roles: frozenset[str]


class _File(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    roles: dict[str, Role]
    actions: dict[str, Action]


@dataclass(frozen=True, slots=True)
class Permissions:
    """The whole table."""

    roles: dict[str, Role]
    actions: dict[str, Action]

    def allows(self, role: str, action: str) -> bool:
        """Whether ``role`` may do ``action``; KeyError for an action that the file does not know."""
        return role in self.actions[action].roles


@lru_cache(maxsize=1)
def permissions() -> Permissions:
    """The table of permissions.toml; ValueError where it names a role that it does not list."""
    file = msgspec.convert(tomllib.loads(FILE.read_text(encoding="utf-8")), _File)
    unknown = {role for action in file.actions.values() for role in action.roles} - set(file.roles)
    if unknown:
        raise ValueError(f"{FILE.name}: unknown roles {', '.join(sorted(unknown))}")
    return Permissions(file.roles, file.actions)
