"""The one MetaData that every domain's tables belong to, and the column types they share."""

from __future__ import annotations

import re
from datetime import UTC, datetime

import sqlalchemy as sa
from sqlalchemy.engine import Dialect
from sqlalchemy.types import TypeDecorator

metadata = sa.MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
        "pk": "pk_%(table_name)s",
    }
)

UUID = re.compile("[0-9a-f]{8}-([0-9a-f]{4}-){3}[0-9a-f]{12}", re.IGNORECASE)


class Identifier(TypeDecorator[str]):
    """A UUID, written with hyphens in Python; 32 hexadecimal digits on SQLite, ``uuid`` on PostgreSQL.

    A text that is none equals no identifier on record, on both.
    """

    impl = sa.Uuid(as_uuid=False)
    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: Dialect) -> str | None:
        if value is None or dialect.name != "postgresql" or UUID.fullmatch(value):
            return value
        return None


Sha256 = sa.String(64)

Serial = sa.String(64).with_variant(sa.String(64, collation="C"), "postgresql")
"""Text that is compared by code point, so that a prefix is a range of the index."""


class UtcTime(TypeDecorator[datetime]):
    """An aware moment, kept in UTC; a moment without a zone is a defect and raises."""

    impl = sa.DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError(f"{value} has no time zone")
        return value.astimezone(UTC)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)
