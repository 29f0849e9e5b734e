"""What a clock said, noted line by line as the bytes of a link are, and a clock that says it again.

``now`` and ``wait`` are seconds, ``utc`` is a time of day.
"""

from __future__ import annotations

from datetime import datetime

from station.link.jumping_clock import JumpingClock
from station.link.recording import Recorder
from station.link.replay import Replay
from station.model.clock import Clock

CLOCK = "clock"
"""Its name in a recording, where a link has its own."""


class RecordedClock:
    """A station.model.clock.Clock that notes everything it says and is told; for one thread."""

    def __init__(self, inner: Clock, recorder: Recorder) -> None:
        self._inner = inner
        self._recorder = recorder

    def now(self) -> float:
        second = self._inner.now()
        self._recorder.note("now", repr(second).encode())
        return second

    def utc(self) -> datetime:
        at = self._inner.utc()
        self._recorder.note("utc", at.isoformat().encode())
        return at

    def wait(self, seconds: float) -> None:
        self._inner.wait(seconds)
        self._recorder.note("wait", repr(seconds).encode())


class ReplayedClock:
    """A station.model.clock.Clock that says what was recorded, and moves ``time`` on; waiting takes no time.

    Where it is asked or told something else than is recorded, ``time`` notes file and line, and it goes by ``time``
    from then on: who only writes down when a step ended must not be stopped by that.
    """

    def __init__(self, replay: Replay, time: JumpingClock) -> None:
        self._replay = replay
        self._time = time
        self._is_lost = False

    def now(self) -> float:
        if (said := self._said("now")) is None:
            return self._time.now()
        self._time.reach(float(said))
        return float(said)

    def utc(self) -> datetime:
        said = self._said("utc")
        return self._time.utc() if said is None else datetime.fromisoformat(said.decode())

    def wait(self, seconds: float) -> None:
        self._said("wait", repr(seconds).encode())
        self._time.wait(seconds)

    def _said(self, what: str, data: bytes | None = None) -> bytes | None:
        """What is recorded; None once that is something else."""
        if self._is_lost:
            return None
        try:
            return self._replay.take(what, data)
        except OSError as error:
            problem = error.strerror or str(error)
            self._time.note(f"{error.filename}: {problem}" if error.filename is not None else problem)
            self._is_lost = True
            return None
