"""Everything that stations may cache, as one snapshot of the wire."""

from __future__ import annotations

from datetime import datetime, timedelta

import msgspec
import sqlalchemy as sa

from server.admin.operators import operators
from server.admin.queries import operators_version
from server.gates.golden_queries import golden_units
from server.gates.queries import (
    BEFORE_REPAIR,
    BURN,
    REPAIR,
    Demand,
    UnitRoute,
    gates_version,
    governed_products,
    held_by_rules,
    holds,
    releases,
    routes,
)
from server.images.queries import images_version, withdrawn_images
from server.interception.queries import interception_version
from server.orders.document import open_order_rows
from server.orders.queries import orders_version
from server.units.queries import serial_rules, state_version
from server.wire.state import (
    GoldenUnitRow,
    HoldRow,
    MissingRow,
    PlansRow,
    ReleaseRow,
    RouteRow,
    SerialRuleRow,
    StationState,
    WithdrawnImageRow,
    moment_text,
)

STATE_VALID_DAYS = 7


def snapshot_version(connection: sa.Connection) -> int:
    """Grows with every change of what stations may cache."""
    parts = (state_version, operators_version, gates_version, images_version, orders_version, interception_version)
    return sum(version(connection) for version in parts)


def snapshot(connection: sa.Connection, version: int, at: datetime) -> StationState:
    """The snapshot of ``version``, which was asked for before: what changed since is sent once more, never missed."""
    return StationState(
        version=version,
        issued_at=moment_text(at),
        expires_at=moment_text(at + timedelta(days=STATE_VALID_DAYS)),
        serial_rules=tuple(SerialRuleRow(row.family, row.product, row.pattern) for row in serial_rules(connection)),
        operators=operators(connection) or msgspec.UNSET,
        plans=_plans(connection),
        holds=tuple(
            HoldRow(row.unit_id or "", row.serial, row.product, row.reason, row.held_by, moment_text(row.held_at))
            for row in (*holds(connection), *held_by_rules(connection, at))
        ),
        routes=tuple(_route(row) for row in routes(connection, at)),
        withdrawn_images=tuple(
            WithdrawnImageRow(
                row.sha256,
                row.content_sha256,
                row.name,
                row.version,
                row.reason,
                row.withdrawn_by,
                moment_text(row.withdrawn_at),
            )
            for row in withdrawn_images(connection)
        ),
        burn_orders=open_order_rows(connection),
        golden_units=tuple(
            GoldenUnitRow(row.station_id, row.product, row.serial, row.every_h, row.set_by, moment_text(row.set_at))
            for row in golden_units(connection)
        ),
    )


def _plans(connection: sa.Connection) -> tuple[PlansRow, ...]:
    released = releases(connection)
    return tuple(
        PlansRow(
            product,
            tuple(
                ReleaseRow(row.sha256, row.released_by, moment_text(row.released_at))
                for row in released
                if row.product == product
            ),
        )
        for product in governed_products(connection)
    )


def _route(row: UnitRoute) -> RouteRow:
    missing = [_missing(demand) for demand in row.demands]
    missing += [MissingRow(BURN, f"{order.no} {order.image_name} {order.image_version}"[:200]) for order in row.orders]
    if row.case_state in BEFORE_REPAIR and all(one.what != REPAIR for one in missing):
        missing.insert(0, MissingRow(REPAIR, ""))
    repaired_at = moment_text(row.repaired_at) if row.repaired_at is not None else None
    return RouteRow(row.unit_id, row.serial, row.case_no, tuple(missing), repaired_at)


def _missing(demand: Demand) -> MissingRow:
    return MissingRow(demand.what, demand.detail or demand.image_sha256[:12])
