"""Waybills: entered once, forward on their way, a unit in one parcel at a time, and no picture that is none."""

from __future__ import annotations

import io
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
import sqlalchemy as sa

from server.admin.author import Author
from server.db.engine import Database
from server.errors import BadInput, Contradiction, NotAllowed, NotFound, TooLarge
from server.logistics.details import change_details
from server.logistics.flows import (
    change_status,
    enter_waybill,
    hand_over,
    keep_inbound,
    name_waybill,
    pack_unit,
    unpack_unit,
)
from server.logistics.photos import media_type_of, photo_store, take_photo
from server.logistics.queries import Details, events_of, outbound_waybill, photos_of, standing_of, units_on
from server.logistics.waybill_ledger import WaybillFilter, waybill_ledger
from server.wire.ids import new_id
from tests.server.conftest import Site
from tests.server.logistics_desk import JPEG, a_unit

pytestmark = pytest.mark.both_databases

AT = datetime(2026, 11, 27, 8, 0, tzinfo=UTC)
CLERK = Author("logistics", AT)
CASE = new_id(AT)


@pytest.fixture
def connection(database: Database) -> Iterator[sa.Connection]:
    with database.writing() as made:
        yield made


def enter(connection: sa.Connection, number: str = "sf1", direction: str = "out", **said: object) -> str:
    name, details = name_waybill("顺丰速运", number), Details(**said)  # type: ignore[arg-type]
    return enter_waybill(connection, direction, name, "杭州西湖 4S 店", details, "main", CLERK)


def status(connection: sa.Connection, waybill_id: str) -> str:
    standing = standing_of(connection, waybill_id)
    assert standing is not None
    return standing.status


def test_a_parcel_goes_forward_on_its_way_only(connection: sa.Connection) -> None:
    waybill_id = enter(connection, direction="in")
    change_status(connection, waybill_id, "arrived", AT, "", CLERK)
    with pytest.raises(Contradiction, match="after arrived there is no in_transit"):
        change_status(connection, waybill_id, "in_transit", AT, "", CLERK)
    with pytest.raises(Contradiction):
        change_status(connection, waybill_id, "signed", AT, "", CLERK)
    with pytest.raises(BadInput, match="not before the last"):
        change_status(connection, waybill_id, "checked", AT - timedelta(hours=1), "", CLERK)
    with pytest.raises(BadInput):
        change_status(connection, waybill_id, "checked", AT + timedelta(seconds=1), "", CLERK)
    change_status(connection, waybill_id, "checked", AT, "one box is wet", CLERK)
    assert [(row.status, row.note) for row in events_of(connection, waybill_id)] == [
        ("announced", ""),
        ("arrived", ""),
        ("checked", "one box is wet"),
    ]


def test_an_announced_parcel_that_is_received_has_arrived(connection: sa.Connection) -> None:
    announced = enter(connection, "sf7", "in", expected_units=3)
    name = name_waybill("顺丰速运", "SF7")
    assert keep_inbound(connection, name, "4S", "main", "user:logistics", AT + timedelta(hours=1)) == announced
    assert status(connection, announced) == "arrived"
    assert keep_inbound(connection, name, "4S", "main", "user:logistics", AT + timedelta(hours=2)) == announced
    assert len(events_of(connection, announced)) == 2
    (row,) = waybill_ledger(connection, WaybillFilter(text="sf7", status="arrived"))
    assert row.expected_units == 3 and not row.units_differ


def test_a_waybill_is_entered_once_for_each_direction(connection: sa.Connection) -> None:
    enter(connection)
    with pytest.raises(Contradiction, match="on record already"):
        enter(connection, " SF1 ")
    enter(connection, direction="in")
    with pytest.raises(NotAllowed):
        enter_waybill(connection, "in", name_waybill("SF", "9"), "x", Details(), "main", Author("test_operator", AT))


def test_details_are_said_as_a_whole_and_never_over_anothers(connection: sa.Connection) -> None:
    waybill_id = enter(connection, weight_g=1200)
    change_details(connection, waybill_id, Details(weight_g=1250, freight_minor=1250), 1, CLERK)
    change_details(connection, waybill_id, Details(weight_g=1250, freight_minor=1250), 1, CLERK)
    with pytest.raises(Contradiction, match="meanwhile"):
        change_details(connection, waybill_id, Details(weight_g=1300), 1, CLERK)
    for wrong in (Details(freight_minor=-1), Details(expected_units=0), Details(party_id=new_id(AT))):
        with pytest.raises(BadInput):
            change_details(connection, waybill_id, wrong, 2, CLERK)
    standing = standing_of(connection, waybill_id)
    assert standing is not None and standing.details == Details(weight_g=1250, freight_minor=1250)


def test_a_unit_is_in_one_parcel_until_that_one_has_left(connection: sa.Connection) -> None:
    first, second, unit = enter(connection, "sf1"), enter(connection, "sf2"), a_unit(connection, AT)
    assert pack_unit(connection, first, unit, CASE, CLERK)
    assert not pack_unit(connection, first, unit, CASE, CLERK)
    with pytest.raises(Contradiction, match="in another parcel"):
        pack_unit(connection, second, unit, CASE, CLERK)
    found = outbound_waybill(connection, unit.unit_id, CASE)
    assert found is not None and found.id == first
    unpack_unit(connection, first, unit.unit_id, CLERK)
    assert outbound_waybill(connection, unit.unit_id, CASE) is None and units_on(connection, first) == []
    with pytest.raises(NotFound):
        unpack_unit(connection, first, unit.unit_id, CLERK)
    assert pack_unit(connection, second, unit, CASE, CLERK)
    hand_over(connection, second, CLERK)
    with pytest.raises(Contradiction, match="has left"):
        unpack_unit(connection, second, unit.unit_id, CLERK)
    with pytest.raises(Contradiction, match="has left"):
        pack_unit(connection, second, a_unit(connection, AT, "FJR126110002"), None, CLERK)
    assert pack_unit(connection, first, unit, None, CLERK), "it has come back and goes out again"


def test_an_empty_parcel_is_not_handed_over_and_nothing_is_packed_into_one_that_comes(
    connection: sa.Connection,
) -> None:
    out, inbound = enter(connection), enter(connection, direction="in")
    with pytest.raises(BadInput, match="empty"):
        hand_over(connection, out, CLERK)
    for status in ("handed_over", "in_transit", "signed"):
        with pytest.raises(Contradiction):
            change_status(connection, out, status, AT, "", CLERK)
    with pytest.raises(Contradiction, match="comes to us"):
        pack_unit(connection, inbound, a_unit(connection, AT), None, CLERK)
    with pytest.raises(NotFound):
        pack_unit(connection, new_id(AT), a_unit(connection, AT), None, CLERK)


def test_the_ledger_goes_on_where_it_left_off_and_keeps_to_its_filter(connection: sa.Connection) -> None:
    made = [enter(connection, f"yt{number}", "in" if number % 2 else "out") for number in range(6)]
    unit = a_unit(connection, AT)
    pack_unit(connection, made[0], unit, None, CLERK)
    seen, after = [], None
    while rows := waybill_ledger(connection, WaybillFilter(text="YT"), after, limit=4):
        seen += [row.id for row in rows]
        after = seen[-1]
    assert sorted(seen) == sorted(made) and seen == sorted(made, reverse=True)
    assert [row.units for row in waybill_ledger(connection, WaybillFilter(text="yt0"))] == [1]
    assert {row.direction for row in waybill_ledger(connection, WaybillFilter(direction="in"))} == {"in"}
    assert len(waybill_ledger(connection, WaybillFilter(status="on_the_way"))) == 6
    assert waybill_ledger(connection, WaybillFilter(status="signed")) == []


def test_a_photo_is_kept_once_by_what_it_is(site: Site, database: Database) -> None:
    store = photo_store(site.settings.data_dir)
    with database.writing() as connection:
        waybill_id = enter(connection)
    for _ in range(2):
        sha256 = take_photo(database, store, waybill_id, io.BytesIO(JPEG), CLERK)
    assert store.path(sha256).read_bytes() == JPEG
    with pytest.raises(BadInput):
        take_photo(database, store, waybill_id, io.BytesIO(b"<svg onload=alert(1)>"), CLERK)
    with pytest.raises(TooLarge):
        take_photo(database, store, waybill_id, io.BytesIO(JPEG + bytes(store.most_bytes)), CLERK)
    for number in range(9):
        take_photo(database, store, waybill_id, io.BytesIO(JPEG + bytes([number])), CLERK)
    with pytest.raises(Contradiction, match="at most 10"):
        take_photo(database, store, waybill_id, io.BytesIO(JPEG + b"x"), CLERK)
    with database.reading() as connection:
        assert [photo.media_type for photo in photos_of(connection, waybill_id)] == ["image/jpeg"] * 10


@pytest.mark.parametrize(
    ("head", "kind"),
    [
        (JPEG, "image/jpeg"),
        (b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR", "image/png"),
        (b"RIFF\x00\x00\x00\x00WEBPVP8L", "image/webp"),
        (b"GIF89a", ""),
        (b"%PDF-1.7", ""),
        (b"\x89PNG\r\n\x1a\nnonsense", ""),
        (b"RIFF\x00\x00\x00\x00WAVEfmt ", ""),
        (b"", ""),
    ],
)
def test_a_picture_is_told_by_its_first_bytes(head: bytes, kind: str) -> None:
    if kind:
        assert media_type_of(head) == kind
    else:
        with pytest.raises(BadInput):
            media_type_of(head)
