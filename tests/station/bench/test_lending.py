"""What slots share is lent for a step, fresh each time; what one slot leaves there is nothing to another."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, cast

import pytest

from station.bench import make_safe
from station.bench.safety import TURN_S
from station.config.address import parse_address
from station.config.bench_file import BenchFile, read_bench_file
from station.drivers.modbus import ModbusSlave
from station.drivers.modbus_relays import SLAVE
from station.link.opening import open_link
from station.model.errors import StationError, WrongIdentity
from station.model.roles import Multimeter, Relays, RfSource, Supply
from tests.conftest import Bench
from tests.station.bench.slot_benches import CLOCK, leases, lent, opened, two_slot_world

StartBench = Callable[..., Bench]


def slot_of(box: Bench, slot: str) -> BenchFile:
    return read_bench_file(box.bench_file).for_slot(slot)


def outputs(box: Bench) -> dict[int, bool]:
    """Which channels of the supply are on."""
    of = {1: "left", 2: "left", 3: "right", 4: "right"}
    truth = {jig: box.control("truth", jig=jig)["outputs"] for jig in ("left", "right")}
    return {channel: truth[jig][str(channel)]["is_on"] for channel, jig in of.items()}


def closed_coils(box: Bench) -> frozenset[int]:
    """As the board itself tells them."""
    link = open_link("relays", parse_address(box.address["relays"]), CLOCK, 2.0)
    try:
        board = ModbusSlave(link, CLOCK, 2.0, SLAVE)
        board.synchronise()
        return board.read_coils(32)
    finally:
        link.close()


def energise(supply: object, volts_v: float) -> None:
    cast(Supply, supply).set(volts_v, 1.0)
    cast(Supply, supply).switch_on()


@pytest.fixture
def box(bench: StartBench, tmp_path: Path) -> Bench:
    return bench(two_slot_world(tmp_path))


def energised(box: Bench, folder: Path) -> None:
    """B+ and ACC of both slots, as their steps left them."""
    for slot, volts_v in (("left", 10.0), ("right", 14.0)):
        with opened(box, folder, slot) as bench, lent(bench, ["supply", "acc"]) as loan:
            for role in loan.open().values():
                energise(role, volts_v)
    assert all(outputs(box).values())


def test_a_slot_has_its_own_roles_open_and_is_lent_the_others(box: Bench, tmp_path: Path) -> None:
    with opened(box, tmp_path, "left") as bench:
        assert tuple(bench.roles) == ("dut",)
        assert set(bench.cal_due) == {"psu", "dmm", "relays", "rf", "dut_left"}
        with lent(bench, ["dut"]) as loan:
            assert loan.open() == {}
        with lent(bench, ["meter", "dut", "current"]) as loan:
            assert (loan.names, set(loan.open())) == (["dmm", "relays"], {"meter", "current"})


def test_each_slot_reads_its_own_points_though_the_last_relay_of_the_other_is_closed(
    box: Bench, tmp_path: Path
) -> None:
    energised(box, tmp_path)
    seen = []
    for slot in ("left", "right", "left", "right"):
        with opened(box, tmp_path, slot) as bench, lent(bench, ["meter"]) as loan:
            meter = cast(Multimeter, loan.open()["meter"])
            seen.append(round(meter.read_v("b_plus", 100.0).value, 1))
    assert seen == [10.0, 14.0, 10.0, 14.0]


def test_a_driver_does_not_outlive_its_lease(box: Bench, tmp_path: Path) -> None:
    with opened(box, tmp_path, "left") as bench:
        with lent(bench, ["meter"]) as loan:
            first = loan.open()["meter"]
        with lent(bench, ["meter"]) as loan:
            assert loan.open()["meter"] is not first


def test_another_instrument_at_the_address_is_found_out_at_each_lease(box: Bench, tmp_path: Path) -> None:
    with opened(box, tmp_path, "left") as bench:
        with lent(bench, ["supply"]) as loan:
            loan.open()
        box.control("fault", device="psu", fault="wrong_identity", identity="ROHDE&SCHWARZ,HMP4040,999,1.0")
        with lent(bench, ["supply"]) as loan, pytest.raises(WrongIdentity, match="999"):
            loan.open()
        box.control("fault", device="psu", fault="wrong_identity", on=False)
        with lent(bench, ["supply"]) as loan:
            loan.open()


def test_the_relays_of_one_slot_stay_as_they_are_while_the_other_prepares_its_own(box: Bench, tmp_path: Path) -> None:
    with opened(box, tmp_path, "left") as left, opened(box, tmp_path, "right") as right:
        with lent(left, ["relays"]) as loan:
            cast(Relays, loan.open()["relays"]).close("lamp")
        with lent(right, ["relays"]) as loan:
            cast(Relays, loan.open()["relays"]).close("lamp")
        with lent(left, ["relays"]) as loan:
            loan.open()  # not the first time: what it closed is closed
            assert closed_coils(box) == {31, 32}
    actions = {action.role: action for action in make_safe(slot_of(box, "left"), CLOCK, leases(tmp_path, "left"))}
    assert actions["relays"].is_proved
    assert closed_coils(box) == {32}


def test_what_has_no_parts_is_off_whenever_a_loan_begins_and_ends(box: Bench, tmp_path: Path) -> None:
    def is_on() -> bool:
        return box.control("truth", jig="left")["antenna"] is not None

    with opened(box, tmp_path, "left") as bench:
        with lent(bench, ["rf"]) as loan:
            cast(RfSource, loan.open()["rf"]).tune(98.1e6, 60.0)
            assert is_on()
            loan.settle()
            assert not is_on()
        with lent(bench, ["rf"]) as loan:
            cast(RfSource, loan.open()["rf"]).tune(98.1e6, 60.0)
        assert is_on()  # as after a step that went wrong: its run's make-safe, or the next one, sees to it
        with opened(box, tmp_path, "right") as other, lent(other, ["rf"]) as loan:
            loan.open()
            assert not is_on()


def test_make_safe_switches_off_the_slots_channels_alone_even_while_the_other_slot_has_the_supply(
    box: Bench, tmp_path: Path
) -> None:
    energised(box, tmp_path)
    with opened(box, tmp_path, "right") as bench, lent(bench, ["supply", "rf"]) as loan:
        roles = loan.open()
        carrier = cast(RfSource, roles["rf"])
        carrier.tune(98.1e6, 60.0)
        began = time.monotonic()
        actions = {action.role: action for action in make_safe(slot_of(box, "left"), CLOCK, leases(tmp_path, "left"))}
        assert time.monotonic() - began < 1.2
        assert outputs(box) == {1: False, 2: False, 3: True, 4: True}
        assert all(action.is_proved for action in actions.values())
        assert actions["rf"].detail == "slot right has it, and found it off"
        assert box.control("truth", jig="left")["antenna"] is not None  # which is the right slot's
        assert cast(Supply, roles["supply"]).read_v().value == pytest.approx(14.0, abs=0.1)
    assert all(action.is_proved for action in make_safe(slot_of(box, "right"), CLOCK, leases(tmp_path, "right")))
    assert not any(outputs(box).values())
    assert box.control("truth", jig="left")["antenna"] is None


def test_make_safe_goes_between_the_exchanges_of_another_slot_and_disturbs_none(box: Bench, tmp_path: Path) -> None:
    energised(box, tmp_path)
    is_over, read = threading.Event(), list[Any]()
    with opened(box, tmp_path, "right") as bench, lent(bench, ["supply"]) as loan:
        supply = cast(Supply, loan.open()["supply"])

        def use() -> None:
            try:
                while not is_over.is_set():
                    supply.set(14.0, 1.0)
                    read.append(supply.read_v().value)
            except StationError as error:
                read.append(error)

        user = threading.Thread(target=use, daemon=True)
        user.start()
        for _ in range(8):
            actions = make_safe(slot_of(box, "left"), CLOCK, leases(tmp_path, "left"))
            assert [action.detail for action in actions if not action.is_proved] == []
        is_over.set()
        user.join(10)
    assert len(read) > 8
    assert [value for value in read if not isinstance(value, float) or abs(value - 14.0) > 0.1] == []


def test_make_safe_waits_for_the_exchange_that_is_under_way(box: Bench, tmp_path: Path) -> None:
    energised(box, tmp_path)
    lease = leases(tmp_path, "right").of("psu")
    assert lease.take(lambda: False)
    safe = threading.Thread(target=make_safe, args=(slot_of(box, "left"), CLOCK, leases(tmp_path, "left")))
    began = time.monotonic()
    with leases(tmp_path, "right").turn("psu", CLOCK):
        safe.start()
        time.sleep(0.25)
        ended = time.monotonic()
    safe.join()
    lease.give_back()
    assert outputs(box) == {1: False, 2: False, 3: True, 4: True}
    switched = [box.control("truth", jig="left")["outputs"][channel]["changed_at"] for channel in "12"]
    assert min(switched) > ended or ended - began > TURN_S  # where this machine kept the test waiting itself


def test_make_safe_does_not_wait_for_a_turn_that_never_ends(box: Bench, tmp_path: Path) -> None:
    energised(box, tmp_path)
    with leases(tmp_path, "right").turn("psu", CLOCK):
        actions = make_safe(slot_of(box, "left"), CLOCK, leases(tmp_path, "left"))
    assert all(action.is_proved for action in actions)
    assert outputs(box) == {1: False, 2: False, 3: True, 4: True}


def test_make_safe_needs_no_folder_for_its_leases(box: Bench, tmp_path: Path) -> None:
    energised(box, tmp_path)
    (tmp_path / "file").write_text("")
    assert all(action.is_proved for action in make_safe(slot_of(box, "left"), CLOCK, leases(tmp_path / "file", "left")))
    assert outputs(box) == {1: False, 2: False, 3: True, 4: True}
