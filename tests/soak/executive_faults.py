"""What a run of the soak may meet, by name: a kill, a signal, a button, a bad line, a full disk."""

from __future__ import annotations

import os
import resource
import signal
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from random import Random

import psutil

from tests.conftest import Bench
from tests.station.playing.run_process import StationRun

LINES: Mapping[str, tuple[str, ...]] = {
    "dmm": ("close", "drop", "garbage", "delay", "stale", "split"),
    "dut": ("close", "drop", "garbage", "delay", "stale", "split"),
    "inputs": ("close", "drop", "garbage"),
    "psu": ("drop", "stale", "split"),
}
"""Faults by device; the supply's strike once, for what cannot be reached cannot be switched off."""
STEADY = ("close", "drop", "garbage")


@dataclass(frozen=True)
class Family:
    """The processes of a run, the supervisor first in life, then guard, child and watch."""

    supervisor: int
    watch: int
    guard: int
    child: int

    @classmethod
    def of(cls, run: StationRun) -> Family | None:
        """None while, or once, not all of them are alive."""
        try:
            children = sorted(child.pid for child in psutil.Process(run.process.pid).children())
            guards = [pid for pid in children if os.getsid(pid) == pid]
            others = [pid for pid in children if pid not in guards]
        except (psutil.Error, ProcessLookupError):
            return None
        if (len(guards), len(others)) != (1, 2):
            return None
        return cls(run.process.pid, watch=others[1], guard=guards[0], child=others[0])


@dataclass
class Struck:
    """Where a fault strikes; ``lines`` collects the line faults to be taken off again."""

    box: Bench
    run: StationRun
    family: Family
    rng: Random
    lines: list[tuple[str, str]] = field(default_factory=list)


@dataclass(frozen=True)
class Fault:
    """``is_prompt``: outputs are off within a second of the strike; otherwise of the moment the run was stopped.

    ``leaves_nobody``: nothing is left that could switch off, and the next run does.
    """

    strike: Callable[[Struck], None]
    is_prompt: bool = True
    leaves_nobody: bool = False


def _kill(number: signal.Signals, *names: str) -> Callable[[Struck], None]:
    def strike(struck: Struck) -> None:
        pids = {
            "supervisor": struck.family.supervisor,
            "watch": struck.family.watch,
            "guard": struck.family.guard,
            "child": struck.family.child,
        }
        for name in names:
            try:
                os.kill(pids[name], number)
            except ProcessLookupError:
                continue  # it has ended meanwhile

    return strike


def _abort(struck: Struck) -> None:
    try:
        struck.run.tell({"command": "abort"})
    except BrokenPipeError:
        return  # the run is over


def _press(struck: Struck) -> None:
    struck.box.control("estop", pressed=True)


def _spoil(device: str, name: str) -> Callable[[Struck], None]:
    def strike(struck: Struck) -> None:
        count = 0 if device != "psu" and name in STEADY else 1
        seconds = struck.rng.choice([0.02, 0.3, 3.0]) if name == "delay" else 0.01
        struck.box.control("fault", device=device, fault=name, count=count, seconds=seconds, on=True)
        struck.lines.append((device, name))

    return strike


def _fill_disk(struck: Struck) -> None:
    for pid in (struck.family.supervisor, struck.family.guard, struck.family.child):
        try:
            resource.prlimit(pid, resource.RLIMIT_FSIZE, (0, resource.RLIM_INFINITY))
        except ProcessLookupError:
            continue


def _fill_disk_soon(struck: Struck) -> None:
    """Some more kilobytes fit into each file."""
    room = struck.rng.randrange(1024, 40_000)
    for pid in (struck.family.supervisor, struck.family.guard, struck.family.child):
        try:
            resource.prlimit(pid, resource.RLIMIT_FSIZE, (room, resource.RLIM_INFINITY))
        except ProcessLookupError:
            continue


FAULTS: Mapping[str, Fault] = {
    "nothing": Fault(lambda struck: None, is_prompt=False),
    "child killed": Fault(_kill(signal.SIGKILL, "child")),
    "supervisor killed": Fault(_kill(signal.SIGKILL, "supervisor")),
    "guard killed": Fault(_kill(signal.SIGKILL, "guard")),
    "supervisor and child killed": Fault(_kill(signal.SIGKILL, "supervisor", "child")),
    "everything killed": Fault(_kill(signal.SIGKILL, "guard", "child", "watch", "supervisor"), leaves_nobody=True),
    "watch of the e-stop killed": Fault(_kill(signal.SIGKILL, "watch")),
    "watch of the e-stop halted": Fault(_kill(signal.SIGSTOP, "watch")),
    "SIGTERM": Fault(_kill(signal.SIGTERM, "supervisor")),
    "SIGHUP": Fault(_kill(signal.SIGHUP, "supervisor")),
    "SIGINT": Fault(_kill(signal.SIGINT, "supervisor")),
    "abort": Fault(_abort),
    "e-stop": Fault(_press),
    **{f"{device}: {name}": Fault(_spoil(device, name), is_prompt=False) for device in LINES for name in LINES[device]},
    "disk full": Fault(_fill_disk, is_prompt=False),
    "disk full soon": Fault(_fill_disk_soon, is_prompt=False),
}
