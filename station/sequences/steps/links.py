"""What a unit is linked with besides its network: Bluetooth, USB, SD card, satellites and their antenna.

Steps for any unit that has the link; the products put them in order. What the jig connects for a step it disconnects at
the step's end, however it ends. Every wait is for something that can be read, with a deadline.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

from station.model.clock import Clock
from station.model.errors import DutError, StationError
from station.model.reading import Reading, TextReading
from station.model.roles import Gnss, HeadUnit, Load, Relays
from station.runner.conditions import Conditions
from station.runner.measure import AnyReading, Measure
from station.runner.step import step
from station.sequences.steps.relay_lines import closed

POLL_S = 0.05
SETTLE_S = 0.5
"""Longest time for a load's display to follow its input (estimate: loads measure some ten times a second)."""


@step(
    zh="蓝牙",
    en="Bluetooth",
    deadline_s=30,
    uses={"longest_bluetooth": "s"},
    measures={"bluetooth_address": "", "bluetooth_rssi": "dBm"},
)
def bluetooth(dut: HeadUnit, clock: Clock, conditions: Conditions, measure: Measure) -> None:
    """The address is one of the maker's, and the reference device is heard as strong as at a good unit."""
    measure("bluetooth_address", dut.read("bluetooth"))
    deadline = clock.now() + conditions["longest_bluetooth"]
    while (reading := _dbm(dut.read("rssi"))) is None or not measure.is_inside("bluetooth_rssi", reading):
        if clock.now() >= deadline:
            break
        clock.wait(POLL_S)
    if reading is None:
        raise DutError(f"the unit hears no Bluetooth device within {conditions['longest_bluetooth']:g} s")
    measure("bluetooth_rssi", reading)


@step(zh="USB 存储", en="USB stick", deadline_s=30, uses={"longest_media": "s"}, measures={"usb_storage": ""})
def usb_storage(relays: Relays, dut: HeadUnit, clock: Clock, conditions: Conditions, measure: Measure) -> None:
    """A stick that is plugged in is found."""
    with closed(relays, "usb_stick"):
        read = _item(dut, "usb")
        measure("usb_storage", _awaited("usb_storage", read, conditions["longest_media"], clock, measure))


@step(
    zh="USB 充电",
    en="USB charging",
    deadline_s=30,
    uses={"usb_current": "A", "usb_high_current": "A"},
    measures={"usb_voltage_1a": "V", "usb_voltage_1a5": "V"},
)
def usb_charging(relays: Relays, load: Load, clock: Clock, conditions: Conditions, measure: Measure) -> None:
    """The port's voltage while it is loaded with two currents, smaller first."""
    with closed(relays, "usb_load"), _switched_off(load):
        load.draw(conditions["usb_current"])
        measure("usb_voltage_1a", _awaited("usb_voltage_1a", load.read_v, SETTLE_S, clock, measure))
        load.draw(conditions["usb_high_current"])
        measure("usb_voltage_1a5", _awaited("usb_voltage_1a5", load.read_v, SETTLE_S, clock, measure))


@step(zh="SD 卡", en="SD card", deadline_s=30, uses={"longest_media": "s"}, measures={"sd_card": ""})
def sd_card(relays: Relays, dut: HeadUnit, clock: Clock, conditions: Conditions, measure: Measure) -> None:
    """A card that is plugged in is found."""
    with closed(relays, "sd_card"):
        read = _item(dut, "sd")
        measure("sd_card", _awaited("sd_card", read, conditions["longest_media"], clock, measure))


@step(
    zh="卫星接收",
    en="Satellite reception",
    deadline_s=60,
    uses={"cn0_satellites": "1"},
    measures={"gnss_cn0": "dBHz"},
)
def gnss_reception(gnss: Gnss, conditions: Conditions, measure: Measure) -> None:
    """The mean C/N0 of the strongest satellites of the simulator."""
    measure("gnss_cn0", gnss.read_cn0_dbhz(round(conditions["cn0_satellites"])))


@step(
    zh="冷启动定位",
    en="First fix",
    deadline_s=120,
    uses={"longest_fix": "s"},
    measures={"gnss_first_fix": "s"},
)
def gnss_first_fix(gnss: Gnss, dut: HeadUnit, conditions: Conditions, measure: Measure) -> None:
    """How long the receiver needs for a position when it has forgotten all."""
    dut.act("gnss_cold_start")
    measure("gnss_first_fix", gnss.wait_fix(conditions["longest_fix"]))


@step(
    zh="卫星天线诊断",
    en="Satellite antenna diagnosis",
    deadline_s=30,
    uses={"longest_diagnosis": "s"},
    measures={"antenna_open": "", "antenna_short": ""},
)
def antenna_diagnosis(relays: Relays, dut: HeadUnit, clock: Clock, conditions: Conditions, measure: Measure) -> None:
    """What the unit says of an antenna that is missing, and of one that is shorted."""
    for name in ("antenna_open", "antenna_short"):
        with closed(relays, name):
            read = _item(dut, "antenna")
            measure(name, _awaited(name, read, conditions["longest_diagnosis"], clock, measure))


@contextmanager
def _switched_off(load: Load) -> Iterator[None]:
    """``load`` draws nothing before and after; make-safe switches it off where that cannot be done here."""
    load.switch_off()
    try:
        yield
    except StationError:
        with suppress(StationError):
            load.switch_off()
        raise
    load.switch_off()


def _item(dut: HeadUnit, name: str) -> Callable[[], TextReading]:
    return lambda: dut.read(name)


def _awaited(name: str, read: Callable[[], AnyReading], longest_s: float, clock: Clock, measure: Measure) -> AnyReading:
    """The first reading inside the limit of ``name``, or the last one after ``longest_s``."""
    deadline = clock.now() + longest_s
    reading = read()
    while not measure.is_inside(name, reading) and clock.now() < deadline:
        clock.wait(POLL_S)
        reading = read()
    return reading


def _dbm(found: TextReading) -> Reading | None:
    """None where the unit hears nothing; raises DutError for what is no level."""
    if found.value == "none":
        return None
    if not found.value.removeprefix("-").isdecimal():
        raise DutError(f"the unit answers {found.value!r} to GET rssi: no whole dBm")
    return Reading(float(found.value), "dBm", found.instrument, found.value, found.taken_at)
