"""Values in the form the wire contract asks for: timestamps, and texts that fit their bounds."""

from __future__ import annotations

from datetime import UTC, datetime

import msgspec

_encoder = msgspec.json.Encoder()


def stamp(at: datetime) -> str:
    """``at`` in UTC with microseconds and a Z; a letter has some dozens, and ``isoformat`` takes ten times as long."""
    text = _encoder.encode(at.astimezone(UTC)).decode()[1:-1]
    return text if at.microsecond else f"{text[:-1]}.000000Z"


def fitted(text: str, longest: int, instead_of_nothing: str = "") -> str:
    """``text`` as UTF-8 can carry it, cut to ``longest`` characters; ``instead_of_nothing`` where it is empty."""
    sound = text.encode("utf-8", "replace").decode("utf-8")
    return sound[:longest] or instead_of_nothing
