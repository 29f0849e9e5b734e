"""Parties: one of each name, personal data for few and every look at it on record, and an import that says why."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
import sqlalchemy as sa
from hypothesis import given
from hypothesis import strategies as st

from server.admin.author import Author
from server.admin.permissions import permissions
from server.admin.tables import audit
from server.db.engine import Database
from server.errors import BadInput, Contradiction, NotAllowed, NotFound
from server.parties.flows import (
    ContactEntry,
    PartyEntry,
    add_contact,
    add_party,
    change_party,
    remove_contact,
    view_contacts,
)
from server.parties.import_file import decoded, read_rows
from server.parties.queries import (
    Contact,
    PartyFilter,
    changes_of,
    contacts_of,
    parties,
    parties_named,
    party_by_id,
)

AT = datetime(2026, 11, 27, 8, 0, tzinfo=UTC)
CLERK = Author("logistics", AT)
SHOP = PartyEntry("dealer_4s", "杭州西湖 4S 店", "浙江")
LI = ContactEntry("李晓明", "138 0571 1234", "杭州市西湖区文三路 1 号")


@pytest.fixture
def connection(database: Database) -> Iterator[sa.Connection]:
    with database.writing() as made:
        yield made


def audited(connection: sa.Connection, action: str) -> list[tuple[str, str]]:
    query = sa.select(audit.c.actor, audit.c.detail).where(audit.c.action == action)
    return [(row.actor, row.detail) for row in connection.execute(query)]


def test_a_name_is_one_partys_however_it_is_written(connection: sa.Connection) -> None:
    party_id = add_party(connection, SHOP, CLERK)
    with pytest.raises(Contradiction, match="dealer_4s"):
        add_party(connection, PartyEntry("customer", " 杭州西湖　４s 店 "), CLERK)
    other = add_party(connection, PartyEntry("agent", "宁波代理"), CLERK)
    with pytest.raises(Contradiction):
        change_party(connection, other, PartyEntry("agent", "杭州西湖 4s 店"), 1, CLERK)
    found = parties_named(connection, ["杭州西湖 4S 店", "杭州西湖 ４S 店", "somebody", ""])
    assert {name: party.id for name, party in found.items()} == {
        "杭州西湖 4S 店": party_id,
        "杭州西湖 ４S 店": party_id,
    }


def test_a_change_keeps_what_was_before_and_is_never_made_over_anothers(connection: sa.Connection) -> None:
    party_id = add_party(connection, SHOP, CLERK)
    assert change_party(connection, party_id, PartyEntry("agent", SHOP.name, "江苏", "moved"), 1, CLERK) == 2
    with pytest.raises(Contradiction, match="meanwhile"):
        change_party(connection, party_id, SHOP, 1, CLERK)
    assert [(row.version, row.kind, row.region) for row in changes_of(connection, party_id)] == [
        (2, "agent", "江苏"),
        (1, "dealer_4s", "浙江"),
    ]
    closed = PartyEntry("agent", SHOP.name, is_closed=True)
    change_party(connection, party_id, closed, 2, CLERK)
    assert parties(connection) == []
    assert [row.id for row in parties(connection, PartyFilter(with_closed=True))] == [party_id]


def test_parties_are_found_by_part_of_their_name_or_region_page_by_page(connection: sa.Connection) -> None:
    for number in range(5):
        add_party(connection, PartyEntry("customer", f"Kunde {number}", "Zhejiang"), CLERK)
    add_party(connection, PartyEntry("agent", "100% Audio", "浙江"), CLERK)
    assert [row.name for row in parties(connection, PartyFilter("unde 3"))] == ["Kunde 3"]
    assert [row.name for row in parties(connection, PartyFilter("0%"))] == ["100% Audio"]
    assert len(parties(connection, PartyFilter("zhejiang"))) == 5
    first = parties(connection, PartyFilter(kind="customer"), limit=3)
    rest = parties(connection, PartyFilter(kind="customer"), (first[-1].name_key, first[-1].id), limit=3)
    assert [row.name for row in first + rest] == [f"Kunde {number}" for number in range(5)]


def test_every_look_at_a_contact_is_on_record_and_the_record_repeats_nothing_personal(
    connection: sa.Connection,
) -> None:
    party_id = add_party(connection, SHOP, CLERK)
    add_contact(connection, party_id, LI, CLERK)
    (seen,) = view_contacts(connection, party_id, CLERK)
    assert (seen.name, seen.phone, seen.address) == (LI.name, LI.phone, LI.address)
    assert audited(connection, "party.contact.view") == [("user:logistics", f"{SHOP.name}: 1")]
    remove_contact(connection, party_id, seen.id, CLERK)
    assert contacts_of(connection, party_id) == []
    told = str(connection.execute(sa.select(audit)).all())
    assert not [part for part in (LI.name, LI.phone, LI.address) if part in told]


@pytest.mark.parametrize("role", permissions().roles)
def test_only_the_roles_of_the_table_see_a_contact(connection: sa.Connection, role: str) -> None:
    party_id = add_party(connection, SHOP, CLERK)
    add_contact(connection, party_id, LI, CLERK)
    if permissions().allows(role, "parties.personal"):
        assert view_contacts(connection, party_id, Author(role, AT))
    else:
        with pytest.raises(NotAllowed):
            view_contacts(connection, party_id, Author(role, AT))
        assert audited(connection, "party.contact.view") == []


@given(st.text("李王abc", min_size=1, max_size=9), st.from_regex(r"[0-9]{0,12}", fullmatch=True), st.text(max_size=30))
def test_a_masked_contact_never_shows_the_whole(name: str, phone: str, address: str) -> None:
    masked = Contact("1", name, phone, address).masked()
    assert masked.name == name[:1] + "**"
    assert sum(mark != "*" for mark in masked.phone) <= 5 and (not phone or phone != masked.phone)
    assert masked.address == address[:6] + "***"


def test_a_contact_needs_a_way_to_be_reached_and_a_party_that_exists(connection: sa.Connection) -> None:
    party_id = add_party(connection, SHOP, CLERK)
    for wrong in (ContactEntry("李"), ContactEntry("李", "call me"), ContactEntry(" ", "138")):
        with pytest.raises(BadInput):
            add_contact(connection, party_id, wrong, CLERK)
    with pytest.raises(NotFound):
        add_contact(connection, "0190b2c4-0000-7000-8000-000000000000", LI, CLERK)
    with pytest.raises(NotFound):
        remove_contact(connection, party_id, "0190b2c4-0000-7000-8000-000000000000", CLERK)


FILE = """类型,名称,区域,联系人,电话
4S店,宁波 4S 店,浙江,王芳,13900001111
代理商,温州代理,浙江,,
火星人,火星公司,,,
客户,,浙江,,
客户,宁波 4s 店,,,
客户,杭州西湖 4S 店,,,
供应商,屏幕厂,,赵,打电话
"""


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030"])
def test_a_file_is_judged_row_by_row_before_anything_is_taken(connection: sa.Connection, encoding: str) -> None:
    add_party(connection, SHOP, CLERK)
    rows = read_rows(connection, decoded(FILE.encode(encoding)))
    assert [(row.line, row.problem) for row in rows] == [
        (2, ""),
        (3, ""),
        (4, "kind"),
        (5, "party_name"),
        (6, "twice"),
        (7, "on_record"),
        (8, "phone"),
    ]
    assert rows[0].contact == ContactEntry("王芳", "13900001111") and rows[1].contact is None
    assert len(parties(connection)) == 1


@pytest.mark.parametrize(
    "text", ["", "name\nA\n", "kind,name\n", 'kind,name\n"broken', "kind,name\n" + "customer,A\n" * 5001]
)
def test_a_file_that_is_none_is_refused_as_a_whole(connection: sa.Connection, text: str) -> None:
    with pytest.raises(BadInput):
        read_rows(connection, text)


def test_bytes_that_are_no_text_are_refused(connection: sa.Connection) -> None:
    for content in (b"\xff\xfe\x00\x80", b"x" * (1024 * 1024 + 1)):
        with pytest.raises(BadInput):
            decoded(content)
    with pytest.raises(NotFound):
        change_party(connection, "0190b2c4-0000-7000-8000-000000000000", SHOP, 1, CLERK)
    assert party_by_id(connection, "0190b2c4-0000-7000-8000-000000000000") is None
