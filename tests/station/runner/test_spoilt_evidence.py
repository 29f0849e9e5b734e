"""A run that passed, with one thing of its journal spoilt: whatever it is, it passes no more."""

from __future__ import annotations

import math
import re
import tempfile
from collections.abc import Callable, Mapping
from datetime import timedelta
from functools import cache
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from station.model.errors import Failure
from station.model.limit import Comparator, Limit
from station.model.roles import Ammeter
from station.runner.entries import Entry, MadeSafe, Measured, RunStarted, RunStopped, StepFinished, StepStarted
from station.runner.measure import Measure, outcome_of
from station.runner.record import record_of
from station.runner.step import step
from tests.station.runner.bench_pieces import SAFE, START, SteadyAmmeter, amperes, plan_of, played, row

KINDS = ("config", "link", "instrument", "dut", "station", "operator", "estop")
OTHER_NUMBERS = st.floats().filter(lambda value: not 0.0 <= value <= 0.5)


@cache
def passed() -> tuple[Entry, ...]:
    """Two steps with two required values each, made safe at the end."""

    @step(zh="x", en="x", deadline_s=1, measures={"a": "A", "b": "A"})
    def first(current: Ammeter, measure: Measure) -> None:
        measure("a", current.read_a(1.0))
        measure("b", current.read_a(1.0))

    @step(zh="x", en="x", deadline_s=1, measures={"c": "A", "d": "A"}, after=[first])
    def second(current: Ammeter, measure: Measure) -> None:
        measure("c", current.read_a(1.0))
        measure("d", current.read_a(1.0))

    body = "".join(row(name, "between", unit="A", low=0.0, high=0.5) for name in "abcd")
    with tempfile.TemporaryDirectory() as folder:
        plan = plan_of(Path(folder), [first, second], body)
    journal, _ = played(plan, current=SteadyAmmeter([amperes(0.1)]))
    return (*journal.entries, MadeSafe(SAFE, START))


def verdict_of(entries: list[Entry]) -> str:
    return record_of(entries, START + timedelta(minutes=1)).verdict


def places(*kinds: type) -> list[int]:
    return [place for place, entry in enumerate(passed()) if isinstance(entry, kinds)]


def without(draw: st.DrawFn) -> list[Entry]:
    entries = list(passed())
    del entries[draw(st.sampled_from(places(Measured, StepFinished, MadeSafe)))]
    return entries


def stopped(draw: st.DrawFn) -> list[Entry]:
    failure = Failure(draw(st.sampled_from(KINDS)), "", "stopped", None, START)
    entries = list(passed())
    place = draw(st.integers(1, len(entries)))
    entries.insert(place, RunStopped(draw(st.sampled_from(["ABORTED", "ERROR", "FAIL"])), failure))
    return entries


def twice(draw: st.DrawFn) -> list[Entry]:
    entries = list(passed())
    entries.insert(draw(st.integers(1, len(entries))), entries[draw(st.sampled_from(places(Measured)))])
    return entries


def another_value(draw: st.DrawFn) -> list[Entry]:
    entries = list(passed())
    place = draw(st.sampled_from(places(Measured)))
    taken = entries[place]
    assert isinstance(taken, Measured)
    value = draw(OTHER_NUMBERS | st.none() | st.booleans() | st.text(max_size=3))
    outcome = draw(st.sampled_from(["PASS", "FAIL", "ERROR"]))
    entries[place] = replace(taken, value=value, outcome=outcome)
    return entries


def another_outcome(draw: st.DrawFn) -> list[Entry]:
    entries = list(passed())
    place = draw(st.sampled_from(places(StepFinished, Measured)))
    spoilt = entries[place]
    outcome = draw(st.sampled_from(["FAIL", "ERROR", "ABORTED", "SKIPPED", "", "pass"]))
    assert isinstance(spoilt, StepFinished | Measured)
    entries[place] = replace(spoilt, outcome=outcome)
    return entries


def unproved(draw: st.DrawFn) -> list[Entry]:
    entries = list(passed())
    entries[-1] = MadeSafe(tuple(replace(action, is_proved=False) for action in SAFE), START)
    return entries


def begun_again(draw: st.DrawFn) -> list[Entry]:
    """A step that is begun once more after its end, and has no end then."""
    entries = [entry for entry in passed() if not isinstance(entry, StepFinished) or entry.step != "second"]
    entries.insert(draw(st.integers(1, len(entries) - 1)), StepStarted("second", START, 1.0))
    return entries


SPOILS: Mapping[str, Callable[[st.DrawFn], list[Entry]]] = {
    "without": without,
    "stopped": stopped,
    "twice": twice,
    "another value": another_value,
    "another outcome": another_outcome,
    "unproved": unproved,
    "begun again": begun_again,
}


@st.composite
def spoilt(draw: st.DrawFn) -> tuple[str, list[Entry]]:
    name = draw(st.sampled_from(sorted(SPOILS)))
    return name, SPOILS[name](draw)


def test_the_run_that_is_spoilt_here_passes() -> None:
    assert verdict_of(list(passed())) == "PASS"
    assert isinstance(passed()[0], RunStarted)


@settings(max_examples=400, deadline=None)
@given(spoilt())
def test_no_spoilt_journal_passes(found: tuple[str, list[Entry]]) -> None:
    name, entries = found
    assert verdict_of(entries) != "PASS", name


BOUNDS = st.none() | st.floats(allow_nan=True)
VALUES = st.none() | st.booleans() | st.floats() | st.integers().map(float) | st.text(max_size=3)


@settings(max_examples=400, deadline=None)
@given(
    st.sampled_from(sorted(Comparator)), BOUNDS, BOUNDS, st.lists(st.text(max_size=2), min_size=1, max_size=3), VALUES
)
def test_no_limit_passes_what_is_no_value_inside_it(
    comparator: Comparator, low: float | None, high: float | None, expected: list[str], value: float | bool | str | None
) -> None:
    if comparator is Comparator.MATCHES:
        expected = [f"{re.escape(expected[0])}[a-c]?"]
    limit = Limit("x", "A", comparator, low, high, tuple(expected), True, "this test")
    if outcome_of(limit, value, "y") != "PASS":
        return
    match comparator:
        case Comparator.BETWEEN | Comparator.AT_LEAST | Comparator.AT_MOST:
            assert isinstance(value, float) and math.isfinite(value)
            assert low is None or value >= low
            assert high is None or value <= high
        case Comparator.IS_TRUE:
            assert value is True
        case Comparator.SAME_AS:
            assert value == "y"
        case Comparator.MATCHES:
            assert isinstance(value, str) and re.escape(value).startswith(expected[0].removesuffix("[a-c]?"))
        case _:
            assert value in expected
