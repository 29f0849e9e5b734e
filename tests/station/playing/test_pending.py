"""What a run waits for, until when: an instrument that another slot has counts for no deadline of a step."""

from __future__ import annotations

from datetime import UTC, datetime

from station.model.errors import Failure
from station.playing.pending import BETWEEN_S, OPENING_S, WAITING_S, Pending
from station.runner.entries import RunStopped, StepFinished, StepStarted, StepWaiting

AT = datetime(2026, 11, 26, tzinfo=UTC)


class Hands:
    """A clock that is set by hand."""

    def __init__(self) -> None:
        self.now_s = 100.0

    def now(self) -> float:
        return self.now_s

    def utc(self) -> datetime:
        return AT

    def wait(self, seconds: float) -> None:
        self.now_s += seconds


def test_a_step_that_waits_for_an_instrument_has_hours_and_its_own_deadline_from_its_start() -> None:
    clock = Hands()
    pending = Pending(clock)
    assert pending.first().deadline == 100.0 + OPENING_S
    pending.take(StepWaiting("boot", "psu", "left"))
    waited = pending.first()
    assert (waited.step, waited.deadline) == ("boot", 100.0 + WAITING_S)
    assert waited.what == "waiting for psu before step boot"
    clock.wait(1000.0)
    pending.take(StepStarted("boot", AT, 20.0))
    assert pending.first().deadline == 1120.0
    pending.take(StepFinished("boot", AT, "PASS", ""))
    assert pending.first().deadline == 1100.0 + BETWEEN_S


def test_what_plays_beside_a_step_that_waits_keeps_its_deadline() -> None:
    pending = Pending(Hands())
    pending.take(StepStarted("gnss", AT, 60.0))
    pending.take(StepWaiting("boot", "psu", "left"))
    assert pending.first().step == "gnss"


def test_a_step_that_is_played_again_may_wait_again() -> None:
    clock = Hands()
    pending = Pending(clock)
    pending.take(StepStarted("rails", AT, 5.0))
    pending.take(StepWaiting("rails", "dmm", "left"))
    assert pending.first().deadline == 100.0 + WAITING_S


def test_what_stops_a_run_ends_its_waiting() -> None:
    pending = Pending(Hands())
    pending.take(StepWaiting("boot", "psu", "left"))
    pending.take(RunStopped("ABORTED", Failure("operator", "", "stopped", None, AT)))
    assert pending.first().deadline == 100.0 + BETWEEN_S
