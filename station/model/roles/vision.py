"""What looks at the unit's screen."""

from __future__ import annotations

from datetime import datetime
from typing import Protocol

import msgspec


class Picture(msgspec.Struct, frozen=True):
    """``rgb`` holds 3 bytes a pixel, line by line from the top left; values are linear in luminance."""

    width: int
    height: int
    rgb: bytes
    instrument: str
    taken_at: datetime


class Camera(Protocol):
    """A camera whose picture is the unit's screen."""

    def take(self) -> Picture:
        """A picture whose exposure began after this call."""
        ...
