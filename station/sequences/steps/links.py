"""What a unit is linked with besides its network: Bluetooth, USB, SD card, satellites and their antenna.

Steps for any unit that has the link; the products put them in order. What the jig connects for a step it disconnects at
the step's end, however it ends. Every wait is for something that can be read, with a deadline. An event is awaited, and
counts only where it was not there before; a value that may flicker is judged once it rests, whatever it is.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from statistics import median

from station.model.clock import Clock, wait_until
from station.model.errors import DutError, InstrumentError, StationError
from station.model.reading import Reading, TextReading
from station.model.roles import Gnss, HeadUnit, Load, Relays
from station.runner.conditions import Conditions
from station.runner.measure import AnyReading, Measure
from station.runner.step import step
from station.sequences.steps.relay_lines import closed

POLL_S = 0.05
RSSI_READINGS = 5
DISPLAY_S = 0.25
"""Between two looks at a load (estimate: loads measure some ten times a second, slow displays four times)."""

NOTHING, CONNECTED = "none", "ok"
LONGEST_SETTLING_S = 3.0
"""Estimate: ten times as long as a load's display may need."""


@step(
    zh="蓝牙",
    en="Bluetooth",
    deadline_s=30,
    uses={"longest_bluetooth": "s"},
    measures={"bluetooth_address": "", "bluetooth_rssi": "dBm"},
)
def bluetooth(dut: HeadUnit, clock: Clock, conditions: Conditions, measure: Measure) -> None:
    """The address is one of the maker's, and the reference device is heard as strong as at a good unit.

    The level is the middle one of five in a row.
    """
    measure("bluetooth_address", dut.read("bluetooth"))
    deadline = clock.now() + conditions["longest_bluetooth"]
    heard: list[Reading] = []
    while len(heard) < RSSI_READINGS:
        reading = _dbm(dut.read("rssi"))
        heard = [] if reading is None else [*heard, reading]
        if reading is None and clock.now() >= deadline:
            raise DutError(f"the unit hears no Bluetooth device within {conditions['longest_bluetooth']:g} s")
        clock.wait(POLL_S)
    level, last = median(each.value for each in heard), heard[-1]
    measure(
        "bluetooth_rssi", Reading(level, "dBm", last.instrument, " ".join(each.raw for each in heard), last.taken_at)
    )


@step(zh="USB 存储", en="USB stick", deadline_s=30, uses={"longest_media": "s"}, measures={"usb_storage": ""})
def usb_storage(relays: Relays, dut: HeadUnit, clock: Clock, conditions: Conditions, measure: Measure) -> None:
    """A stick that is plugged in is found; one that was found before is none of the jig's."""
    _require(dut, "usb", NOTHING, conditions["longest_media"], clock)
    with closed(relays, "usb_stick"):
        read = _item(dut, "usb")
        measure("usb_storage", _awaited("usb_storage", read, conditions["longest_media"], clock, measure))


@step(
    zh="USB 充电",
    en="USB charging",
    deadline_s=30,
    is_alone=True,
    uses={"usb_current": "A", "usb_high_current": "A", "usb_current_tolerance": "A", "usb_settled": "V"},
    measures={"usb_current_1a": "A", "usb_voltage_1a": "V", "usb_current_1a5": "A", "usb_voltage_1a5": "V"},
)
def usb_charging(relays: Relays, load: Load, clock: Clock, conditions: Conditions, measure: Measure) -> None:
    """The port's voltage while it is loaded with two currents, smaller first; B+ feeds nothing else meanwhile.

    Raises InstrumentError where the voltage is good and the load does not draw what it was told to.
    """
    with closed(relays, "usb_load"), _switched_off(load):
        for case, asked_a in (("1a", conditions["usb_current"]), ("1a5", conditions["usb_high_current"])):
            load.draw(asked_a)
            amperes, volts = _settled(load, asked_a, clock, conditions)
            is_drawn = _is_near(amperes, asked_a, conditions["usb_current_tolerance"])
            if not is_drawn and measure.is_inside(f"usb_voltage_{case}", volts):
                problem = f"draws {amperes.value:g} A instead of {asked_a:g} A, though the port gives {volts.value:g} V"
                raise InstrumentError(amperes.instrument, problem)
            measure(f"usb_current_{case}", amperes)
            measure(f"usb_voltage_{case}", volts)


@step(zh="SD 卡", en="SD card", deadline_s=30, uses={"longest_media": "s"}, measures={"sd_card": ""})
def sd_card(relays: Relays, dut: HeadUnit, clock: Clock, conditions: Conditions, measure: Measure) -> None:
    """A card that is plugged in is found; one that was found before is none of the jig's."""
    _require(dut, "sd", NOTHING, conditions["longest_media"], clock)
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
    uses={"longest_restart": "s", "longest_fix": "s"},
    measures={"gnss_first_fix": "s"},
)
def gnss_first_fix(gnss: Gnss, dut: HeadUnit, clock: Clock, conditions: Conditions, measure: Measure) -> None:
    """How long after the command the receiver has a position again, when it had one and was told to forget all."""
    gnss.wait_fix(conditions["longest_fix"])
    began = clock.now()
    dut.act("gnss_cold_start")
    acting_s = clock.now() - began
    fix = gnss.wait_new_fix(conditions["longest_restart"], conditions["longest_fix"])
    measure("gnss_first_fix", Reading(acting_s + fix.value, "s", fix.instrument, fix.raw, fix.taken_at))


@step(
    zh="卫星天线诊断",
    en="Satellite antenna diagnosis",
    deadline_s=30,
    is_alone=True,
    uses={"longest_diagnosis": "s"},
    measures={"antenna_open": "", "antenna_short": ""},
)
def antenna_diagnosis(relays: Relays, dut: HeadUnit, clock: Clock, conditions: Conditions, measure: Measure) -> None:
    """What the unit says of an antenna that is missing, and of one that is shorted; nobody can receive meanwhile."""
    for name in ("antenna_open", "antenna_short"):
        _require(dut, "antenna", CONNECTED, conditions["longest_diagnosis"], clock)
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


def _settled(load: Load, asked_a: float, clock: Clock, conditions: Conditions) -> tuple[Reading, Reading]:
    """Amperes and volts once the load draws ``asked_a`` and two voltages in a row agree; without that current the last.

    Raises DutError where the voltage goes on changing under that current.
    """
    deadline = clock.now() + LONGEST_SETTLING_S
    before: Reading | None = None
    while True:
        clock.wait(DISPLAY_S)
        amperes, volts = load.read_a(), load.read_v()
        is_drawn = _is_near(amperes, asked_a, conditions["usb_current_tolerance"])
        if is_drawn and before is not None and _is_near(volts, before.value, conditions["usb_settled"]):
            return amperes, volts
        if clock.now() >= deadline:
            break
        before = volts if is_drawn else None
    if is_drawn:
        raise DutError(f"the USB port's voltage does not come to rest at {asked_a:g} A")
    return amperes, volts


def _is_near(reading: Reading, value: float, by: float) -> bool:
    return reading.value == value or abs(reading.value - value) <= by


def _require(dut: HeadUnit, item: str, expected: str, longest_s: float, clock: Clock) -> None:
    """Raise DutError where ``item`` is not as without the jig's doing, within ``longest_s``."""
    read = _item(dut, item)
    if not wait_until(clock, lambda: read().value == expected, clock.now() + longest_s, POLL_S):
        raise DutError(f"the unit says {item} is {read().value!r} before the jig has done anything to it")


def _item(dut: HeadUnit, name: str) -> Callable[[], TextReading]:
    return lambda: dut.read(name)


def _awaited(name: str, read: Callable[[], AnyReading], longest_s: float, clock: Clock, measure: Measure) -> AnyReading:
    """The first reading inside the limit of ``name``, which is an event; or the last one after ``longest_s``."""
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
