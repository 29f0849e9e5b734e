"""The SCPI supplies by their exchanges: every line on the wire, in order, in each family's words."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import pytest

from station.config.bench_file import Identity
from station.drivers.supply_models import SUPPLY_MODELS
from station.link.link import Link, LinkState
from station.model.errors import CommandRefused, InstrumentError, LinkRefused, LinkTimeout
from station.model.roles import Supply
from tests.station.drivers.transcript import CLOCK, NO_ERROR, SYNCHRONISED, Exchange, playing


@dataclass(frozen=True, slots=True)
class Family:
    """What a family says where others say something else."""

    set_lines: tuple[str, str]
    asked: tuple[tuple[str, str], tuple[str, str]]
    switch: tuple[str, str]
    state: tuple[str, str, str]
    """Query, answer on, answer off."""
    measured: tuple[tuple[str, str], tuple[str, str]]
    select: str = ""
    no_error: str = NO_ERROR
    error: str = '-222,"Data out of range"'
    in_step: list[Exchange] = field(default_factory=lambda: list(SYNCHRONISED))

    def group(self, *exchanges: Exchange) -> list[Exchange]:
        """A group with its selection and the empty error queue after it."""
        before: list[Exchange] = [(self.select, None)] if self.select else []
        return [*before, *exchanges, ("SYST:ERR?", self.no_error)]


SIGLENT_ID = "Siglent Technologies,SPD3303X,SPD00001,1.01.01.01.02,V3.0"
SIGLENT: list[Exchange] = [("*IDN?", SIGLENT_ID), ("SYST:STAT?", "0x0004"), ("SYST:ERR?", "0  No Error")]
FAMILIES: Mapping[str, Family] = {
    "e36312a": Family(
        set_lines=("VOLT 14.400,(@2)", "CURR 0.500,(@2)"),
        asked=(("VOLT? (@2)", "+1.44000000E+01"), ("CURR? (@2)", "+5.00000000E-01")),
        switch=("OUTP 1,(@2)", "OUTP 0,(@2)"),
        state=("OUTP? (@2)", "1", "0"),
        measured=(("MEAS:VOLT? (@2)", "+1.43980000E+01"), ("MEAS:CURR? (@2)", "+4.10000000E-01")),
        no_error='+0,"No error"',
        in_step=[("SYST:ERR?", '+0,"No error"')],
    ),
    "dp832": Family(
        set_lines=(":SOUR2:VOLT 14.400", ":SOUR2:CURR 0.500"),
        asked=((":SOUR2:VOLT?", "14.400"), (":SOUR2:CURR?", "0.500")),
        switch=(":OUTP CH2,ON", ":OUTP CH2,OFF"),
        state=(":OUTP? CH2", "ON", "OFF"),
        measured=((":MEAS:VOLT? CH2", "14.3980"), (":MEAS:CURR? CH2", "0.4100")),
    ),
    "spd3303x": Family(
        set_lines=("CH2:VOLT 14.400", "CH2:CURR 0.500"),
        asked=(("CH2:VOLT?", "14.400"), ("CH2:CURR?", "0.500")),
        switch=("OUTP CH2,ON", "OUTP CH2,OFF"),
        state=("SYST:STAT?", "0x0024", "0x0014"),
        measured=(("MEAS:VOLT? CH2", "14.398"), ("MEAS:CURR? CH2", "0.410")),
        no_error="0  No Error",
        error="-222  Data out of range",
        in_step=SIGLENT,
    ),
    "it6322a": Family(
        set_lines=("VOLT 14.400", "CURR 0.500"),
        asked=(("VOLT?", "14.400"), ("CURR?", "0.500")),
        switch=("CHAN:OUTP 1", "CHAN:OUTP 0"),
        state=("CHAN:OUTP?", "1", "0"),
        measured=(("MEAS:VOLT?", "14.398"), ("MEAS:CURR?", "0.410")),
        select="INST:NSEL 2",
        no_error="0,'No Error'",
        error="-222,'Data out of range'",
        in_step=[("SYST:REM", None), ("SYST:REM", None), ("SYST:ERR?", "0,'No Error'")],
    ),
    "it6832a": Family(  # its words name no channel: the number of its one output is not seen here
        set_lines=("VOLT 14.400", "CURR 0.500"),
        asked=(("VOLT?", "14.400"), ("CURR?", "0.500")),
        switch=("OUTP 1", "OUTP 0"),
        state=("OUTP?", "1", "0"),
        measured=(("MEAS:VOLT?", "14.398"), ("MEAS:CURR?", "0.410")),
        no_error="0,'No Error'",
        error="-222,'Data out of range'",
        in_step=[("SYST:REM", None), ("SYST:REM", None), ("SYST:ERR?", "0,'No Error'")],
    ),
}

each_family = pytest.mark.parametrize("model", FAMILIES)


def output(link: Link, model: str, channel: int = 2) -> Supply:
    return SUPPLY_MODELS[model].opened(link, CLOCK, 1.0).output(channel)


def lines(*texts: str) -> list[Exchange]:
    return [(text, None) for text in texts]


@each_family
def test_set_writes_both_and_reads_both_back(model: str) -> None:
    family = FAMILIES[model]
    read_back = [exchange for query in family.asked for exchange in family.group(query)]
    with playing([*family.in_step, *family.group(*lines(*family.set_lines)), *read_back]) as link:
        output(link, model).set(14.4, 0.5)


@each_family
def test_a_voltage_that_was_not_taken_is_refused(model: str) -> None:
    family = FAMILIES[model]
    query = family.asked[0][0]
    exchanges = [*family.in_step, *family.group(*lines(*family.set_lines)), *family.group((query, "5.000"))]
    with playing(exchanges) as link, pytest.raises(CommandRefused) as caught:
        output(link, model).set(14.4, 0.5)
    assert str(caught.value) == f"psu: channel 2: asked for 14.4, {query} says 5.000"


@each_family
def test_what_the_instrument_refuses_is_said_in_its_words(model: str) -> None:
    family = FAMILIES[model]
    before = lines(family.select) if family.select else []
    queue: list[Exchange] = [("SYST:ERR?", family.error), ("SYST:ERR?", family.no_error)]
    exchanges = [*family.in_step, *before, *lines(*family.set_lines), *queue]
    with playing(exchanges) as link, pytest.raises(CommandRefused, match='-222,"Data out of range" after'):
        output(link, model).set(14.4, 0.5)


@each_family
@pytest.mark.parametrize("is_on", [True, False])
def test_switching_is_proved_by_reading_back(model: str, is_on: bool) -> None:
    family = FAMILIES[model]
    command, answer = family.switch[0 if is_on else 1], family.state[1 if is_on else 2]
    exchanges = [*family.in_step, *family.group((command, None)), *family.group((family.state[0], answer))]
    with playing(exchanges) as link:
        supply = output(link, model)
        (supply.switch_on if is_on else supply.switch_off)()


@each_family
@pytest.mark.parametrize("is_on", [True, False])
def test_an_output_that_does_not_switch_is_an_instrument_error(model: str, is_on: bool) -> None:
    family = FAMILIES[model]
    command, answer = family.switch[0 if is_on else 1], family.state[2 if is_on else 1]
    exchanges = [*family.in_step, *family.group((command, None)), *family.group((family.state[0], answer))]
    problem = f"psu: channel 2 did not switch {'on' if is_on else 'off'}"
    with playing(exchanges) as link, pytest.raises(InstrumentError, match=problem):
        supply = output(link, model)
        (supply.switch_on if is_on else supply.switch_off)()


@each_family
def test_a_state_that_is_none_makes_the_link_suspect(model: str) -> None:
    family = FAMILIES[model]
    exchanges = [*family.in_step, *family.group((family.switch[1], None)), *family.group((family.state[0], "2.5"))]
    with playing(exchanges) as link:
        with pytest.raises(LinkRefused, match=r"'2.5' to .* is no state of an output"):
            output(link, model).switch_off()
        assert link.state is LinkState.SUSPECT


@each_family
def test_volts_and_amperes_are_measured_on_its_own_channel(model: str) -> None:
    family = FAMILIES[model]
    exchanges = [*family.in_step, *(exchange for query in family.measured for exchange in family.group(query))]
    with playing(exchanges) as link:
        supply = output(link, model)
        volts, amperes = supply.read_v(), supply.read_a()
    assert (volts.value, volts.unit, amperes.value, amperes.unit) == (14.398, "V", 0.41, "A")


@each_family
def test_a_value_where_the_error_report_should_be_makes_the_link_suspect(model: str) -> None:
    family = FAMILIES[model]
    before = lines(family.select) if family.select else []
    query, value = family.measured[0]
    with playing([*family.in_step, *before, (query, value), ("SYST:ERR?", value)]) as link:
        with pytest.raises(LinkRefused, match="answers are out of step"):
            output(link, model).read_v()
        assert link.state is LinkState.SUSPECT


def test_a_siglent_says_who_it_is_with_five_fields() -> None:
    exchanges = [*SIGLENT, ("*IDN?", SIGLENT_ID), ("SYST:ERR?", '+0,"No error"')]
    with playing(exchanges) as link:
        identity = SUPPLY_MODELS["spd3303x"].opened(link, CLOCK, 1.0).begin()
    assert identity == Identity("Siglent Technologies", "SPD3303X", "SPD00001")


def test_a_rigol_is_silenced_and_left_as_it_is() -> None:
    with playing([*SYNCHRONISED, (":SYST:BEEP:STAT OFF", None), ("SYST:ERR?", NO_ERROR)]) as link:
        SUPPLY_MODELS["dp832"].opened(link, CLOCK, 1.0).prepare()


def test_the_one_output_of_a_spd1168x_is_told_by_its_status_bit_alone() -> None:
    identity = "Siglent Technologies,SPD1168X,SPD13DCX,2.1.1.9,V1.0"
    in_step: list[Exchange] = [("*IDN?", identity), ("SYST:STAT?", "0x0001"), ("SYST:ERR?", "0  No Error")]
    proof: Exchange = ("SYST:ERR?", "0  No Error")
    on: list[Exchange] = [("OUTP CH1,ON", None), proof, ("SYST:STAT?", "0x0011"), proof]
    with playing([*in_step, *on]) as link:
        output(link, "spd1168x", 1).switch_on()


@pytest.mark.parametrize("status", ["0x0008", "0x000c", "0x0000", "independent"])
def test_a_spd3303x_whose_outputs_are_not_independent_is_refused(status: str) -> None:
    exchanges = [*SIGLENT, ("SYST:STAT?", status), ("SYST:ERR?", "0  No Error")]
    with playing(exchanges) as link, pytest.raises(InstrumentError, match=f"{status}: its outputs are not independent"):
        SUPPLY_MODELS["spd3303x"].opened(link, CLOCK, 1.0).prepare()


def test_a_siglent_that_lags_by_one_answer_is_not_believed() -> None:
    with playing([("*IDN?", SIGLENT_ID), ("SYST:STAT?", SIGLENT_ID)]) as link:
        with pytest.raises(LinkTimeout):
            SUPPLY_MODELS["spd3303x"].opened(link, CLOCK, 0.1).output(1).read_v()
        assert link.state is LinkState.SUSPECT


def test_an_itech_says_who_it_is_without_its_blanks() -> None:
    family = FAMILIES["it6322a"]
    answer = "ITECH Ltd., IT6322A, 800572020767710004, 1.11-1.08"
    with playing([*family.in_step, ("*IDN?", answer), ("SYST:ERR?", family.no_error)]) as link:
        identity = SUPPLY_MODELS["it6322a"].opened(link, CLOCK, 1.0).begin()
    assert identity == Identity("ITECH Ltd.", "IT6322A", "800572020767710004")
