"""Which tiles and lists a role's home has, read from homes.toml."""

from __future__ import annotations

import tomllib
from functools import lru_cache
from pathlib import Path

import msgspec

FILE = Path(__file__).with_name("homes.toml")


class Home(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Names of tiles (tiles.py) and of lists (lists.py), in the order in which they are shown."""

    tiles: tuple[str, ...]
    lists: tuple[str, ...]


class _File(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    homes: dict[str, Home]


@lru_cache(maxsize=1)
def homes() -> dict[str, Home]:
    """By role."""
    return msgspec.convert(tomllib.loads(FILE.read_text(encoding="utf-8")), _File).homes
