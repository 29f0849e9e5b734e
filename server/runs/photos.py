"""The photos that a run's measurements refer to."""

from __future__ import annotations

import re
from dataclasses import dataclass

from server.runs.queries import Run

LIMIT = "[0-9a-f]{64}/[0-9]+"
"""The one pattern that a photo is held against: sha256 and size in bytes, a slash between."""


@dataclass(frozen=True, slots=True)
class RunPhoto:
    """``name`` is the measurement's."""

    name: str
    sha256: str
    size_bytes: int


def photos_of(run: Run) -> list[RunPhoto]:
    """In the order of the run's measurements."""
    found = []
    for row in run.measurements:
        is_photo = row.definition.comparator == "matches" and row.definition.expected == (LIMIT,)
        if is_photo and isinstance(row.value, str) and re.fullmatch(LIMIT, row.value, re.ASCII):
            sha256, _, size = row.value.partition("/")
            found.append(RunPhoto(row.definition.name, sha256, int(size)))
    return found
