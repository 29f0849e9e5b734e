"""A recording in place of a peer: every byte must be asked for as it was, and all of it."""

from __future__ import annotations

import errno
import json
import threading
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from station.model.errors import LinkRefused


@dataclass(frozen=True, slots=True)
class _Step:
    """``what`` is ``>``, ``<``, ``open`` or ``draw``; ``line`` is where the recording has it."""

    what: str
    data: bytes
    line: int


class Replay:
    """One link's part of a recording, and how far it has been played; opened again, it goes on."""

    def __init__(self, link: str, file: Path) -> None:
        self._link = link
        self._file = file
        self._steps: list[_Step] | None = None
        self._at = 0
        self._offset = 0
        self._has_failed = False

    def begin(self) -> None:
        """The link is opened; raises OSError where the recording has no such moment."""
        if self._steps is None:
            self._steps = _read(self._link, self._file)
        if self._next("open") is None:
            raise self._mismatch("the link is opened")
        self._at += 1

    def drawn(self, below: int) -> int:
        """The number that was drawn when this was recorded."""
        step = self._next("draw")
        if step is None or not 0 <= int(step.data) < below:
            raise LinkRefused(self._link, str(self._mismatch(f"a number below {below} is drawn")))
        self._at += 1
        return int(step.data)

    def send(self, out: bytes) -> int:
        """How many bytes of ``out`` were sent here; raises OSError where others were."""
        step = self._next(">")
        if step is None:
            raise self._mismatch(f"{out!r} is sent")
        expected = step.data[self._offset :]
        count = min(len(out), len(expected))
        if out[:count] != expected[:count]:
            raise self._mismatch(f"{out!r} is sent")
        self._offset += count
        if self._offset == len(step.data):
            self._at, self._offset = self._at + 1, 0
        return count

    def receive(self) -> bytes:
        """What was received here; nothing where the peer was silent."""
        if self._has_failed:
            raise self._mismatch("something is read")
        step = self._next("<")
        if step is None:
            return b""
        self._at += 1
        return step.data

    def end(self) -> None:
        """The link is closed; raises LinkRefused where more was exchanged before it was."""
        steps = self._steps or []
        if self._has_failed or self._at >= len(steps) or steps[self._at].what in ("open", "draw"):
            return
        self._has_failed = True
        step = steps[self._at]
        raise LinkRefused(self._link, f"{self._file}:{step.line}: left over: {step.what} {step.data[self._offset :]!r}")

    def _next(self, what: str) -> _Step | None:
        steps = self._steps or []
        if self._has_failed or self._at >= len(steps) or steps[self._at].what != what:
            return None
        return steps[self._at]

    def _mismatch(self, found: str) -> OSError:
        self._has_failed = True
        steps = self._steps or []
        if self._at >= len(steps):
            return OSError(errno.EIO, f"{self._file}: {found} after the end of the recording")
        step = steps[self._at]
        expected = f"{step.what} {step.data[self._offset :]!r}"
        return OSError(errno.EIO, f"{self._file}:{step.line}: {found} where the recording has {expected}")


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
            self._woken.wait(max(timeout_s, 0.0))
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
                steps.append(_Step(row["what"], row["data"].encode("latin-1"), number))
        except (ValueError, KeyError, TypeError, AttributeError):
            raise OSError(errno.EINVAL, f"{file}:{number}: is no line of a recording") from None
    if not steps:
        raise OSError(errno.EINVAL, f"{file}: has nothing of {link}")
    return steps
