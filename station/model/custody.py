"""ICs change hands for a burn order, as it is sent; the fields are those of fixtures/wire/v1/custody.schema.json."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

import msgspec

CustodyEvent = Literal["taken", "scrapped", "returned"]
ScrapReason = Literal["burn_failed", "not_blank", "wrong_part", "damaged", "lost", "other"]


class CustodyRecord(msgspec.Struct, frozen=True, kw_only=True):
    """``quantity`` ICs of the order ``order``; ``reason`` where they were scrapped, ``burn`` the one that ruined it."""

    id: str
    order: str
    event: CustodyEvent
    quantity: int
    reason: ScrapReason | None
    note: str
    burn: str | None
    operator: str
    bench_sha256: str
    at: datetime
