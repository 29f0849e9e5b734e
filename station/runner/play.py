"""Plays a plan on given roles and writes down what happens.

Steps that share no instrument are played at the same time, as station.runner.step says. A failed limit lets the plan go
on, unless its step ``stops_on_fail``. A unit that does not answer (DutError) fails its step, and the measurements that
step still owed are missing. Every other error stops the run: a link or instrument that failed cannot bear witness, and
an operator's refusal ends the run as ABORTED. Steps of the section ``always`` are played after all of that.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from msgspec.structs import replace

from station.runner.agenda import Task, arranged
from station.runner.attempt import Scene
from station.runner.claims import claim_of
from station.runner.cut import Cut, CutClock, CutSink
from station.runner.entries import RunStarted
from station.runner.plan import Plan
from station.runner.sink import EntrySink
from station.runner.stage import Stage
from station.runner.step import Step

__all__ = ["EntrySink", "Scene", "play", "tasks_of"]


def play(plan: Plan, scene: Scene, start: RunStarted, journal: EntrySink, cut: Cut | None = None) -> frozenset[str]:
    """Play ``plan`` to its end, or until something stops it; the journal then says what and why.

    Gives the steps that were cut off by what stopped the run and are still at work: some may be until their process
    ends. ``cut`` is for an operator whom those must no longer wait for. Raises what a step's own code raised.
    """
    cut = cut or Cut()
    last = [step.name for step in plan.steps if step.declaration.section == "always"]
    sink = journal
    if last:  # they need those that were cut off to end
        scene, sink = replace(scene, clock=CutClock(scene.clock, cut)), CutSink(journal, cut)
    journal.write(start, is_durable=True)
    stage = Stage(plan, scene, journal, sink, start.unit.serial, cut)
    stage.play(tasks_of(plan, scene.resources, scene.lender.shared))
    stage.skip_rest([step.name for step in plan.steps if step.name not in last])
    stage.play_last(last)
    if stage.crash is not None:
        raise stage.crash
    return stage.under_way


def tasks_of(
    plan: Plan, resources: Mapping[str, frozenset[str]] | None, shared: frozenset[str] = frozenset()
) -> tuple[Task, ...]:
    """The steps that the agenda takes, by rank, where ``resources`` are the links behind each role.

    Other slots wait for those that are ``shared``.
    """
    steps = [step for step in plan.steps if step.declaration.section != "always"]
    setup = tuple(step.name for step in steps if step.declaration.section == "setup")
    return arranged([_task(step, setup, resources) for step in _setup_first(steps)], shared)


def _setup_first(steps: Sequence[Step]) -> list[Step]:
    return sorted(steps, key=lambda step: step.declaration.section != "setup")


def _task(step: Step, setup: tuple[str, ...], resources: Mapping[str, frozenset[str]] | None) -> Task:
    declared = step.declaration
    after = tuple(other.name for other in declared.after if other.declaration.section != "always")
    if setup and declared.section != "setup":
        after = tuple(dict.fromkeys((*setup, *after)))
    return Task(step.name, after, claim_of(step, resources), declared.takes_s or declared.deadline_s)
