"""Takes the samples of monitors beside steps, each on a thread of its own, never where a step uses an instrument."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager

from msgspec.structs import replace

from station.model.errors import Failure, InstrumentError, PlanError, StationError, failure_of
from station.model.limit import Limit, is_inside
from station.model.reading import Reading
from station.runner.attempt import Attempt
from station.runner.claims import claim_of
from station.runner.entries import RunStopped, TracePoints
from station.runner.measure import Measure
from station.runner.series import Series
from station.runner.step import Step
from station.runner.turn import Ground
from station.runner.watch import AGGREGATES, Watch

Resources = frozenset[str]
Stop = Callable[[RunStopped, BaseException | None], None]
"""Told why the run stops, and what a monitor's own code raised."""
MOST_POINTS = 500
"""Of a curve in the record: the smallest and the largest of as many stretches of time as are needed."""


class Occupancy:
    """Which links steps under way use, and which a sample is using at this moment."""

    def __init__(self) -> None:
        self._change = threading.Condition()
        self._steps: dict[str, Resources] = {}
        self._samples: dict[str, Resources] = {}

    @contextmanager
    def step(self, name: str, resources: Resources) -> Iterator[None]:
        """Have ``resources`` for a step, as soon as no sample uses them."""
        with self._change:
            self._change.wait_for(lambda: all(resources.isdisjoint(used) for used in self._samples.values()))
            self._steps[name] = resources
        try:
            yield
        finally:
            with self._change:
                del self._steps[name]

    def begin_sample(self, name: str, resources: Resources, beside: frozenset[str]) -> bool:
        """Take ``resources`` where a step of ``beside`` is under way and nobody uses them."""
        with self._change:
            used = (*self._steps.values(), *self._samples.values())
            if beside.isdisjoint(self._steps) or any(not resources.isdisjoint(one) for one in used):
                return False
            self._samples[name] = resources
            return True

    def end_sample(self, name: str) -> None:
        """Give them back."""
        with self._change:
            del self._samples[name]
            self._change.notify_all()


class Sampler:
    """One monitor: its thread, its samples, and the step that sums them up."""

    def __init__(self, step: Step, watch: Watch, ground: Ground, occupancy: Occupancy) -> None:
        self._step = step
        self._watch = watch
        self._ground = ground
        self._occupancy = occupancy
        self._resources = claim_of(step, ground.scene.resources).resources
        self._beside = watch.beside or frozenset(other.name for other in step.declaration.after)
        self._limits = ground.plan.limits_of(step)
        self._series = Series(step.name, "s", watch.unit)
        self._is_over = threading.Event()
        self._thread: threading.Thread | None = None
        self._began = ground.scene.clock.now()

    def begin(self, stop: Stop) -> None:
        """Sample until ``end``; ``stop`` is told what ends the run."""
        self._thread = threading.Thread(
            target=self._sample_all, args=(stop,), name=f"monitor {self._step.name}", daemon=True
        )
        self._thread.start()

    def leave(self) -> None:
        """Take no further sample; one that is being taken is not waited for."""
        self._is_over.set()

    def end(self) -> None:
        """Take no further sample; returns when the last one is taken."""
        self._is_over.set()
        if self._thread is not None:
            self._thread.join()

    def summing_up(self) -> Step:
        """The step in the monitor's place: it measures the aggregates, draws the curve and needs no instrument."""
        injected, roles = frozenset({"measure"}), dict[str, type]()
        return replace(self._step, function=self._sum_up, injected=injected, roles=roles)

    def _sum_up(self, measure: Measure) -> None:
        self.end()
        self._draw()
        taken = len(self._series)
        if taken < self._watch.at_least:
            problem = f"took {taken} samples beside its steps, at least {self._watch.at_least} are evidence"
            raise InstrumentError(self._step.name, problem)
        for name, aggregate in self._watch.measures.items():
            measure(name, AGGREGATES[aggregate](self._series))

    def _sample_all(self, stop: Stop) -> None:
        try:
            self._check_roles()
            while not self._is_over.wait(self._watch.every_s):
                tripped = self._sample()
                if tripped is not None:
                    self._draw()
                    stop(tripped, None)
                    return
        except BaseException as error:  # noqa: BLE001  # whatever it is, nothing is watched any more
            failure = failure_of(error, self._step.name, self._ground.scene.clock.utc())
            stop(RunStopped("ERROR", failure), None if isinstance(error, StationError) else error)

    def _check_roles(self) -> None:
        shared = [role for role in self._step.roles if role not in self._ground.scene.roles]
        if shared:
            raise PlanError(f"monitor {self._step.name}: {shared[0]} is shared by slots, and a monitor needs its own")

    def _sample(self) -> RunStopped | None:
        """One sample where it may be taken now; gives what ends the run because of it."""
        name = self._step.name
        if not self._occupancy.begin_sample(name, self._resources, self._beside):
            return None
        try:
            reading = self._watch.read(**{role: self._ground.scene.roles[role] for role in self._step.roles})
        finally:
            self._occupancy.end_sample(name)
        self._series.add(self._ground.scene.clock.now() - self._began, reading)
        return self._tripped(reading) if self._watch.trips else None

    def _tripped(self, reading: Reading) -> RunStopped | None:
        for name, limit in self._limits.items():
            if self._watch.measures[name] != "mean" and not reading.is_overload and not is_inside(limit, reading.value):
                self._measured_now()(name, reading)
                at = self._ground.scene.clock.utc()
                message = f"{name}: {reading.value:.6g} {reading.unit} is {_beyond(limit, reading.value)}"
                return RunStopped("ABORTED", Failure("dut", "", f"{message}: stopped at once", self._step.name, at))
        return None

    def _measured_now(self) -> Measure:
        ground = self._ground
        return Attempt(ground.plan, self._step, ground.scene, ground.sink, ground.taken, ground.measured).measure()

    def _draw(self) -> None:
        points = thinned(list(self._series.points()))
        if points:
            x, y = tuple(x for x, _ in points), tuple(y for _, y in points)
            self._ground.sink.write(TracePoints(self._step.name, self._step.name, "s", self._watch.unit, x, y))


class Samplers:
    """All monitors of a run."""

    def __init__(self, ground: Ground) -> None:
        self._occupancy = Occupancy()
        self._resources_of: Mapping[str, Resources] = {
            step.name: claim_of(step, ground.scene.resources).resources
            for step in ground.plan.steps
            if step.watch is None
        }
        self._all = [
            Sampler(step, step.watch, ground, self._occupancy) for step in ground.plan.steps if step.watch is not None
        ]

    def steps(self) -> Sequence[Step]:
        """Those that sum up, in the place of their monitors."""
        return [sampler.summing_up() for sampler in self._all]

    @contextmanager
    def at_work(self, stop: Stop) -> Iterator[None]:
        """Sample meanwhile."""
        for sampler in self._all:
            sampler.begin(stop)
        try:
            yield
        finally:
            for sampler in self._all:
                sampler.leave()

    def beside(self, step: Step) -> AbstractContextManager[None]:
        """A context for the turn of ``step``."""
        return self._occupancy.step(step.name, self._resources_of.get(step.name, frozenset()))


def thinned(points: Sequence[tuple[float, float]], most: int = MOST_POINTS) -> list[tuple[float, float]]:
    """At most ``most`` of ``points``, with the extremes of every stretch."""
    if len(points) <= most:
        return list(points)
    size = -(-len(points) // (most // 2))
    kept: list[tuple[float, float]] = []
    for first in range(0, len(points), size):
        stretch = points[first : first + size]
        ends = {min(stretch, key=lambda point: point[1]), max(stretch, key=lambda point: point[1])}
        kept += sorted(ends)
    return kept


def _beyond(limit: Limit, value: float) -> str:
    is_low = limit.low is not None and value < limit.low
    bound = limit.low if is_low else limit.high
    return f"{'below' if is_low else 'above'} {bound:.6g}" if bound is not None else "outside its limit"
