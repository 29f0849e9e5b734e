"""The steps for tuning on a unit of a few lines: where a seek stops is found, a band that ends elsewhere is no pass."""

from __future__ import annotations

from dataclasses import dataclass, field

import pytest

from station.model.errors import DutError
from station.model.reading import Reading, Statement, TextReading
from station.model.roles import FmModulation
from station.runner.conditions import Conditions
from station.runner.measure import AnyReading
from station.runner.step import Step
from station.sequences.steps import tuning
from tests.station.runner.bench_pieces import START, CountingClock

CONDITIONS = {
    "tuner_volume": 32.0,
    "tuner_settling": 0.05,
    "fm_frequency": 98000.0,
    "fm_level": 60.0,
    "fm_deviation": 22.5,
    "fm_audio": 1000.0,
    "seek_from": 97000.0,
    "longest_seek": 3.0,
    "seek_weakest": 8.0,
    "seek_strongest": 40.0,
    "sensitivity_resolution": 0.2,
    "fm_lowest": 87000.0,
    "fm_highest": 108000.0,
    "fm_channel": 50.0,
    "am_lowest": 522.0,
    "am_highest": 1620.0,
    "am_channel": 9.0,
}


@dataclass
class Unit:
    """A port and the generator on its antenna: it stops from ``stops_at`` dBuV EMF on, takes what is in ``bands``."""

    clock: CountingClock
    stops_at: float = 22.0
    seek_s: float = 0.5
    bands: dict[str, tuple[int, int]] = field(default_factory=lambda: {"fm": (87000, 108000), "am": (522, 1620)})
    items: dict[str, str] = field(default_factory=lambda: {"band": "fm", "frequency": "87500"})
    level: float = -100.0
    silent_after: int = 10_000
    seeking_until: float = -1.0

    def write(self, item: str, value: str) -> None:
        self._answer()
        if item == "frequency":
            low, high = self.bands[self.items["band"]]
            if not low <= int(value) <= high:
                raise DutError("the unit answers 'ERR range'")
        self.items[item] = value

    def read(self, item: str) -> TextReading:
        self._answer()
        is_seeking = item == "frequency" and self.clock.now() < self.seeking_until
        return TextReading("seeking" if is_seeking else self.items[item], "dut", START)

    def act(self, action: str) -> None:
        self._answer()
        self.seeking_until = self.clock.now() + self.seek_s
        if self.level >= self.stops_at:
            self.items["frequency"] = "98000"

    def tune(self, frequency_hz: float, level_dbuv_emf: float) -> None:
        self.level = level_dbuv_emf

    def modulate_fm(self, modulation: FmModulation) -> None:
        """The seek does not heed it."""

    def _answer(self) -> None:
        self.silent_after -= 1
        if self.silent_after < 0:
            raise DutError("the unit does not answer")


def measured(step: Step, unit: Unit) -> dict[str, AnyReading]:
    found: dict[str, AnyReading] = {}
    roles = {"rf": unit, "audio": None, "dut": unit}
    step.function(
        **{role: roles[role] for role in step.roles},
        clock=unit.clock,
        conditions=Conditions(step.name, {name: CONDITIONS[name] for name in step.declaration.uses}),
        measure=found.__setitem__,
    )
    return found


def sought(unit: Unit) -> tuple[float, float]:
    found = measured(tuning.seek, unit)
    frequency, level = found["seek_frequency"], found["seek_stop_level"]
    assert isinstance(frequency, Reading)
    assert isinstance(level, Reading)
    return frequency.value, level.value


@pytest.mark.parametrize("stops_at", [9.0, 18.3, 22.0, 39.9])
def test_the_level_at_which_a_seek_stops_is_found_within_the_resolution(stops_at: float) -> None:
    assert sought(Unit(CountingClock(), stops_at)) == (98000.0, pytest.approx(stops_at + 0.1, abs=0.11))


@pytest.mark.parametrize(("stops_at", "frequency_khz"), [(45.0, 98000.0), (70.0, 97000.0)])
def test_a_unit_that_hears_no_station_of_the_search_has_its_strongest_level(
    stops_at: float, frequency_khz: float
) -> None:
    assert sought(Unit(CountingClock(), stops_at)) == (frequency_khz, 40.0)


def test_a_unit_that_seeks_for_ever_is_the_units_fault() -> None:
    with pytest.raises(DutError, match="still seeks after 3 s"):
        sought(Unit(CountingClock(), seek_s=100.0))


@pytest.mark.parametrize(
    ("band", "ends", "is_right"),
    [
        ("fm", (87000, 108000), True),
        ("fm", (87500, 108000), False),
        ("fm", (87000, 107900), False),
        ("fm", (76000, 108000), False),
        ("am", (522, 1629), False),
        ("am", (530, 1620), False),
    ],
)
def test_bands_are_right_only_where_each_end_is_taken_and_nothing_beyond(
    band: str, ends: tuple[int, int], is_right: bool
) -> None:
    unit = Unit(CountingClock())
    unit.bands[band] = ends
    statement = measured(tuning.band_limits, unit)["are_bands_right"]
    assert isinstance(statement, Statement)
    assert statement.is_so is is_right


def test_a_unit_that_falls_silent_has_refused_nothing() -> None:
    with pytest.raises(DutError, match="does not answer"):
        measured(tuning.band_limits, Unit(CountingClock(), silent_after=2))
