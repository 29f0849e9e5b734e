"""Starts ``fanji-station`` as its own process, follows its events and reads what it left on the disk."""

from __future__ import annotations

import json
import os
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psutil

Event = dict[str, Any]
ROOT = Path(__file__).parents[3]


@dataclass
class StationRun:
    """A process with everything it has said."""

    process: subprocess.Popen[str]
    events: list[Event] = field(default_factory=list)

    def until(self, is_reached: Callable[[Event], bool]) -> Event:
        """Follow the events up to the first that ``is_reached``."""
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self.events.append(json.loads(line))
            if is_reached(self.events[-1]):
                return self.events[-1]
        raise AssertionError(f"ended with {self.process.wait()}, last said: {self.events[-1:]}, {self.complaint()}")

    def until_event(self, event: str, **values: object) -> Event:
        """Follow up to the next ``event`` that has these values."""
        return self.until(lambda said: said["event"] == event and values.items() <= said.items())

    def end(self) -> int:
        """Follow to the end; the exit code."""
        assert self.process.stdout is not None
        self.events += [json.loads(line) for line in self.process.stdout]
        return self.process.wait()

    def of(self, event: str) -> list[Event]:
        """All events of one kind so far."""
        return [said for said in self.events if said["event"] == event]

    @property
    def last(self) -> Event:
        return self.events[-1]

    def tell(self, command: Event) -> None:
        """A command on its stdin."""
        assert self.process.stdin is not None
        self.process.stdin.write(json.dumps(command) + "\n")
        self.process.stdin.flush()

    def complaint(self) -> str:
        assert self.process.stderr is not None
        return self.process.stderr.read()

    def helpers(self) -> tuple[int, int]:
        """Process ids of guard and child: the guard is in a session of its own."""
        children = psutil.Process(self.process.pid).children()
        guards = [child.pid for child in children if os.getsid(child.pid) == child.pid]
        players = [child.pid for child in children if os.getsid(child.pid) != child.pid]
        assert (len(guards), len(players)) == (1, 1)
        return guards[0], players[0]

    def close(self) -> None:
        if self.process.poll() is None:
            self.process.kill()
        for stream in (self.process.stdin, self.process.stdout, self.process.stderr):
            assert stream is not None
            stream.close()
        self.process.wait()


def start_station(
    state_dir: Path, arguments: Sequence[str], module: str = "station.cli", server_url: str = ""
) -> StationRun:
    """Start ``python -m MODULE ARGUMENTS`` on ``state_dir``; a test's USB backend is its own.

    Without a server, unless ``server_url`` is given: its token is then in ``token`` beside ``state_dir``.
    """
    environment = {key: value for key, value in os.environ.items() if not key.startswith("FANJI_")}
    backends = os.environ.get("FANJI_USB_BACKENDS", "")
    environment |= {"FANJI_STATE_DIR": str(state_dir), "FANJI_USB_BACKENDS": backends}
    if server_url:
        token = state_dir.parent / "token"
        token.touch(0o600)
        token.write_text("secret")
        environment |= {"FANJI_SERVER_URL": server_url, "FANJI_TOKEN_FILE": str(token)}
    pipe = subprocess.PIPE
    process = subprocess.Popen(
        [sys.executable, "-m", module, *arguments],
        cwd=ROOT,
        env=environment,
        stdin=pipe,
        stdout=pipe,
        stderr=pipe,
        text=True,
    )
    return StationRun(process)


def letters(state_dir: Path) -> list[Event]:
    """The bodies in the outbox, oldest first."""
    outbox = state_dir / "outbox.sqlite3"
    if not outbox.exists():
        return []
    with closing(sqlite3.connect(outbox)) as database:
        if not database.execute("SELECT count(*) FROM sqlite_master WHERE name = 'letter'").fetchone()[0]:
            return []
        return [json.loads(body) for (body,) in database.execute("SELECT body FROM letter ORDER BY number")]
