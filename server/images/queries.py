"""Images with their state, what was decided about them, and which units carry them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from server.images.tables import image, image_approval, image_test, image_withdrawal

DRAFT, TESTED, APPROVED, WITHDRAWN = "draft", "tested", "approved", "withdrawn"
STATES = (DRAFT, TESTED, APPROVED, WITHDRAWN)


@dataclass(frozen=True, slots=True)
class Image:
    """A file and its state."""

    sha256: str
    content_sha256: str
    name: str
    version: str
    format: str
    size_bytes: int
    note: str
    uploaded_at: datetime
    uploaded_by: str
    state: str


@dataclass(frozen=True, slots=True)
class ImageTest:
    """On what it was tried."""

    id: str
    sha256: str
    evidence: str
    tested_at: datetime
    tested_by: str


@dataclass(frozen=True, slots=True)
class Approval:
    """What the image may be burned into; ``recipe`` is JSON or empty."""

    id: str
    sha256: str
    product: str
    board_revision: str
    target: str
    recipe: str
    approved_at: datetime
    approved_by: str


@dataclass(frozen=True, slots=True)
class Withdrawal:
    """Why it must not be burned any more."""

    sha256: str
    reason: str
    withdrawn_at: datetime
    withdrawn_by: str


@dataclass(frozen=True, slots=True)
class OpenApproval:
    """An approval in force, with the name of its image."""

    approval: Approval
    name: str
    version: str


@dataclass(frozen=True, slots=True)
class WithdrawnImage:
    """What stations are told of it."""

    sha256: str
    content_sha256: str
    name: str
    version: str
    reason: str
    withdrawn_by: str
    withdrawn_at: datetime


def images_version(connection: sa.Connection) -> int:
    """How often what stations know of images has changed."""
    return connection.scalar(sa.select(sa.func.count()).select_from(image_withdrawal)) or 0


def images(
    connection: sa.Connection, text: str = "", state: str = "", after: str | None = None, limit: int = 50
) -> list[Image]:
    """The newest first; ``text`` is in the name or version or begins the digest, ``after`` the last row's digest."""
    query = _IMAGES.order_by(image.c.uploaded_at.desc(), image.c.sha256).limit(limit)
    if text:
        beginning = image.c.sha256.startswith(text.lower(), autoescape=True)
        inside = [column.icontains(text, autoescape=True) for column in (image.c.name, image.c.version)]
        query = query.where(sa.or_(beginning, *inside))
    if state:
        query = query.where(_state() == state)
    if after is not None:
        last = sa.select(image.c.uploaded_at).where(image.c.sha256 == after).scalar_subquery()
        query = query.where(
            sa.or_(image.c.uploaded_at < last, sa.and_(image.c.uploaded_at == last, image.c.sha256 > after))
        )
    return [Image(*row) for row in connection.execute(query)]


def image_by_sha256(connection: sa.Connection, sha256: str) -> Image | None:
    """The image, if it is on record."""
    row = connection.execute(_IMAGES.where(image.c.sha256 == sha256)).first()
    return Image(*row) if row else None


def images_by_sha256(connection: sa.Connection, sha256s: Iterable[str]) -> dict[str, Image]:
    """Those of the images that are on record, by the file's digest or by that of what it puts into a chip."""
    wanted = list(sha256s)
    query = _IMAGES.where(sa.or_(image.c.sha256.in_(wanted), image.c.content_sha256.in_(wanted)))
    found = [Image(*row) for row in connection.execute(query)]
    by_content = {row.content_sha256: row for row in found if row.content_sha256}
    return by_content | {row.sha256: row for row in found}


def tests_of(connection: sa.Connection, sha256: str) -> list[ImageTest]:
    """On what it was tried, the oldest first."""
    query = sa.select(image_test).where(image_test.c.sha256 == sha256).order_by(image_test.c.id)
    return [ImageTest(*row) for row in connection.execute(query)]


def approvals_of(connection: sa.Connection, sha256: str) -> list[Approval]:
    """What it was approved for, withdrawn or not, the oldest first."""
    query = sa.select(image_approval).where(image_approval.c.sha256 == sha256).order_by(image_approval.c.id)
    return [Approval(*row) for row in connection.execute(query)]


def withdrawal_of(connection: sa.Connection, sha256: str) -> Withdrawal | None:
    """Why it must not be burned any more; None where it may."""
    row = connection.execute(sa.select(image_withdrawal).where(image_withdrawal.c.sha256 == sha256)).first()
    return Withdrawal(*row) if row else None


def open_approvals(connection: sa.Connection) -> list[OpenApproval]:
    """Every approval in force, by product, the newest first."""
    query = (
        sa.select(image_approval, image.c.name, image.c.version)
        .join(image, image.c.sha256 == image_approval.c.sha256)
        .where(~_is_withdrawn(image_approval.c.sha256))
        .order_by(image_approval.c.product, image_approval.c.id.desc())
    )
    return [OpenApproval(Approval(*row[:-2]), row.name, row.version) for row in connection.execute(query)]


def approved_names(connection: sa.Connection) -> tuple[list[str], list[str]]:
    """The products and the targets that anything was ever approved for, to choose from."""
    columns = (image_approval.c.product, image_approval.c.target)
    products, targets = (connection.scalars(sa.select(column).distinct().order_by(column)) for column in columns)
    return list(products), list(targets)


def approval_by_id(connection: sa.Connection, approval_id: str) -> Approval | None:
    """One approval, in force or not."""
    row = connection.execute(sa.select(image_approval).where(image_approval.c.id == approval_id)).first()
    return Approval(*row) if row else None


def withdrawn_images(connection: sa.Connection) -> list[WithdrawnImage]:
    """Every image that was withdrawn, the oldest first."""
    query = (
        sa.select(
            image.c.sha256,
            image.c.content_sha256,
            image.c.name,
            image.c.version,
            image_withdrawal.c.reason,
            image_withdrawal.c.withdrawn_by,
            image_withdrawal.c.withdrawn_at,
        )
        .join(image_withdrawal, image_withdrawal.c.sha256 == image.c.sha256)
        .order_by(image_withdrawal.c.withdrawn_at, image.c.sha256)
    )
    return [WithdrawnImage(*row) for row in connection.execute(query)]


def _is_withdrawn(sha256: sa.Column[str]) -> sa.ColumnElement[bool]:
    return sa.exists().where(image_withdrawal.c.sha256 == sha256)


def _state() -> sa.Case[str]:
    return sa.case(
        (_is_withdrawn(image.c.sha256), WITHDRAWN),
        (sa.exists().where(image_approval.c.sha256 == image.c.sha256), APPROVED),
        (sa.exists().where(image_test.c.sha256 == image.c.sha256), TESTED),
        else_=DRAFT,
    )


_IMAGES = sa.select(image, _state().label("state"))
