"""PostgreSQL: the same statements, the same one writer at a time, and bounds on how long anything may take."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import sqlalchemy as sa
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.pool import ConnectionPoolEntry

from server.errors import AlreadyServing, BadInput, SettingError, StorageError

logger = logging.getLogger(__name__)

DRIVER = "postgresql+psycopg"
WRITER, SERVING = 1, 2
"""The second halves of the keys of our advisory locks; the first is LOCKS."""
LOCKS = 0x46414E4A
"""``FANJ`` in ASCII: keys of advisory locks are shared by all programs that use a database."""

STATEMENT_S = 60.0
"""No statement of a page, a letter or a command takes longer; migrations and rebuilds lift it for themselves."""
CONNECT_S = 5
NO_CHARACTER = "\ufffd"

_BOUNDS = "SELECT set_config('lock_timeout', '{lock}ms', true), set_config('statement_timeout', '{statement}ms', true)"
_BECOME_WRITER = f"SELECT pg_advisory_xact_lock({LOCKS}, {WRITER})"


def postgresql_engine(url: sa.URL, pool_size: int, patience_s: float, prepares: bool) -> sa.Engine:
    """An engine whose reading transactions see one state, and whose writing ones follow each other.

    All that a transaction needs is set within it, so that a pooler may give each to another server process;
    such a pooler (pgbouncer in transaction mode) needs ``prepares`` to be false. Raises SettingError where the
    driver is not installed.
    """
    try:
        from psycopg.types.string import StrDumperUnknown
    except ImportError:
        problem = "PostgreSQL needs its driver: pip install 'fanji[postgresql]'"
        raise SettingError("FANJI_DATABASE_URL", problem) from None

    class ClearText(StrDumperUnknown):
        """PostgreSQL takes no U+0000 in a text, and a search for one is no fault of the server."""

        def dump(self, obj: str) -> bytes | bytearray | memoryview | None:
            return super().dump(obj.replace("\0", NO_CHARACTER))

    engine = sa.create_engine(
        url.set(drivername=DRIVER),
        pool_size=pool_size,
        max_overflow=0,
        pool_timeout=patience_s,
        connect_args={
            "prepare_threshold": 5 if prepares else None,
            "connect_timeout": CONNECT_S,
            "application_name": "fanji-server",
        },
    )
    bounds = _BOUNDS.format(lock=int(patience_s * 1000), statement=int(STATEMENT_S * 1000))

    def prepare(connection: DBAPIConnection, entry: ConnectionPoolEntry) -> None:
        connection.adapters.register_dumper(str, ClearText)

    def begin(connection: sa.Connection) -> None:
        connection.exec_driver_sql(bounds)
        if connection.get_execution_options().get("fanji_writes", False):
            connection.exec_driver_sql(_BECOME_WRITER)

    sa.event.listen(engine, "connect", prepare)
    sa.event.listen(engine, "begin", begin)
    return engine


@contextmanager
def present(engine: sa.Engine, is_shared: bool) -> Iterator[None]:
    """Be known to the database as a process that serves, or with ``is_shared`` false as one that must be alone.

    An open transaction holds it, which a pooler leaves with one connection, and which sees nothing and so holds back
    no vacuum. Raises AlreadyServing where others are there, StorageError where the database is away.
    """
    take = f"pg_try_advisory_xact_lock{'_shared' if is_shared else ''}"
    with storage_errors():
        connection = engine.connect()
    try:
        with storage_errors():
            connection.exec_driver_sql("SELECT set_config('idle_in_transaction_session_timeout', '0', true)")
            is_taken = connection.scalar(sa.text(f"SELECT {take}({LOCKS}, {SERVING})"))
        if not is_taken:
            raise AlreadyServing(lock_file=f"the database {engine.url.render_as_string()}", holder="")
        yield
    finally:
        connection.invalidate()
        connection.close()


@contextmanager
def storage_errors() -> Iterator[None]:
    """What the database or its disk is at fault for becomes a StorageError, what no column takes a BadInput.

    No column takes NUL or half a surrogate pair in a text, nor a number beyond 64 bits.
    """
    try:
        yield
    except (UnicodeEncodeError, OverflowError, sa.exc.DataError) as error:
        logger.warning("refused, because no column takes it: %s", error)
        raise BadInput("a text or number is none that can be kept", "request") from error
    except (sa.exc.OperationalError, sa.exc.TimeoutError) as error:
        raise StorageError(str(error.__cause__ or error)) from error
    except sa.exc.DBAPIError as error:
        if error.connection_invalidated:
            raise StorageError(str(error.__cause__ or error)) from error
        raise


def copy_rows(connection: sa.Connection, into: str, rows: Sequence[tuple[object, ...]]) -> None:
    """Insert rows by COPY; raises what SQLAlchemy raises."""
    import psycopg

    driver = connection.connection.driver_connection
    if not isinstance(driver, psycopg.Connection):
        raise TypeError(f"{type(driver)} is no connection of psycopg")
    statement = f"COPY {into} FROM STDIN"
    try:
        with driver.cursor() as cursor, cursor.copy(statement.encode()) as copying:
            for row in rows:
                copying.write_row(row)
    except psycopg.Error as error:
        raise sa.exc.DBAPIError.instance(statement, None, error, psycopg.Error, dialect=connection.dialect) from error


def without_bounds(connection: sa.Connection) -> None:
    """Let the rest of this transaction take as long as it does; changes nothing on SQLite."""
    if connection.dialect.name == "postgresql":
        connection.exec_driver_sql("SELECT set_config('statement_timeout', '0', true)")
