"""Whole plans on whole crowds of units: good ones, each catalogued fault, and units ten sigma from every limit.

Each task has a world of its own; more of them run at once than there are cores, as each waits more than it computes.
"""

from __future__ import annotations

import logging
import multiprocessing
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ProcessPoolExecutor, as_completed
from functools import partial
from typing import ParamSpec, TypeVar

from rich.console import Console

from tests.product_play import load
from tests.soak.finding import Finding
from tests.unit_plants import measured_sigmas, try_plantings
from tests.unit_spread import show_spreads, spreads
from tests.unit_trials import WORLD_OF, Outcome, Trial, faults_of, serials_of, try_faults, try_good_units
from tests.unit_truths import TRUTHS
from tests.unit_windows import numeric_limits

AREA = "units"
GOOD_UNITS = 200
REPEATS = 10
AT_ONCE = 4
CROWD = 10
"""Units, faults or measurements of one task."""
TOLD = 5

P = ParamSpec("P")
T = TypeVar("T")


class Crowd:
    """Tasks in processes of their own; ``done`` tells how far they are."""

    def __init__(self) -> None:
        quiet = partial(logging.basicConfig, level=logging.ERROR)  # units that boot are silent, and that is warned of
        self._pool = ProcessPoolExecutor(AT_ONCE, multiprocessing.get_context("spawn"), initializer=quiet)
        self._console = Console()
        self._started = time.monotonic()

    def __enter__(self) -> Crowd:
        return self

    def __exit__(self, *_: object) -> None:
        self._pool.shutdown(cancel_futures=True)

    def submit(self, task: Callable[P, T], *arguments: P.args, **more: P.kwargs) -> Future[T]:
        """Begin ``task`` as soon as a process is free."""
        return self._pool.submit(task, *arguments, **more)

    def done(self, what: str, futures: Sequence[Future[T]]) -> Iterator[T]:
        """Results as they come."""
        for count, future in enumerate(as_completed(futures), 1):
            yield future.result()
            seconds = time.monotonic() - self._started
            self._console.print(f"{seconds:7.0f} s  {what}: {count} of {len(futures)} parts", highlight=False)


def soak() -> list[Finding]:
    """About three quarters of an hour on two cores."""
    findings = []
    with Crowd() as crowd:
        sigmas = {product: crowd.submit(measured_sigmas, product, _true_of(product), REPEATS) for product in WORLD_OF}
        good = {
            product: _in_crowds(crowd, try_good_units, product, serials_of(product, GOOD_UNITS)) for product in WORLD_OF
        }
        faulty = {product: _in_crowds(crowd, try_faults, product, faults_of(product)) for product in WORLD_OF}
        for product in WORLD_OF:
            findings += _good_units(product, crowd, good[product])
        for product in WORLD_OF:
            findings.append(_outcomes(f"{product}: every catalogued fault", crowd, faulty[product]))
        for product in WORLD_OF:
            planted = _in_crowds(crowd, partial(_plant, sigmas[product].result()), product, _true_of(product))
            findings.append(_outcomes(f"{product}: ten sigma inside and outside", crowd, planted))
    return findings


def _true_of(product: str) -> list[str]:
    """The numbers that a figure of the unit decides."""
    return [name for name in numeric_limits(load(product)) if name in TRUTHS]


def _plant(sigmas: Mapping[str, float], product: str, names: Sequence[str]) -> list[Outcome]:
    return try_plantings(product, {name: sigmas[name] for name in names})


def _in_crowds(
    crowd: Crowd, task: Callable[[str, Sequence[str]], T], product: str, names: Sequence[str]
) -> list[Future[T]]:
    return [crowd.submit(task, product, names[first : first + CROWD]) for first in range(0, len(names), CROWD)]


def _good_units(product: str, crowd: Crowd, parts: Sequence[Future[list[Trial]]]) -> list[Finding]:
    started = time.monotonic()
    trials = [trial for part in crowd.done(f"{product}: good units", parts) for trial in part]
    bad = [f"{trial.serial} {trial.verdict} {trial.told}" for trial in trials if trial.verdict != "PASS"]
    found = spreads(product, trials)
    show_spreads(product, len(trials), found)
    untrue = [row.limit.name for row in found if not row.is_true]
    seconds, true = time.monotonic() - started, sum(row.limit.name in TRUTHS for row in found)
    return [
        Finding(AREA, f"{product}: good units all pass", len(trials), len(bad), seconds, "\n".join(bad[:TOLD])),
        Finding(AREA, f"{product}: readings as the figures say", true, len(untrue), 0.0, ", ".join(untrue)),
    ]


def _outcomes(name: str, crowd: Crowd, parts: Sequence[Future[list[Outcome]]]) -> Finding:
    started = time.monotonic()
    outcomes = [outcome for part in crowd.done(name, parts) for outcome in part]
    wrong = [f"{outcome.name}: {outcome.wrong}" for outcome in outcomes if outcome.wrong]
    return Finding(AREA, name, len(outcomes), len(wrong), time.monotonic() - started, "\n".join(wrong[:TOLD]))
