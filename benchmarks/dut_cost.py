"""A unit of ten steps, from its order to its letter on the disk, played by processes that were started beforehand.

OpenHTF plays as many phases beside it, in a process that has played before, and syncs its JSON record once. It switches
nothing off; ours does, over a fresh link to an instrument, and puts journal and letter on the disk as the policy asks
for. What a sync costs on this disk, and what make-safe takes, is measured in turn with the runs.
"""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

from benchmarks.many_steps import FEW, product
from benchmarks.result import Result
from fixtures.demo.processes import STATION
from fixtures.demo.story import LEAKING, Story
from station.bench import make_safe
from station.config.bench_file import read_bench_file
from station.link.clock import SystemClock

ROUNDS, SYNC_ROUNDS = 15, 11
QUOTED_MS = 24.0
"""OpenHTF 1.6.3 at the same, as the design has it; for a machine where it is not installed."""
SETTLED_S = 0.3
"""After its first word the process is left alone, as between two units."""


SYNCS, SYNCS_IN_A_ROW = 5, 3
"""Of a run until its verdict, counted by strace: the beginning of its journal, the folder and the letter, which nothing
hides; and beside other work the end of the journal and its last entry."""


def dut_results(story: Story, bench: Path) -> list[Result]:
    """The whole; its make-safe, and its syncs, each of them alone; and the whole without the instrument's time."""
    rounds = [(*_played_ms(story, bench), _make_safe_ms(bench), _sync_ms(bench.parent)) for _ in range(ROUNDS)]
    whole, begun, queued, safe, sync = (statistics.median(column) for column in zip(*rounds, strict=True))
    own = statistics.median(played - made_safe for played, _, _, made_safe, _ in rounds)
    peer, peer_ms = _openhtf()
    name = f"a unit of {FEW} steps, order to letter"
    return [
        Result("executive", f"{name}, processes ready", whole, "ms", None, peer, peer_ms),
        Result("executive", "of that the make-safe of the bench, read back", safe, "ms", None, "the whole", whole),
        Result("executive", f"{name}, without make-safe", own, "ms", 5.0, peer, peer_ms),
        Result("executive", "of that from where the child began the run", begun - safe, "ms", None, "the whole", own),
        Result("executive", "of the whole the supervisor stood in line for a processor", queued, "ms", None),
        Result(
            "executive", f"{SYNCS_IN_A_ROW} of its {SYNCS} syncs", SYNCS_IN_A_ROW * sync, "ms", None, "one sync", sync
        ),
    ]


def _played_ms(story: Story, bench: Path) -> tuple[float, float, float]:
    """From the order, which is given to a process that waits, to the line with the verdict; and from the child's begin.

    And how long that process could have run meanwhile and had no processor: nothing on a machine that does no more.
    """
    command, pipe = [*STATION, "ready", "--bench", str(bench)], subprocess.PIPE
    process = story.processes.start("ready", command, stdin=pipe, stdout=pipe)
    assert process.stdin is not None and process.stdout is not None
    if json.loads(process.stdout.readline())["event"] != "ready":
        raise RuntimeError("no process was made ready")
    time.sleep(SETTLED_S)
    order = _order(bench)
    queued_ms = _queued_ms(process.pid)
    started, started_s, begun_s, finished, ended = time.perf_counter(), time.time(), 0.0, {}, 0.0
    process.stdin.write(json.dumps(order) + "\n")
    process.stdin.flush()
    for line in process.stdout:
        event = json.loads(line)
        if event["event"] == "run_started":
            begun_s = datetime.fromisoformat(event["at"]).timestamp() - started_s
        if event["event"] == "run_finished":
            finished, ended = event, time.perf_counter()
            queued_ms = _queued_ms(process.pid) - queued_ms
    story.processes.stop(process)
    if finished.get("verdict") != "PASS":
        raise RuntimeError(f"the run ended with {finished}")
    return (ended - started) * 1e3, (ended - started - begun_s) * 1e3, queued_ms


def _queued_ms(process: int) -> float:
    """Source: Documentation/scheduler/sched-stats.rst of Linux, the second figure of /proc/PID/schedstat."""
    return int(Path(f"/proc/{process}/schedstat").read_text(encoding="ascii").split()[1]) / 1e6


def _order(bench: Path) -> Sequence[str]:
    arguments = [LEAKING, "--bench", str(bench), "--product", product(FEW), "--operator", "Bench", "--events"]
    return [*arguments, "--purpose", "debug"]  # the plan is not released


def _make_safe_ms(bench: Path) -> float:
    row = read_bench_file(bench).for_slot()
    time.sleep(SETTLED_S)
    started = time.perf_counter()
    if not all(action.is_proved for action in make_safe(row, SystemClock())):
        raise RuntimeError("the outputs were not proved off")
    return (time.perf_counter() - started) * 1e3


def _sync_ms(folder: Path) -> float:
    """To put a line at the end of a file on the disk, the median of some."""
    file, taken_ms = folder / "sync", []
    descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    try:
        for _ in range(SYNC_ROUNDS):
            os.write(descriptor, b"x" * 300)
            started = time.perf_counter()
            os.fsync(descriptor)
            taken_ms.append((time.perf_counter() - started) * 1e3)
    finally:
        os.close(descriptor)
        file.unlink()
    return statistics.median(taken_ms)


def _openhtf() -> tuple[str, float]:
    """What it is called in the table, and its milliseconds."""
    with tempfile.TemporaryDirectory(prefix="fanji-openhtf-") as folder:
        command = [sys.executable, "-m", "benchmarks.openhtf_peer", folder]
        done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)
    if done.returncode != 0:
        print(f"OpenHTF was not measured, its figure is quoted: {done.stderr.strip().splitlines()[-1:]}")
        return "OpenHTF (quoted)", QUOTED_MS
    return "OpenHTF", float(json.loads(done.stdout.splitlines()[-1])["ms"])
