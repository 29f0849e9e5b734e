"""The stages of a burn: each is told when it begins, how far it is and how it ended; whatever ends it is on record."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime

from station.ic_programmer.job import BurnEvent, StageFinished, StageProgress, StageStarted
from station.model.burn_record import BurnStage
from station.model.clock import Clock
from station.model.errors import Failure, StationError, TargetError, VerifyError, failure_of

Note = Callable[[BurnEvent], None]
IsAborted = Callable[[], bool]


class _Aborted(Exception):
    """The operator stopped it."""


@dataclass
class _Stage:
    """The stage that is being played."""

    name: str
    started_at: datetime
    total: int
    moved: int = 0
    remark: str = ""


class Stages:
    """Those of one burn, in the order they were played; ``is_aborted`` is asked at every step of progress."""

    def __init__(self, clock: Clock, note: Note, is_aborted: IsAborted) -> None:
        self._clock = clock
        self._note = note
        self._is_aborted = is_aborted
        self._current = _Stage("", clock.utc(), 0)
        self.ended: list[BurnStage] = []

    def play(self, stages: Callable[[], None]) -> tuple[str, Failure | None]:
        """Play ``stages``; the result, and what it is for where it is not PASS. Every StationError is in it."""
        try:
            stages()
        except _Aborted:
            return "ABORTED", Failure("operator", "", "stopped by the operator", self._last(), self._clock.utc())
        except StationError as error:
            return _result_of(error), failure_of(error, self._last(), self._clock.utc())
        return "PASS", None

    @contextmanager
    def stage(self, name: str, total: int = 0) -> Iterator[None]:
        """One stage that moves or erases ``total`` bytes, 0 where it has none to count."""
        self._current = _Stage(name, self._clock.utc(), total)
        self._note(StageStarted(name, self._current.started_at, total))
        outcome, message = "ERROR", ""
        try:
            self._require_wanted()
            yield
            outcome, message = "PASS", self._current.remark
        except _Aborted:
            outcome, message = "ABORTED", "stopped by the operator"
            raise
        except StationError as error:
            outcome, message = _result_of(error), str(error)
            raise
        finally:
            stage = self._current
            record = BurnStage(name, stage.started_at, self._clock.utc(), outcome, stage.moved, message)
            self.ended.append(record)
            self._note(StageFinished(record))

    def progress(self, done: int) -> None:
        """``done`` bytes of the stage that is being played are done."""
        stage = self._current
        stage.moved = min(done, stage.total)
        self._note(StageProgress(stage.name, stage.moved, stage.total))
        self._require_wanted()

    def remark(self, text: str) -> None:
        """What is to be on record of the stage that is being played, where it passes."""
        self._current.remark = text

    def further(self, more: int) -> None:
        """``more`` bytes than before are done; 0 to ask whether it is still wanted."""
        self.progress(self._current.moved + more)

    def _require_wanted(self) -> None:
        if self._is_aborted():
            raise _Aborted

    def _last(self) -> str | None:
        return self.ended[-1].name if self.ended else None


def _result_of(error: StationError) -> str:
    return "FAIL" if isinstance(error, TargetError | VerifyError) else "ERROR"
