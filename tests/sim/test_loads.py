"""The electronic loads do what their manuals say, and the unit's USB port gives them what its data sheet allows."""

from __future__ import annotations

import pytest

from fixtures.sim.chip_kind import chip_kinds
from fixtures.sim.device import SimClock
from fixtures.sim.head_unit import HeadUnit
from fixtures.sim.loads import LOADS
from fixtures.sim.nor import Nor
from fixtures.sim.surroundings import USB_LOAD, USB_STICK
from fixtures.sim.world import World
from tests.sim.bench_wiring import Client, dice

each_load = pytest.mark.parametrize("model", LOADS)
SETTING = {
    "dl3021": (":SOUR:FUNC CURR", ":SOUR:CURR:RANG 4", ":SOUR:CURR:LEV:IMM 1.0004", ":SOUR:INP:STAT 1"),
    "it8512a": ("SYST:REM", "FUNC CURR", "CURR:RANG 3", "CURR 1.0004", "INP 1"),
}
SETTING["dl3031"], SETTING["it8511a"] = SETTING["dl3021"], SETTING["it8512a"]


@pytest.fixture
def world() -> World:
    """A unit that is awake, with the load's relay closed."""
    world = World(SimClock(0.0), 1, 2)
    world.insert(HeadUnit("FJN726110001", "2.1.0", 1, Nor(chip_kinds()["W25Q64JV"], bytes(8), SimClock()), "FJ-N7"))
    world.surroundings.closed = frozenset({USB_LOAD})
    for channel in (1, 2):
        world.drive(channel, 14.4, 3.0, True)
    return world


def client_of(model: str, world: World) -> Client:
    return Client(LOADS[model](world, SimClock(0.0), dice(), "S1"))


def item(world: World, name: str) -> str:
    assert world.unit is not None
    return world.unit.items[name].get(world.now())


@pytest.mark.parametrize(
    ("model", "identity"),
    [
        ("dl3021", "RIGOL TECHNOLOGIES,DL3021,S1,00.01.05.00.01"),
        ("dl3031", "RIGOL TECHNOLOGIES,DL3031,S1,00.01.05.00.01"),
        ("it8511a", "ITECH Ltd., IT8511A+, S1, 1.07-1.02"),
        ("it8512a", "ITECH Ltd., IT8512A+, S1, 1.07-1.02"),
    ],
)
def test_each_says_who_it_is(model: str, identity: str, world: World) -> None:
    assert client_of(model, world).ask("*IDN?") == identity


@each_load
def test_the_port_gives_what_it_is_asked_for_behind_its_resistance(model: str, world: World) -> None:
    client = client_of(model, world)
    open_v = client.number("MEAS:VOLT?")
    assert open_v == pytest.approx(5.02, rel=0.015)
    client.say(*SETTING[model])
    assert world.surroundings.usb_load_a == pytest.approx(1.0, abs=0.003)
    assert client.number("MEAS:CURR?") == pytest.approx(1.0, abs=0.006)
    assert client.number("MEAS:VOLT?") == pytest.approx(open_v - 0.12, abs=0.006)
    assert client.error() == 0


@each_load
def test_a_setting_is_rounded_and_told(model: str, world: World) -> None:
    client = client_of(model, world)
    client.say(*SETTING[model])
    assert (client.number("CURR?"), client.ask("INP?")) == (1.0, "1")
    client.say("INP 0")
    assert (client.number("MEAS:CURR?"), world.surroundings.usb_load_a, client.ask("INP?")) == (0.0, 0.0, "0")


@each_load
def test_more_than_the_range_is_refused_and_changes_nothing(model: str, world: World) -> None:
    client = client_of(model, world)
    client.say(*SETTING[model], "CURR 6.5")
    assert (client.error(), client.number("CURR?")) == (-222, 1.0)


@each_load
def test_what_is_no_constant_current_draws_nothing(model: str, world: World) -> None:
    client = client_of(model, world)
    client.say(*SETTING[model], "FUNC VOLT")
    assert client.ask("FUNC?") in ("CV", "VOLTAGE")
    assert world.surroundings.usb_load_a == 0.0


@each_load
def test_the_port_limits_and_the_unit_says_fault(model: str, world: World) -> None:
    client = client_of(model, world)
    world.surroundings.closed = frozenset({USB_LOAD, USB_STICK})
    client.say(*SETTING[model])
    assert item(world, "usb") == "storage 16"
    client.say("CURR 2.5")
    assert item(world, "usb") == "fault"
    assert client.number("MEAS:VOLT?") < 0.05
    assert client.number("MEAS:CURR?") == pytest.approx(1.8, rel=0.11)
    client.say("INP 0")
    assert item(world, "usb") == "storage 16"


@each_load
def test_behind_an_open_relay_or_at_a_unit_without_power_there_is_nothing(model: str, world: World) -> None:
    client = client_of(model, world)
    client.say(*SETTING[model])
    world.surroundings.closed = frozenset()
    assert client.number("MEAS:VOLT?") < 0.05 and client.number("MEAS:CURR?") < 0.02
    world.surroundings.closed = frozenset({USB_LOAD})
    world.drive(2, 0.0, 3.0, False)
    assert client.number("MEAS:VOLT?") < 0.05


def test_reset_switches_off(world: World) -> None:
    client = client_of("dl3021", world)
    client.say(*SETTING["dl3021"], "*RST")
    assert (client.ask(":SOUR:INP:STAT?;:SOUR:FUNC?"), world.surroundings.usb_load_a) == ("0;CC", 0.0)


def test_an_itech_takes_no_setting_before_it_is_in_remote_mode(world: World) -> None:
    client = client_of("it8512a", world)
    client.say("CURR 1", "INP 1")
    assert (client.error(), client.error(), client.error()) == (-221, -221, 0)
    assert client.ask("INP?") == "0"


def test_a_unit_tells_its_bluetooth_its_card_and_its_map(world: World) -> None:
    assert item(world, "bluetooth").startswith("4C4A47") and len(item(world, "bluetooth")) == 12
    assert int(item(world, "rssi")) == pytest.approx(-55, abs=5)
    world.surroundings.is_bluetooth_near = False
    assert (item(world, "rssi"), item(world, "map")) == ("none", "2026.1")
    assert item(world, "sd") == "none"
    world.surroundings.closed = frozenset({5})
    assert item(world, "sd") == "card 32"


@pytest.mark.parametrize(
    ("fault", "name", "text"),
    [
        ("dead_usb", "usb", "none"),
        ("dead_sd_slot", "sd", "none"),
        ("old_map", "map", "2025.1"),
        ("deaf_bluetooth", "rssi", "-84"),
    ],
)
def test_faults_of_the_links_are_seen(fault: str, name: str, text: str, world: World) -> None:
    assert world.unit is not None
    world.surroundings.closed = frozenset({3, 5})
    world.unit.set_fault(fault, True)
    assert item(world, name) == text


@pytest.mark.parametrize(("fault", "name", "text"), [("usb_stuck", "usb", "storage 16"), ("sd_stuck", "sd", "card 32")])
def test_what_is_stuck_is_found_though_nothing_is_plugged_in(fault: str, name: str, text: str, world: World) -> None:
    assert world.unit is not None
    assert item(world, name) == "none"
    world.unit.set_fault(fault, True)
    assert item(world, name) == text


def test_a_port_that_limits_early_gives_its_voltage_up_to_there(world: World) -> None:
    assert world.unit is not None
    client = client_of("it8511a", world)
    world.unit.set_fault("usb_limits_early", True)
    client.say(*SETTING["it8511a"])
    assert client.number("MEAS:VOLT?") == pytest.approx(4.9, abs=0.06)
    client.say("CURR 1.5")
    assert client.number("MEAS:VOLT?") == pytest.approx(0.0, abs=0.02)
    assert (client.number("MEAS:CURR?"), item(world, "usb")) == (pytest.approx(1.2, abs=0.01), "fault")


def test_a_factory_reset_forgets_the_last_owners_lists_where_it_reaches_them(world: World) -> None:
    assert world.unit is not None
    lists = {"contacts": "contacts_kept", "history": "history_kept", "wifi": "networks_kept"}
    for fault in lists.values():
        world.unit.set_fault(fault, True)
    assert [item(world, name) for name in lists] == ["113", "9", "2"]
    world.unit.actions["factory_reset"](world.now())
    assert [item(world, name) for name in lists] == ["113", "9", "2"]
    for fault in lists.values():
        world.unit.set_fault(fault, False)
    assert item(world, "contacts") != "0"
    world.unit.actions["factory_reset"](world.now() + 1.0)
    assert [item(world, name) for name in lists] == ["0", "0", "0"]


def test_a_weak_usb_switch_is_seen_under_load(world: World) -> None:
    assert world.unit is not None
    client = client_of("it8511a", world)
    world.unit.set_fault("weak_usb", True)
    client.say(*SETTING["it8511a"])
    assert client.number("MEAS:VOLT?") == pytest.approx(5.02 - 0.5, abs=0.06)
