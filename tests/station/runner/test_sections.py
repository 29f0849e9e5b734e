"""What is played first, what last however it ended, and what is skipped because of a value."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path

import pytest

from station.model.clock import Clock
from station.model.errors import DutError, LinkLost, OperatorError, PlanError, StationError
from station.model.reading import Statement, TextReading
from station.model.roles import HeadUnit, Multimeter
from station.model.run_record import RunRecord
from station.runner.cut import Cut, CutClock, CutOff
from station.runner.entries import MadeSafe, RunStopped, StepFinished, StepStarted
from station.runner.excerpt import one_at_a_time, stopping_at_failure
from station.runner.measure import Measure
from station.runner.plan import Plan
from station.runner.play import Scene, play
from station.runner.record import record_of
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
PATIENCE_S = 20.0


def so(is_so: bool = True) -> Statement:
    return Statement(is_so, "dmm", START)


def perform(plan: Plan) -> tuple[ListedJournal, RunRecord]:
    journal = ListedJournal()
    scene = Scene(dict.fromkeys(LINKS, object()), {}, TickingOperator(), CountingClock(), LINKS)
    play(plan, scene, start_of(plan), journal)
    return journal, record_of([*journal.entries, MadeSafe(SAFE, START)], START + timedelta(minutes=1))


def outcomes(record: RunRecord) -> list[tuple[str, str]]:
    return [(each.name, each.outcome) for each in record.steps]


def one(name: str, **declared: object) -> Step:
    def measuring(measure: Measure) -> None:
        measure(name, so())

    measuring.__name__ = name
    return step(zh="x", en="x", deadline_s=1, measures={name: ""}, **declared)(measuring)  # type: ignore[arg-type]


def failing(name: str, error: BaseException, **declared: object) -> Step:
    def raising(measure: Measure) -> None:
        raise error

    raising.__name__ = name
    return step(zh="x", en="x", deadline_s=1, measures={name: ""}, **declared)(raising)  # type: ignore[arg-type]


def planned(tmp_path: Path, *steps: Step) -> Plan:
    return plan_of(tmp_path, steps, "".join(row(each.name, "is_true") for each in steps))


def test_setup_comes_first_and_always_last_wherever_they_are_written(tmp_path: Path) -> None:
    plan = planned(tmp_path, one("last", section="always"), one("main"), one("first", section="setup"))
    journal, record = perform(plan)
    started = [entry.step for entry in journal.entries if isinstance(entry, StepStarted)]
    assert (started, record.verdict) == (["first", "main", "last"], "PASS")


def test_where_setup_fails_nothing_but_the_last_steps_is_played(tmp_path: Path) -> None:
    steps = failing("first", DutError("silent"), section="setup"), one("main"), one("last", section="always")
    _, record = perform(planned(tmp_path, *steps))
    assert outcomes(record) == [("first", "FAIL"), ("main", "SKIPPED"), ("last", "PASS")]
    assert record.verdict == "FAIL"


@pytest.mark.parametrize(
    ("error", "verdict"),
    [(DutError("silent"), "FAIL"), (LinkLost("dmm", "gone"), "ERROR"), (OperatorError("nobody"), "ABORTED")],
)
def test_the_last_steps_are_played_however_the_others_ended(tmp_path: Path, error: StationError, verdict: str) -> None:
    bad = failing("bad", error, stops_on_fail=True)
    steps = bad, one("later", after=[bad]), one("last", section="always"), one("very_last", section="always")
    journal, record = perform(planned(tmp_path, *steps))
    assert [outcome for _, outcome in outcomes(record)][1:] == ["SKIPPED", "PASS", "PASS"]
    assert record.verdict == verdict
    assert sum(isinstance(entry, RunStopped) for entry in journal.entries) == (verdict != "FAIL")


def test_the_last_steps_are_played_after_a_bug_too_and_it_is_raised(tmp_path: Path) -> None:
    plan = planned(tmp_path, failing("bad", ZeroDivisionError("bug")), one("last", section="always"))
    journal = ListedJournal()
    scene = Scene({}, {}, TickingOperator(), CountingClock(), LINKS)
    with pytest.raises(ZeroDivisionError):
        play(plan, scene, start_of(plan), journal)
    assert [entry.step for entry in journal.entries if isinstance(entry, StepStarted)] == ["bad", "last"]


def test_each_of_the_last_steps_is_played_whatever_comes_of_the_one_before(tmp_path: Path) -> None:
    gone = failing("gone", LinkLost("dmm", "gone"), section="always")
    _, record = perform(planned(tmp_path, one("main"), gone, one("last", section="always")))
    assert outcomes(record) == [("main", "PASS"), ("gone", "ERROR"), ("last", "PASS")]
    assert record.verdict == "ERROR"
    assert record.failure is not None and record.failure.step == "gone"


def beside(waiting: Step) -> Sequence[Step]:
    """A step that loses its link as soon as ``waiting`` is under way."""

    @step(zh="x", en="x", deadline_s=1, measures={"volts": ""})
    def volts(meter: Multimeter) -> None:
        assert IS_WAITING.wait(PATIENCE_S)
        raise LinkLost("dmm", "gone")

    return volts, waiting, one("last", section="always")


IS_WAITING = threading.Event()


def test_a_step_that_was_cut_off_ends_at_its_next_wait_before_the_last_ones_begin(tmp_path: Path) -> None:
    IS_WAITING.clear()

    @step(zh="x", en="x", deadline_s=1, measures={"unit": ""})
    def unit(dut: HeadUnit, clock: Clock, measure: Measure) -> None:
        while True:
            IS_WAITING.set()
            clock.wait(1.0)

    _, record = perform(planned(tmp_path, *beside(unit)))
    assert outcomes(record) == [("volts", "ERROR"), ("unit", "ABORTED"), ("last", "PASS")]


def test_stepping_through_a_plan_with_last_steps_plays_them_all(tmp_path: Path) -> None:
    plan = planned(tmp_path, one("first", section="setup"), one("last", section="always"), one("main"))
    for changed in (one_at_a_time(plan), stopping_at_failure(plan)):
        assert perform(changed)[1].verdict == "PASS"


def test_a_long_wait_ends_soon_after_the_run_was_stopped() -> None:
    cut, clock = Cut(), CountingClock()

    class StoppedMeanwhile(CountingClock):
        def wait(self, seconds: float) -> None:
            clock.wait(seconds)
            if clock.now() >= 5.0:
                cut.make()

    with pytest.raises(CutOff):
        CutClock(StoppedMeanwhile(), cut).wait(3600.0)
    assert clock.now() < 5.2


def test_while_one_that_was_cut_off_is_still_at_work_no_other_step_is_played(tmp_path: Path) -> None:
    IS_WAITING.clear()
    is_over = threading.Event()

    @step(zh="x", en="x", deadline_s=1, measures={"unit": ""})
    def unit(dut: HeadUnit) -> None:
        IS_WAITING.set()
        is_over.wait(PATIENCE_S)

    _, record = perform(planned(tmp_path, *beside(unit)))
    is_over.set()
    assert outcomes(record) == [("volts", "ERROR"), ("unit", "ABORTED"), ("last", "SKIPPED")]
    assert record.steps[2].message == "not played while unit is still at work"


def test_every_step_has_one_end_and_what_was_not_begun_says_after_what(tmp_path: Path) -> None:
    lost = failing("lost", LinkLost("dmm", "closed"))
    plan = planned(tmp_path, lost, one("then", after=[lost]), one("last", section="always"))
    journal, cut = ListedJournal(), Cut()
    scene = Scene(dict.fromkeys(LINKS, object()), {}, TickingOperator(), CountingClock(), LINKS)
    play(plan, scene, start_of(plan), journal, cut)
    ends = [(entry.step, entry.outcome, entry.message) for entry in journal.entries if isinstance(entry, StepFinished)]
    assert ends[0][:2] == ("lost", "ERROR")
    assert sorted(ends[1:]) == [("last", "PASS", ""), ("then", "SKIPPED", "not played after lost")]
    assert cut.was_made, "the operator hears of it"


def test_no_step_starts_after_the_run_was_cut_off_from_outside(tmp_path: Path) -> None:
    cut, journal = Cut(), ListedJournal()

    @step(zh="x", en="x", deadline_s=1, measures={"first": ""})
    def first(measure: Measure) -> None:
        measure("first", so())
        cut.make()

    plan = planned(tmp_path, first, one("then", after=[first]))
    play(plan, Scene({}, {}, TickingOperator(), CountingClock(), LINKS), start_of(plan), journal, cut)
    assert [entry.step for entry in journal.entries if isinstance(entry, StepStarted)] == ["first"]
    assert record_of([*journal.entries, MadeSafe(SAFE, START)], START).verdict != "PASS"


def variant(found: str) -> Step:
    @step(zh="x", en="x", deadline_s=1, measures={"variant": ""})
    def variant(measure: Measure) -> None:
        measure("variant", TextReading(found, "dut", START))

    return variant


VARIANTS = row("variant", "one_of", expected=["with_gnss", "plain"])


@pytest.mark.parametrize(
    ("found", "is_required", "verdict", "outcome"),
    [
        ("with_gnss", True, "PASS", "PASS"),
        ("with_gnss", False, "PASS", "PASS"),
        ("plain", False, "PASS", "SKIPPED"),
        ("plain", True, "ERROR", "SKIPPED"),
        ("other", False, "FAIL", "SKIPPED"),
        ("other", True, "FAIL", "SKIPPED"),
    ],
)
def test_a_step_is_skipped_where_a_value_is_another_and_makes_no_pass_of_what_is_required(
    tmp_path: Path, found: str, is_required: bool, verdict: str, outcome: str
) -> None:
    asking = variant(found)
    fix = one("fix", after=[asking], only_if={"variant": "with_gnss"})
    plan = plan_of(tmp_path, [asking, fix], VARIANTS + row("fix", "is_true", required=is_required))
    _, record = perform(plan)
    assert (record.verdict, record.steps[1].outcome) == (verdict, outcome)
    if verdict == "ERROR":
        assert record.failure is not None and record.failure.message == "fix was not measured"


def test_a_step_that_is_skipped_says_why_and_stops_nothing(tmp_path: Path) -> None:
    asking = variant("plain")
    fix = one("fix", after=[asking], only_if={"variant": "with_gnss"}, stops_on_fail=True)
    last = one("last", after=[fix])
    body = VARIANTS + row("fix", "is_true", required=False) + row("last", "is_true")
    _, record = perform(plan_of(tmp_path, [asking, fix, last], body))
    assert outcomes(record) == [("variant", "PASS"), ("fix", "SKIPPED"), ("last", "PASS")]
    assert record.steps[1].message == "not played: variant is 'plain', not 'with_gnss'"
    assert record.verdict == "PASS"


def test_a_step_whose_condition_was_never_measured_is_skipped_and_not_excused(tmp_path: Path) -> None:
    @step(zh="x", en="x", deadline_s=1, measures={"variant": ""})
    def variant() -> None:
        """Forgets to measure."""

    fix = one("fix", after=[variant], only_if={"variant": "with_gnss"})
    body = VARIANTS.replace("]\n", "]\nrequired = false\n", 1) + row("fix", "is_true", required=False)
    body += row("main", "is_true")
    _, record = perform(plan_of(tmp_path, [variant, fix, one("main")], body))
    assert outcomes(record)[1] == ("fix", "SKIPPED")
    assert record.verdict == "ERROR"
    assert record.failure is not None and record.failure.message == "step fix was not played"


def test_a_statement_lets_a_step_be_played_and_its_being_false_fails_the_unit(tmp_path: Path) -> None:
    found: list[bool] = []

    @step(zh="x", en="x", deadline_s=1, measures={"ready": ""})
    def ready(measure: Measure) -> None:
        measure("ready", so(found[-1]))

    plan = planned(tmp_path, ready, one("then", after=[ready], only_if={"ready": True}))
    for is_so, expected in ((True, ["PASS", "PASS"]), (False, ["FAIL", "SKIPPED"])):
        found.append(is_so)
        _, record = perform(plan)
        assert [outcome for _, outcome in outcomes(record)] == expected
        assert record.verdict == ("PASS" if is_so else "FAIL")


@pytest.mark.parametrize(
    ("fix", "problem"),
    [
        (lambda asking: one("fix", only_if={"variant": "plain"}), "it has to come after the step that measures that"),
        (lambda asking: one("fix", after=[asking], only_if={"other": "plain"}), "only if other is 'plain'"),
        (lambda asking: one("fix", after=[asking], only_if={"variant": True}), "but its limit is one_of"),
    ],
)
def test_a_condition_that_cannot_be_known_is_refused(tmp_path: Path, fix: object, problem: str) -> None:
    asking = variant("plain")
    with pytest.raises(PlanError, match=problem):
        plan_of(tmp_path, [asking, fix(asking)], VARIANTS + row("fix", "is_true"))  # type: ignore[operator]


def test_a_last_step_may_depend_on_any_value_of_the_main_ones_but_on_no_other_last_step(tmp_path: Path) -> None:
    main, last = one("main"), one("last", section="always", only_if={"main": True})
    _, record = perform(planned(tmp_path, main, last))
    assert (record.verdict, outcomes(record)) == ("PASS", [("main", "PASS"), ("last", "PASS")])
    other = one("other", section="always", only_if={"last": True})
    with pytest.raises(PlanError, match="step other is played only if last is True"):
        planned(tmp_path, main, last, other)


@pytest.mark.parametrize(("early", "late"), [("setup", "main"), ("setup", "always"), ("main", "always")])
def test_no_step_comes_after_one_of_a_later_section(tmp_path: Path, early: str, late: str) -> None:
    last = one("last", section=late)
    with pytest.raises(PlanError, match=f"its section is {early}, which comes before {late}"):
        planned(tmp_path, last, one("first", section=early, after=[last]))
    with pytest.raises(PlanError, match="section is one of setup, main, always"):
        one("x", section="teardown")
