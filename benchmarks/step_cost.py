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

from benchmarks.result import Result
from fixtures.demo.processes import STATION
from fixtures.demo.story import LEAKING, Story
from station.link.clock import SystemClock
from station.model.errors import OperatorError
from station.model.reading import Reading, Statement, TextReading
from station.model.roles import ChecklistItem, Choice
from station.model.run_record import Accessory, UnitRef
from station.runner.entries import Entry, RunStarted
from station.runner.plan import Plan
from station.runner.play import Scene, play
from station.sequences.catalogue import load_plan

ROUNDS = 9
FEW, MANY = 10, 1000
CODE = '''"""{count} steps that take one statement each."""

from __future__ import annotations

from station.model.clock import Clock
from station.model.reading import Statement
from station.runner.measure import Measure
from station.runner.step import Step, step


def made(number: int, before: list[Step]) -> Step:
    def work(clock: Clock, measure: Measure) -> None:
        measure(f"m{{number}}", Statement(True, "benchmark", clock.utc()))

    work.__name__ = f"s{{number}}"
    return step(zh="步", en="Step", deadline_s=10, measures={{f"m{{number}}": ""}}, after=before[-1:])(work)


steps: list[Step] = []
for number in range({count}):
    steps.append(made(number, steps))
STEPS = tuple(steps)
'''
HEAD = '[plan]\nname = "Steps"\nproduct = "{product}"\nversion = "1"\n'
ROW = '[measurements.m{number}]\nzh = "值"\nen = "Value"\ncomparator = "is_true"\nsource = "this benchmark"\n'


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
    """Microseconds a step; the peers of the bars stand in the design: OpenHTF some 1200, HardPy 48 000 and more."""
    folder = story.bench_file.parent / "steps"
    folder.mkdir()
    bench = story.bench_file.with_name("steps.bench.toml")
    text = story.bench_file.read_text(encoding="utf-8")
    bench.write_text(text.replace("[bench]\n", '[bench]\nsequences_path = ["steps"]\n', 1), encoding="utf-8")
    for count in (FEW, MANY):
        write_product(folder, count)
    plans = {count: load_plan(product(count), [folder]) for count in (FEW, MANY)}
    bare = {count: statistics.median(bare_us(plan) for _ in range(ROUNDS)) for count, plan in plans.items()}
    child = {count: statistics.median(child_us(story, bench, count) for _ in range(3)) for count in plans}
    few, many, told = f"of {FEW} steps", f"of {MANY} steps", "a step with child, journal and events"
    return [
        Result("executive", f"a step, bare, {few}", bare[FEW], "us", 25.0, many, bare[MANY]),
        Result("executive", f"a step, bare, {many}", bare[MANY], "us", 25.0, few, bare[FEW]),
        Result("executive", f"{told}, {few}", child[FEW], "us", 150.0, "bare", bare[FEW]),
        Result("executive", f"{told}, {many}", child[MANY], "us", 150.0, "bare", bare[MANY]),
    ]


def product(count: int) -> str:
    return f"STEPS-{count}"


def write_product(folder: Path, count: int) -> None:
    (folder / f"steps_{count}.py").write_text(CODE.format(count=count), encoding="utf-8")
    rows = "".join(ROW.format(number=number) for number in range(count))
    (folder / f"steps_{count}.toml").write_text(HEAD.format(product=product(count)) + rows, encoding="utf-8")


def bare_us(plan: Plan) -> float:
    """Played in this process, entries in memory."""
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
    gc.collect()
    started = time.perf_counter()
    play(plan, scene, start, Listed())
    return (time.perf_counter() - started) / len(plan.steps) * 1e6


def child_us(story: Story, bench: Path, count: int) -> float:
    """From the first step's start to the last one's end, as the run's own events tell it."""
    arguments = ["run", LEAKING, "--bench", str(bench), "--product", product(count), "--operator", "Bench"]
    arguments += ["--purpose", "debug"]  # the plan is not released
    process = story.processes.start("steps", [*STATION, *arguments, "--events"], stdout=subprocess.PIPE)
    assert process.stdout is not None
    events = [json.loads(line) for line in process.stdout]
    story.processes.stop(process)
    ends = [event["at"] for event in events if event["event"] in ("step_started", "step_finished")]
    if events[-1].get("verdict") != "PASS" or len(ends) != 2 * count:
        raise RuntimeError(f"the run of {count} steps ended with {events[-1]}")
    first, last = (datetime.fromisoformat(at) for at in (ends[0], ends[-1]))
    return (last - first).total_seconds() / count * 1e6
