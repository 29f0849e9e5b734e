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
    is_personal: bool = False
    """Whether nobody may hand it on: it would outlive the delegation."""


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

    def texts(self, tag: str) -> dict[str, str]:
        """What each action is called, in the language with this BCP 47 tag."""
        return {name: row.en if tag == "en" else row.zh for name, row in self.actions.items()}

    def handed_on(self, role: str) -> frozenset[str]:
        """What somebody in ``role`` may do and may give to another for some days."""
        return frozenset(name for name, row in self.actions.items() if role in row.roles and not row.is_personal)


@lru_cache(maxsize=1)
def permissions() -> Permissions:
    """The table of permissions.toml; ValueError where it names a role that it does not list."""
    file = msgspec.convert(tomllib.loads(FILE.read_text(encoding="utf-8")), _File)
    unknown = {role for action in file.actions.values() for role in action.roles} - set(file.roles)
    if unknown:
        raise ValueError(f"{FILE.name}: unknown roles {', '.join(sorted(unknown))}")
    return Permissions(file.roles, file.actions)
