"""One event of a unit before it is kept, and the digest that chains it to the one before."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from datetime import datetime

import msgspec

from server.wire.state import moment_text

GENESIS = "0" * 64


@dataclass(frozen=True, slots=True)
class NewEvent:
    """What happened; ``payload`` is what the timeline shows of it."""

    id: str
    kind: str
    at: datetime
    actor: str
    payload: dict[str, object] = field(default_factory=dict)
    station_id: str | None = None
    case_id: str | None = None
    verdict: str | None = None


def event_sha256(previous: str, unit_id: str, seq: int, event: NewEvent, payload: str) -> str:
    """The digest over that of the event before, and this one as a JSON list; ``payload`` is its text as kept."""
    fields = [previous, unit_id, event.id, seq, event.kind, moment_text(event.at), event.actor, payload]
    return hashlib.sha256(msgspec.json.encode(fields)).hexdigest()
