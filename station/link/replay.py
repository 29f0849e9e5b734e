"""A recording in place of a peer: every byte must be asked for as it was, and all of it.

With a JumpingClock the times of the recording count: what was silent for a second is silent, and a second later at
once. With any other clock silence takes its time, and what the peer said later is there already.
"""

from __future__ import annotations

import errno
import json
import threading
from pathlib import Path
from typing import Any

import msgspec

from station.link.jumping_clock import JumpingClock
from station.link.wording import shown
from station.model.clock import Clock
from station.model.errors import LinkRefused


class _Step(msgspec.Struct, frozen=True):
    """``what`` is ``>``, ``<``, ``.``, ``open``, ``draw`` or a clock's; ``line`` is where the recording has it."""

    what: str
    data: bytes
    line: int
    second: float


class Replay:
    """One link's part of a recording, and how far it has been played; opened again, it goes on."""

    def __init__(self, link: str, file: Path, clock: Clock) -> None:
        self._link = link
        self._file = file
        self._time = clock if isinstance(clock, JumpingClock) else None
        self._steps: list[_Step] | None = None
        self._at = 0
        self._offset = 0
        self._has_failed = False

    def begin(self) -> None:
        """The link is opened; raises OSError where the recording has no such moment."""
        self._load()
        if self._next("open") is None:
            raise self._mismatch("the link is opened")
        self._pass()

    def drawn(self, below: int) -> int:
        """The number that was drawn when this was recorded."""
        step = self._next("draw")
        if step is None or not 0 <= int(step.data) < below:
            raise LinkRefused(self._link, str(self._mismatch(f"a number below {below} is drawn")))
        self._pass()
        return int(step.data)

    def take(self, what: str, data: bytes | None = None) -> bytes:
        """The data of a line that must be ``what``, and hold ``data``; raises OSError where it is another one."""
        self._load()
        step = self._next(what)
        if step is None or data not in (None, step.data):
            raise self._mismatch(f"{what} {(data or b'').decode()}".rstrip())
        self._pass()
        return step.data

    def send(self, out: bytes) -> int:
        """How many bytes of ``out`` were sent here; raises OSError where others were."""
        step = self._next(">")
        if step is None:
            raise self._mismatch(f"{shown(out)} is sent")
        expected = step.data[self._offset :]
        count = min(len(out), len(expected))
        if out[:count] != expected[:count]:
            raise self._mismatch(f"{shown(out)} is sent")
        self._offset += count
        if self._offset == len(step.data):
            self._pass()
        return count

    def receive(self) -> bytes:
        """What was received here; nothing where the peer was silent."""
        if self._has_failed:
            raise self._mismatch("something is read")
        if self._next(".") is not None:
            self._pass()
            return b""
        step = self._next("<")
        if step is None:
            return b""
        self._pass()
        return step.data

    def wait(self, woken: threading.Event, timeout_s: float) -> None:
        """Let the time of a silence pass, until ``woken`` at the longest."""
        if self._time is None:
            woken.wait(max(timeout_s, 0.0))
        else:
            self._time.wait(timeout_s)

    def end(self) -> None:
        """The link is closed; where more was exchanged before it was, raises LinkRefused or notes it with the clock."""
        steps = self._steps or []
        self._leave_silences()
        if self._has_failed or self._at >= len(steps) or steps[self._at].what in ("open", "draw"):
            return
        self._has_failed = True
        step = steps[self._at]
        problem = f"{self._file}:{step.line}: left over: {step.what} {shown(step.data[self._offset :])}"
        if self._time is None:
            raise LinkRefused(self._link, problem)
        self._time.note(problem)

    def _load(self) -> None:
        """Silences are left out where times do not count: the peer is then silent where it has nothing to say."""
        if self._steps is None:
            steps = _read(self._link, self._file)
            self._steps = [step for step in steps if step.what != "." or self._time is not None]

    def _pass(self) -> None:
        step = (self._steps or [])[self._at]
        self._at, self._offset = self._at + 1, 0
        if self._time is not None:
            self._time.reach(step.second)

    def _leave_silences(self) -> None:
        """A deadline may be met with less waiting than was needed when this was recorded."""
        while not self._has_failed and self._at < len(self._steps or []) and (self._steps or [])[self._at].what == ".":
            self._pass()

    def _next(self, what: str) -> _Step | None:
        if what not in (".", "<"):
            self._leave_silences()
        steps = self._steps or []
        if self._has_failed or self._at >= len(steps) or steps[self._at].what != what:
            return None
        return steps[self._at]

    def _mismatch(self, found: str) -> OSError:
        self._has_failed = True
        steps = self._steps or []
        if self._at >= len(steps):
            problem = f"{self._file}: {found} after the end of the recording"
        else:
            step = steps[self._at]
            expected = f"{step.what} {shown(step.data[self._offset :])}"
            problem = f"{self._file}:{step.line}: {found} where the recording has {expected}"
        if self._time is not None:
            self._time.note(problem)
        return OSError(errno.EIO, problem)


class ReplayChannel:
    """The channel that ``replay`` answers."""

    def __init__(self, replay: Replay) -> None:
        self._replay = replay
        self._woken = threading.Event()
        self._is_closed = False
        replay.begin()

    def exchange(self, out: bytes | memoryview, timeout_s: float) -> tuple[int, bytes]:
        if self._woken.is_set():
            return 0, b""
        if out:
            arrived = self._replay.receive()
            return (0, arrived) if arrived else (self._replay.send(bytes(out)), b"")
        arrived = self._replay.receive()
        if not arrived:
            self._replay.wait(self._woken, timeout_s)
        return 0, arrived

    def wake(self) -> None:
        self._woken.set()

    def close(self) -> None:
        if not self._is_closed:
            self._is_closed = True
            self._replay.end()


def _read(link: str, file: Path) -> list[_Step]:
    steps: list[_Step] = []
    for number, line in enumerate(file.read_text(encoding="utf-8").splitlines(), 1):
        try:
            row: Any = json.loads(line)
            if row["link"] == link and row["what"] not in ("close", "x"):
                second = row["ns"] / 1e9
                steps.append(_Step(row["what"], row["data"].encode("latin-1"), number, second))
        except (ValueError, KeyError, TypeError, AttributeError):
            raise OSError(errno.EINVAL, f"{file}:{number}: is no line of a recording") from None
    if not steps:
        raise OSError(errno.EINVAL, f"{file}: has nothing of {link}")
    return steps
