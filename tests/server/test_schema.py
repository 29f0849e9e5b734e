"""The schema: migrations make what the tables say, facts cannot be changed, and a wrong schema is not served."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory

import server.app  # noqa: F401 (every domain's tables register by it)
from server.admin.author import Author
from server.attachments.flows import take_attachment
from server.attachments.photo_file import attachment_store
from server.config import read_settings
from server.db.engine import Database
from server.db.metadata import metadata
from server.db.schema import MIGRATIONS, head_revision, migrate, require_migrated
from server.db.serving_lock import serving_lock
from server.errors import AlreadyServing, NotMigrated, StorageError
from server.gates.flows import close_repair, hold_product, release_hold, release_plan, withdraw_plan
from server.gates.golden_flows import end_golden_unit, set_golden_unit
from server.numbers.flows import void_number
from server.orders.flows import correct_accounts, end_order
from server.products.content import Configuration
from server.products.flows import activate, add_product, write_configuration
from server.reports.flows import freeze
from server.service.flows import Call, log
from server.wire.ids import new_id
from tests.databases import database_url, remove_site
from tests.server.case_desk import leave_facts
from tests.server.conftest import RunningServer
from tests.server.letter_book import LetterBook
from tests.server.logistics_desk import send_and_take_out
from tests.server.order_desk import OrderDesk
from tests.server.people_desk import leave_delegation
from tests.server.quality_desk import leave_interception
from tests.server.repair_shop import leave_repairs
from tests.server.stock_room import StockRoom
from tests.server_process import environment_of

FACTS = (
    "audit",
    "delegation",
    "delegation_end",
    "unit_event",
    "discrepancy",
    "mdef",
    "defset",
    "run",
    "run_sheet",
    "run_failure",
    "run_only_just",
    "burn",
    "burn_sheet",
    "waybill",
    "waybill_unit",
    "arrival",
    "case_event",
    "letter",
    "attachment",
    "plan_release",
    "plan_withdrawal",
    "hold",
    "hold_release",
    "route_demand",
    "route_done",
    "golden_unit",
    "golden_unit_end",
    "monthly_report",
    "service_event",
    "interception_rule",
    "interception_end",
    "interception_hit",
    "interception_decision",
    "production_lot",
    "production_lot_void",
    "image",
    "image_test",
    "image_approval",
    "image_withdrawal",
    "number_pool",
    "number_lease",
    "leased_number",
    "number_event",
    "burn_order",
    "order_approval",
    "order_end",
    "custody_entry",
    "accessory_check",
    "accessory_check_item",
    "gate_override",
    "gate_override_decision",
    "board_event",
    "unit_alias",
    "product",
    "product_configuration",
    "product_activation",
    "party_change",
    "waybill_event",
    "waybill_detail",
    "waybill_photo",
    "parcel_unit",
    "parcel_removal",
    "courier_bill",
    "courier_bill_line",
    "bill_decision",
    "freight_close",
    "fault_code",
    "repair_entry",
    "repair_designator",
    "repair_part",
    "scrap_request",
    "scrap_decision",
    "stock_command",
    "stock_request",
    "stock_request_line",
    "stock_decision",
    "stock_request_end",
    "stock_movement",
)
CACHES = {"unit", "return_case", "stock_balance", "burn_stock", "party", "waybill_standing", "service_request"}
CACHES |= {"unsummed", "measured_hour", "visit_result"}
MASTERS = {
    "user_account",
    "user_session",
    "login_failure",
    "station_token",
    "serial_rule",
    "party_contact",
    "service_caller",
    "part",
    "stock_location",
}
LATER_COLUMNS = {
    "return_case": "kind version owner confirmed_reason grade due_on sold_on warranty_until replaced_by continues",
    "case_event": "move basis sha256",
}
"""Of tables that an earlier migration made."""

pytestmark = pytest.mark.both_databases


@pytest.fixture
def empty(tmp_path: Path) -> Iterator[Database]:
    database = Database(database_url(tmp_path))
    yield database
    database.close()
    remove_site(tmp_path)


def test_the_migrations_make_exactly_the_tables_of_the_code(empty: Database) -> None:
    migrate(empty)
    with empty.reading() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, metadata) == []


def test_every_table_is_a_fact_a_cache_or_a_master() -> None:
    assert set(metadata.tables) == set(FACTS) | CACHES | MASTERS


def test_migrating_again_changes_nothing(empty: Database) -> None:
    before, after = migrate(empty)
    assert before == ""
    assert migrate(empty) == (after, after)


def test_an_empty_database_is_not_served_and_the_command_is_named(empty: Database) -> None:
    with pytest.raises(NotMigrated, match="fanji-server migrate"):
        require_migrated(empty)


def test_a_database_of_another_version_is_not_served(database: Database) -> None:
    with database.writing() as connection:
        connection.execute(sa.text("UPDATE alembic_version SET version_num = '9999_later'"))
    with pytest.raises(NotMigrated, match="9999_later"):
        require_migrated(database)


def test_the_last_migrations_file_is_the_head_that_alembic_finds() -> None:
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    config.set_main_option("path_separator", "os")
    assert ScriptDirectory.from_config(config).get_current_head() == head_revision()


def test_a_second_server_in_the_same_folder_is_refused_by_the_first_ones_process(tmp_path: Path) -> None:
    settings = read_settings(environment_of(tmp_path))
    with serving_lock(settings), pytest.raises(AlreadyServing, match="stop it first"), serving_lock(settings):
        pass
    with serving_lock(settings):
        pass


def test_the_database_refuses_to_change_or_delete_a_fact(server: RunningServer, book: LetterBook) -> None:
    book.skip()
    for letter in (book.run(), book.run("run-fail"), book.run("run-retried"), book.burn()):
        assert server.put(letter).status_code == 201
    at = datetime.now(UTC)
    unit = {"serial": "FJR126110009", "reason": "no sound"}
    body = {"waybill": {"courier": "SF", "number": "1"}, "source": "4S", "units": [unit]}
    received = server.log_in("logistics").put(f"/v1/arrivals/{new_id(at)}", json=body)
    assert received.status_code == 201
    author = Author("engineer", at)
    with server.database.writing() as connection:
        release_plan(connection, "FJ-R1", "ab" * 32, author)
        withdraw_plan(connection, "FJ-R1", "ab" * 32, "a mistake", author)
        release_hold(connection, hold_product(connection, "FJ-N7", "recall", author), "over", author)
        close_repair(connection, "FJR126110009", author)
        set_golden_unit(connection, "bench-1", "FJ-R1", "FJR126119999", 24.0, author)
        end_golden_unit(connection, "bench-1", "FJ-R1", "broken", author)
        ship_as(connection, author)
        leave_facts(connection, received.json()["cases"][0]["id"])
        leave_interception(connection)
        leave_delegation(connection, at)
        log(connection, Call(new_id(at), "complaint", "no sound"), "main", Author("telephone", at))
        freeze(connection, "2020-01", server.site.settings, Author("supervisor", at))
    send_and_take_out(server.database, server.site.settings, at)
    photo = b"\xff\xd8\xff\xe0 a photo \xff\xd9"
    store = attachment_store(server.site.settings.data_dir)
    take_attachment(server.database, store, hashlib.sha256(photo).hexdigest(), photo, "bench-1", at)
    burn_by_an_order(server)
    leave_repairs(server)
    room = StockRoom(server.database, server.site.settings)
    requested = room.request(room.part(stock=1), 1)
    room.decide(requested)
    room.carry_out(requested)
    for table in FACTS:
        with server.database.reading() as connection:
            count = connection.scalar(sa.text(f"SELECT count(*) FROM {table}"))  # noqa: S608 (our own names)
            column = connection.execute(sa.text(f"SELECT * FROM {table}")).keys()  # noqa: S608
        assert count, f"{table} is empty, so this test says nothing of it"
        same = f"{next(iter(column))} = {next(iter(column))}"
        for change in (f"UPDATE {table} SET {same}", f"DELETE FROM {table}"):  # noqa: S608
            with pytest.raises(sa.exc.IntegrityError, match="holds facts"), server.database.writing() as connection:
                connection.execute(sa.text(change))


def ship_as(connection: sa.Connection, author: Author) -> None:
    """A product with a configuration in force."""
    add_product(connection, "FJ-X1", "FJ-X", author)
    write_configuration(connection, "FJ-X1", Configuration("A", "CN", ""), "", 0, author)
    activate(connection, "FJ-X1", 1, Author("supervisor", author.at))


def burn_by_an_order(server: RunningServer) -> None:
    """An image that was tested, approved, ordered, withdrawn; an IC that was taken, and a number that was made void."""
    desk = OrderDesk(server)
    desk.pool("serial")
    field = {"name": "serial", "kind": "ascii", "address": 0, "length": 20, "pool": "serial"}
    no = desk.order(desk.image(recipe=json.dumps({"serialisation": {"fields": [field], "checksums": []}})))
    assert desk.custody(no, "taken") == []
    (number,) = desk.lease(no, "serial").json()["numbers"]
    with server.database.writing() as connection:
        void_number(connection, number["text"], "a mistake", desk.author())
        correct_accounts(connection, no, "returned", "1", "a mistake", desk.author())
        end_order(connection, no, "cancelled", "a mistake", desk.author())
    desk.withdraw()


@pytest.mark.sqlite_only
def test_sqlite_waits_for_the_disk_and_checks_foreign_keys(database: Database) -> None:
    with database.reading() as connection:
        pragmas = {
            name: connection.exec_driver_sql(f"PRAGMA {name}").scalar() for name in ("journal_mode", "synchronous")
        }
        assert pragmas == {"journal_mode": "wal", "synchronous": 2}
        assert connection.exec_driver_sql("PRAGMA foreign_keys").scalar() == 1


def test_a_transaction_that_fails_leaves_nothing(database: Database) -> None:
    with pytest.raises((StorageError, sa.exc.ProgrammingError)), database.writing() as connection:
        connection.execute(sa.text("DELETE FROM serial_rule"))
        connection.execute(sa.text("SELECT * FROM no_such_table"))
    with database.reading() as connection:
        assert connection.scalar(sa.text("SELECT count(*) FROM serial_rule")) == 1


def test_a_moment_without_a_zone_is_not_kept(database: Database) -> None:
    table = metadata.tables["serial_rule"]
    row = {"version": 9, "family": "F", "product": "F", "pattern": "F", "added_at": datetime(2026, 1, 1)}  # noqa: DTZ001
    with pytest.raises(sa.exc.StatementError, match="no time zone"), database.writing() as connection:
        connection.execute(sa.insert(table), row)
