"""The bench's own camera for photos that a run asks for: one of its roles, as the bench file names it."""

from __future__ import annotations

from collections.abc import Collection

import msgspec

from station.config.toml_file import TomlFile


class PhotoTable(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """``[photo]`` as people write it."""

    role: str


def photo_role(toml: TomlFile, table: PhotoTable | None, roles: Collection[str]) -> str:
    """The camera's role, empty where the bench has none; raises ConfigError for one that the file has not."""
    if table is None:
        return ""
    if table.role not in roles:
        raise toml.error(("photo", "role"), f"no role {table.role!r} in this file (there are: {', '.join(roles)})")
    return table.role
