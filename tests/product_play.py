"""Plays a product's plan in this process, on a bench in a box whose clock is modelled: real wires, no waiting."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import datetime

from station.bench import make_safe, open_bench
from station.config.bench_file import BenchFile, read_bench_file
from station.model.ids import new_id, unit_id
from station.model.run_record import PlanRef, RunRecord, UnitRef
from station.runner.entries import Entry, MadeSafe, RunStarted
from station.runner.plan import Plan
from station.runner.play import Scene, play
from station.runner.record import record_of
from station.sequences.catalogue import load_plan
from tests.conftest import Bench
from tests.modelled_clock import ModelledClock
from tests.station.runner.bench_pieces import ListedJournal, TickingOperator

FIRST_STEPS = ("power_up", "boot")
"""What every other step relies on."""


@dataclass(frozen=True, slots=True)
class Played:
    """A run's record, with everything that was written down."""

    record: RunRecord
    entries: list[Entry]

    @property
    def verdict(self) -> str:
        return self.record.verdict

    @property
    def failed(self) -> set[str]:
        """The measurements outside their limits."""
        return {taken.limit.name for taken in self.record.measurements if taken.outcome == "FAIL"}

    @property
    def missing(self) -> set[str]:
        """The measurements that were planned and not taken."""
        taken = {each.limit.name for each in self.record.measurements}
        start = self.entries[0]
        assert isinstance(start, RunStarted)
        return {planned.name for planned in start.measurements} - taken

    def value(self, name: str) -> float:
        """A measured number."""
        value = next(taken.value for taken in self.record.measurements if taken.limit.name == name)
        assert isinstance(value, float)
        return value

    def explain(self) -> str:
        """What went wrong, for the message of an assertion."""
        lines = [f"{step.name}: {step.outcome} {step.message}" for step in self.record.steps if step.outcome != "PASS"]
        return "\n".join([str(self.record.failure), *lines])


def steps_for(plan: Plan, measurements: Collection[str]) -> Plan:
    """``plan`` with the first steps and those that take ``measurements`` alone; the others' limits are left out."""
    kept = tuple(
        step for step in plan.steps if step.name in FIRST_STEPS or measurements & step.declaration.measures.keys()
    )
    return replace(plan, steps=tuple(replace(step, declaration=replace(step.declaration, after=())) for step in kept))


def play_unit(box: Bench, plan: Plan, serial: str) -> Played:
    """Insert ``serial``, play ``plan`` whole, make safe, judge."""
    box.control("insert", unit=serial)
    clock = ModelledClock(box)
    bench = read_bench_file(box.bench_file)
    journal = ListedJournal()
    opened = open_bench(bench, clock, tuple(plan.roles()))
    try:
        scene = Scene(opened.roles, opened.cal_due, TickingOperator(), clock)
        play(plan, scene, _start(plan, bench, serial, clock.utc()), journal)
    finally:
        opened.close()
    journal.entries.append(MadeSafe(make_safe(bench, clock), clock.utc()))
    return Played(record_of(journal.entries, clock.utc()), journal.entries)


def load(product: str) -> Plan:
    """The shipped plan of ``product``."""
    return load_plan(product)


def _start(plan: Plan, bench: BenchFile, serial: str, at: datetime) -> RunStarted:
    return RunStarted(
        run_id=new_id(at),
        at=at,
        unit=UnitRef(plan.product, serial, unit_id(plan.product, serial)),
        is_provisional=False,
        product=plan.product,
        plan=PlanRef(plan.ref.name, plan.ref.version, plan.ref.sha256),
        purpose="outgoing",
        attempt=1,
        slot=bench.slot,
        operator="王芳",
        cached_state_version=None,
        station_id=bench.station_id,
        bench_sha256=bench.sha256,
        steps=plan.planned_steps(),
        measurements=plan.planned_measurements(),
        accessories=plan.shipping_list().items if any("shipping_list" in step.injected for step in plan.steps) else (),
    )
