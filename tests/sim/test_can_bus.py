"""FJ-N7 as a node of the vehicle's CAN: woken, kept awake and let to sleep, as docs/fj-head-units.md says."""

from __future__ import annotations

import pytest

from fixtures.sim.can_bus import OWN_NETWORK, framed
from fixtures.sim.head_unit import State
from fixtures.sim.unit.screen import OFF
from tests.sim.fj_n7 import WAKE, PoweredUnit

OWN = framed(OWN_NETWORK, b"\x01" + bytes(7))


def test_with_acc_the_unit_sends_its_frame_every_tenth_of_a_second() -> None:
    unit = PoweredUnit().boot()
    assert unit.wait(2.0) == [OWN] * 20


def test_a_sleeping_unit_is_silent_and_answers_nothing() -> None:
    unit = PoweredUnit()
    assert unit.unit.state is State.ASLEEP
    assert unit.wait(1.0) == []
    assert unit.ask("3E00") == []


@pytest.mark.parametrize("identifier", [0x400, 0x401, 0x47F])
def test_network_management_wakes_it_and_it_says_so_within_a_tenth_of_a_second(identifier: int) -> None:
    unit = PoweredUnit()
    unit.node.receive(framed(identifier, bytes(8)))
    assert unit.unit.state is State.BOOTING
    assert unit.wait(0.1) == [OWN]
    assert unit.ask("3E00") == ["7e00"]


@pytest.mark.parametrize("identifier", [0x3FF, 0x480, 0x7A0, 0x420])
def test_nothing_else_wakes_it(identifier: int) -> None:
    unit = PoweredUnit()
    unit.node.receive(framed(identifier, b"\x02\x3e\x00"))
    assert unit.wait(1.0) == []
    assert unit.unit.state is State.ASLEEP


def test_woken_by_the_network_alone_it_is_awake_but_dark() -> None:
    unit = PoweredUnit()
    for _ in range(40):
        unit.node.receive(WAKE)
        unit.wait(0.1)
    assert unit.unit.state is State.AWAKE
    assert unit.unit.screen is not None
    assert unit.unit.screen.look(unit.world.now()).view == OFF
    unit.acc(True)
    unit.wait(0.1)
    assert unit.unit.screen.look(unit.world.now()).view == "home"


def test_it_falls_asleep_two_seconds_after_the_last_frame() -> None:
    unit = PoweredUnit().boot()
    unit.node.receive(WAKE)
    unit.acc(False)
    frames = unit.wait(1.9)
    assert unit.unit.state is State.AWAKE
    frames += unit.wait(1.0)
    assert unit.unit.state is State.ASLEEP
    assert 19 <= len(frames) <= 20


def test_without_a_frame_it_falls_asleep_with_acc() -> None:
    unit = PoweredUnit().boot()
    unit.acc(False)
    assert unit.wait(1.0) == []
    assert unit.unit.state is State.ASLEEP


def test_a_gateway_that_does_not_let_go_keeps_it_awake_for_ever() -> None:
    unit = PoweredUnit("restless_network").boot()
    unit.acc(False)
    assert len(unit.wait(20.0)) == 200
    assert unit.unit.state is State.AWAKE


def test_a_unit_without_an_image_is_not_on_the_network() -> None:
    unit = PoweredUnit("blank_nor")
    unit.node.receive(WAKE)
    assert unit.unit.state is State.DEAD
    assert unit.wait(1.0) == []


def test_without_battery_or_without_a_unit_the_bus_is_silent() -> None:
    unit = PoweredUnit()
    unit.supply(0.0)
    unit.node.receive(WAKE)
    assert unit.wait(1.0) == []
    unit.supply(14.4)
    unit.world.insert(None)
    unit.node.receive(WAKE)
    assert unit.wait(1.0) == []
    assert unit.ask("3E00") == []


def test_a_plain_radio_is_on_no_network() -> None:
    radio = PoweredUnit(product="FJ-R5", released="3.0.1")
    radio.node.receive(WAKE)
    assert radio.unit.state is State.ASLEEP
    radio.boot()
    assert radio.wait(1.0) == []
    assert radio.ask("3E00") == []
    radio.node.receive(WAKE)
    radio.acc(False)
    radio.wait(0.1)
    assert radio.unit.state is State.ASLEEP
