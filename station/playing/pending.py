"""What a run waits for, until when: the steps that are under way, or what comes between them."""

from __future__ import annotations

import msgspec

from station.model.clock import Clock
from station.runner.entries import Entry, RunStopped, StepFinished, StepStarted, StepWaiting

OPENING_S = 20.0
"""Longest time to open all links of a bench and check who answers."""
BETWEEN_S = 10.0
"""Longest time between the end of all steps under way and the start of the next, or the end of the child."""

WAITING_S = 4 * 3600.0
"""Longest time to wait for an instrument that other slots use: seven of them, each half an hour (the longest step)."""


class Awaited(msgspec.Struct, frozen=True):
    """One thing that must be over at ``deadline``; ``step`` is None where it is none."""

    what: str
    step: str | None
    deadline: float


class Pending:
    """Follows a run by its entries."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._steps: dict[str, Awaited] = {}
        self._between = Awaited("opening the bench", None, clock.now() + OPENING_S)

    def first(self) -> Awaited:
        """What must be over first."""
        return min(self._steps.values(), key=lambda awaited: awaited.deadline, default=self._between)

    def take(self, entry: Entry) -> None:
        """See what ``entry`` begins or ends; what stops a run ends all of it."""
        match entry:
            case StepWaiting():
                what = f"waiting for {entry.resource} before step {entry.step}"
                self._steps[entry.step] = Awaited(what, entry.step, self._clock.now() + WAITING_S)
            case StepStarted():
                step = entry.step
                self._steps[step] = Awaited(f"step {step}", step, self._clock.now() + entry.deadline_s)
            case StepFinished():
                self._steps.pop(entry.step, None)
                self._then(f"what follows step {entry.step}")
            case RunStopped():
                self._steps.clear()
                self._then("the end of the run")

    def _then(self, what: str) -> None:
        self._between = Awaited(what, None, self._clock.now() + BETWEEN_S)
