"""A burn order as stations read it: in full, and in short for the snapshot."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Literal, cast

import sqlalchemy as sa

from server.errors import NotFound, NotInForce
from server.images.queries import image_by_sha256
from server.images.recipe import read_recipe
from server.orders.queries import Order, open_orders, order_by_no
from server.wire.order import OrderDocument, OrderImage
from server.wire.parts import UnitRef
from server.wire.state import BurnOrderRow, OrderImageRow, moment_text

OFFLINE_HOURS = 24
"""How long a station may burn by what it has read: a working day and the night after it."""

Kind = Literal["stock", "unit"]


def order_document(connection: sa.Connection, no: str, at: datetime) -> OrderDocument:
    """The order in full; raises NotFound, and NotInForce for one that was never approved."""
    order = order_by_no(connection, no)
    image = image_by_sha256(connection, order.image_sha256) if order else None
    if order is None or image is None:
        raise NotFound(f"no burn order {no[:20]}")
    if order.approved_at is None:
        raise NotInForce(f"the burn order {no} is not approved", order.state)
    recipe, accounts = read_recipe(order.recipe), order.accounts
    return OrderDocument(
        no=order.no,
        state=cast(Literal["approved", "closed", "cancelled"], order.state),
        kind=cast(Kind, order.kind),
        unit=_unit(order),
        image=OrderImage(
            image.sha256,
            image.content_sha256,
            image.name,
            image.version,
            cast(Literal["bin", "intel_hex", "srec", "elf", "dfuse"], image.format),
            image.size_bytes,
            cast(Literal["draft", "tested", "approved", "withdrawn"], image.state),
        ),
        target=order.target,
        product=order.product,
        board_revision=order.board_revision,
        quantity=order.quantity,
        taken=accounts.taken,
        good=accounts.good,
        scrapped=accounts.scrapped,
        returned=accounts.returned,
        requested_by=order.requested_by,
        approved_by=order.approved_by,
        approved_at=moment_text(order.approved_at),
        issued_at=moment_text(at),
        expires_at=moment_text(at + timedelta(hours=OFFLINE_HOURS)),
        note=order.note,
        base_address=recipe.base_address,
        keeps_holes=recipe.keeps_holes,
        serialisation=recipe.serialisation,
        preserve=recipe.preserve,
        options=recipe.options,
    )


def open_order_rows(connection: sa.Connection) -> tuple[BurnOrderRow, ...]:
    """The open orders in short, the oldest first."""
    return tuple(_row(order, order.approved_at) for order in open_orders(connection) if order.approved_at)


def _row(order: Order, approved_at: datetime) -> BurnOrderRow:
    return BurnOrderRow(
        no=order.no,
        kind=cast(Kind, order.kind),
        unit=_unit(order),
        image=OrderImageRow(order.image_sha256, order.image_name, order.image_version),
        target=order.target,
        product=order.product,
        board_revision=order.board_revision,
        quantity=order.quantity,
        taken=order.accounts.taken,
        good=order.accounts.good,
        scrapped=order.accounts.scrapped,
        returned=order.accounts.returned,
        approved_at=moment_text(approved_at),
    )


def _unit(order: Order) -> UnitRef | None:
    return UnitRef(order.family, order.serial, order.unit_id) if order.unit_id else None
