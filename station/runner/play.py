"""Plays a plan on given roles and writes down what happens.

Steps that share no instrument are played at the same time, as station.runner.step says. A failed limit lets the plan go
on, unless its step ``stops_on_fail``. A unit that does not answer (DutError) fails its step, and the measurements that
step still owed are missing. Every other error stops the run: a link or instrument that failed cannot bear witness, and
an operator's refusal ends the run as ABORTED.
"""

from __future__ import annotations

from collections.abc import Mapping

from station.runner.agenda import Task, arranged
from station.runner.attempt import EntrySink, Scene
from station.runner.claims import claim_of
from station.runner.entries import RunStarted, StepFinished
from station.runner.plan import Plan
from station.runner.stage import Stage

__all__ = ["EntrySink", "Scene", "play", "tasks_of"]


def play(plan: Plan, scene: Scene, start: RunStarted, journal: EntrySink) -> frozenset[str]:
    """Play ``plan`` to its end, or until something stops it; the journal then says what and why.

    Gives the steps that were cut off by what stopped the run: they may work on until their process ends.
    """
    journal.write(start, is_durable=True)
    stage = Stage(plan, scene, journal, start.unit.serial)
    stage.play(tasks_of(plan, scene.resources))
    for step in plan.steps:
        if step.name not in stage.begun:
            journal.write(StepFinished(step.name, scene.clock.utc(), "SKIPPED", f"not played after {stage.stopper}"))
    return stage.under_way


def tasks_of(plan: Plan, resources: Mapping[str, frozenset[str]] | None) -> tuple[Task, ...]:
    """The steps of ``plan`` as the agenda takes them, by rank, where ``resources`` are the links behind each role."""
    return arranged(
        [
            Task(
                step.name,
                tuple(other.name for other in step.declaration.after),
                claim_of(step, resources),
                step.declaration.takes_s or step.declaration.deadline_s,
            )
            for step in plan.steps
        ]
    )
