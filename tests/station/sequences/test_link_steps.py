"""The steps of the links and of packing: what they measure, what they wait for, and what they leave behind."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from station.model.errors import DutError, InstrumentError, LinkLost, StationError
from station.model.reading import Reading, TextReading
from station.runner.step import Step
from station.sequences.steps import links, packing
from tests.station.runner.bench_pieces import START
from tests.station.sequences.link_limits import outcome


@dataclass
class Jig:
    """The relays; what is closed, and all that was done to the jig, in order."""

    closed: set[str] = field(default_factory=set)
    done: list[str] = field(default_factory=list)
    is_stuck: bool = False

    def close(self, *names: str) -> None:
        self.closed |= set(names)
        self.done.append(f"close {' '.join(names)}")

    def open(self, *names: str) -> None:
        self.done.append(f"open {' '.join(names)}")
        if self.is_stuck:
            raise InstrumentError("relays", "do not open")
        self.closed -= set(names)


@dataclass
class Unit:
    """Answers each item with its texts one after the other, the last for ever; by what is closed where it matters."""

    jig: Jig
    items: dict[str, list[str]] = field(default_factory=dict)
    acts: list[str] = field(default_factory=list)
    error: StationError | None = None

    def read(self, item: str) -> TextReading:
        if self.error is not None:
            raise self.error
        texts = self.items[item]
        return TextReading(texts.pop(0) if len(texts) > 1 else texts[0], "dut", START)

    def act(self, action: str) -> None:
        self.acts.append(action)


@dataclass
class Sink:
    """A load: 5 V behind 0.12 ohm while the jig's relay is closed."""

    jig: Jig
    amperes_a: float = 0.0
    error: StationError | None = None

    def draw(self, amperes_a: float) -> None:
        self.jig.done.append(f"draw {amperes_a:g}")
        if self.error is not None:
            raise self.error
        self.amperes_a = amperes_a

    def switch_off(self) -> None:
        self.jig.done.append("load off")
        self.amperes_a = 0.0

    def read_v(self) -> Reading:
        volts = 5.0 - 0.12 * self.amperes_a if "usb_load" in self.jig.closed else 0.0
        return Reading(volts, "V", "load", f"{volts}", START)

    def read_a(self) -> Reading:
        return Reading(self.amperes_a, "A", "load", "", START)


@dataclass
class Sky:
    """A receiver with a fix after ``seconds``."""

    seconds: float = 2.5

    def wait_fix(self, longest_s: float) -> Reading:
        if self.seconds > longest_s:
            raise DutError(f"no fix within {longest_s:g} s")
        return Reading(self.seconds, "s", "gnss", "", START)

    def read_cn0_dbhz(self, satellites: int) -> Reading:
        return Reading(42.0 - satellites / 10, "dBHz", "gnss", "", START)


@dataclass
class Desk:
    """A scanner that reads one code and a scale that weighs one thing."""

    code: str = "FJR126110001"
    grams: float = 412.5

    def wait_scan(self, longest_s: float) -> TextReading:
        return TextReading(self.code, "scanner", START)

    def read_g(self, longest_s: float) -> Reading:
        return Reading(self.grams, "g", "scale", "", START)


@pytest.fixture
def jig() -> Jig:
    return Jig()


def unit(jig: Jig, **items: Sequence[str]) -> Unit:
    return Unit(jig, {name: list(texts) for name, texts in items.items()})


def test_the_reference_device_may_take_its_time_to_be_heard(tmp_path: Path, jig: Jig) -> None:
    dut = unit(jig, bluetooth=["4C4A47012345"], rssi=["none", "none", "-82", "-55"])
    values, result, _ = outcome(tmp_path, links.bluetooth, dut=dut)
    assert (values, result) == ({"bluetooth_address": "4C4A47012345", "bluetooth_rssi": -55.0}, "PASS")


def test_a_weak_reference_device_fails_with_its_level(tmp_path: Path, jig: Jig) -> None:
    dut = unit(jig, bluetooth=["4C4A47012345"], rssi=["-84"])
    values, result, message = outcome(tmp_path, links.bluetooth, dut=dut)
    assert (values["bluetooth_rssi"], result) == (-84.0, "FAIL")
    assert message == "bluetooth_rssi -84 dBm is below -70 dBm"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("none", "the unit hears no Bluetooth device within 3 s"),
        ("loud", "the unit answers 'loud' to GET rssi: no whole dBm"),
    ],
)
def test_a_level_that_is_none_is_the_units_fault_and_no_value(
    tmp_path: Path, jig: Jig, text: str, message: str
) -> None:
    dut = unit(jig, bluetooth=["4C4A47012345"], rssi=[text])
    values, result, told = outcome(tmp_path, links.bluetooth, dut=dut)
    assert (result, told) == ("FAIL", message)
    assert "bluetooth_rssi" not in values


@pytest.mark.parametrize(
    ("step", "item", "relay", "text"),
    [(links.usb_storage, "usb", "usb_stick", "storage 16"), (links.sd_card, "sd", "sd_card", "card 32")],
)
def test_what_is_plugged_in_is_awaited_and_taken_out_again(
    tmp_path: Path, jig: Jig, step: Step, item: str, relay: str, text: str
) -> None:
    values, result, _ = outcome(tmp_path, step, dut=unit(jig, **{item: ["none", text]}), relays=jig)
    assert (list(values.values()), result) == ([text], "PASS")
    assert jig.done == [f"close {relay}", f"open {relay}"]


def test_a_stick_that_is_not_found_fails_with_what_the_unit_says(tmp_path: Path, jig: Jig) -> None:
    values, result, _ = outcome(tmp_path, links.usb_storage, dut=unit(jig, usb=["none"]), relays=jig)
    assert (values, result, jig.closed) == ({"usb_storage": "none"}, "FAIL", set())


def test_the_port_is_loaded_with_two_currents_and_left_alone(tmp_path: Path, jig: Jig) -> None:
    values, result, _ = outcome(tmp_path, links.usb_charging, relays=jig, load=Sink(jig))
    assert values == {"usb_voltage_1a": pytest.approx(4.88), "usb_voltage_1a5": pytest.approx(4.82)}
    assert result == "PASS"
    assert jig.done == ["close usb_load", "load off", "draw 1", "draw 1.5", "load off", "open usb_load"]


@pytest.mark.parametrize("error", [LinkLost("load", "was closed"), DutError("the unit is gone")])
def test_a_step_that_breaks_off_leaves_nothing_connected_and_tells_its_own_reason(
    tmp_path: Path, jig: Jig, error: StationError
) -> None:
    _, result, message = outcome(tmp_path, links.usb_charging, relays=jig, load=Sink(jig, error=error))
    assert (result, message) == ("FAIL" if isinstance(error, DutError) else "ERROR", str(error))
    assert jig.done[-2:] == ["load off", "open usb_load"] and jig.closed == set()


def test_a_relay_that_cannot_be_opened_does_not_hide_what_went_wrong_before(tmp_path: Path, jig: Jig) -> None:
    jig.is_stuck = True
    dut = unit(jig, usb=["none"])
    dut.error = DutError("the unit does not answer")
    assert outcome(tmp_path, links.usb_storage, dut=dut, relays=jig)[1:] == ("FAIL", "the unit does not answer")
    dut.error = None
    assert outcome(tmp_path, links.usb_storage, dut=dut, relays=jig)[1:] == ("ERROR", "relays: do not open")


def test_reception_and_first_fix_are_the_receivers(tmp_path: Path, jig: Jig) -> None:
    dut = unit(jig)
    assert outcome(tmp_path, links.gnss_reception, gnss=Sky())[0] == {"gnss_cn0": pytest.approx(41.6)}
    assert outcome(tmp_path, links.gnss_first_fix, gnss=Sky(), dut=dut)[:2] == ({"gnss_first_fix": 2.5}, "PASS")
    assert dut.acts == ["gnss_cold_start"]
    assert outcome(tmp_path, links.gnss_first_fix, gnss=Sky(90.0), dut=dut)[1] == "FAIL"


def test_the_antenna_is_taken_off_and_then_shorted_never_both(tmp_path: Path, jig: Jig) -> None:
    dut = unit(jig, antenna=["ok", "open", "ok", "short"])
    values, result, _ = outcome(tmp_path, links.antenna_diagnosis, relays=jig, dut=dut)
    assert (values, result) == ({"antenna_open": "open", "antenna_short": "short"}, "PASS")
    assert jig.done == ["close antenna_open", "open antenna_open", "close antenna_short", "open antenna_short"]


@pytest.mark.parametrize(("code", "result"), [("FJR126110001", "PASS"), ("FJR126110002", "FAIL")])
def test_the_label_is_the_units_own(tmp_path: Path, code: str, result: str) -> None:
    assert outcome(tmp_path, packing.label_serial, scanner=Desk(code))[:2] == ({"label_serial": code}, result)


@pytest.mark.parametrize(("grams", "result"), [(412.5, "PASS"), (398.0, "FAIL")])
def test_a_kit_without_its_screws_is_too_light(tmp_path: Path, grams: float, result: str) -> None:
    assert outcome(tmp_path, packing.kit_weight, scale=Desk(grams=grams))[:2] == ({"kit_weight": grams}, result)
