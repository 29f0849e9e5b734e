"""The figures of repairs, worked through: what fixed a measurement, the Pareto, no fault found, repeat returns."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from datetime import datetime, timedelta

import pytest
import sqlalchemy as sa

from server.db.span import Span
from server.logistics.tables import parcel_removal, parcel_unit, waybill, waybill_event
from server.repairs.figures import CAUSES, DESIGNATORS, ParetoRow, no_fault_found, pareto
from server.repairs.queries import GOES_ON
from server.repairs.repeats import Repeats, repeat_returns
from server.repairs.similar import similar_repairs
from server.returns.tables import return_case
from server.web.pareto_drawing import draw
from server.wire.ids import new_id
from tests.server.conftest import RunningServer, Site
from tests.server.order_desk import shared_server
from tests.server.repair_shop import FAILED, UnitInRepair, now

DAY = timedelta(days=1)


@pytest.fixture
def shop(prepared_site: Site, tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningServer]:
    with shared_server(prepared_site, tmp_path_factory.mktemp("shop") / "site") as server:
        yield server


def around(moment: datetime) -> Span:
    return Span(moment - DAY, moment + DAY)


@pytest.mark.both_databases
def test_what_fixed_a_measurement_is_counted_with_what_the_next_test_said(shop: RunningServer) -> None:
    """C11 three times: twice a PASS came next, once a FAIL; C14 once, not tested yet; the corrected one not at all."""
    for verdict in ("PASS", "PASS", "FAIL"):
        unit = UnitInRepair(shop).receive()
        unit.repair(run_id=unit.test("FAIL"), measurement=FAILED)
        unit.test(verdict, "outgoing", now() + timedelta(seconds=1))
    last = UnitInRepair(shop).receive()
    run_id = last.test("FAIL")
    wrong = last.repair(run_id=run_id, measurement=FAILED, cause="C12").entry
    last.correct(
        corrects=wrong.id, cause="C14", designators=("C812", "C9"), note="x", run_id=run_id, measurement=FAILED
    )
    with shop.database.reading() as connection:
        found = similar_repairs(connection, "FJ-R1", [FAILED, "rail_5v"])
        assert similar_repairs(connection, "FJ-N7", [FAILED]) == []
    assert [(row.cause, row.times, row.passed, row.failed) for row in found] == [("C11", 3, 2, 1), ("C14", 1, 0, 0)]
    assert [row.designators for row in found] == [[("F1", 3)], [("C812", 1), ("C9", 1)]]
    assert found[1].last_serial == last.serial


def test_the_pareto_counts_what_counts_with_its_share(shop: RunningServer) -> None:
    """Ten repairs that name C11 six times and C14 four times; two of them two places on the board."""
    unit = UnitInRepair(shop).receive()
    for number in range(10):
        where = ("C812", "C9") if number in (7, 8) else ("C812",) if number == 9 else ("F1",) if number < 5 else ()
        unit.repair(cause="C14" if number > 5 else "C11", designators=where, outcome=GOES_ON, parts=())
    wrong = unit.repair(cause="C13", outcome=GOES_ON).entry
    unit.correct(corrects=wrong.id, cause="C15", action="A11", note="mistaken", designators=())
    with shop.database.reading() as connection:
        rows = pareto(connection, CAUSES, around(now()))
        where_rows = pareto(connection, DESIGNATORS)
        assert pareto(connection, CAUSES, Span(now() + DAY, now() + 2 * DAY)) == []
        assert pareto(connection, CAUSES, product="FJ-N7") == []
    assert [(row.name, row.count) for row in rows] == [("C11", 6), ("C14", 4), ("C15", 1)]
    assert [round(row.share, 3) for row in rows] == [0.545, 0.364, 0.091]
    assert [round(row.running, 3) for row in rows] == [0.545, 0.909, 1.0]
    assert [(row.name, row.count) for row in where_rows] == [("F1", 5), ("C812", 3), ("C9", 2)]
    assert where_rows[-1].running == 1.0


@pytest.mark.parametrize(
    ("largest", "ticks"),
    [(1, [0, 1]), (7, [0, 2, 4, 6, 8]), (23, [0, 5, 10, 15, 20, 25]), (480, [0, 100, 200, 300, 400, 500])],
)
def test_the_drawing_has_a_bar_for_each_row_as_high_as_its_count(largest: int, ticks: list[int]) -> None:
    rows = [ParetoRow(f"C{number}", largest, 1 / 15, (number + 1) / 15) for number in range(15)]
    drawing = draw(rows)
    assert drawing is not None
    assert draw([]) is None
    assert len(drawing.bars) == 12, "more cannot be read"
    assert [value for _, value in drawing.ticks] == ticks
    assert all(drawing.bottom - bar.y == pytest.approx(bar.height) for bar in drawing.bars)
    assert drawing.bars[0].height == pytest.approx((drawing.bottom - drawing.top) * largest / ticks[-1])
    assert drawing.points[-1] == (drawing.bars[-1].middle, pytest.approx(drawing.at_share(12 / 15)))


@pytest.mark.both_databases
def test_no_fault_was_found_where_the_incoming_test_passed_and_nothing_was_repaired(shop: RunningServer) -> None:
    """Worked example: five cases closed. A passed its incoming test and went out: nothing found. B passed and was
    repaired all the same, C failed and was repaired, D failed and was given back unrepaired. E was never tested nor
    repaired: not diagnosed. One of four is 25 %."""
    a, b, c, d, e = (UnitInRepair(shop, reason=f"reason {name}").receive() for name in "ABCDE")
    for unit, verdict in ((a, "PASS"), (b, "PASS"), (c, "FAIL"), (d, "FAIL")):
        unit.test(verdict)
    for unit in (b, c):
        unit.repair(outcome=GOES_ON)
    for unit in (a, b, c, d, e):
        close(unit, now())
    with shop.database.reading() as connection:
        found = no_fault_found(connection, around(now()))
        assert no_fault_found(connection, Span(now() + DAY, now() + 2 * DAY)).rate is None
    assert [(row.serial, row.reason) for row in found.cases] == [(a.serial, "reason A")]
    assert (found.diagnosed, found.rate) == (4, 0.25)


def test_a_pass_after_the_work_began_or_beside_a_fail_is_no_sign_that_nothing_was_wrong(shop: RunningServer) -> None:
    burned, mixed = UnitInRepair(shop).receive(), UnitInRepair(shop).receive()
    burned.burn()
    burned.test("PASS", at=now() + timedelta(seconds=1))
    mixed.test("FAIL")
    mixed.test("PASS")
    for unit in (burned, mixed):
        close(unit, now())
    with shop.database.reading() as connection:
        found = no_fault_found(connection, around(now()))
    assert (found.cases, found.diagnosed) == ((), 1)


@pytest.mark.both_databases
def test_a_unit_that_is_back_in_time_is_put_down_to_its_last_repair(shop: RunningServer) -> None:
    """Worked example: four units went out. A was signed for 10 days ago and is back today: a repeat within 30 days, of
    the technician and C11. B was signed for 40 days ago and is back today: none. C went out 40 days ago and is not
    back: none. D was closed 5 days ago without a signature: it may still come. One of four is 25 %."""
    a, b, c, d = (UnitInRepair(shop).receive() for _ in range(4))
    for unit, days, is_signed in ((a, 10, True), (b, 40, True), (c, 40, True), (d, 5, False)):
        unit.repair(by="technician" if unit is a else "repair_leader")
        close(unit, now() - days * DAY, "shipped")
        if is_signed:
            sign(unit, now() - days * DAY)
    for unit in (a, b):
        unit.receive()
    with shop.database.reading() as connection:
        whole = Span(now() - 60 * DAY, now() + DAY)
        found: Repeats = repeat_returns(connection, whole, 30, now())
        assert repeat_returns(connection, whole, 45, now()).rate == 0.5
        assert repeat_returns(connection, Span(now(), now() + DAY), 30, now()).rate is None
    assert [(row.serial, row.technician, row.cause, row.is_signed) for row in found.cases] == [
        (a.serial, "technician", "C11", True)
    ]
    assert (found.sent_out, found.waiting, found.rate) == (4, 1, 0.25)
    assert (found.by("technician"), found.by("cause")) == ([("technician", 1)], [("C11", 1)])


def test_the_parcel_that_a_unit_was_taken_out_of_again_is_not_how_it_went(shop: RunningServer) -> None:
    unit = UnitInRepair(shop).receive()
    close(unit, now() - 40 * DAY, "shipped")
    sign(unit, now() - 5 * DAY, is_taken_out=True)
    sign(unit, now() - 39 * DAY)
    unit.receive()
    with shop.database.reading() as connection:
        assert repeat_returns(connection, Span(now() - 60 * DAY, now()), 30, now()).cases == ()


def close(unit: UnitInRepair, at: datetime, state: str = "stocked_in") -> None:
    """The case's row as it is after its last move: the gates before that are another file's matter."""
    with unit.server.database.writing() as connection:
        row = {"state": state, "closed_at": at, "changed_at": at}
        connection.execute(sa.update(return_case).where(return_case.c.id == unit.case_id).values(row))


def sign(unit: UnitInRepair, at: datetime, is_taken_out: bool = False) -> None:
    """An outbound parcel with the unit that was signed for."""
    waybill_id, key = new_id(at), {"unit_id": unit.case.unit_id, "id": new_id(at)}
    paper = {"courier": "SF", "number": secrets.token_hex(6), "direction": "out", "source": "here", "site": "test"}
    said = {"waybill_id": waybill_id, "actor": "logistics", "at": at}
    with unit.server.database.writing() as connection:
        row = paper | {"id": waybill_id, "received_at": at, "received_by": "logistics"}
        connection.execute(sa.insert(waybill).values(row))
        event = said | {"seq": 1, "status": "signed", "noted_at": at, "note": ""}
        connection.execute(sa.insert(waybill_event).values(event))
        packed = {"case_id": unit.case_id, "serial": unit.serial, "packed_at": at, "packed_by": "logistics"}
        connection.execute(sa.insert(parcel_unit).values(key | packed | {"waybill_id": waybill_id}))
        if is_taken_out:
            removed = {"removed_at": at, "removed_by": "logistics"}
            connection.execute(sa.insert(parcel_removal).values(key | removed))
