"""What a station may rely on while the server is away; the document is fixtures/wire/v1/state.schema.json."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Literal

import msgspec

from server.wire.parts import UnitRef


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


class ReleaseRow(msgspec.Struct, frozen=True):
    """A plan that may judge units, by its digest."""

    sha256: str
    released_by: str
    released_at: str


class PlansRow(msgspec.Struct, frozen=True):
    """The released plans of a product, of which a plan was ever released."""

    product: str
    released: tuple[ReleaseRow, ...]


class HoldRow(msgspec.Struct, frozen=True):
    """A unit by id and serial, or all of a product, that must not be tested."""

    unit_id: str
    serial: str
    product: str
    reason: str
    held_by: str
    held_at: str


class MissingRow(msgspec.Struct, frozen=True):
    """``repair``, or ``burn`` of what ``detail`` names."""

    what: str
    detail: str


class RouteRow(msgspec.Struct, frozen=True):
    """How far a unit has come on its way to an outgoing test."""

    unit_id: str
    serial: str
    case_no: str
    missing: tuple[MissingRow, ...]
    repaired_at: str | None


class WithdrawnImageRow(msgspec.Struct, frozen=True):
    """What must not be burned any more, by its file's digest and that of what it puts into a chip, where known."""

    sha256: str
    content_sha256: str
    name: str
    version: str
    reason: str
    withdrawn_by: str
    withdrawn_at: str


class OrderImageRow(msgspec.Struct, frozen=True):
    """The image of an order in short."""

    sha256: str
    name: str
    version: str


class BurnOrderRow(msgspec.Struct, frozen=True):
    """An open burn order in short, with its accounts."""

    no: str
    kind: Literal["stock", "unit"]
    unit: UnitRef | None
    image: OrderImageRow
    target: str
    product: str
    board_revision: str
    quantity: int
    taken: int
    good: int
    scrapped: int
    returned: int
    approved_at: str


class GoldenUnitRow(msgspec.Struct, frozen=True):
    """The golden unit of a product at a station, instead of what its bench file says."""

    station_id: str
    product: str
    serial: str
    every_h: float
    set_by: str
    set_at: str


class StationState(msgspec.Struct, frozen=True, kw_only=True):
    """The snapshot of version ``version``."""

    schema: Literal["fanji/state/1"] = "fanji/state/1"
    version: int
    expires_at: str
    serial_rules: tuple[SerialRuleRow, ...]
    operators: tuple[OperatorRow, ...] | msgspec.UnsetType = msgspec.UNSET
    issued_at: str
    plans: tuple[PlansRow, ...]
    holds: tuple[HoldRow, ...]
    routes: tuple[RouteRow, ...]
    withdrawn_images: tuple[WithdrawnImageRow, ...] | msgspec.UnsetType = msgspec.UNSET
    burn_orders: tuple[BurnOrderRow, ...] | msgspec.UnsetType = msgspec.UNSET
    golden_units: tuple[GoldenUnitRow, ...] | msgspec.UnsetType = msgspec.UNSET


def moment_text(moment: datetime) -> str:
    """``moment`` as the wire writes it: UTC, microseconds, Z."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
