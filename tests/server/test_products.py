"""Products: configurations come in versions, a second person puts one in force, and a run is held against its list."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime

import pytest
import sqlalchemy as sa

from server.admin.author import Author
from server.db.engine import Database
from server.errors import BadInput, Contradiction, NotAllowed, NotFound
from server.products.content import AccessoryItem, Configuration, Firmware
from server.products.flows import activate, add_product, write_configuration
from server.products.queries import (
    active_configuration,
    missing_accessories,
    product_by_name,
    products,
    released_firmware,
    versions_of,
)
from server.wire.run import Accessory

AT = datetime(2026, 11, 27, 8, 0, tzinfo=UTC)
ENGINEER, SUPERVISOR = Author("engineer", AT), Author("supervisor", AT)
REMOTE = AccessoryItem("remote", "遥控器", "Remote control")
MANUAL = AccessoryItem("manual", "说明书", "Manual", is_required=False)
CARTON = AccessoryItem("packing", "包装", "Packing", is_packing=True)
LISTED = Configuration("B", "CN", "", (Firmware("main", "2.1.0", "9C3A"),), (REMOTE, MANUAL, CARTON))


@dataclass(frozen=True)
class Checked:
    """What a run says lay beside the unit."""

    accessories: tuple[Accessory, ...]


@pytest.fixture
def connection(database: Database) -> Iterator[sa.Connection]:
    with database.writing() as made:
        yield made


def put_in_force(connection: sa.Connection, configuration: Configuration = LISTED, base: int = 0) -> int:
    if base == 0:
        add_product(connection, "FJ-X1", "FJ-X", ENGINEER)
    version = write_configuration(connection, "FJ-X1", configuration, "", base, ENGINEER)
    activate(connection, "FJ-X1", version, SUPERVISOR)
    return version


def missing(connection: sa.Connection, **present: bool) -> list[str]:
    checked = Checked(tuple(Accessory(name, is_present) for name, is_present in present.items()))
    return [item.code for item in missing_accessories(connection, "FJ-X1", checked)]


def test_what_a_run_does_not_say_is_there_is_missing(connection: sa.Connection) -> None:
    put_in_force(connection)
    assert missing(connection) == ["remote", "packing"]
    assert missing(connection, remote=True) == ["packing"]
    assert missing(connection, remote=True, packing=False, manual=False) == ["packing"]
    assert missing(connection, remote=True, packing=True, something_else=True) == []


def test_an_item_that_a_run_names_twice_is_missing_where_one_of_them_says_so(connection: sa.Connection) -> None:
    put_in_force(connection)
    twice = Checked((Accessory("packing", True), Accessory("remote", False), Accessory("remote", True)))
    assert missing_accessories(connection, "FJ-X1", twice) == (REMOTE,)


def test_a_draft_counts_for_nothing_until_another_person_puts_it_in_force(connection: sa.Connection) -> None:
    add_product(connection, "FJ-X1", "FJ-X", ENGINEER)
    assert write_configuration(connection, "FJ-X1", LISTED, "first", 0, ENGINEER) == 1
    assert active_configuration(connection, "FJ-X1") is None
    assert missing(connection) == [] and released_firmware(connection, "FJ-X1") == ()
    with pytest.raises(NotAllowed, match="another person"):
        activate(connection, "FJ-X1", 1, ENGINEER)
    activate(connection, "FJ-X1", 1, SUPERVISOR)
    assert released_firmware(connection, "FJ-X1") == LISTED.firmware
    with pytest.raises(Contradiction, match="in force already"):
        activate(connection, "FJ-X1", 1, SUPERVISOR)


def test_one_version_is_in_force_and_an_older_one_may_be_again(connection: sa.Connection) -> None:
    put_in_force(connection)
    assert put_in_force(connection, Configuration("C", "CN", ""), base=1) == 2
    assert [row.active_version for row in products(connection) if row.name == "FJ-X1"] == [2]
    assert missing(connection) == []
    activate(connection, "FJ-X1", 1, SUPERVISOR)
    found = product_by_name(connection, "FJ-X1")
    assert found is not None and found.active_version == 1
    assert [row.version for row in versions_of(connection, "FJ-X1")] == [2, 1]


def test_two_writers_of_one_product_do_not_overwrite_each_other(connection: sa.Connection) -> None:
    put_in_force(connection)
    write_configuration(connection, "FJ-X1", Configuration("C", "CN", ""), "", 1, ENGINEER)
    with pytest.raises(Contradiction, match="version 2 was written meanwhile"):
        write_configuration(connection, "FJ-X1", Configuration("D", "CN", ""), "", 1, SUPERVISOR)
    with pytest.raises(Contradiction, match="says the same"):
        write_configuration(connection, "FJ-X1", Configuration(" C ", "CN", ""), "", 2, SUPERVISOR)


@pytest.mark.parametrize(
    ("configuration", "field"),
    [
        (Configuration(" ", "", ""), "hardware_revision"),
        (Configuration("A", "", "", (Firmware("", "1"),)), "memory"),
        (Configuration("A", "", "", (Firmware("main", "1", "", "00"),)), "image_sha256"),
        (Configuration("A", "", "", (Firmware("main", "1"), Firmware("main", "2"))), "firmware_twice"),
        (Configuration("A", "", "", (), (AccessoryItem("Remote", "遥", "r"),)), "accessory_code"),
        (Configuration("A", "", "", (), (AccessoryItem("remote", " ", "r"),)), "accessory_zh"),
        (Configuration("A", "", "", (), (AccessoryItem("remote", "遥", "r", 0),)), "quantity"),
        (Configuration("A", "", "", (), (REMOTE, REMOTE)), "accessory_twice"),
        (Configuration("A", "", "", (), (REMOTE,) * 61), "configuration"),
    ],
)
def test_a_configuration_that_cannot_be_names_its_field(
    connection: sa.Connection, configuration: Configuration, field: str
) -> None:
    add_product(connection, "FJ-X1", "FJ-X", ENGINEER)
    with pytest.raises(BadInput) as refused:
        write_configuration(connection, "FJ-X1", configuration, "", 0, ENGINEER)
    assert refused.value.field == field


def test_a_product_is_added_once_under_a_name_that_an_address_can_hold(connection: sa.Connection) -> None:
    add_product(connection, "FJ-X1", "FJ-X", ENGINEER)
    with pytest.raises(Contradiction):
        add_product(connection, " FJ-X1 ", "FJ-X", ENGINEER)
    for name in ("", "FJ/X1", "x" * 65):
        with pytest.raises(BadInput):
            add_product(connection, name, "FJ-X", ENGINEER)
    with pytest.raises(NotFound):
        write_configuration(connection, "FJ-X9", LISTED, "", 0, ENGINEER)
    with pytest.raises(NotAllowed):
        add_product(connection, "FJ-X2", "FJ-X", Author("logistics", AT))
