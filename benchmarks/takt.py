"""How long the navigation plan takes on 1, 2, 4 and 8 slots of one bench, beside the best schedule a solver finds.

The time of each step is that of a run of the plan on the bench in a box, on its modelled clock, one step after the
other. What a person does there in no time is taken as long as the step's author says (``takes_s``), or as OPERATOR_S.
"""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path

from benchmarks.best_schedule import best_schedule
from benchmarks.result import Result
from benchmarks.takt_model import Bar, played, takt_s
from station.bench.casting import resources_of
from station.config.bench_file import read_bench_file
from station.runner.agenda import Task, arranged
from station.runner.claims import OPERATOR
from station.runner.entries import Entry, StepFinished, StepStarted
from station.runner.plan import Plan
from station.runner.play import tasks_of
from station.sequences.catalogue import load_plan
from tests.conftest import WORLDS, start_bench
from tests.product_play import play_unit

PRODUCT, SERIAL = "FJ-N7", "FJN726110001"
PLAN_SHA256 = "53627d01e514c0437594afcf58b801002fdeee6f414c9af35598f8a4057ecbbc"
"""Of the plan that the figures in the documents are of."""
SLOTS = (1, 2, 4, 8)
SEARCH_S = 60.0
MAX_RATIO = 1.05
OPERATOR_S = 5.0
"""Estimate: a person looks, and answers."""
OWN = ("psu", "dut", "relays", "udp_multicast")
"""What each slot has for itself: its supply, its jig's relays, its unit's service port and bus. All else is shared."""
WIDTH = 100


def measure() -> list[Result]:
    """A row for each number of slots; prints lower bound, serial time and each slot's bars."""
    plan = load_plan(PRODUCT)
    if plan.ref.sha256 != PLAN_SHA256:
        print(f"takt: the plan is {plan.ref.sha256}, not the one the documented figures are of")
    tasks, lasts_s = _steps_of(plan)
    resources = {name for task in tasks for name in task.claim.resources}
    shared = frozenset(name for name in resources - {OPERATOR} if not name.startswith(OWN))
    serial_s = sum(lasts_s.values())
    return [_result(tasks, slots, shared, lasts_s, serial_s) for slots in SLOTS]


def _result(
    tasks: Sequence[Task], slots: int, shared: frozenset[str], lasts_s: Mapping[str, float], serial_s: float
) -> Result:
    tasks = arranged(tasks, shared if slots > 1 else frozenset())
    bars = played(tasks, slots, shared if slots > 1 else frozenset(), lasts_s)
    ours = takt_s(bars)
    best = best_schedule(tasks, slots, shared if slots > 1 else frozenset(), lasts_s, bars, SEARCH_S)
    print(
        f"takt, {slots} slots: {ours:.1f} s; best found {best.found_s:.1f} s, lower bound {best.bound_s:.1f} s, "
        f"one after the other {serial_s * slots:.1f} s"
    )
    for line in gantt(bars):
        print(line, file=sys.stdout)
    name = f"navigation plan on {slots} slot{'s' if slots > 1 else ''}"
    return Result("takt", name, ours, "s", MAX_RATIO * best.found_s, "best in 60 s", best.found_s)


def _steps_of(plan: Plan) -> tuple[tuple[Task, ...], dict[str, float]]:
    """The tasks of the plan on the navigation bench, and how long each lasts."""
    with tempfile.TemporaryDirectory(prefix="fanji-takt-") as name:
        box = start_bench(WORLDS / "navigation.world.toml", Path(name) / "bench.toml", None)
        try:
            run = play_unit(box, plan, SERIAL)
            bench = read_bench_file(box.bench_file)
        finally:
            box.stop()
    if run.verdict != "PASS":
        raise RuntimeError(f"the navigation unit is {run.verdict}: {run.explain()}")
    tasks = tasks_of(plan, {role.name: resources_of(bench, role) for role in bench.roles.values()})
    lasts_s = _seconds_of(run.entries)
    for task in tasks:
        if OPERATOR in task.claim.resources and lasts_s[task.name] < 1.0:
            declared = next(step.declaration.takes_s for step in plan.steps if step.name == task.name)
            lasts_s[task.name] = declared or OPERATOR_S
    return tasks, lasts_s


def _seconds_of(entries: Sequence[Entry]) -> dict[str, float]:
    began = {entry.step: entry.at for entry in entries if isinstance(entry, StepStarted)}
    return {
        entry.step: (entry.at - began[entry.step]).total_seconds()
        for entry in entries
        if isinstance(entry, StepFinished) and entry.step in began
    }


def gantt(bars: Sequence[Bar]) -> list[str]:
    """A line a slot: a letter for each hundredth of the time, of the step that began last before it; blank: waiting."""
    whole = takt_s(bars)
    steps = list(dict.fromkeys(bar.step for bar in bars))
    lines = []
    for slot in sorted({bar.slot for bar in bars}):
        line = [" "] * WIDTH
        for bar in sorted((bar for bar in bars if bar.slot == slot), key=lambda bar: bar.begin_s):
            letter = chr(ord("A") + steps.index(bar.step) % 58)
            for place in range(int(bar.begin_s / whole * WIDTH), max(int(bar.end_s / whole * WIDTH), 0)):
                line[place] = letter
        lines.append(f"  {slot + 1} |{''.join(line)}|")
    return lines
