"""Products with the configuration in force and those before it, and what a run says is missing of a unit."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

import sqlalchemy as sa

from server.products.content import AccessoryItem, Configuration, Firmware, read
from server.products.tables import product, product_activation, product_configuration
from server.wire.run import Accessory


class CheckedUnit(Protocol):
    """A run, or anything else that says what lay beside the unit."""

    @property
    def accessories(self) -> Sequence[Accessory]: ...


@dataclass(frozen=True, slots=True)
class Product:
    """A product; ``active_version`` is None until a configuration is in force."""

    name: str
    family: str
    added_at: datetime
    added_by: str
    active_version: int | None


@dataclass(frozen=True, slots=True)
class ConfigurationVersion:
    """One version of a product's shipping configuration."""

    product: str
    version: int
    sha256: str
    configuration: Configuration
    note: str
    written_at: datetime
    written_by: str


@dataclass(frozen=True, slots=True)
class Activation:
    """``version`` came into force."""

    seq: int
    version: int
    activated_at: datetime
    activated_by: str


def products(connection: sa.Connection) -> list[Product]:
    """Every product by name; a shop has tens of them."""
    return [Product(**row) for row in connection.execute(_PRODUCTS.order_by(product.c.name)).mappings()]


def product_by_name(connection: sa.Connection, name: str) -> Product | None:
    """The product, if it is on record."""
    row = connection.execute(_PRODUCTS.where(product.c.name == name)).mappings().first()
    return Product(**row) if row else None


def versions_of(connection: sa.Connection, name: str) -> list[ConfigurationVersion]:
    """Every version of the product's configuration, the newest first."""
    query = _VERSIONS.where(product_configuration.c.product == name)
    rows = connection.execute(query.order_by(product_configuration.c.version.desc()))
    return [_version(row) for row in rows.mappings()]


def activations_of(connection: sa.Connection, name: str) -> list[Activation]:
    """When which version came into force, the newest first."""
    columns = product_activation.c
    query = sa.select(columns.seq, columns.version, columns.activated_at, columns.activated_by)
    rows = connection.execute(query.where(columns.product == name).order_by(columns.seq.desc()))
    return [Activation(*row) for row in rows]


def active_configuration(connection: sa.Connection, name: str) -> ConfigurationVersion | None:
    """The product's configuration in force; None while there is none."""
    query = _VERSIONS.where(product_configuration.c.product == name, product_configuration.c.version == _ACTIVE)
    row = connection.execute(query, {"name": name}).mappings().first()
    return _version(row) if row else None


def missing_accessories(connection: sa.Connection, product: str, run: CheckedUnit) -> tuple[AccessoryItem, ...]:
    """The required items of the product's accessory list that the run does not say were there.

    An item that the run does not name is missing. Empty where no configuration of the product is in force: ask
    active_configuration whether there is a list at all.
    """
    active = active_configuration(connection, product)
    if active is None:
        return ()
    present = {item.name for item in run.accessories if item.is_present}
    present -= {item.name for item in run.accessories if not item.is_present}
    return tuple(item for item in active.configuration.accessories if item.is_required and item.code not in present)


def released_firmware(connection: sa.Connection, product: str) -> tuple[Firmware, ...]:
    """The firmware of each memory that a unit of the product is shipped with; empty while nothing is in force."""
    active = active_configuration(connection, product)
    return active.configuration.firmware if active else ()


def _version(row: sa.RowMapping) -> ConfigurationVersion:
    return ConfigurationVersion(
        row["product"],
        row["version"],
        row["sha256"],
        read(row["content"]),
        row["note"],
        row["written_at"],
        row["written_by"],
    )


_LATER = product_activation.alias("later")
_LAST = (
    sa.select(product_activation.c.version)
    .where(
        product_activation.c.product == product.c.name,
        ~sa.exists().where(_LATER.c.product == product_activation.c.product, _LATER.c.seq > product_activation.c.seq),
    )
    .correlate(product)
    .scalar_subquery()
)
_PRODUCTS = sa.select(product, _LAST.label("active_version"))
_ACTIVE = (
    sa.select(product_activation.c.version)
    .where(product_activation.c.product == sa.bindparam("name"))
    .order_by(product_activation.c.seq.desc())
    .limit(1)
    .scalar_subquery()
)
_VERSIONS = sa.select(product_configuration)
