"""What a step costs besides its own work: bare, and as ``fanji-station run`` plays it, with journal and events."""

from __future__ import annotations

import gc
import json
import statistics
import subprocess
import time
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

import msgspec

from benchmarks.dut_cost import dut_results
from benchmarks.many_steps import FEW, MANY, product, write_product
from benchmarks.result import Result
from fixtures.demo.processes import STATION
from fixtures.demo.story import LEAKING, Story
from station.link.clock import SystemClock
from station.model.errors import OperatorError
from station.model.reading import Reading, Statement, TextReading
from station.model.roles import ChecklistItem, Choice
from station.model.run_record import Accessory, UnitRef
from station.runner.entries import Entry, RunStarted, StepFinished, StepStarted
from station.runner.plan import Plan
from station.runner.play import Scene, play
from station.sequences.catalogue import load_plan

ROUNDS, CHILD_ROUNDS = 9, 7


class Nobody:
    """The operator of a plan that asks nothing."""

    def tick(self, zh: str, en: str, items: Sequence[ChecklistItem]) -> tuple[Accessory, ...]:
        raise OperatorError("nobody is there")

    def confirm(self, zh: str, en: str) -> Statement:
        raise OperatorError("nobody is there")

    def enter(self, zh: str, en: str, unit: str) -> Reading:
        raise OperatorError("nobody is there")

    def choose(self, zh: str, en: str, options: Sequence[Choice]) -> TextReading:
        raise OperatorError("nobody is there")

    def photograph(self, zh: str, en: str) -> TextReading:
        raise OperatorError("nobody is there")


class Listed:
    """Entries in memory."""

    def __init__(self) -> None:
        self.entries: list[Entry] = []

    def write(self, entry: Entry, is_durable: bool = False) -> None:
        self.entries.append(entry)


def step_results(story: Story) -> list[Result]:
    """Microseconds a step, and beside that what a run pays once, however many steps it has.

    The peers of the bars stand in the design: OpenHTF some 1200 us a step, HardPy 48 000 and more.
    """
    folder = story.bench_file.parent / "steps"
    folder.mkdir()
    bench = story.bench_file.with_name("steps.bench.toml")
    text = story.bench_file.read_text(encoding="utf-8")
    bench.write_text(text.replace("[bench]\n", '[bench]\nsequences_path = ["steps"]\n', 1), encoding="utf-8")
    for count in (FEW, MANY):
        write_product(folder, count)
    plans = {count: load_plan(product(count), [folder]) for count in (FEW, MANY)}
    bare = {count: median_of([bare_us(plan) for _ in range(ROUNDS)]) for count, plan in plans.items()}
    child = {count: median_of([child_us(story, bench, count) for _ in range(CHILD_ROUNDS)]) for count in plans}
    few, many, told = f"of {FEW} steps", f"of {MANY} steps", "a step with child, journal and events"
    return [
        Result("executive", f"a step, bare, {few}", bare[FEW].step_us, "us", 25.0, many, bare[MANY].step_us),
        Result("executive", f"a step, bare, {many}", bare[MANY].step_us, "us", 25.0, few, bare[FEW].step_us),
        Result("executive", f"{told}, {few}", child[FEW].step_us, "us", 150.0, "bare", bare[FEW].step_us),
        Result("executive", f"{told}, {many}", child[MANY].step_us, "us", 150.0, "bare", bare[MANY].step_us),
        Result("executive", f"once a run, bare, {few}", bare[FEW].once_us, "us", None, many, bare[MANY].once_us),
        Result("executive", "more for a run's first step, with child", child[FEW].once_us, "us", None),
        *dut_results(story, bench),
    ]


class Cost(msgspec.Struct, frozen=True):
    """Of a run: what each of its steps takes, and what comes to that once."""

    step_us: float
    once_us: float


def median_of(costs: Sequence[Cost]) -> Cost:
    return Cost(statistics.median(cost.step_us for cost in costs), statistics.median(cost.once_us for cost in costs))


def each_us(starts: Sequence[datetime], end: datetime) -> float:
    """What a step takes, from the second to the last: the first finds nothing in the processor's caches."""
    return (end - starts[1]).total_seconds() * 1e6 / (len(starts) - 1)


def bare_us(plan: Plan) -> Cost:
    """Played in this process, entries in memory; once comes the order of the plan, and what a first step takes more."""
    clock = SystemClock()
    start = RunStarted(
        run_id="",
        at=clock.utc(),
        unit=UnitRef("", "X-9", ""),
        is_provisional=True,
        product=plan.product,
        plan=plan.ref,
        purpose="debug",
        attempt=1,
        slot="slot-1",
        operator="Bench",
        cached_state_version=None,
        station_id="bench-1",
        bench_sha256="",
        steps=plan.planned_steps(),
        measurements=plan.planned_measurements(),
        accessories=(),
    )
    scene = Scene({}, {}, Nobody(), clock, {})
    listed = Listed()
    gc.collect()
    started = time.perf_counter()
    play(plan, scene, start, listed)
    whole_us = (time.perf_counter() - started) * 1e6
    starts = [entry.at for entry in listed.entries if isinstance(entry, StepStarted)]
    end = max(entry.at for entry in listed.entries if isinstance(entry, StepFinished))
    step_us = each_us(starts, end)
    return Cost(step_us, whole_us - step_us * len(starts))


def child_us(story: Story, bench: Path, count: int) -> Cost:
    """As the run's own events tell it; what the first step takes more than others comes once."""
    arguments = ["run", LEAKING, "--bench", str(bench), "--product", product(count), "--operator", "Bench"]
    arguments += ["--purpose", "debug"]  # the plan is not released
    process = story.processes.start("steps", [*STATION, *arguments, "--events"], stdout=subprocess.PIPE)
    assert process.stdout is not None
    events = [json.loads(line) for line in process.stdout]
    story.processes.stop(process)
    starts = [datetime.fromisoformat(event["at"]) for event in events if event["event"] == "step_started"]
    ends = [datetime.fromisoformat(event["at"]) for event in events if event["event"] == "step_finished"]
    if events[-1].get("verdict") != "PASS" or len(starts) != count or len(ends) != count:
        raise RuntimeError(f"the run of {count} steps ended with {events[-1]}")
    step_us = each_us(starts, ends[-1])
    return Cost(step_us, (starts[1] - starts[0]).total_seconds() * 1e6 - step_us)
