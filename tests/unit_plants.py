"""Units whose true value lies ten sigma inside or outside a limit, and what must fail of each by what its figures say.

Sigma is the scatter of repeated readings of one unit together with what one reading may be off by the way it is taken,
as an even distribution of that width (JCGM 100, 4.3.7).
"""

from __future__ import annotations

import math
import statistics
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass

from station.model.limit import Limit
from tests.conftest import Bench
from tests.product_play import load, steps_for
from tests.unit_trials import Outcome, Trial, seed_of, serials_of, trial_box, try_unit
from tests.unit_truths import TRUTHS, Figures, figures_of, tolerance_of
from tests.unit_windows import numeric_limits

SIGMAS = 10.0
WIDENINGS = 16
"""How often the search for a figure doubles its way from the unit's own."""
HALVINGS = 60


@dataclass(frozen=True, slots=True)
class Planting:
    """One figure of one unit, so that ``measurement`` truly is ``value``."""

    product: str
    measurement: str
    bound: str
    is_inside: bool
    value: float
    trait: str
    planted: float

    def __str__(self) -> str:
        where = "inside" if self.is_inside else "outside"
        return f"{self.product} {self.measurement} {SIGMAS:g} sigma {where} {self.bound}"


def sigma_of(measurement: str, readings: Sequence[float]) -> float:
    """Of one reading."""
    scatter = statistics.stdev(readings) if len(readings) > 1 else 0.0
    return math.hypot(scatter, TRUTHS[measurement].resolution / math.sqrt(12))


def plantings(product: str, limit: Limit, sigma: float, figures: Figures) -> list[Planting]:
    """Inside and outside of each bound that ``limit`` has, for a unit with these ``figures``."""
    truth, trait = TRUTHS[limit.name], TRUTHS[limit.name].traits[0]
    made = []
    for bound, at, outwards in (("low", limit.low, -1), ("high", limit.high, 1)):
        for is_inside in (True, False) if at is not None else ():
            assert at is not None
            value = at + (-outwards if is_inside else outwards) * SIGMAS * sigma

            def beyond(planted: float, value: float = value) -> float:
                return truth.of({**figures, trait: planted}) - value

            planted = _zero(beyond, figures[trait], tolerance_of(product, trait)[1])
            made.append(Planting(product, limit.name, bound, is_inside, value, trait, planted))
    return made


def _zero(function: Callable[[float], float], start: float, first_step: float) -> float:
    """Where ``function`` is zero, looked for on both sides of ``start`` in growing steps."""
    at_start, before = function(start), {-1: start, 1: start}
    for widening in range(WIDENINGS):
        for side in (-1, 1):
            reached = start + side * first_step * 2**widening
            try:
                is_over = function(reached) * at_start <= 0
            except ValueError:  # no unit has such a figure: the logarithm of what is not above zero
                continue
            if is_over:
                return _halved(function, before[side], reached)
            before[side] = reached
    raise AssertionError(f"no figure from {start:g} on gives that value")


def _halved(function: Callable[[float], float], near: float, far: float) -> float:
    at_near = function(near)
    for _ in range(HALVINGS):
        middle = (near + far) / 2
        if function(middle) * at_near > 0:
            near = middle
        else:
            far = middle
    return far


def expected_failures(limits: Mapping[str, Limit], figures: Figures) -> tuple[set[str], set[str]]:
    """What must fail of a unit with ``figures``, and what may because its true value is too near to the limit."""
    must, may = set(), set()
    for name, limit in limits.items():
        if name not in TRUTHS:
            continue
        truth = TRUTHS[name]
        value = truth.of(figures)
        least, most = value + truth.least_off, value + truth.most_off
        low = -math.inf if limit.low is None else limit.low
        high = math.inf if limit.high is None else limit.high
        if most < low or least > high:
            must.add(name)
        elif least < low or most > high:
            may.add(name)
    return must, may


def wrong_about_planting(box: Bench, planting: Planting, serial: str) -> str:
    """What fails although it must not, or passes although it must not; only what is needed for it is played."""
    plan = steps_for(load(planting.product), {planting.measurement})
    figures = figures_of(planting.product, serial, seed_of(planting.product))
    must, may = expected_failures(numeric_limits(plan), {**figures, planting.trait: planting.planted})
    if (planting.measurement in must) is planting.is_inside:
        return f"{planting.value:g} is not {SIGMAS:g} sigma from the limit, by what its reading may be off"
    box.control("plant", unit=serial, trait=planting.trait, value=planting.planted)
    try:
        trial = try_unit(box, plan, serial)
    finally:
        box.control("plant", unit=serial, trait=planting.trait, value=None)
    return _wrong(trial, must, may, planting)


def _wrong(trial: Trial, must: Collection[str], may: Collection[str], planting: Planting) -> str:
    is_as_expected = set(must) <= trial.failed <= set(must) | set(may)
    is_right = is_as_expected and trial.verdict == ("FAIL" if trial.failed else "PASS")
    if is_right and (planting.measurement in trial.failed) is not planting.is_inside:
        return ""
    read = trial.readings.get(planting.measurement, math.nan)
    return f"truly {planting.value:g}, read {read:g}: {trial.verdict}, not just {sorted(must)}; {trial.told}"


def try_plantings(product: str, sigmas: Mapping[str, float]) -> list[Outcome]:
    """Every bound of the measurements that ``sigmas`` names, in a world of their own."""
    limits, [serial] = numeric_limits(load(product)), serials_of(product, 1)
    figures = figures_of(product, serial, seed_of(product))
    with trial_box(product, [serial]) as box:
        return [
            Outcome(str(planting), wrong_about_planting(box, planting, serial))
            for name, sigma in sigmas.items()
            for planting in plantings(product, limits[name], sigma, figures)
        ]


def measured_sigmas(product: str, measurements: Collection[str], repeats: int) -> dict[str, float]:
    """By playing what takes ``measurements`` on one unit ``repeats`` times; it must pass each time."""
    plan, [serial] = steps_for(load(product), measurements), serials_of(product, 1)
    with trial_box(product, [serial]) as box:
        trials = [try_unit(box, plan, serial) for _ in range(repeats)]
    assert all(trial.verdict == "PASS" for trial in trials), [trial.told for trial in trials]
    return {name: sigma_of(name, [trial.readings[name] for trial in trials]) for name in measurements}
