"""The electronic loads by their exchanges: every line on the wire, in order, in each family's words."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import pytest

from station.config.bench_file import Identity
from station.drivers.load_models import LOAD_MODELS
from station.drivers.scpi_load import ScpiLoad
from station.link.link import Link, LinkState
from station.model.errors import CommandRefused, InstrumentError, LinkRefused
from tests.station.drivers.transcript import CLOCK, NO_ERROR, SYNCHRONISED, Exchange, playing

ITECH_NO_ERROR = "0,'No Error'"


@dataclass(frozen=True, slots=True)
class Family:
    """What a family says where others say something else; the settings are for 1.5 A."""

    identity: str
    prepared: tuple[str, str, str]
    level: str
    function: tuple[str, str]
    asked: tuple[str, str]
    switch: tuple[str, str]
    state: str
    no_error: str = NO_ERROR
    error: str = '-222,"Data out of range"'
    in_step: list[Exchange] = field(default_factory=lambda: list(SYNCHRONISED))

    def group(self, *exchanges: Exchange) -> list[Exchange]:
        """A group and the empty error queue after it."""
        return [*exchanges, ("SYST:ERR?", self.no_error)]

    def set_up(self, function: str | None = None, asked: str | None = None) -> list[Exchange]:
        """All before the input is switched on, with other answers where they are given."""
        exchanges = [*self.group(*((text, None) for text in self.prepared)), *self.group((self.level, None))]
        exchanges += self.group((self.function[0], function or self.function[1]))
        if function is None:
            exchanges += self.group((self.asked[0], asked or self.asked[1]))
        return exchanges


FAMILIES: Mapping[str, Family] = {
    "dl3021": Family(
        identity="RIGOL TECHNOLOGIES,DL3021,DL3A204800938,00.01.05.00.01",
        prepared=(":SOUR:INP:STAT 0", ":SOUR:FUNC CURR", ":SOUR:CURR:RANG 4"),
        level=":SOUR:CURR:LEV:IMM 1.500",
        function=(":SOUR:FUNC?", "CC"),
        asked=(":SOUR:CURR:LEV:IMM?", "1.500000"),
        switch=(":SOUR:INP:STAT 1", ":SOUR:INP:STAT 0"),
        state=":SOUR:INP:STAT?",
    ),
    "it8512a": Family(
        identity="ITECH Ltd., IT8512A+, 800619020717320034, 1.07-1.02",
        prepared=("INP 0", "FUNC CURR", "CURR:RANG 3"),
        level="CURR 1.500",
        function=("FUNC?", "CURRENT"),
        asked=("CURR?", "1.500"),
        switch=("INP 1", "INP 0"),
        state="INP?",
        no_error=ITECH_NO_ERROR,
        error="-222,'Data out of range'",
        in_step=[("SYST:REM", None), ("SYST:REM", None), ("SYST:ERR?", ITECH_NO_ERROR)],
    ),
}

each_family = pytest.mark.parametrize("model", FAMILIES)


def load(link: Link, model: str) -> ScpiLoad:
    return LOAD_MODELS[model].opened(link, CLOCK, 1.0)


@each_family
def test_it_says_who_it_is(model: str) -> None:
    family = FAMILIES[model]
    with playing([*family.in_step, *family.group(("*IDN?", family.identity))]) as link:
        identity = load(link, model).begin()
    maker, name, serial, _ = (text.strip() for text in family.identity.split(","))
    assert identity == Identity(maker, name, serial)


@each_family
def test_drawing_is_set_in_the_smallest_range_and_proved_before_and_after_the_input_is_on(model: str) -> None:
    family = FAMILIES[model]
    switched = [*family.group((family.switch[0], None)), *family.group((family.state, "1"))]
    with playing([*family.in_step, *family.set_up(), *switched]) as link:
        load(link, model).draw(1.5)


@each_family
def test_a_load_that_is_not_in_constant_current_is_refused(model: str) -> None:
    family = FAMILIES[model]
    refusal = pytest.raises(CommandRefused, match=r"psu: asked for constant current, .* says CV")
    with playing([*family.in_step, *family.set_up(function="CV")]) as link, refusal:
        load(link, model).draw(1.5)


@each_family
def test_a_current_that_was_not_taken_is_refused_before_the_input_is_on(model: str) -> None:
    family = FAMILIES[model]
    refusal = pytest.raises(CommandRefused, match=r"psu: asked for 1\.5 A, .* says 3\.000")
    with playing([*family.in_step, *family.set_up(asked="3.000")]) as link, refusal:
        load(link, model).draw(1.5)


@each_family
@pytest.mark.parametrize("amperes_a", [61.0, -0.1, float("nan")])
def test_a_current_that_the_load_has_no_range_for_is_refused_without_a_word(model: str, amperes_a: float) -> None:
    with playing([]) as link, pytest.raises(CommandRefused, match="psu: draws 0 A to"):
        load(link, model).draw(amperes_a)


@each_family
def test_what_the_load_refuses_is_said_in_its_words(model: str) -> None:
    family = FAMILIES[model]
    exchanges: list[Exchange] = [*((text, None) for text in family.prepared), ("SYST:ERR?", family.error)]
    with (
        playing([*family.in_step, *exchanges, ("SYST:ERR?", family.no_error)]) as link,
        pytest.raises(CommandRefused, match='-222,"Data out of range" after'),
    ):
        load(link, model).draw(1.5)


@each_family
@pytest.mark.parametrize("answer", ["0", "OFF"])
def test_off_is_proved_by_reading_back(model: str, answer: str) -> None:
    family = FAMILIES[model]
    switched = [*family.group((family.switch[1], None)), *family.group((family.state, answer))]
    with playing([*family.in_step, *switched]) as link:
        load(link, model).switch_off()


@each_family
def test_an_input_that_stays_on_is_an_instrument_error(model: str) -> None:
    family = FAMILIES[model]
    switched = [*family.group((family.switch[1], None)), *family.group((family.state, "1"))]
    with playing([*family.in_step, *switched]) as link, pytest.raises(InstrumentError, match="psu: did not switch off"):
        load(link, model).switch_off()


@each_family
def test_a_state_that_is_none_makes_the_link_suspect(model: str) -> None:
    family = FAMILIES[model]
    switched = [*family.group((family.switch[1], None)), *family.group((family.state, "4.873"))]
    with playing([*family.in_step, *switched]) as link:
        with pytest.raises(LinkRefused, match=r"'4\.873' to .* is no state of an input"):
            load(link, model).switch_off()
        assert link.state is LinkState.SUSPECT


@each_family
def test_volts_and_amperes_are_measured_and_9e37_is_overload(model: str) -> None:
    family = FAMILIES[model]
    root = "" if model == "it8512a" else ":"
    measured = [*family.group((f"{root}MEAS:VOLT?", "4.873")), *family.group((f"{root}MEAS:CURR?", "9.9E37"))]
    with playing([*family.in_step, *measured]) as link:
        opened = load(link, model)
        volts, amperes = opened.read_v(), opened.read_a()
    assert (volts.value, volts.unit, volts.is_overload) == (4.873, "V", False)
    assert (amperes.unit, amperes.is_overload) == ("A", True)
