"""The end of a run for the steps that something else has ended: at their next wait, value or question they end."""

from __future__ import annotations

from datetime import datetime

from station.model.clock import Clock
from station.runner.entries import Entry
from station.runner.sink import EntrySink

SLICE_S = 0.1
"""A longer wait is seen to be over so soon."""


class CutOff(BaseException):
    """Ends a step that was cut off; no step's own handling of errors sees it."""


class Cut:
    """Whether the run has been stopped under the steps that are at work."""

    def __init__(self) -> None:
        self.is_made = False
        self.was_made = False

    def make(self) -> None:
        """From here on steps end."""
        self.is_made = self.was_made = True

    def heal(self) -> None:
        """Steps that begin from here on are not meant."""
        self.is_made = False

    def check(self) -> None:
        """Raise CutOff where the run has been stopped."""
        if self.is_made:
            raise CutOff


class CutSink:
    """An EntrySink before another one, for steps that may be cut off."""

    def __init__(self, sink: EntrySink, cut: Cut) -> None:
        self._sink = sink
        self._cut = cut

    def write(self, entry: Entry, is_durable: bool = False) -> None:
        self._cut.check()
        self._sink.write(entry, is_durable)


class CutClock:
    """A station.model.clock.Clock before another one, whose waits end when the run has been stopped."""

    def __init__(self, clock: Clock, cut: Cut) -> None:
        self._clock = clock
        self._cut = cut

    def now(self) -> float:
        return self._clock.now()

    def utc(self) -> datetime:
        return self._clock.utc()

    def wait(self, seconds: float) -> None:
        """Raises CutOff."""
        self._cut.check()
        left_s = seconds
        while left_s > 0:
            self._clock.wait(min(left_s, SLICE_S))
            left_s -= SLICE_S
            self._cut.check()
