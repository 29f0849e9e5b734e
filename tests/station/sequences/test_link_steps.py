"""The steps of the links and of packing: what they measure, what they wait for, and what they leave behind."""

from __future__ import annotations

import math
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
    """A load: 5 V behind 0.12 ohm while the jig's relay is closed, and up to ``limit_a``.

    A ``dead`` one draws nothing whatever it is told; what it shows is ``late`` looks behind what it draws; ``drift_v``
    is how much lower the voltage is at each look.
    """

    jig: Jig
    amperes_a: float = 0.0
    error: StationError | None = None
    is_dead: bool = False
    late: int = 0
    limit_a: float = 9.0
    ohm: float = 0.12
    drift_v: float = 0.0
    shown: list[tuple[float, float]] = field(default_factory=list)

    def draw(self, amperes_a: float) -> None:
        self.jig.done.append(f"draw {amperes_a:g}")
        if self.error is not None:
            raise self.error
        self.amperes_a = amperes_a

    def switch_off(self) -> None:
        self.jig.done.append("load off")
        self.amperes_a = 0.0

    def read_v(self) -> Reading:
        return Reading(self._look()[1], "V", "load", "", START)

    def read_a(self) -> Reading:
        return Reading(self._look()[0], "A", "load", "", START)

    def _look(self) -> tuple[float, float]:
        drawn = 0.0 if self.is_dead else min(self.amperes_a, self.limit_a)
        volts = 5.0 - self.ohm * drawn - self.drift_v * len(self.shown)
        is_on = "usb_load" in self.jig.closed
        self.shown.append((drawn, 0.0 if self.amperes_a > self.limit_a or not is_on else volts))
        return self.shown[max(len(self.shown) - 1 - self.late, 0)]


@dataclass
class Sky:
    """A receiver with a fix after ``seconds``; ``asked`` are the calls in their order."""

    seconds: float = 2.5
    does_restart: bool = True
    asked: list[str] = field(default_factory=list)

    def wait_fix(self, longest_s: float) -> Reading:
        self.asked.append("fix")
        return Reading(0.4, "s", "gnss", "", START)

    def wait_new_fix(self, longest_loss_s: float, longest_s: float) -> Reading:
        self.asked.append("new fix")
        if not self.does_restart:
            raise DutError(f"gnss: still has its fix {longest_loss_s:g} s after it was told to forget it")
        if self.seconds > longest_s:
            raise DutError(f"no fix within {longest_s:g} s")
        return Reading(self.seconds, "s", "gnss", "", START)

    def read_cn0_dbhz(self, satellites: int) -> Reading:
        return Reading(42.0 - satellites / 10, "dBHz", "gnss", "", START)


@dataclass
class Desk:
    """A scanner that reads one code, and a scale that shows one weight after the other, the last for ever."""

    code: str = "FJR126110001"
    grams: list[float] = field(default_factory=list)

    def wait_scan(self, longest_s: float) -> TextReading:
        return TextReading(self.code, "scanner", START)

    def read_g(self, longest_s: float) -> Reading:
        grams = self.grams.pop(0) if len(self.grams) > 1 else self.grams[0]
        return Reading(grams, "g", "scale", "", START, not math.isfinite(grams))


@pytest.fixture
def jig() -> Jig:
    return Jig()


def unit(jig: Jig, **items: Sequence[str]) -> Unit:
    return Unit(jig, {name: list(texts) for name, texts in items.items()})


def test_the_reference_device_may_take_its_time_to_be_heard(tmp_path: Path, jig: Jig) -> None:
    dut = unit(jig, bluetooth=["4C4A47012345"], rssi=["none", "none", "-82", "-55"])
    values, result, _ = outcome(tmp_path, links.bluetooth, dut=dut)
    assert (values, result) == ({"bluetooth_address": "4C4A47012345", "bluetooth_rssi": -55.0}, "PASS")


def test_a_level_that_flickers_is_judged_by_its_middle_and_not_by_its_best(tmp_path: Path, jig: Jig) -> None:
    dut = unit(jig, bluetooth=["4C4A47012345"], rssi=["-80", "-66", "-81", "-79", "-82"])
    values, result, _ = outcome(tmp_path, links.bluetooth, dut=dut)
    assert (values["bluetooth_rssi"], result) == (-80.0, "FAIL")


def test_a_device_that_is_heard_now_and_then_is_not_heard(tmp_path: Path, jig: Jig) -> None:
    dut = unit(jig, bluetooth=["4C4A47012345"], rssi=["-55", "none"] * 100)
    assert outcome(tmp_path, links.bluetooth, dut=dut)[1] == "FAIL"


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
    values, result, _ = outcome(tmp_path, step, dut=unit(jig, **{item: ["none", "none", text]}), relays=jig)
    assert (list(values.values()), result) == ([text], "PASS")
    assert jig.done == [f"close {relay}", f"open {relay}"]


@pytest.mark.parametrize(
    ("step", "item", "text"), [(links.usb_storage, "usb", "storage 16"), (links.sd_card, "sd", "card 32")]
)
def test_what_was_plugged_in_before_is_not_taken_for_what_the_jig_plugs_in(
    tmp_path: Path, jig: Jig, step: Step, item: str, text: str
) -> None:
    values, result, message = outcome(tmp_path, step, dut=unit(jig, **{item: [text]}), relays=jig)
    assert (values, result) == ({}, "FAIL")
    assert message == f"the unit says {item} is '{text}' before the jig has done anything to it"
    assert jig.done == []


def test_what_was_taken_out_just_before_may_be_reported_for_a_moment(tmp_path: Path, jig: Jig) -> None:
    dut = unit(jig, sd=["card 32", "card 32", "none", "card 32"])
    assert outcome(tmp_path, links.sd_card, dut=dut, relays=jig)[1] == "PASS"


def test_a_stick_that_is_not_found_fails_with_what_the_unit_says(tmp_path: Path, jig: Jig) -> None:
    values, result, _ = outcome(tmp_path, links.usb_storage, dut=unit(jig, usb=["none"]), relays=jig)
    assert (values, result, jig.closed) == ({"usb_storage": "none"}, "FAIL", set())


def test_the_port_is_loaded_with_two_currents_and_left_alone(tmp_path: Path, jig: Jig) -> None:
    values, result, _ = outcome(tmp_path, links.usb_charging, relays=jig, load=Sink(jig))
    assert values == {
        "usb_current_1a": 1.0,
        "usb_voltage_1a": pytest.approx(4.88),
        "usb_current_1a5": 1.5,
        "usb_voltage_1a5": pytest.approx(4.82),
    }
    assert result == "PASS"
    assert jig.done == ["close usb_load", "load off", "draw 1", "draw 1.5", "load off", "open usb_load"]


def test_a_load_that_draws_nothing_is_an_error_of_the_load_and_no_voltage(tmp_path: Path, jig: Jig) -> None:
    values, result, message = outcome(tmp_path, links.usb_charging, relays=jig, load=Sink(jig, is_dead=True))
    assert (values, result) == ({}, "ERROR")
    assert message == "load: draws 0 A instead of 1 A, though the port gives 5 V"


@pytest.mark.parametrize("late", [1, 2, 6])
def test_a_display_that_lags_behind_shows_no_voltage_of_a_smaller_current(tmp_path: Path, jig: Jig, late: int) -> None:
    values, result, _ = outcome(tmp_path, links.usb_charging, relays=jig, load=Sink(jig, ohm=0.3, late=late))
    assert (values["usb_voltage_1a"], values["usb_voltage_1a5"]) == (pytest.approx(4.7), pytest.approx(4.55))
    assert result == "FAIL"


def test_a_port_that_limits_too_early_fails_with_what_it_gives(tmp_path: Path, jig: Jig) -> None:
    values, result, _ = outcome(tmp_path, links.usb_charging, relays=jig, load=Sink(jig, limit_a=1.2))
    assert (values["usb_current_1a"], values["usb_current_1a5"], values["usb_voltage_1a5"]) == (1.0, 1.2, 0.0)
    assert result == "FAIL"


def test_a_voltage_that_does_not_come_to_rest_is_the_units_fault(tmp_path: Path, jig: Jig) -> None:
    _, result, message = outcome(tmp_path, links.usb_charging, relays=jig, load=Sink(jig, drift_v=0.05))
    assert (result, message) == ("FAIL", "the USB port's voltage does not come to rest at 1 A")


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
    assert outcome(tmp_path, links.gnss_reception, gnss=Sky())[0] == {"gnss_cn0": pytest.approx(41.6)}
    dut, sky = unit(jig), Sky()
    assert outcome(tmp_path, links.gnss_first_fix, gnss=sky, dut=dut)[:2] == ({"gnss_first_fix": 2.5}, "PASS")
    assert (dut.acts, sky.asked) == (["gnss_cold_start"], ["fix", "new fix"])
    assert outcome(tmp_path, links.gnss_first_fix, gnss=Sky(90.0), dut=dut)[1] == "FAIL"


def test_a_receiver_that_keeps_its_fix_has_no_first_fix(tmp_path: Path, jig: Jig) -> None:
    values, result, message = outcome(tmp_path, links.gnss_first_fix, gnss=Sky(does_restart=False), dut=unit(jig))
    assert (values, result) == ({}, "FAIL")
    assert message == "gnss: still has its fix 3 s after it was told to forget it"


def test_the_antenna_is_taken_off_and_then_shorted_never_both(tmp_path: Path, jig: Jig) -> None:
    dut = unit(jig, antenna=["ok", "ok", "open", "open", "ok", "short"])
    values, result, _ = outcome(tmp_path, links.antenna_diagnosis, relays=jig, dut=dut)
    assert (values, result) == ({"antenna_open": "open", "antenna_short": "short"}, "PASS")
    assert jig.done == ["close antenna_open", "open antenna_open", "close antenna_short", "open antenna_short"]


def test_an_antenna_that_is_always_said_to_be_open_is_no_diagnosis(tmp_path: Path, jig: Jig) -> None:
    values, result, _ = outcome(tmp_path, links.antenna_diagnosis, relays=jig, dut=unit(jig, antenna=["open"]))
    assert (values, result, jig.done) == ({}, "FAIL", [])


@pytest.mark.parametrize(("code", "result"), [("FJR126110001", "PASS"), ("FJR126110002", "FAIL")])
def test_the_label_is_the_units_own(tmp_path: Path, code: str, result: str) -> None:
    assert outcome(tmp_path, packing.label_serial, scanner=Desk(code))[:2] == ({"label_serial": code}, result)


def weighed(tmp_path: Path, *grams: float, is_emptied: str = "yes") -> tuple[dict[str, object], str, str]:
    """The pan as the scale shows it, weight after weight."""
    says = {packing.EMPTY_PAN[1]: is_emptied}
    return outcome(tmp_path, packing.kit_weight, says, scale=Desk(grams=list(grams)))


@pytest.mark.parametrize(("grams", "result"), [(412.5, "PASS"), (398.0, "FAIL")])
def test_a_kit_without_its_screws_is_too_light(tmp_path: Path, grams: float, result: str) -> None:
    assert weighed(tmp_path, 0.02, grams)[:2] == ({"kit_weight": grams}, result)


def test_a_kit_may_take_its_time_and_come_in_pieces(tmp_path: Path) -> None:
    values, result, _ = weighed(tmp_path, 0.0, 0.0, 0.01, 0.0, 120.0, 300.0, 412.5)
    assert (values, result) == ({"kit_weight": 412.5}, "PASS")


def test_a_kit_that_lay_on_the_pan_before_is_taken_off_and_the_next_one_is_weighed(tmp_path: Path) -> None:
    assert weighed(tmp_path, 412.5, 412.5, 0.0, 399.0)[:2] == ({"kit_weight": 399.0}, "FAIL")


def test_the_last_units_kit_is_never_this_units_kit(tmp_path: Path) -> None:
    values, result, message = weighed(tmp_path, 412.5)
    assert (values, result) == ({}, "ERROR")
    assert message == "scale: shows 412.5 g though its pan is said to be empty: empty it or set the scale to zero"
    values, result, message = weighed(tmp_path, 412.5, is_emptied="no")
    assert (values, result, message) == ({}, "ABORTED", "the scale's pan was not emptied: test again with an empty pan")


def test_a_scale_that_was_set_to_zero_with_the_kit_on_it_is_not_empty(tmp_path: Path) -> None:
    assert weighed(tmp_path, -412.5)[:2] == ({}, "ERROR")


def test_a_pan_on_which_nobody_puts_a_kit_is_no_light_kit(tmp_path: Path) -> None:
    assert weighed(tmp_path, 0.0) == ({}, "ABORTED", "nothing was put on the scale within 10 s")


def test_more_than_the_scale_can_weigh_is_no_weight(tmp_path: Path) -> None:
    assert weighed(tmp_path, 0.0, math.inf)[:2] == ({"kit_weight": None}, "ERROR")
