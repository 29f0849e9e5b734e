"""One value as an instrument gave it."""

from __future__ import annotations

from datetime import datetime

import msgspec


class Reading(msgspec.Struct, frozen=True):
    """A number in ``unit`` with where it came from; ``is_overload`` when the instrument said over-range (9.9E37)."""

    value: float
    unit: str
    instrument: str
    raw: str
    taken_at: datetime
    is_overload: bool = False


class TextReading(msgspec.Struct, frozen=True):
    """A text as an instrument or the unit itself gave it."""

    value: str
    instrument: str
    taken_at: datetime


class Statement(msgspec.Struct, frozen=True):
    """Something that was found to be so, or not."""

    is_so: bool
    instrument: str
    taken_at: datetime
