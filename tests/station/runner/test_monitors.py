"""Monitors sample beside steps and never into one, and what they did not see is never good."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from itertools import chain, repeat
from pathlib import Path

import pytest
from msgspec.structs import replace

from station.model.errors import LinkLost, PlanError
from station.model.reading import Reading, Statement
from station.model.roles import Ammeter, HeadUnit, Multimeter, Supply
from station.model.run_record import RunRecord
from station.runner.claims import WHOLE_BENCH, claim_of, one_after_the_other
from station.runner.conditions import Conditions
from station.runner.entries import MadeSafe, RunStopped
from station.runner.measure import Measure
from station.runner.monitor import monitor
from station.runner.play import Scene, play
from station.runner.record import record_of
from station.runner.sampling import MOST_POINTS, Occupancy, thinned
from station.runner.step import Step, step
from tests.station.runner.bench_pieces import (
    SAFE,
    START,
    CountingClock,
    ListedJournal,
    TickingOperator,
    plan_of,
    row,
    start_of,
)

LINKS = {"meter": frozenset({"dmm"}), "dut": frozenset({"dut"})}
BODY = row("unit", "is_true") + row("lowest", "at_least", low=10.0, unit="V") + row("highest", high=15.0, unit="V")
EVERY_S = 0.05
PATIENCE_S = 20.0


def volts(value: float, is_overload: bool = False) -> Reading:
    return Reading(value, "V", "dmm", f"{value:E}", START, is_overload)


@dataclass
class Meter:
    """Gives ``readings``, the last for ever; ``enough`` is set at the fifth."""

    readings: Iterator[Reading]
    taken: int = 0
    enough: threading.Event = field(default_factory=threading.Event)
    in_use: list[str] = field(default_factory=list)
    seen: list[int] = field(default_factory=list)

    def read_v(self, point: str, range_v: float) -> Reading:
        with self.used_by(point):
            self.taken += 1
            if self.taken >= 5:
                self.enough.set()
            return next(self.readings)

    @contextmanager
    def used_by(self, name: str) -> Iterator[None]:
        self.in_use.append(name)
        self.seen.append(len(self.in_use))
        try:
            yield
        finally:
            self.in_use.remove(name)


def steady(*values: float) -> Meter:
    return Meter(chain((volts(value) for value in values), repeat(volts(values[-1]))))


def waiting_for(meter: Meter) -> Step:
    """A step of the unit beside which the meter is free; it ends when enough was sampled."""

    @step(zh="x", en="x", deadline_s=30, measures={"unit": ""})
    def unit(dut: HeadUnit, measure: Measure) -> None:
        assert meter.enough.wait(PATIENCE_S)
        measure("unit", Statement(True, "dut", START))

    return unit


def b_plus(*after: Step, at_least: int = 5, trips: bool = False) -> Step:
    @monitor(
        zh="电池电压",
        en="Battery voltage",
        unit="V",
        every_s=EVERY_S,
        at_least=at_least,
        measures={"lowest": "minimum", "highest": "maximum"},
        trips=trips,
        after=after,
    )
    def b_plus(meter: Multimeter) -> Reading:
        return meter.read_v("monitor", 20.0)

    return b_plus


def perform(tmp_path: Path, steps: Sequence[Step], meter: object, body: str = BODY) -> tuple[ListedJournal, RunRecord]:
    plan, journal = plan_of(tmp_path, steps, body), ListedJournal()
    scene = Scene({"meter": meter, "dut": object()}, {}, TickingOperator(), CountingClock(), LINKS)
    play(plan, scene, start_of(plan), journal)
    return journal, record_of([*journal.entries, MadeSafe(SAFE, START)], START + timedelta(minutes=1))


def values(record: RunRecord) -> dict[str, object]:
    return {taken.limit.name: taken.value for taken in record.measurements}


def test_the_aggregates_of_what_was_sampled_beside_a_step_are_measured_and_drawn(tmp_path: Path) -> None:
    meter = steady(13.5, 12.25, 14.0, 13.5)
    unit = waiting_for(meter)
    _, record = perform(tmp_path, [unit, b_plus(unit)], meter)
    assert record.verdict == "PASS"
    assert (values(record)["lowest"], values(record)["highest"]) == (12.25, 14.0)
    (curve,) = record.traces
    assert (curve.name, curve.y[:3]) == ("b_plus", (13.5, 12.25, 14.0))


def test_one_sample_outside_the_limit_fails_the_unit(tmp_path: Path) -> None:
    meter = steady(13.5, 9.0, 13.5)
    unit = waiting_for(meter)
    _, record = perform(tmp_path, [unit, b_plus(unit)], meter)
    assert (record.verdict, values(record)["lowest"]) == ("FAIL", 9.0)


@pytest.mark.parametrize("spoilt", [volts(13.5, is_overload=True), volts(float("nan"))])
def test_one_sample_that_is_no_number_is_an_error_whatever_the_others_are(tmp_path: Path, spoilt: Reading) -> None:
    meter = Meter(chain([volts(13.5), spoilt], repeat(volts(13.5))))
    unit = waiting_for(meter)
    _, record = perform(tmp_path, [unit, b_plus(unit)], meter)
    assert record.verdict == "ERROR"


def test_too_few_samples_are_no_evidence(tmp_path: Path) -> None:
    meter = steady(13.5)
    unit = waiting_for(meter)
    _, record = perform(tmp_path, [unit, b_plus(unit, at_least=1000)], meter)
    assert record.verdict == "ERROR"
    assert record.failure is not None and "at least 1000 are evidence" in record.failure.message
    assert "lowest" not in values(record)


def test_no_sample_falls_into_a_step_that_uses_the_instrument(tmp_path: Path) -> None:
    meter = steady(13.5)
    unit = waiting_for(meter)

    @step(zh="x", en="x", deadline_s=30, measures={"own": ""})
    def own(meter: Multimeter, measure: Measure) -> None:
        assert isinstance(meter, Meter)
        with meter.used_by("step"):
            taken = meter.taken
            threading.Event().wait(6 * EVERY_S)
            measure("own", Statement(meter.taken == taken, "dmm", START))

    _, record = perform(tmp_path, [own, unit, b_plus(own, unit)], meter, BODY + row("own", "is_true"))
    assert record.verdict == "PASS"
    assert set(meter.seen) == {1}


def test_a_step_that_begins_while_a_sample_is_taken_waits_for_that_sample_and_no_other() -> None:
    occupancy, has_begun = Occupancy(), threading.Event()

    def begin() -> None:
        with occupancy.step("own", frozenset({"dmm"})):
            has_begun.set()

    with occupancy.step("unit", frozenset({"dut"})):
        assert occupancy.begin_sample("b_plus", frozenset({"dmm"}), frozenset({"unit"}))
        assert not occupancy.begin_sample("other", frozenset({"dmm"}), frozenset({"unit"}))
        beginning = threading.Thread(target=begin, daemon=True)
        beginning.start()
        assert not has_begun.wait(0.1)
        occupancy.end_sample("b_plus")
        assert has_begun.wait(PATIENCE_S)
        beginning.join(PATIENCE_S)
        assert not occupancy.begin_sample("b_plus", frozenset({"dmm"}), frozenset({"own"})), "it is over"


def test_nothing_is_sampled_while_none_of_its_steps_is_under_way(tmp_path: Path) -> None:
    meter = steady(13.5)
    unit = waiting_for(meter)

    @step(zh="x", en="x", deadline_s=30, mode="off", measures={"before": ""})
    def before(dut: HeadUnit, measure: Measure) -> None:
        threading.Event().wait(6 * EVERY_S)
        measure("before", Statement(meter.taken == 0, "dut", START))

    unit = unit.following(before)
    _, record = perform(tmp_path, [before, unit, b_plus(unit)], meter, BODY + row("before", "is_true"))
    assert record.verdict == "PASS"


def test_of_a_part_of_a_plan_only_those_of_its_own_steps_are_watched(tmp_path: Path) -> None:
    meter = steady(13.5)
    unit = waiting_for(meter)

    @step(zh="x", en="x", deadline_s=30, mode="off", measures={"before": ""})
    def before(dut: HeadUnit, measure: Measure) -> None:
        threading.Event().wait(6 * EVERY_S)
        measure("before", Statement(meter.taken == 0, "dut", START))

    unit = unit.following(before)
    watching = b_plus(before, unit)
    assert watching.watch is not None
    watching = replace(watching, watch=replace(watching.watch, beside=frozenset({"unit"})))
    _, record = perform(tmp_path, [before, unit, watching], meter, BODY + row("before", "is_true"))
    assert record.verdict == "PASS"


def test_a_monitor_keeps_no_process_alive_that_has_to_end(tmp_path: Path) -> None:
    threads = set()

    @dataclass
    class Noting(Meter):
        def read_v(self, point: str, range_v: float) -> Reading:
            threads.add((threading.current_thread().name, threading.current_thread().daemon))
            return super().read_v(point, range_v)

    meter = Noting(repeat(volts(13.5)))
    unit = waiting_for(meter)
    perform(tmp_path, [unit, b_plus(unit)], meter)
    assert threads == {("monitor b_plus", True)}


def test_a_sample_beyond_a_trip_limit_ends_the_run_at_once_and_is_on_record(tmp_path: Path) -> None:
    meter = steady(13.5, 16.5, 13.5)
    is_over = threading.Event()
    has_ended: list[bool] = []

    @step(zh="x", en="x", deadline_s=30, measures={"unit": ""})
    def unit(dut: HeadUnit, measure: Measure) -> None:
        is_over.wait(PATIENCE_S)
        has_ended.append(True)

    journal, record = perform(tmp_path, [unit, b_plus(unit, trips=True)], meter)
    assert not has_ended, "the run waited for the step beside it"
    is_over.set()
    (stop,) = [entry for entry in journal.entries if isinstance(entry, RunStopped)]
    assert (record.verdict, record.has_failed_measurement, values(record)["highest"]) == ("ABORTED", True, 16.5)
    assert (stop.failure.kind, stop.failure.step) == ("dut", "b_plus")
    assert "16.5 V is above 15" in stop.failure.message
    assert record.traces[0].y[-1] == 16.5


def test_what_is_out_of_its_limits_ends_the_run_only_where_the_monitor_says_so() -> None:
    declared = monitor(zh="x", en="x", unit="V", every_s=1, at_least=1, measures={"lowest": "minimum"})
    tripping = monitor(zh="x", en="x", unit="V", every_s=1, at_least=1, measures={"lowest": "minimum"}, trips=True)

    def read(meter: Multimeter) -> Reading:
        raise AssertionError

    steps = declared(read), tripping(read)
    assert [each.watch.trips for each in steps if each.watch is not None] == [False, True]
    assert {each.declaration.mode for each in steps} == {"any"}, "what is summed up excludes no step"


def losing() -> Iterator[Reading]:
    yield volts(13.5)
    raise LinkLost("dmm", "was closed")


def broken() -> Iterator[Reading]:
    yield volts(13.5)
    raise ZeroDivisionError("division by zero")


@pytest.mark.parametrize(("readings", "kind"), [(losing, "link"), (broken, "station")])
def test_a_sample_that_cannot_be_taken_ends_the_run_as_an_error(
    tmp_path: Path, readings: Callable[[], Iterator[Reading]], kind: str
) -> None:
    is_over = threading.Event()

    @step(zh="x", en="x", deadline_s=30, measures={"unit": ""})
    def unit(dut: HeadUnit, measure: Measure) -> None:
        is_over.wait(PATIENCE_S)

    plan, journal = plan_of(tmp_path, [unit, b_plus(unit)], BODY), ListedJournal()
    scene = Scene({"meter": Meter(readings()), "dut": object()}, {}, TickingOperator(), CountingClock(), LINKS)
    if kind == "station":
        with pytest.raises(ZeroDivisionError):
            play(plan, scene, start_of(plan), journal)
    else:
        play(plan, scene, start_of(plan), journal)
    is_over.set()
    record = record_of([*journal.entries, MadeSafe(SAFE, START)], START + timedelta(minutes=1))
    assert record.verdict == "ERROR"
    assert record.failure is not None and (record.failure.kind, record.failure.step) == (kind, "b_plus")


def test_an_instrument_that_slots_share_is_not_watched(tmp_path: Path) -> None:
    is_over = threading.Event()

    @step(zh="x", en="x", deadline_s=30, measures={"unit": ""})
    def unit(dut: HeadUnit, measure: Measure) -> None:
        is_over.wait(PATIENCE_S)

    plan, journal = plan_of(tmp_path, [unit, b_plus(unit)], BODY), ListedJournal()
    scene = Scene({"dut": object()}, {}, TickingOperator(), CountingClock(), LINKS)
    play(plan, scene, start_of(plan), journal)
    is_over.set()
    record = record_of([*journal.entries, MadeSafe(SAFE, START)], START + timedelta(minutes=1))
    assert record.failure is not None and record.verdict == "ERROR"
    assert "meter is shared by slots, and a monitor needs its own" in record.failure.message


@dataclass
class Slow(Meter):
    """Takes its time for the reading after ``enough``."""

    is_reading: threading.Event = field(default_factory=threading.Event)

    def read_v(self, point: str, range_v: float) -> Reading:
        if self.enough.is_set() and not self.is_reading.is_set():
            self.is_reading.set()
            threading.Event().wait(0.2)
        return super().read_v(point, range_v)


def test_the_sample_that_is_being_taken_when_its_steps_end_counts_too(tmp_path: Path) -> None:
    meter = Slow(chain(repeat(volts(13.5), 5), repeat(volts(9.0))))

    @step(zh="x", en="x", deadline_s=30, measures={"unit": ""})
    def unit(dut: HeadUnit, measure: Measure) -> None:
        assert meter.is_reading.wait(PATIENCE_S)
        measure("unit", Statement(True, "dut", START))

    _, record = perform(tmp_path, [unit, b_plus(unit)], meter)
    assert (record.verdict, values(record)["lowest"]) == ("FAIL", 9.0)


def test_nothing_is_sampled_any_more_when_a_run_was_stopped(tmp_path: Path) -> None:
    meter = steady(13.5)

    @step(zh="x", en="x", deadline_s=30, measures={"unit": ""})
    def unit(dut: HeadUnit) -> None:
        assert meter.enough.wait(PATIENCE_S)
        raise LinkLost("dut", "gone")

    _, record = perform(tmp_path, [unit, b_plus(unit)], meter)
    assert record.verdict == "ERROR"
    for thread in threading.enumerate():
        if thread.name == "monitor b_plus":
            thread.join(PATIENCE_S)
            assert not thread.is_alive()


def test_the_curve_begins_with_the_run_and_is_over_seconds(tmp_path: Path) -> None:
    meter = steady(13.5)
    unit = waiting_for(meter)
    plan, journal = plan_of(tmp_path, [unit, b_plus(unit)], BODY), ListedJournal()
    scene = Scene({"meter": meter, "dut": object()}, {}, TickingOperator(), CountingClock(100.0), LINKS)
    play(plan, scene, start_of(plan), journal)
    (curve,) = record_of([*journal.entries, MadeSafe(SAFE, START)], START + timedelta(minutes=1)).traces
    assert (set(curve.x), curve.x_unit, curve.y_unit) == ({0.0}, "s", "V")


def average(*after: Step) -> Step:
    @monitor(zh="x", en="x", unit="V", every_s=EVERY_S, at_least=5, measures={"mean": "mean"}, trips=True, after=after)
    def average(meter: Multimeter) -> Reading:
        return meter.read_v("monitor", 20.0)

    return average


def test_one_sample_far_from_the_mean_ends_nothing_where_the_mean_alone_is_judged(tmp_path: Path) -> None:
    meter = steady(13.5, 16.0, 11.0, 13.5)
    unit = waiting_for(meter)
    body = row("unit", "is_true") + row("mean", "between", low=13.4, high=13.6, unit="V")
    _, record = perform(tmp_path, [unit, average(unit)], meter, body)
    assert record.verdict == "PASS"


def test_a_sample_that_is_no_number_is_the_stations_and_trips_nothing(tmp_path: Path) -> None:
    meter = Meter(chain([volts(13.5), volts(99.0, is_overload=True)], repeat(volts(13.5))))
    unit = waiting_for(meter)
    journal, record = perform(tmp_path, [unit, b_plus(unit, trips=True)], meter)
    assert (record.verdict, values(record)["highest"]) == ("ERROR", None)
    assert not any(isinstance(entry, RunStopped) for entry in journal.entries)


@pytest.mark.parametrize(("value", "said"), [(16.5, "16.5 V is above 15"), (9.0, "9 V is below 10")])
def test_what_ended_the_run_is_told_with_the_bound_that_it_is_beyond(tmp_path: Path, value: float, said: str) -> None:
    meter = steady(13.5, value, 13.5)
    unit = waiting_for(meter)
    body = "".join(row(name, "between", low=10.0, high=15.0, unit="V") for name in ("lowest", "highest"))
    journal, _ = perform(tmp_path, [unit, b_plus(unit, trips=True)], meter, row("unit", "is_true") + body)
    (stop,) = [entry for entry in journal.entries if isinstance(entry, RunStopped)]
    assert said in stop.failure.message


def test_a_monitor_that_could_never_sample_is_refused_when_the_plan_loads(tmp_path: Path) -> None:
    @step(zh="x", en="x", deadline_s=1, measures={"unit": ""})
    def unit(meter: Multimeter, measure: Measure) -> None: ...

    with pytest.raises(PlanError, match="no step beside which its instruments are free"):
        plan_of(tmp_path, [unit, b_plus(unit)], BODY)
    with pytest.raises(PlanError, match="no step beside which its instruments are free"):
        plan_of(tmp_path, [unit, b_plus()], BODY)


def test_a_monitor_whose_limit_is_not_for_numbers_is_refused(tmp_path: Path) -> None:
    unit = waiting_for(steady(13.5))

    @monitor(zh="x", en="x", unit="", every_s=1, at_least=1, measures={"lowest": "minimum"}, after=[unit])
    def odd(meter: Multimeter) -> Reading:
        raise AssertionError

    with pytest.raises(PlanError, match="needs a limit for numbers"):
        plan_of(tmp_path, [unit, odd], row("unit", "is_true") + row("lowest", "is_true"))


def test_a_monitor_gets_nothing_that_could_switch() -> None:
    def switching(supply: Supply) -> Reading:
        raise AssertionError

    def set_up(meter: Multimeter, conditions: Conditions) -> Reading:
        raise AssertionError

    def silent(meter: Multimeter) -> None: ...

    declared = monitor(zh="x", en="x", unit="V", every_s=0.1, at_least=1, measures={"lowest": "minimum"})

    def blind() -> Reading:
        raise AssertionError

    for function in (switching, set_up, silent, blind):
        with pytest.raises(PlanError, match="takes a Multimeter or an Ammeter"):
            declared(function)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("every_s", "at_least", "measures"),
    [(0.0, 1, {"lowest": "minimum"}), (0.1, 0, {"lowest": "minimum"}), (0.1, 1, {"lowest": "slope"}), (0.1, 1, {})],
)
def test_what_a_monitor_says_of_itself_is_checked(every_s: float, at_least: int, measures: dict[str, str]) -> None:
    def read(meter: Multimeter) -> Reading:
        raise AssertionError

    with pytest.raises(PlanError, match="monitor read"):
        monitor(zh="x", en="x", unit="V", every_s=every_s, at_least=at_least, measures=measures)(read)


def test_a_long_curve_is_thinned_and_keeps_its_extremes() -> None:
    points = [(float(number), 1.0) for number in range(10_000)]
    for number, value in ((0, 9.0), (4321, 7.0), (8765, -3.0)):
        points[number] = (float(number), value)
    kept = thinned(points)
    assert len(kept) <= MOST_POINTS
    assert {(0.0, 9.0), (4321.0, 7.0), (8765.0, -3.0)} <= set(kept)
    assert kept == sorted(kept)
    assert thinned(points[:10]) == points[:10]


def test_a_curve_has_as_many_points_as_a_record_is_to_hold_and_no_more() -> None:
    level = [(float(number), 1.0) for number in range(501)]
    assert thinned(level[:500]) == level[:500]
    assert len(thinned(level)) < 500
    rough = [(float(number), float(number % 2)) for number in range(10_000)]
    assert len(thinned(rough)) == 500


def test_steps_are_played_in_turn_and_watched_all_the_same_where_that_is_wanted() -> None:
    unit = waiting_for(steady(13.5))

    @step(zh="x", en="x", deadline_s=1)
    def other(current: Ammeter) -> None: ...

    links = LINKS | {"current": frozenset({"psu"}), "scale": frozenset({"scale"})}
    plan = [unit, other, b_plus(unit)]
    in_turn = one_after_the_other(plan, links)
    assert in_turn == {
        "dut": {"dut", WHOLE_BENCH},
        "current": {"psu", WHOLE_BENCH},
        "meter": {"dmm"},
        "scale": {"scale"},
    }
    claims = [claim_of(each, in_turn) for each in plan]
    assert claims[0].excludes(claims[1]) and not claims[2].excludes(claims[0])
