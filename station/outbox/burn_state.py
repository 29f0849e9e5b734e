"""What the server's last snapshot says of images and burn orders, in whatever condition the file is."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import msgspec

from station.model.run_record import UnitRef


class Withdrawn(msgspec.Struct, frozen=True):
    """An image that must not be burned any more; ``content_sha256`` is empty where it is not known."""

    sha256: str
    content_sha256: str
    name: str
    version: str
    reason: str
    withdrawn_by: str
    withdrawn_at: datetime


class OpenImage(msgspec.Struct, frozen=True):
    """The image of an open order."""

    sha256: str
    name: str
    version: str


class OpenOrder(msgspec.Struct, frozen=True, kw_only=True):
    """An approved order that is neither closed nor cancelled, in short."""

    no: str
    kind: str
    unit: UnitRef | None
    image: OpenImage
    target: str
    product: str
    board_revision: str
    quantity: int
    taken: int
    good: int
    scrapped: int
    returned: int
    approved_at: datetime


class BurnState(msgspec.Struct, frozen=True):
    """None stands for a list that the snapshot does not have; ``problem`` says why what is there cannot be read."""

    issued_at: datetime | None = None
    withdrawn: tuple[Withdrawn, ...] | None = None
    orders: tuple[OpenOrder, ...] | None = None
    problem: str = ""


class _Parts(msgspec.Struct, frozen=True):
    issued_at: datetime | None = None
    withdrawn_images: tuple[Withdrawn, ...] | None = None
    burn_orders: tuple[OpenOrder, ...] | None = None


def read_burn_state(path: Path) -> BurnState:
    """The snapshot in ``path``; raises nothing, whatever the file holds."""
    try:
        parts = msgspec.json.decode(path.read_bytes(), type=_Parts)
    except FileNotFoundError:
        return BurnState()
    except OSError as error:
        return BurnState(problem=f"{path} cannot be read: {error.strerror}")
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        return BurnState(problem=f"{path} cannot be read: {error}")
    if parts.issued_at is not None and parts.issued_at.tzinfo is None:
        return BurnState(problem=f"{path}: issued_at has no zone")
    return BurnState(parts.issued_at, parts.withdrawn_images, parts.burn_orders)
