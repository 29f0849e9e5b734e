"""A unit of ten steps, from its order to its letter on the disk, played by a process that was started beforehand.

OpenHTF plays as many phases beside it, in a process that has played before, and syncs its JSON record. It opens no
process and switches nothing off; ours does both, so that the parts stand beside the whole.
"""

from __future__ import annotations

import json
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from benchmarks.many_steps import FEW, product
from benchmarks.result import Result
from fixtures.demo.processes import STATION
from fixtures.demo.story import LEAKING, Story
from station.bench import make_safe
from station.config.bench_file import read_bench_file
from station.link.clock import SystemClock

ROUNDS = 9
QUOTED_MS = 24.0
"""OpenHTF 1.6.3 at the same, as the design has it; for a machine where it is not installed."""
SETTLED_S = 0.3
"""After its first word the process is left alone, as between two units."""


@dataclass(frozen=True, slots=True)
class Played:
    """Milliseconds of one run: from its order, and from where its child began it, to the line with the verdict."""

    whole_ms: float
    begun_ms: float


def dut_results(story: Story, bench: Path) -> list[Result]:
    """The whole, its make-safe, and what is left of it once the child has begun."""
    runs = [_played(story, bench) for _ in range(ROUNDS)]
    whole = statistics.median(run.whole_ms for run in runs)
    begun = statistics.median(run.begun_ms for run in runs)
    safe = statistics.median(_make_safe_ms(bench) for _ in range(ROUNDS))
    peer, peer_ms = _openhtf()
    name = f"a unit of {FEW} steps"
    return [
        Result("executive", f"{name}, order to letter, process ready", whole, "ms", None, peer, peer_ms),
        Result("executive", "of that the bench's make-safe, read back", safe, "ms", None, "the whole", whole),
        Result("executive", f"{name}, run begun to letter, no make-safe", begun - safe, "ms", 5.0, peer, peer_ms),
    ]


def _played(story: Story, bench: Path) -> Played:
    command, pipe = [*STATION, "ready", "--bench", str(bench)], subprocess.PIPE
    process = story.processes.start("ready", command, stdin=pipe, stdout=pipe)
    assert process.stdin is not None and process.stdout is not None
    if json.loads(process.stdout.readline())["event"] != "ready":
        raise RuntimeError("no process was made ready")
    time.sleep(SETTLED_S)
    order = _order(bench)
    started, began_s = time.perf_counter(), time.time()
    process.stdin.write(json.dumps(order) + "\n")
    process.stdin.flush()
    told = {}
    for line in process.stdout:
        event = json.loads(line)
        told[event["event"]] = (time.perf_counter() - started, event)
    story.processes.stop(process)
    ended_s, finished = told["run_finished"]
    if finished["verdict"] != "PASS":
        raise RuntimeError(f"the run ended with {finished}")
    child_s = datetime.fromisoformat(told["run_started"][1]["at"]).timestamp() - began_s
    return Played(ended_s * 1e3, (ended_s - child_s) * 1e3)


def _order(bench: Path) -> Sequence[str]:
    arguments = [LEAKING, "--bench", str(bench), "--product", product(FEW), "--operator", "Bench", "--events"]
    return [*arguments, "--purpose", "debug"]  # the plan is not released


def _make_safe_ms(bench: Path) -> float:
    row = read_bench_file(bench).for_slot()
    started = time.perf_counter()
    if not all(action.is_proved for action in make_safe(row, SystemClock())):
        raise RuntimeError("the outputs were not proved off")
    return (time.perf_counter() - started) * 1e3


def _openhtf() -> tuple[str, float]:
    """What it is called in the table, and its milliseconds."""
    with tempfile.TemporaryDirectory(prefix="fanji-openhtf-") as folder:
        command = [sys.executable, "-m", "benchmarks.openhtf_peer", folder]
        done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)
    if done.returncode != 0:
        print(f"OpenHTF was not measured, its figure is quoted: {done.stderr.strip().splitlines()[-1:]}")
        return "OpenHTF (quoted)", QUOTED_MS
    return "OpenHTF", float(json.loads(done.stdout.splitlines()[-1])["ms"])
