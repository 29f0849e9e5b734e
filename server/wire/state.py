"""What a station may rely on while the server is away; the document is fixtures/wire/v1/state.schema.json."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Literal

import msgspec


class SerialRuleRow(msgspec.Struct, frozen=True):
    """A serial number that ``pattern`` matches as a whole belongs to ``family``; the first match wins."""

    family: str
    product: str
    pattern: str


class OperatorRow(msgspec.Struct, frozen=True, omit_defaults=True):
    """Somebody who may sign on at a bench; ``badge`` and ``pin`` are argon2id hashes, all badges with one salt."""

    id: str
    name: str
    role: str
    badge: str | None = None
    pin: str | None = None
    language: str | None = None


class StationState(msgspec.Struct, frozen=True, kw_only=True):
    """The snapshot of version ``version``."""

    schema: Literal["fanji/state/1"] = "fanji/state/1"
    version: int
    expires_at: str
    serial_rules: tuple[SerialRuleRow, ...]
    operators: tuple[OperatorRow, ...] | msgspec.UnsetType = msgspec.UNSET


def moment_text(moment: datetime) -> str:
    """``moment`` as the wire writes it: UTC, microseconds, Z."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
