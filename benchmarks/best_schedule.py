"""The best schedule that a solver finds for the same steps on the same bench: OR-tools CP-SAT, benchmarks only."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Any

from benchmarks.takt_model import Bar
from station.runner.agenda import Task

MILLISECONDS = 1000
WORKERS = 8


@dataclass(frozen=True, slots=True)
class Best:
    """``found_s`` is the shortest that was found, ``bound_s`` what no schedule can be shorter than."""

    found_s: float
    bound_s: float


def best_schedule(
    tasks: Sequence[Task],
    slots: int,
    shared: frozenset[str],
    lasts_s: Mapping[str, float],
    known: Sequence[Bar],
    seconds: float,
) -> Best:
    """Search for ``seconds``, from the schedule ``known`` on. Raises ImportError where OR-tools are not installed."""
    from ortools.sat.python import cp_model

    model = cp_model.CpModel()
    begun = {(bar.slot, bar.step): round(bar.begin_s * MILLISECONDS) for bar in known}
    horizon = 1 + round(sum(lasts_s[task.name] for task in tasks) * slots * MILLISECONDS)
    end = model.new_int_var(0, horizon, "end")
    starts: dict[tuple[int, str], Any] = {}
    spans: dict[tuple[int, str], Any] = {}
    for slot in range(slots):
        for task in tasks:
            key = slot, task.name
            lasts = round(lasts_s[task.name] * MILLISECONDS)
            starts[key] = model.new_int_var(0, horizon, f"{slot} {task.name}")
            spans[key] = model.new_fixed_size_interval_var(starts[key], lasts, f"{slot} {task.name}")
            model.add_hint(starts[key], begun[key])
            model.add(end >= starts[key] + lasts)
            for other in task.after:
                model.add(starts[key] >= starts[slot, other] + round(lasts_s[other] * MILLISECONDS))
        for one, other in combinations(tasks, 2):
            if one.claim.excludes(other.claim):
                model.add_no_overlap([spans[slot, one.name], spans[slot, other.name]])
    for name in shared:
        users = [spans[slot, task.name] for slot in range(slots) for task in tasks if name in task.claim.resources]
        model.add_no_overlap(users)
    for slot in range(1, slots):  # the slots are alike
        model.add(starts[slot - 1, tasks[0].name] <= starts[slot, tasks[0].name])
    model.minimize(end)
    solver = cp_model.CpSolver()
    solver.parameters.max_time_in_seconds = seconds
    solver.parameters.num_workers = WORKERS
    status = solver.solve(model)
    if status not in (cp_model.OPTIMAL, cp_model.FEASIBLE):
        raise RuntimeError(f"the solver found nothing: {solver.status_name(status)}")
    return Best(solver.objective_value / MILLISECONDS, solver.best_objective_bound / MILLISECONDS)
