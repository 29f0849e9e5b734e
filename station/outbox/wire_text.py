"""Values in the form the wire contract asks for: timestamps, and texts that fit their bounds."""

from __future__ import annotations

from datetime import UTC, datetime


def stamp(at: datetime) -> str:
    """``at`` in UTC with microseconds and a Z."""
    return at.astimezone(UTC).replace(tzinfo=None).isoformat(timespec="microseconds") + "Z"


def fitted(text: str, longest: int, instead_of_nothing: str = "") -> str:
    """``text`` as UTF-8 can carry it, cut to ``longest`` characters; ``instead_of_nothing`` where it is empty."""
    sound = text.encode("utf-8", "replace").decode("utf-8")
    return sound[:longest] or instead_of_nothing
