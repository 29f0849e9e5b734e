"""Which serial numbers an order may have: as many as its ICs need, of the pools that its recipe names."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa

from server.errors import NotInForce
from server.images.queries import APPROVED as IMAGE_APPROVED
from server.images.queries import image_by_sha256
from server.images.recipe import read_recipe
from server.numbers.flows import reserve, reserved_before
from server.numbers.queries import count_in_use
from server.orders.flows import known_order
from server.orders.queries import APPROVED
from server.wire.lease import Lease, LeaseRequest


def lease_numbers(connection: sa.Connection, asked: LeaseRequest, station_id: str, at: datetime) -> tuple[Lease, bool]:
    """The lease, and whether this request had been answered before, which it is again whatever has come since.

    Fewer numbers than were asked where the order needs fewer or the pool has no more. Raises NotFound for the order or
    pool, NotInForce where the order is not open or needs no more of them, and Contradiction where the request's id
    stands for another.
    """
    known = reserved_before(connection, asked, station_id)
    if known is not None:
        return known, True
    order = known_order(connection, asked.order, (APPROVED,))
    image = image_by_sha256(connection, order.image_sha256)
    if image is None or image.state != IMAGE_APPROVED:
        raise NotInForce(f"the image of {order.no} is not approved", image.state if image else "draft")
    needed = order.quantity if asked.pool in read_recipe(order.recipe).pools else 0
    free = needed - count_in_use(connection, order.no, asked.pool)
    if free < 1:
        raise NotInForce(f"{order.no} needs no more numbers of {asked.pool}", "enough")
    return reserve(connection, asked, free, station_id, at), False
