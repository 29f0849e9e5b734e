"""The end of a run for steps at work: at their next wait or value, and not before."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import pytest

from station.runner.cut import SLICE_S, Cut, CutClock, CutOff, CutSink
from station.runner.entries import StepStarted
from tests.station.runner.bench_pieces import START, CountingClock, ListedJournal

ENTRY = StepStarted("boot", START, 1.0)


@dataclass
class Waits(CountingClock):
    """Notes each wait, and does something after so many."""

    each: list[float] = field(default_factory=list)
    after: int = 99
    then: Callable[[], None] = lambda: None

    def wait(self, seconds: float) -> None:
        super().wait(seconds)
        self.each.append(seconds)
        assert len(self.each) < 99
        if len(self.each) == self.after:
            self.then()


@pytest.mark.parametrize("seconds", [0.0, -1.0, 0.05, 0.1, 0.25, 1.0])
def test_a_wait_takes_as_long_as_without_a_cut(seconds: float) -> None:
    clock = Waits()
    CutClock(clock, Cut()).wait(seconds)
    assert sum(clock.each) == pytest.approx(max(seconds, 0.0))
    assert all(0 < each <= SLICE_S for each in clock.each)
    assert len(clock.each) == pytest.approx(max(seconds, 0.0) / SLICE_S, abs=1)


def test_a_wait_ends_within_a_slice_of_the_cut() -> None:
    cut = Cut()
    clock = Waits(after=3, then=cut.make)
    with pytest.raises(CutOff):
        CutClock(clock, cut).wait(10.0)
    assert clock.each == [SLICE_S] * 3


def test_after_a_cut_no_wait_begins_and_nothing_is_written() -> None:
    cut, journal, clock = Cut(), ListedJournal(), Waits()
    cut.make()
    with pytest.raises(CutOff):
        CutClock(clock, cut).wait(0.0)
    with pytest.raises(CutOff):
        CutSink(journal, cut).write(ENTRY)
    assert (clock.each, journal.entries) == ([], [])


def test_what_begins_after_a_cut_was_healed_is_not_meant_but_it_is_remembered() -> None:
    cut, journal = Cut(), ListedJournal()
    assert (cut.is_made, cut.was_made) == (False, False)
    cut.make()
    assert (cut.is_made, cut.was_made) == (True, True)
    cut.heal()
    assert (cut.is_made, cut.was_made) == (False, True)
    CutSink(journal, cut).write(ENTRY)
    CutSink(journal, cut).write(ENTRY, is_durable=True)
    assert (journal.entries, journal.durable) == ([ENTRY, ENTRY], [ENTRY])


def test_the_time_is_that_of_the_clock_before_it() -> None:
    clock = CountingClock(5.0)
    shown = CutClock(clock, Cut())
    assert (shown.now(), shown.utc()) == (5.0, clock.utc())
