"""One value as an instrument gave it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Reading:
    """A number in ``unit`` with where it came from; ``is_overload`` when the instrument said over-range (9.9E37)."""

    value: float
    unit: str
    instrument: str
    raw: str
    taken_at: datetime
    is_overload: bool = False


@dataclass(frozen=True, slots=True)
class TextReading:
    """A text as an instrument or the unit itself gave it."""

    value: str
    instrument: str
    taken_at: datetime


@dataclass(frozen=True, slots=True)
class Statement:
    """Something that was found to be so, or not."""

    is_so: bool
    instrument: str
    taken_at: datetime
