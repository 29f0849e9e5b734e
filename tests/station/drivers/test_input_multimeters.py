"""The multimeters with one input by their exchanges: every line on the wire, in order, in each family's words."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import pytest

from station.config.bench_file import Identity, RoleRow, Shunt
from station.drivers.instrument import OpenInstrument
from station.drivers.meter_models import METER_MODELS
from station.drivers.point_multimeter import PointMultimeter
from station.drivers.shunt_ammeter import ShuntAmmeter
from station.link.link import Link, LinkState
from station.link.opening import open_link
from station.model.errors import CommandRefused, InstrumentError, LinkRefused, LinkTimeout, PlanError
from tests.station.drivers.transcript import CLOCK, NO_ERROR, Exchange, playing
from tests.station.link.peer import scripted_peer


@dataclass(frozen=True, slots=True)
class Family:
    """What a family says where others say something else; ``ranges`` hold 5 V and 14.4 V."""

    identity: tuple[str, Identity]
    cycles: str
    ranges: tuple[tuple[str, str], tuple[str, str]]
    no_error: str = NO_ERROR
    quiet: str = ""
    before: list[Exchange] = field(default_factory=list)
    after: list[Exchange] = field(default_factory=list)

    def group(self, *exchanges: Exchange) -> list[Exchange]:
        """A group with the empty error queue after it."""
        return [*exchanges, ("SYST:ERR?", self.no_error)]

    def read(self, value: str, range_v: tuple[str, str] | None = None) -> list[Exchange]:
        """A reading, after the range has been set and read back."""
        asked = (
            [] if range_v is None else self.group((f"VOLT:DC:RANG {range_v[0]}", None), ("VOLT:DC:RANG?", range_v[1]))
        )
        return [*asked, *self.group(("READ?", value))]


TRUEVOLT_RANGES = (("10", "+1.00000000E+01"), ("100", "+1.00000000E+02"))
FAMILIES: Mapping[str, Family] = {
    "34461a": Family(
        (
            "Keysight Technologies,34461A,MY53213280,A.02.08-02.37-02.08-00.49-01-01",
            Identity("Keysight Technologies", "34461A", "MY53213280"),
        ),
        "1",
        TRUEVOLT_RANGES,
        '+0,"No error"',
        "SYST:BEEP:STAT OFF",
        after=[("ROUT:TERM?", "FRON"), ("SYST:ERR?", '+0,"No error"')],
    ),
    "sdm3055": Family(
        (
            "Siglent Technologies,SDM3055,SDM35HBC900580,1.02.01.28",
            Identity("Siglent Technologies", "SDM3055", "SDM35HBC900580"),
        ),
        "10",
        (("20", "+2.00000000E+01"), ("20", "+2.00000000E+01")),
        "0  No Error",
    ),
    "dm3058e": Family(
        (
            "Rigol Technologies,DM3058E,DM3R232301438,01.01.00.02.03.01",
            Identity("Rigol Technologies", "DM3058E", "DM3R232301438"),
        ),
        "10",
        (("20", "2.000000E+01"), ("20", "2.000000E+01")),
        quiet="SYST:BEEP:STAT OFF",
        before=[
            ("CMDSET AGILENT", None),
            ("SYST:ERR?", NO_ERROR),
            ("CMDSET?", "AGILENT"),
            ("SYST:ERR?", NO_ERROR),
        ],
    ),
}
each_family = pytest.mark.parametrize("model", FAMILIES)
POINT = RoleRow("meter", "dmm", None, {"b_plus": 1}, None, "slot")


def opened(link: Link, model: str, timeout_s: float = 1.0) -> OpenInstrument:
    return METER_MODELS[model].opened(link, CLOCK, timeout_s)


def played(link: Link, model: str) -> PointMultimeter:
    role = opened(link, model).play(POINT)
    assert isinstance(role, PointMultimeter)
    return role


def reset_of(family: Family) -> list[Exchange]:
    quiet: list[Exchange] = [(family.quiet, None)] if family.quiet else []
    reset = family.group(("*RST", None), ('SENS:FUNC "VOLT:DC"', None), *quiet, (f"VOLT:DC:NPLC {family.cycles}", None))
    return [("SYST:ERR?", family.no_error), *family.before, *reset, *family.after]


@each_family
def test_it_says_who_it_is(model: str) -> None:
    family = FAMILIES[model]
    exchanges = [("SYST:ERR?", family.no_error), *family.group(("*IDN?", family.identity[0]))]
    with playing(exchanges) as link:
        assert opened(link, model).instrument.begin() == family.identity[1]


@each_family
def test_it_is_reset_to_dc_volts_with_the_integration_time_its_accuracy_is_stated_for(model: str) -> None:
    with playing(reset_of(FAMILIES[model])) as link:
        opened(link, model).instrument.prepare()


@each_family
def test_a_reading_is_triggered_anew_in_a_fixed_range_that_is_read_back(model: str) -> None:
    family = FAMILIES[model]
    first, second = family.ranges
    exchanges = [
        ("SYST:ERR?", family.no_error),
        *family.read("+5.02013400E+00", first),
        *family.read("+5.02014000E+00"),
        *family.read("+1.43981200E+01", second if second != first else None),
    ]
    with playing(exchanges) as link:
        meter = played(link, model)
        values = [meter.read_v("b_plus", volts_v).value for volts_v in (5.0, 5.0, 14.4)]
    assert values == [5.020134, 5.02014, 14.39812]


@each_family
def test_a_range_that_was_not_taken_is_refused(model: str) -> None:
    family = FAMILIES[model]
    asked = family.ranges[0][0]
    exchanges = [
        ("SYST:ERR?", family.no_error),
        *family.group((f"VOLT:DC:RANG {asked}", None), ("VOLT:DC:RANG?", "+1.00000000E+03")),
    ]
    with playing(exchanges) as link, pytest.raises(CommandRefused, match=rf"asked for the {asked} V range"):
        played(link, model).read_v("b_plus", 5.0)


@each_family
def test_beyond_the_range_is_overload_and_no_value(model: str) -> None:
    family = FAMILIES[model]
    exchanges = [("SYST:ERR?", family.no_error), *family.read("+9.90000000E+37", family.ranges[0])]
    with playing(exchanges) as link:
        assert played(link, model).read_v("b_plus", 5.0).is_overload


@each_family
def test_a_value_where_the_error_report_should_be_makes_the_link_suspect(model: str) -> None:
    family = FAMILIES[model]
    range_v, shown = family.ranges[0]
    exchanges: list[Exchange] = [
        ("SYST:ERR?", family.no_error),
        *family.group((f"VOLT:DC:RANG {range_v}", None), ("VOLT:DC:RANG?", shown)),
        ("READ?", "+5.02013400E+00"),
        ("SYST:ERR?", "+5.02013400E+00"),
    ]
    with playing(exchanges) as link:
        with pytest.raises(LinkRefused, match="answers are out of step"):
            played(link, model).read_v("b_plus", 5.0)
        assert link.state is LinkState.SUSPECT


@each_family
def test_after_an_error_the_range_is_set_again(model: str) -> None:
    family = FAMILIES[model]
    queue: list[Exchange] = [("SYST:ERR?", '-222,"Data out of range"'), ("SYST:ERR?", family.no_error)]
    exchanges = [
        ("SYST:ERR?", family.no_error),
        *family.read("+5.0E+00", family.ranges[0])[:-1],
        *queue,
        *family.read("+5.0E+00", family.ranges[0]),
    ]
    with playing(exchanges) as link:
        meter = played(link, model)
        with pytest.raises(CommandRefused):
            meter.read_v("b_plus", 5.0)
        assert meter.read_v("b_plus", 5.0).value == 5.0


@each_family
def test_volts_beyond_the_largest_range_are_a_mistake_of_the_plan(model: str) -> None:
    with playing([]) as link, pytest.raises(PlanError, match="measures up to 1000 V, not 1200 V"):
        played(link, model).read_v("b_plus", 1200.0)


def test_the_terminals_on_the_back_are_refused_because_the_front_is_wired() -> None:
    exchanges = reset_of(FAMILIES["34461a"])
    exchanges[-2] = ("ROUT:TERM?", "REAR")
    with playing(exchanges) as link, pytest.raises(InstrumentError, match="press Front/Rear"):
        opened(link, "34461a").instrument.prepare()


def test_a_rigol_that_goes_on_in_another_language_is_refused() -> None:
    exchanges: list[Exchange] = [
        ("SYST:ERR?", NO_ERROR),
        ("CMDSET AGILENT", None),
        ("SYST:ERR?", NO_ERROR),
        ("CMDSET?", "FLUKE"),
        ("SYST:ERR?", NO_ERROR),
    ]
    with playing(exchanges) as link, pytest.raises(InstrumentError, match="says FLUKE"):
        opened(link, "dm3058").instrument.prepare()


def test_a_meter_across_a_shunt_is_an_ammeter() -> None:
    family = FAMILIES["34461a"]
    exchanges = [("SYST:ERR?", family.no_error), *family.read("+4.10000000E-02", ("0.1", "+1.00000000E-01"))]
    with playing(exchanges) as link:
        role = opened(link, "34461a").play(RoleRow("current", "dmm", None, None, Shunt(1, 0.1, 10.0), "slot"))
        assert isinstance(role, ShuntAmmeter)
        reading = role.read_a(1.0)
    assert (reading.value, reading.unit) == (pytest.approx(0.41), "A")


def test_a_rigol_that_keeps_only_the_event_bits_it_has_is_in_step() -> None:
    enabled = [0]

    def reply(message: bytes) -> list[tuple[float, bytes]]:
        if message.startswith(b"*ESE "):
            enabled[0] = int(message.removeprefix(b"*ESE ")) & 189
            return []
        answers = {b"*ESE?": b"%d" % enabled[0], b"SYST:ERR?": NO_ERROR.encode(), b"READ?": b"+1.0E+00"}
        answers[b"VOLT:DC:RANG?"] = b"+2.0E+00"
        return [(0.0, answers[message] + b"\n")] if message in answers else []

    with scripted_peer(reply) as peer:
        for _ in range(20):
            link = open_link("dmm", peer.address, CLOCK, 1.0)
            assert played(link, "dm3058e").read_v("b_plus", 1.0).value == 1.0
            link.close()


def test_a_meter_that_lags_by_one_answer_is_not_believed() -> None:
    def late(message: bytes) -> list[tuple[float, bytes]]:
        return [(0.0, b"+1.0E+00\n")] if message.endswith(b"?") else []

    with scripted_peer(late) as peer:
        link = open_link("dmm", peer.address, CLOCK, 1.0)
        with pytest.raises(LinkTimeout):
            opened(link, "34461a", 0.1).instrument.begin()
        link.close()
