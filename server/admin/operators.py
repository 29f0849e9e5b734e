"""What people sign on with at a bench: given, taken away, and told to the stations as hashes alone."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

import sqlalchemy as sa

from server.admin.flows import COMMAND_LINE, note
from server.admin.passwords import badge_salt, hash_badge, hash_pin
from server.admin.permissions import permissions
from server.admin.queries import operators_version
from server.admin.tables import user_account
from server.errors import BadInput, Contradiction, NotFound
from server.wire.state import OperatorRow

SIGN_ON = "bench.sign_on"


class Language(StrEnum):
    """In which language the bench speaks to a person."""

    ZH_CN = "zh-CN"
    EN = "en"


def set_pin(connection: sa.Connection, name: str, pin: str, at: datetime) -> None:
    """Let ``name`` sign on at a bench with ``pin``; an empty one takes it away. Raises BadInput, NotFound."""
    _change(connection, name, "user.pin", {"pin_hash": hash_pin(pin) if pin else None}, at)


def set_badge(connection: sa.Connection, name: str, code: str, at: datetime) -> None:
    """Let ``name`` sign on at a bench with a badge; an empty code takes it away.

    Raises BadInput, NotFound, and Contradiction for the badge of somebody else.
    """
    made = None
    if code:
        known = connection.scalar(
            sa.select(user_account.c.badge_hash).where(user_account.c.badge_hash.is_not(None)).limit(1)
        )
        made = hash_badge(code, badge_salt(known))
        holder = sa.select(user_account.c.name).where(user_account.c.badge_hash == made, user_account.c.name != name)
        if connection.scalar(holder.where(user_account.c.disabled_at.is_(None))):
            raise Contradiction("somebody else has this badge")
    _change(connection, name, "user.badge", {"badge_hash": made}, at)


def set_language(connection: sa.Connection, name: str, language: Language, at: datetime) -> None:
    """Have the bench speak to ``name`` in ``language``; raises NotFound."""
    _change(connection, name, "user.language", {"language": language.value}, at)


def operators(connection: sa.Connection) -> tuple[OperatorRow, ...]:
    """Everybody who may sign on at a bench and has something to do it with, by name."""
    table = user_account.c
    rows = connection.execute(
        sa.select(table.id, table.name, table.role, table.badge_hash, table.pin_hash, table.language)
        .where(
            table.disabled_at.is_(None),
            table.role.in_(permissions().actions[SIGN_ON].roles),
            sa.or_(table.badge_hash.is_not(None), table.pin_hash.is_not(None)),
        )
        .order_by(table.name)
    )
    return tuple(OperatorRow(*row) for row in rows)


def _change(connection: sa.Connection, name: str, action: str, values: dict[str, str | None], at: datetime) -> None:
    role = connection.scalar(sa.select(user_account.c.role).where(user_account.c.name == name))
    if role is None:
        raise NotFound(f"no account {name}")
    if not permissions().allows(role, SIGN_ON):
        raise BadInput(f"{name} ({role}) may not do this: {SIGN_ON}", "name")
    row = sa.update(user_account).where(user_account.c.name == name)
    connection.execute(row.values(**values, operator_version=operators_version(connection) + 1))
    note(connection, at, COMMAND_LINE, action, name)
