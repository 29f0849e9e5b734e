"""Who ticks a run's checklists."""

from __future__ import annotations

from enum import StrEnum


class Tick(StrEnum):
    """The operator, or nobody: then everything counts as there, or nothing."""

    ASK = "ask"
    ALL = "all"
    NONE = "none"
