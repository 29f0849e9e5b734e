"""What the server's last snapshot says for the gates before a run, part by part, in whatever condition the file is.

A part that is missing, one that cannot be read and one that says nothing of a unit are three different things.
"""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Generic, TypeVar

import msgspec

from station.model.errors import ServerError
from station.outbox.snapshot_file import parsed

Row = TypeVar("Row")
_STAMP = "%Y-%m-%d %H:%M UTC"


class Release(msgspec.Struct, frozen=True):
    """A plan that may judge units, by its digest."""

    sha256: str
    released_by: str
    released_at: datetime


class ProductPlans(msgspec.Struct, frozen=True):
    """The released plans of a product, of which a plan was ever released."""

    product: str
    released: tuple[Release, ...]


class Hold(msgspec.Struct, frozen=True):
    """A unit, by its id or its serial, or every unit of a product that must not be tested; the rest is empty."""

    unit_id: str
    serial: str
    product: str
    reason: str
    held_by: str
    held_at: datetime


class Missing(msgspec.Struct, frozen=True):
    """What has to be on record first: ``repair``, or ``burn`` of what ``detail`` names."""

    what: str
    detail: str


class Route(msgspec.Struct, frozen=True):
    """How far a unit has come; ``case_no`` is empty without an open return case."""

    unit_id: str
    serial: str
    case_no: str
    missing: tuple[Missing, ...]
    repaired_at: datetime | None


class GoldenUnit(msgspec.Struct, frozen=True):
    """The golden unit of a product at a station, by its canonical serial; it must have passed within ``every_h``."""

    station_id: str
    product: str
    serial: str
    every_h: float


class Part(msgspec.Struct, Generic[Row], frozen=True):
    """One list of the snapshot: ``rows`` is None where it is not there, ``problem`` says why it cannot be read."""

    rows: tuple[Row, ...] | None = None
    problem: str = ""


class GateState(msgspec.Struct, frozen=True):
    """``version`` and ``age_s`` are None where the snapshot does not say; ``is_expired`` where it may have changed.

    ``is_there`` is False where no snapshot was ever received.
    """

    is_there: bool
    version: int | None
    age_s: int | None
    is_expired: bool
    plans: Part[ProductPlans]
    holds: Part[Hold]
    routes: Part[Route]
    golden_units: Part[GoldenUnit] = Part()

    @property
    def is_damaged(self) -> bool:
        """Whether there is a part that no gate can read."""
        return any(part.problem for part in (self.plans, self.holds, self.routes, self.golden_units))


NOTHING = GateState(False, None, None, True, Part(), Part(), Part())


class _Said(msgspec.Struct, frozen=True):
    """What a snapshot says, whenever it is asked."""

    version: int | None
    issued_at: datetime | None
    expires_at: datetime | None
    plans: Part[ProductPlans]
    holds: Part[Hold]
    routes: Part[Route]
    golden_units: Part[GoldenUnit]


def read_gate_state(path: Path, at: datetime) -> GateState:
    """The snapshot in ``path`` as the gates see it at ``at``; raises nothing, whatever the file holds."""
    try:
        said = parsed(path, _said)
    except FileNotFoundError:
        return NOTHING
    except OSError as error:
        return _unreadable(f"{path} cannot be read: {error.strerror}")
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        return _unreadable(f"{path} is damaged: {error}")
    issued_at, expires_at = said.issued_at, said.expires_at
    return GateState(
        is_there=True,
        version=said.version,
        age_s=max(0, int((at - issued_at).total_seconds())) if issued_at and issued_at.tzinfo else None,
        is_expired=expires_at is None or expires_at.tzinfo is None or at >= expires_at,
        plans=said.plans,
        holds=said.holds,
        routes=said.routes,
        golden_units=said.golden_units,
    )


def check_gate_parts(body: bytes) -> None:
    """Raise ServerError where ``body``, a snapshot that can otherwise be used, has a part that no gate could read."""
    parts = msgspec.json.decode(body, type=dict[str, msgspec.Raw])
    kinds = (("plans", ProductPlans), ("holds", Hold), ("routes", Route), ("golden_units", GoldenUnit))
    for name, kind in kinds:
        if problem := _part(parts, name, kind).problem:
            raise ServerError(f"the server's snapshot cannot be read: {problem}")


def issued_at_of(path: Path) -> datetime | None:
    """When the server wrote the snapshot in ``path``, by the server's clock; None where it does not say."""
    try:
        parts = msgspec.json.decode(path.read_bytes(), type=dict[str, msgspec.Raw])
    except (OSError, msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None
    issued_at = _single(parts, "issued_at", datetime)
    return issued_at if issued_at is not None and issued_at.tzinfo is not None else None


def moment(at: datetime) -> str:
    """``at`` as a refusal says it."""
    try:
        return at.astimezone(UTC).strftime(_STAMP)
    except OverflowError:  # a year that no clock shows
        return at.isoformat()


def _said(body: bytes) -> _Said:
    parts = msgspec.json.decode(body, type=dict[str, msgspec.Raw])
    return _Said(
        _single(parts, "version", int),
        _single(parts, "issued_at", datetime),
        _single(parts, "expires_at", datetime),
        _part(parts, "plans", ProductPlans),
        _part(parts, "holds", Hold),
        _part(parts, "routes", Route),
        _part(parts, "golden_units", GoldenUnit),
    )


def _unreadable(problem: str) -> GateState:
    return GateState(True, None, None, True, *(Part(None, problem) for _ in range(4)))


def _part(parts: dict[str, msgspec.Raw], name: str, kind: type[Row]) -> Part[Row]:
    raw = parts.get(name)
    if raw is None:
        return Part()
    try:
        return Part(msgspec.json.decode(raw, type=tuple[kind, ...]))  # type: ignore[valid-type]  # built at run time
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        return Part(None, f"{name}: {error}")


def _single(parts: dict[str, msgspec.Raw], name: str, kind: type[Row]) -> Row | None:
    raw = parts.get(name)
    try:
        return msgspec.json.decode(raw, type=kind) if raw is not None else None
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None
