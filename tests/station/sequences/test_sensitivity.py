"""The search for the least level with a signal-to-noise ratio, on tuners given as curves: right for any that rises."""

from __future__ import annotations

import math
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext

import pytest

from station.model.reading import Reading
from station.model.roles import Weighting
from station.sequences.steps.antenna_input import Reception, Search
from tests.station.runner.bench_pieces import START, CountingClock

SEARCH = Search(weakest_dbuv=0.0, strongest_dbuv=40.0, resolution_db=0.2, snr_db=30.0)
CURVES: dict[str, Callable[[float], float]] = {
    "a decibel a decibel up to a ceiling": lambda level: min(level + 18.0, 62.0),
    "steep below": lambda level: level + 18.0 if level > 2.0 else 20.0 + 3 * (level - 2.0),
    "two decibels a decibel": lambda level: 2 * (level - 12.0) + 30.0,
    "half a decibel a decibel": lambda level: 0.5 * (level - 12.0) + 30.0,
    "a step": lambda level: 60.0 if level >= 23.7 else 0.0,
    "flat, then steep": lambda level: 29.9 if level < 31.0 else 60.0,
}


class Tuner:
    """Generator and analyser in one: the level of the noise is as far below the programme as the curve says."""

    def __init__(self, curve: Callable[[float], float]) -> None:
        self.curve = curve
        self.level, self.is_loud, self.tried = 0.0, False, 0

    def tune(self, frequency_hz: float, level_dbuv_emf: float) -> None:
        self.level, self.tried = level_dbuv_emf, self.tried + 1

    def modulate(self) -> None:
        self.is_loud = True

    def leave_bare(self) -> None:
        self.is_loud = False

    def steady(self) -> AbstractContextManager[None]:
        return nullcontext()

    def read_level_v(self, channel: str, weighting: Weighting) -> Reading:
        volts_v = 1.0 if self.is_loud else 10 ** (-self.curve(self.level) / 20)
        return Reading(volts_v, "V", "analyser", "", START)


def found(curve: Callable[[float], float]) -> tuple[float, int]:
    tuner = Tuner(curve)
    reception = Reception(
        tuner,  # type: ignore[arg-type]
        tuner,  # type: ignore[arg-type]
        CountingClock(),
        98000.0,
        0.05,
        tuner.modulate,
        tuner.leave_bare,
    )
    return reception.sensitivity(SEARCH).value, tuner.tried


@pytest.mark.parametrize("name", CURVES)
def test_the_least_level_is_found_within_the_resolution_whatever_the_curve(name: str) -> None:
    level, tried = found(CURVES[name])
    assert CURVES[name](level) >= SEARCH.snr_db > CURVES[name](level - SEARCH.resolution_db)
    assert tried <= 1 + math.log2(40.0 / 0.2) + 6


def test_a_usual_tuner_takes_half_of_what_halving_takes() -> None:
    assert found(CURVES["a decibel a decibel up to a ceiling"])[1] <= 5


def test_a_deaf_tuner_has_the_strongest_level_after_one_try() -> None:
    assert found(lambda level: 20.0) == (40.0, 1)


def test_a_tuner_better_than_the_search_has_its_weakest_level() -> None:
    assert found(lambda level: 50.0)[0] <= SEARCH.resolution_db
