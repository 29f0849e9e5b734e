"""One bench with its station on its own disk: plays a run, strikes it at a random moment, and says what was wrong."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
import time
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path
from random import Random
from typing import Any

import psutil

from tests.conftest import ROOT, WORLDS, Bench, start_bench
from tests.soak.executive_faults import FAULTS, Family, Fault, Struck
from tests.station.playing.run_process import StationRun, start_station

GOOD, LEAKING = "FJR126110003", "FJR126110002"
TIME_SCALE = 0.1
MOST_EVENTS = 60
"""Of some 70 events of a whole run: later strikes mostly find nothing to strike."""
LONGEST_WAIT_S = 0.1
HANGS_AFTER_S = 60.0
GONE_AFTER_S = 5.0
OFF_WITHIN_S = 1.0


@dataclass(frozen=True)
class Trial:
    """What came of one run; ``off_s`` is from the strike, or the stop, to the last output off, where that counts."""

    fault: str
    seed: int
    is_struck: bool
    verdict: str
    run_id: str = ""
    serial: str = ""
    off_s: float | None = None
    wrong: tuple[str, ...] = ()


@dataclass
class StationWorld:
    """A bench in a box, a folder of state, and everything that was begun there."""

    folder: Path
    station_id: str
    begun: dict[str, str] = field(default_factory=dict)
    """The serial number of the unit by the id of each run that said that it had begun."""

    def __post_init__(self) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        self.state_dir = self.folder / "state"
        self.box: Bench = start_bench(WORLDS / "estop.world.toml", self.folder / "bench.toml", TIME_SCALE)
        text = self.box.bench_file.read_text(encoding="utf-8")
        self.box.bench_file.write_text(text.replace('"bench-1"', f'"{self.station_id}"'), encoding="utf-8")

    def close(self) -> None:
        self.box.stop()

    def play(self, fault_name: str, seed: int) -> Trial:
        """One run of a good or a bad unit, struck by the fault after a random event."""
        rng, fault = Random(seed), FAULTS[fault_name]  # noqa: S311 the same trial again needs no secrecy
        serial = LEAKING if rng.random() < 0.3 else GOOD
        self.box.control("insert", unit=serial)
        run = self._start(serial)
        alarm = threading.Timer(HANGS_AFTER_S, run.process.kill)
        alarm.start()
        try:
            trial = self._played(run, fault_name, fault, rng)
        finally:
            alarm.cancel()
            self._clear()
            run.close()
        return replace(trial, seed=seed, serial=serial)

    def finish(self) -> StationRun:
        """A run without a fault, which closes what was left open before it."""
        self.box.control("insert", unit=GOOD)
        run = self._start(GOOD)
        run.end()
        self._note(run)
        run.close()
        return run

    def flush(self, environment: dict[str, str], kill_after_s: float | None = None) -> int:
        """Send what waits; the exit code, or that of the kill."""
        command = [sys.executable, "-m", "station.cli", "flush"]
        process = subprocess.Popen(
            command,
            cwd=ROOT,
            env=os.environ | environment | {"FANJI_STATE_DIR": str(self.state_dir)},
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        if kill_after_s is not None:
            try:
                return process.wait(kill_after_s)
            except subprocess.TimeoutExpired:
                process.kill()
        return process.wait()

    def _start(self, serial: str) -> StationRun:
        arguments = ["run", serial, "--bench", str(self.box.bench_file), "--product", "FJ-R1", "--operator", "soak"]
        return start_station(self.state_dir, [*arguments, "--events", "--tick", "all"])

    def _played(self, run: StationRun, name: str, fault: Fault, rng: Random) -> Trial:
        family = self._reach(run, rng)
        if family is None:
            run.end()
            self._note(run)
            return Trial(name, 0, False, _verdict(run), _run_id(run), wrong=tuple(_mute(run)))
        time.sleep(rng.uniform(0.0, LONGEST_WAIT_S))
        struck = Struck(self.box, run, family, rng)
        struck_at = time.monotonic()
        fault.strike(struck)
        run.end()
        problems = self._gone(family)
        self._note(run)
        off_s: float | None = None
        if not fault.leaves_nobody:
            off_s, more = self._off(run, fault, struck_at)
            problems += more
        for device, line in struck.lines:
            self.box.control("fault", device=device, fault=line, on=False)
        problems += _false_pass(run)
        return Trial(name, 0, True, _verdict(run), _run_id(run), off_s=off_s, wrong=tuple(problems))

    def _reach(self, run: StationRun, rng: Random) -> Family | None:
        """Follow the run to a random event; None where it ended before."""
        assert run.process.stdout is not None
        after = rng.randint(1, MOST_EVENTS)
        for line in run.process.stdout:
            run.events.append(json.loads(line))
            if len(run.events) >= after:
                return Family.of(run) if run.last["event"] not in ("made_safe", "run_finished", "refused") else None
        return None

    def _gone(self, family: Family) -> list[str]:
        """Every process of the run has to end by itself."""
        processes = []
        for pid in (family.supervisor, family.watch, family.guard, family.child):
            try:
                processes.append(psutil.Process(pid))
            except psutil.NoSuchProcess:
                continue
        _, alive = psutil.wait_procs(processes, GONE_AFTER_S)
        return [f"process {process.pid} is still there" for process in alive]

    def _off(self, run: StationRun, fault: Fault, struck_at: float) -> tuple[float | None, list[str]]:
        truth = self.box.truth()
        outputs = [truth["outputs"][channel] for channel in ("1", "2")]
        problems = [f"output {number} is on" for number, one in enumerate(outputs, 1) if one["is_on"]]
        since = struck_at
        if not fault.is_prompt:
            stops = run.of("run_stopped")
            if not stops:
                return None, problems
            since = max(since, _monotonic_of(stops[0]["failure"]["at"]))
        off_s = max(one["off_at"] for one in outputs) - since
        if off_s <= 0.0:
            return None, problems  # nothing was on
        if off_s > OFF_WITHIN_S:
            problems.append(f"off after {off_s:.2f} s")
        return off_s, problems

    def _note(self, run: StationRun) -> None:
        for event in run.of("run_started"):
            self.begun[event["run_id"]] = event["unit"]["serial"]

    def _clear(self) -> None:
        """As before; what was pulled out is plugged in again, at another address."""
        self.box.control("estop", pressed=False)
        text = self.box.bench_file.read_text(encoding="utf-8")
        for device, address in self.box.truth()["addresses"].items():
            text = text.replace(f'"{self.box.address[device]}"', f'"{address}"')
            self.box.address[device] = address
        self.box.bench_file.write_text(text, encoding="utf-8")


def _mute(run: StationRun) -> list[str]:
    """A run that nothing struck begins and ends in words, or is refused in words."""
    if run.of("refused") or (run.of("run_started") and run.of("run_finished")):
        return []
    return [f"ended without a word: {run.complaint()[-300:]}"]


def _verdict(run: StationRun) -> str:
    ends = [event for event in run.events if event["event"] in ("run_finished", "refused")]
    if not ends:
        return "killed"
    return str(ends[-1].get("verdict", "refused"))


def _run_id(run: StationRun) -> str:
    started = run.of("run_started")
    return str(started[0]["run_id"]) if started else ""


def _false_pass(run: StationRun) -> list[str]:
    """A PASS for a bad unit, or one whose own events do not bear it out."""
    if _verdict(run) != "PASS":
        return []
    (start,) = run.of("run_started")
    return [f"false PASS: {why}" for why in missing_of(start, run.events)]


def missing_of(start: dict[str, Any], events: list[dict[str, Any]]) -> list[str]:
    """What a PASS lacks, read from the events of the run alone."""
    values = {event["name"]: event["outcome"] for event in events if event["event"] == "measured"}
    steps = {event["step"]: event["outcome"] for event in events if event["event"] == "step_finished"}
    lacking = [one["name"] for one in start["measurements"] if one["required"] and values.get(one["name"]) != "PASS"]
    lacking += [one["name"] for one in start["steps"] if steps.get(one["name"]) != "PASS"]
    if start["unit"]["serial"] == LEAKING:
        lacking.append("a good unit")
    if any(event["event"] == "run_stopped" for event in events):
        lacking.append("a run that was not stopped")
    return lacking


def _monotonic_of(at: str) -> float:
    """The moment of an entry on the clock of this machine's simulator."""
    return time.monotonic() - (time.time() - datetime.fromisoformat(at).timestamp())
