"""A step's own cost, from exec to the first step, a run's memory, and Fanji's own time for the demonstration's job."""

from __future__ import annotations

import json
import statistics
import subprocess
import sys
import time

import psutil

from benchmarks.lease_cost import lease_results
from benchmarks.result import Result
from benchmarks.stage import stage
from benchmarks.step_cost import step_results
from fixtures.demo.processes import STATION
from fixtures.demo.story import LEAKING, Story

ROUNDS = 7
MIB = 1024 * 1024


def measure() -> list[Result]:
    """Start-up and memory on the demonstration's bench; own time with all device times at zero."""
    interpreter = statistics.median(bare_interpreter_s() for _ in range(ROUNDS))
    with stage(time_scale=0.0) as story:
        story.box.ask("insert", unit=LEAKING)
        starts = statistics.median(first_step_s(story) for _ in range(ROUNDS))
        steps = step_results(story)
    with stage(time_scale=1.0) as story:
        story.box.ask("insert", unit=LEAKING)
        memory = statistics.median(peak_pss_mib(story) for _ in range(3))
    own = statistics.median(job_s(0.0) for _ in range(5))
    real = job_s(1.0)
    return [
        *steps,
        *lease_results(),
        Result("executive", "exec to first step", starts, "s", 0.5, "python -c pass", interpreter),
        Result("executive", "memory of a run's processes", memory, "MiB PSS", 80.0),
        Result("executive", "demonstration, device times zero", own, "s", 3.0),
        Result("executive", "demonstration, real device times", real, "s", 30.0, "device times zero", own),
    ]


def bare_interpreter_s() -> float:
    started = time.perf_counter()
    subprocess.run([sys.executable, "-c", "pass"], check=True)
    return time.perf_counter() - started


def run_command(story: Story) -> list[str]:
    arguments = ["run", LEAKING, "--bench", str(story.bench_file), "--product", "FJ-R1", "--operator", "Bench"]
    return [*STATION, *arguments, "--events", "--tick", "all"]


def first_step_s(story: Story) -> float:
    """Seconds from starting the command to its first ``step_started``."""
    started = time.perf_counter()
    process = story.processes.start("run", run_command(story), stdout=subprocess.PIPE)
    assert process.stdout is not None
    elapsed = 0.0
    for line in process.stdout:
        if not elapsed and json.loads(line)["event"] == "step_started":
            elapsed = time.perf_counter() - started
    story.processes.stop(process)
    if not elapsed:
        raise RuntimeError("the run made no step")
    return elapsed


def peak_pss_mib(story: Story) -> float:
    """The largest sum of PSS over the run's processes, sampled at each event."""
    process = story.processes.start("run", run_command(story), stdout=subprocess.PIPE)
    assert process.stdout is not None
    peak = 0
    for _ in process.stdout:
        family = [psutil.Process(process.pid), *psutil.Process(process.pid).children(recursive=True)]
        try:
            peak = max(peak, sum(member.memory_full_info().pss for member in family))
        except psutil.NoSuchProcess:
            continue
    story.processes.stop(process)
    return peak / MIB


def job_s(time_scale: float) -> float:
    """Wall time of the demonstration's main job."""
    with stage(time_scale) as story:
        story.play()
        if story.surprises():
            raise RuntimeError(f"the demonstration failed: {story.surprises()}")
        return story.job_s
