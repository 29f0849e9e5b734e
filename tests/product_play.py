"""Plays a product's plan in this process, on a bench in a box whose clock is modelled: real wires, no waiting."""

from __future__ import annotations

import threading
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import cast

from msgspec.structs import replace

from station.bench import make_safe, open_bench
from station.config.bench_file import BenchFile, read_bench_file
from station.link.clock import SystemClock
from station.model.ids import new_id, unit_id
from station.model.limit import Comparator
from station.model.reading import Reading, Statement, TextReading
from station.model.roles import Ammeter, ChecklistItem, Choice, Multimeter
from station.model.roles.operator import OPERATOR
from station.model.run_record import Accessory, PlanRef, RunRecord, UnitRef
from station.runner.claims import WHOLE_BENCH, one_after_the_other
from station.runner.entries import Answered, Entry, MadeSafe, RunStarted, StepFinished, StepStarted
from station.runner.plan import Plan
from station.runner.play import Scene, play
from station.runner.record import record_of
from station.sequences.catalogue import load_plan
from station.sequences.steps.packing import EMPTY_PAN
from tests.conftest import Bench
from tests.modelled_clock import ModelledClock

FIRST_STEPS = ("power_up", "boot")
"""What every other step relies on."""
KIT_G = {"FJ-R5": 840.0, "FJ-N7": 950.0}
PUT_ON_AFTER_S = 2.0
SCAN_AFTER_S = 0.3


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


class Packer:
    """The person at the bench: says yes, ticks everything and scans the label.

    The kit is put on the scale some time after the step has begun, and taken off when it is over; what lies on the pan
    before is taken off when the page asks for it.
    """

    def __init__(self, box: Bench, product: str, serial: str, clock: ModelledClock) -> None:
        self.entries: list[Entry] = []
        self._box = box
        self._kit_g = KIT_G.get(product, 0.0)
        self._serial = serial
        self._clock = clock

    def write(self, entry: Entry, is_durable: bool = False) -> None:
        """As the journal: what the person does follows from what is shown."""
        self.entries.append(entry)
        if isinstance(entry, StepStarted) and entry.step == "label_serial":
            scan = partial(self._box.control, "scan", device="scanner", code=self._serial)
            threading.Timer(SCAN_AFTER_S, scan).start()
        if isinstance(entry, StepStarted) and entry.step == "kit_weight":
            self._clock.later(PUT_ON_AFTER_S, partial(self._lay_on_the_scale, self._kit_g))
        if isinstance(entry, StepFinished) and entry.step == "kit_weight":
            self._lay_on_the_scale(0.0)

    def _lay_on_the_scale(self, grams: float) -> None:
        self._box.control("weigh", device="scale", grams=grams)

    def tick(self, zh: str, en: str, items: Sequence[ChecklistItem]) -> tuple[Accessory, ...]:
        ticked = tuple(Accessory(item.name, True) for item in items)
        self.write(Answered(new_id(self._clock.utc()), ticked))
        return ticked

    def confirm(self, zh: str, en: str) -> Statement:
        if (zh, en) == EMPTY_PAN:
            self._lay_on_the_scale(0.0)
        return Statement(True, OPERATOR, self._clock.utc())

    def enter(self, zh: str, en: str, unit: str) -> Reading:
        raise AssertionError(f"nothing of these plans is typed: {en}")

    def choose(self, zh: str, en: str, options: Sequence[Choice]) -> TextReading:
        raise AssertionError(f"nothing of these plans is chosen: {en}")

    def photograph(self, zh: str, en: str) -> TextReading:
        raise AssertionError(f"nothing of these plans is photographed: {en}")


def steps_for(plan: Plan, measurements: Collection[str]) -> Plan:
    """``plan`` with the first steps, those that take ``measurements`` and those whose values they are compared with."""
    taking = [step for step in plan.steps if measurements & step.declaration.measures.keys()]
    wanted = set(measurements)
    for step in taking:
        for limit in plan.limits_of(step).values():
            wanted |= set(limit.expected) if limit.comparator is Comparator.SAME_AS else set()
    kept = tuple(step for step in plan.steps if step.name in FIRST_STEPS or wanted & step.declaration.measures.keys())
    return replace(plan, steps=tuple(replace(step, declaration=replace(step.declaration, after=())) for step in kept))


def play_unit(box: Bench, plan: Plan, serial: str) -> Played:
    """Insert ``serial``, play ``plan`` whole, make safe, judge.

    Make-safe works several instruments at once, so it is done in real time: one thread's waiting must not use up the
    time of another.
    """
    box.control("insert", unit=serial)
    clock = ModelledClock(box)
    bench = read_bench_file(box.bench_file)
    person = Packer(box, plan.product, serial, clock)
    opened = open_bench(bench, clock, tuple(plan.roles()))
    try:
        links = one_after_the_other(plan.steps, opened.resources)
        roles = {role: _sampled(player, clock, links[role]) for role, player in opened.roles.items()}
        scene = Scene(roles, opened.cal_due, person, clock, links)
        play(plan, scene, _start(plan, bench, serial, clock.utc()), person)
    finally:
        opened.close()
    person.write(MadeSafe(make_safe(bench, SystemClock()), clock.utc()))
    return Played(record_of(person.entries, clock.utc()), person.entries)


@dataclass(frozen=True, slots=True)
class _Still:
    """What a monitor reads, while time stands still."""

    player: object
    clock: ModelledClock

    def read_v(self, point: str, range_v: float) -> Reading:
        with self.clock.standing_still():
            return cast(Multimeter, self.player).read_v(point, range_v)

    def read_a(self, range_a: float) -> Reading:
        with self.clock.standing_still():
            return cast(Ammeter, self.player).read_a(range_a)


def _sampled(player: object, clock: ModelledClock, links: frozenset[str]) -> object:
    """``player`` where steps use it, which are played one after the other; of a monitor's what time cannot run past."""
    return player if WHOLE_BENCH in links else _Still(player, clock)


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
