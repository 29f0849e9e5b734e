"""Watches the emergency stop in a process of its own: what it does not hear for certain, and in time, is a stop.

The watch says a line for each sample. One answer that does not come, or is damaged, is asked for once more. A pressed
button, a line that died, a watch that fell silent and one that ended all end the run; only the first is the operator's.
"""

from __future__ import annotations

import math
from collections.abc import Callable

import msgspec

from station.bench.estop import ANSWER_S, OPEN_S, PRESSED, open_estop
from station.config.estop_row import EstopRow
from station.drivers.estop_contact import Contact
from station.model.clock import Clock
from station.model.errors import EstopError, LinkError, StationError, failure_of
from station.playing.events import Lines, Refused
from station.runner.entries import RunStopped
from station.system import Pipe, close_all, fork, is_readable, kill, read_some, wait_for, write_all

SAMPLE_S = 0.03
SILENCE_S = 0.6
"""Longest time between two samples: two answers, and a scheduler that is late."""
FIRST_S = OPEN_S + 2 * ANSWER_S
CLOSED = b"closed"
DIED = "the process that watches the e-stop {}: the run cannot go on unwatched"


class _Trouble(msgspec.Struct, frozen=True):
    """Why the watch ended; ``kind`` as in the record."""

    kind: str
    subject: str
    message: str


class EstopWatch:
    """The supervisor's side; of a bench without an e-stop it never says anything."""

    def __init__(self, row: EstopRow | None, clock: Clock) -> None:
        self._row = row
        self._clock = clock
        self._lines = Lines()
        self._pipe: Pipe | None = None
        self._process = 0
        self.deadline = math.inf
        """When the next sample must have come, by the clock."""

    def begin(self, leave: Callable[[], None] | None = None) -> Refused | None:
        """Start to watch; a refusal where the run may not begin. The watch has to ``leave`` what is not its own."""
        row = self._row
        if row is None:
            return None
        pipe = Pipe.new()

        def watch_body() -> int:
            close_all(pipe.reading)
            if leave is not None:
                leave()
            return _watch(row, self._clock, pipe.writing)

        self._process = fork(watch_body)
        close_all(pipe.writing)
        self._pipe = pipe
        self.deadline = self._clock.now() + FIRST_S
        while not is_readable(pipe.reading, max(0.0, self.deadline - self._clock.now())):
            if self._clock.now() >= self.deadline:
                break
        stop = self.take()
        if stop is None:
            return None
        self.end()
        return Refused(stop.failure.kind, stop.failure.message)

    def fileno(self) -> int | None:
        """Readable when there is a sample; None where there is no e-stop."""
        return self._pipe.reading if self._pipe else None

    def take(self) -> RunStopped | None:
        """What the samples that came, or did not come in time, mean: None where the run may go on."""
        if self._pipe is None:
            return None
        if is_readable(self._pipe.reading):
            chunk = read_some(self._pipe.reading)
            for line in self._lines.take(chunk):
                if line != CLOSED:
                    return self._stopped(msgspec.json.decode(line, type=_Trouble))
            if not chunk:
                return self._stopped(_Trouble("station", "estop", DIED.format("ended")))
            self.deadline = self._clock.now() + SILENCE_S
        if self._clock.now() >= self.deadline:
            return self._stopped(_Trouble("station", "estop", DIED.format("is silent")))
        return None

    def end(self) -> None:
        """Watch no longer."""
        if self._pipe is not None:
            kill(self._process)
            wait_for(self._process)
            close_all(self._pipe.reading)
            self._pipe = None
            self.deadline = math.inf

    def _stopped(self, trouble: _Trouble) -> RunStopped:
        verdict = "ABORTED" if trouble.kind == EstopError.kind else "ERROR"
        error = failure_of(EstopError(trouble.message), None, self._clock.utc())
        return RunStopped(verdict, msgspec.structs.replace(error, kind=trouble.kind, subject=trouble.subject))


def _watch(row: EstopRow, clock: Clock, telling: int) -> int:
    """Sample until the contact opens, its line dies, or nobody listens any more."""
    try:
        contact = open_estop(row, clock)
        while _is_closed(contact):
            if not write_all(telling, CLOSED + b"\n"):
                return 0
            clock.wait(SAMPLE_S)
        raise EstopError(PRESSED)
    except StationError as error:
        failure = failure_of(error, None, clock.utc())
        trouble = _Trouble(failure.kind, failure.subject, failure.message)
        write_all(telling, msgspec.json.encode(trouble) + b"\n")
    return 1


def _is_closed(contact: Contact) -> bool:
    """Noise that spoils one answer is no reason to stop; a contact that is open is, at the first sample."""
    try:
        return contact.is_closed()
    except LinkError:
        return contact.is_closed()
