"""A TOML file that says only where it differs from another: rows of the base stand unless the file has its own."""

from __future__ import annotations

import hashlib
from pathlib import Path

from msgspec.structs import replace

from station.config.toml_file import TomlFile, read_toml

MAX_GENERATIONS = 4
"""Family, model, revision, and one more."""


def read_with_base(path: Path) -> TomlFile:
    """``path`` with the rows of the file that its ``plan.base`` names, and of that file's own base.

    A row (``[measurements.rail_5v]``) is taken whole from the youngest file that has it; ``[plan]`` is never
    inherited. ``sha256`` covers all files. Raises ConfigError for a base that cannot be read, or one too many.
    """
    return _read(path, MAX_GENERATIONS)


def _read(path: Path, generations: int) -> TomlFile:
    own = read_toml(path)
    plan = own.content.get("plan")
    name = plan.get("base") if isinstance(plan, dict) else None
    if name is None:
        return own
    if not isinstance(name, str) or not name:
        raise own.error(("plan", "base"), "must name the file this one is based on")
    if generations == 1:
        raise own.error(("plan", "base"), f"more than {MAX_GENERATIONS} files are based on each other")
    file = path.parent / name
    if not file.is_file():
        raise own.error(("plan", "base"), f"there is no file {file}")
    base = _read(file, generations - 1)
    sha256 = hashlib.sha256(bytes.fromhex(own.sha256) + bytes.fromhex(base.sha256)).hexdigest()
    return replace(own, sha256=sha256, content=_merged(own.content, base.content), base=base)


def _merged(own: dict[str, object], base: dict[str, object]) -> dict[str, object]:
    merged = dict(own)
    for table, rows in base.items():
        mine = own.get(table)
        if table == "plan":
            continue
        if mine is None:
            merged[table] = rows
        elif isinstance(mine, dict) and isinstance(rows, dict):
            merged[table] = {**rows, **mine}
    return merged
