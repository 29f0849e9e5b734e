"""The verdict: no input makes a PASS without full evidence, and the blame is where it belongs."""

from __future__ import annotations

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from station.model.errors import Failure
from station.model.limit import Comparator, Limit, Value, is_inside
from station.model.run_record import Accessory, Measurement, SafeAction, StepRecord
from station.model.verdict import Verdict, worst
from station.runner.judge import Evidence, Planned, judge
from tests.station.runner.bench_pieces import SAFE, START

LIMITS = {
    "volts": Limit("volts", "V", Comparator.BETWEEN, 4.75, 5.25, (), True, "test"),
    "label": Limit("label", "", Comparator.SAME_AS, None, None, ("scanned_serial",), True, "test"),
    "extra": Limit("extra", "A", Comparator.AT_MOST, None, 1.0, (), False, "test"),
}
PLANNED = Planned(("power", "read"), LIMITS, ("frame",), "SN1")


def _step(name: str, outcome: str = "PASS", message: str = "") -> StepRecord:
    return StepRecord(name, START, START, outcome, message)


def _taken(name: str, value: Value, outcome: str = "PASS") -> Measurement:
    return Measurement("read", LIMITS[name], value, outcome, 0, "dmm", None, START)


FULL = Evidence(
    steps=(_step("power"), _step("read")),
    measurements=(_taken("volts", 5.0), _taken("label", "SN1")),
    accessories=(Accessory("frame", True),),
    make_safe=SAFE,
    stop=None,
    ended_at=START,
)


def test_full_evidence_is_a_pass() -> None:
    assert judge(PLANNED, FULL).verdict is Verdict.PASS


LINK_LOST = Failure("link", "dmm", "dmm: the peer closed the link", "read", START)


@pytest.mark.parametrize(
    ("changes", "verdict", "words"),
    [
        ({"steps": (_step("power"),)}, "ERROR", "step read was not played"),
        ({"steps": (_step("power"), _step("read", "SKIPPED"))}, "ERROR", "step read was not played"),
        ({"steps": (*FULL.steps, _step("read"))}, "ERROR", "was not to be played"),
        ({"steps": (*FULL.steps, _step("other"))}, "ERROR", "was not to be played"),
        ({"steps": (_step("power"), _step("read", "ERROR"))}, "ERROR", "did not end"),
        ({"steps": (_step("power"), _step("read", "ABORTED"))}, "ABORTED", "was stopped"),
        ({"steps": (_step("power"), _step("read", "FAIL", "silent"))}, "FAIL", "silent"),
        ({"measurements": FULL.measurements[:1]}, "ERROR", "label was not measured"),
        ({"measurements": (*FULL.measurements, _taken("volts", 5.0))}, "ERROR", "not to be measured so"),
        ({"measurements": (_taken("volts", None), FULL.measurements[1])}, "ERROR", "no usable value"),
        ({"measurements": (_taken("volts", math.nan), FULL.measurements[1])}, "ERROR", "no usable value"),
        ({"measurements": (_taken("volts", 9.9e37), FULL.measurements[1])}, "ERROR", "its value says FAIL"),
        ({"measurements": (_taken("volts", True), FULL.measurements[1])}, "ERROR", "no usable value"),
        ({"measurements": (_taken("volts", 5.0, "FAIL"), FULL.measurements[1])}, "ERROR", "its value says PASS"),
        ({"measurements": (_taken("volts", 5.0), _taken("label", "SN2"))}, "ERROR", "its value says FAIL"),
        ({"measurements": (*FULL.measurements, _taken("extra", 2.0, "FAIL"))}, "FAIL", ""),
        ({"accessories": ()}, "ERROR", "frame was not checked"),
        ({"accessories": (Accessory("frame", False),)}, "FAIL", "not with the unit: frame"),
        ({"make_safe": ()}, "ERROR", "nothing proves"),
        ({"make_safe": (SafeAction("supply", "switch_off", False, "silent"),)}, "ERROR", "not proved: silent"),
        ({"stop": (Verdict.ERROR, LINK_LOST)}, "ERROR", "the peer closed the link"),
        ({"stop": (Verdict.ABORTED, LINK_LOST)}, "ABORTED", "the peer closed the link"),
    ],
)
def test_each_gap_in_the_evidence_has_its_verdict_and_its_words(
    changes: dict[str, object], verdict: str, words: str
) -> None:
    judgement = judge(PLANNED, replace(FULL, **changes))  # type: ignore[arg-type]  # one field each
    assert judgement.verdict.name == verdict
    assert words in (judgement.failure.message if judgement.failure else "")


UNPROVED = (SafeAction("supply", "switch_off", False, "silent"),)


@pytest.mark.parametrize(
    ("changes", "kind", "subject", "step", "words"),
    [
        ({"steps": (*FULL.steps, _step("other"))}, "station", "", "other", "other was not to be played"),
        ({"steps": (_step("power"), _step("read", "FAIL"))}, "dut", "", "read", "the unit failed"),
        ({"steps": (_step("power"), _step("read", "ABORTED"))}, "station", "", "read", "the step was stopped"),
        ({"steps": (_step("power"), _step("read", "ABORTED", "late"))}, "station", "", "read", "late"),
        ({"steps": (_step("power"), _step("read", "ERROR"))}, "station", "", "read", "the step did not end"),
        ({"steps": (_step("power"), _step("read", "ERROR", "lost"))}, "station", "", "read", "lost"),
        ({"measurements": (*FULL.measurements, _taken("volts", 5.0))}, "station", "", "read", "volts was not to be"),
        (
            {"measurements": (_taken("volts", None), FULL.measurements[1])},
            "instrument",
            "dmm",
            "read",
            "volts: dmm gave",
        ),
        (
            {"measurements": (_taken("volts", 5.0, "X"), FULL.measurements[1])},
            "instrument",
            "dmm",
            "read",
            "volts: dmm",
        ),
        ({"measurements": (_taken("volts", 5.0, "FAIL"), FULL.measurements[1])}, "station", "", "read", "as FAIL, its"),
        ({"measurements": FULL.measurements[:1]}, "station", "", None, "label was not measured"),
        ({"accessories": (Accessory("frame", False), Accessory("key", False))}, "dut", "", None, "unit: frame, key"),
        ({"make_safe": ()}, "station", "", None, "nothing proves that the outputs are off"),
        ({"make_safe": (*SAFE, *UNPROVED)}, "instrument", "supply", None, "supply: switch_off was not proved: silent"),
    ],
)
def test_a_failure_says_who_must_act_about_what(
    changes: dict[str, object], kind: str, subject: str, step: str | None, words: str
) -> None:
    failure = judge(PLANNED, replace(FULL, **changes)).failure  # type: ignore[arg-type]  # one field each
    assert failure is not None and words in failure.message
    assert (failure.kind, failure.subject, failure.step, failure.at) == (kind, subject, step, START)


def test_what_was_held_against_another_limit_than_the_plans_is_no_evidence() -> None:
    wide = replace(_taken("volts", 5.5), limit=replace(LIMITS["volts"], high=6.0))
    judgement = judge(PLANNED, replace(FULL, measurements=(wide, FULL.measurements[1])))
    assert judgement.verdict is Verdict.ERROR
    assert judgement.failure is not None and judgement.failure.message == "volts was not to be measured so"


@pytest.mark.parametrize(("second", "verdict"), [("SN1", Verdict.PASS), ("SN2", Verdict.ERROR)])
def test_a_value_is_compared_with_the_one_that_was_taken_before_it(second: str, verdict: Verdict) -> None:
    box = replace(LIMITS["label"], name="box", expected=("label",))
    planned = Planned(("power", "read"), {"label": LIMITS["label"], "box": box}, (), "SN1")
    taken = Measurement("read", box, second, "PASS", 0, "scanner", None, START)
    evidence = replace(FULL, measurements=(_taken("label", "SN1"), taken), accessories=())
    assert judge(planned, evidence).verdict is verdict


def test_a_value_without_an_instrument_is_told_too() -> None:
    nameless = replace(_taken("volts", None), instrument="")
    failure = judge(PLANNED, replace(FULL, measurements=(nameless, FULL.measurements[1]))).failure
    assert failure is not None and failure.message == "volts: the instrument gave no usable value"


def test_a_failed_measurement_speaks_for_itself() -> None:
    failed = replace(
        FULL,
        steps=(_step("power"), _step("read", "FAIL", "volts 5.5 V is above 5.25 V")),
        measurements=(_taken("volts", 5.5, "FAIL"), FULL.measurements[1]),
    )
    assert judge(PLANNED, failed) == judge(PLANNED, replace(failed))
    assert (judge(PLANNED, failed).verdict, judge(PLANNED, failed).failure) == (Verdict.FAIL, None)


def test_what_a_silent_unit_left_unmeasured_is_its_fault() -> None:
    silent = replace(FULL, steps=(_step("power", "FAIL", "silent"), _step("read", "SKIPPED")), measurements=())
    judgement = judge(PLANNED, silent)
    assert judgement.verdict is Verdict.FAIL
    assert judgement.failure is not None and judgement.failure.message == "silent"


def test_an_output_that_was_not_proved_off_outweighs_an_abort() -> None:
    unsafe = (SafeAction("supply", "switch_off", False, "no answer"),)
    judgement = judge(PLANNED, replace(FULL, stop=(Verdict.ABORTED, LINK_LOST), make_safe=unsafe))
    assert judgement.verdict is Verdict.ERROR
    assert judgement.failure is not None and judgement.failure.subject == "supply"


@pytest.mark.parametrize(
    "planned",
    [
        Planned((), {}, (), "SN1"),
        Planned(("power", "read"), {}, (), "SN1"),
        Planned(("power", "read"), {"extra": LIMITS["extra"]}, (), "SN1"),
    ],
)
def test_a_plan_that_asks_for_nothing_never_passes(planned: Planned) -> None:
    evidence = replace(FULL, measurements=(), accessories=())
    assert judge(planned, evidence).verdict is Verdict.ERROR


def test_a_plan_that_asks_for_nothing_is_the_fault_of_who_wrote_it() -> None:
    failure = judge(Planned((), {}, (), "SN1"), replace(FULL, steps=(), measurements=(), accessories=())).failure
    assert failure is not None and failure.kind == "config"


def test_a_plan_without_a_step_never_passes_whatever_was_measured() -> None:
    judgement = judge(Planned((), LIMITS, ("frame",), "SN1"), replace(FULL, steps=()))
    assert judgement.verdict is Verdict.ERROR
    assert judgement.failure is not None and "no evidence" in judgement.failure.message


def test_the_failure_that_is_told_bears_the_verdict() -> None:
    both = replace(FULL, steps=(_step("power", "FAIL", "silent"), _step("read", "ERROR", "the link broke")))
    judgement = judge(PLANNED, both)
    assert judgement.verdict is Verdict.ERROR
    assert judgement.failure is not None and judgement.failure.message == "the link broke"


def test_the_worst_wins_and_nothing_is_an_error() -> None:
    assert worst([Verdict.FAIL, Verdict.PASS, Verdict.ABORTED]) is Verdict.ABORTED
    assert worst([]) is Verdict.ERROR


OUTCOMES = st.sampled_from(["PASS", "FAIL", "ERROR", "ABORTED", "SKIPPED"])
WIDENED = st.builds(
    lambda taken, high: replace(taken, limit=replace(taken.limit, high=high)),
    st.sampled_from([_taken("volts", 5.5), _taken("extra", 1.5), _taken("volts", 5.0)]),
    st.sampled_from([None, 6.0, 9.9e37]),
)
"""Measurements that were held against another limit than the plan's."""
VALUES = st.none() | st.booleans() | st.floats() | st.sampled_from([5.0, 0.5, 9.9e37]) | st.sampled_from(["SN1", "SN2"])
EVIDENCE = st.builds(
    Evidence,
    steps=st.lists(st.builds(_step, st.sampled_from(["power", "read", "other"]), OUTCOMES), max_size=4).map(tuple),
    measurements=st.lists(
        st.builds(_taken, st.sampled_from(sorted(LIMITS)), VALUES, OUTCOMES) | WIDENED, max_size=4
    ).map(tuple),
    accessories=st.lists(st.builds(Accessory, st.sampled_from(["frame", "x"]), st.booleans()), max_size=2).map(tuple),
    make_safe=st.lists(st.builds(SafeAction, st.just("s"), st.just("off"), st.booleans(), st.just("")), max_size=2).map(
        tuple
    ),
    stop=st.none() | st.tuples(st.sampled_from([Verdict.ABORTED, Verdict.ERROR]), st.just(LINK_LOST)),
    ended_at=st.just(START),
)
PERFECT = st.just(FULL)
OTHER_LIMIT = st.builds(lambda taken: replace(FULL, measurements=(taken, FULL.measurements[1])), WIDENED)
ONE_OFF = st.builds(
    lambda other, field: replace(FULL, **{field: getattr(other, field)}),
    EVIDENCE,
    st.sampled_from(["steps", "measurements", "accessories", "make_safe", "stop"]),
)


@settings(max_examples=400, deadline=None)
@given(EVIDENCE | ONE_OFF | OTHER_LIMIT | PERFECT)
def test_no_input_makes_a_pass_without_full_evidence(evidence: Evidence) -> None:
    if judge(PLANNED, evidence).verdict is not Verdict.PASS:
        return
    assert [step.name for step in evidence.steps if step.outcome == "PASS"] == [step.name for step in evidence.steps]
    assert sorted(step.name for step in evidence.steps) == ["power", "read"]
    by_name = {taken.limit.name: taken for taken in evidence.measurements}
    assert len(by_name) == len(evidence.measurements) and {"volts", "label"} <= set(by_name)
    assert all(taken.limit == LIMITS[name] for name, taken in by_name.items())
    assert all(is_inside(taken.limit, taken.value, "SN1") for taken in evidence.measurements)
    assert {item.name for item in evidence.accessories} >= {"frame"}
    assert all(item.is_present for item in evidence.accessories)
    assert evidence.make_safe and all(action.is_proved for action in evidence.make_safe)
    assert evidence.stop is None


KIND = Limit("kind", "", Comparator.ONE_OF, None, None, ("N7", "R5"), True, "test")
BRANCHING = Planned(
    ("power", "read", "gnss"), {"volts": LIMITS["volts"], "kind": KIND}, (), "SN1", {"gnss": {"kind": "N7"}}
)


def _of_kind(value: Value, outcome: str) -> Measurement:
    return Measurement("power", KIND, value, outcome, 0, "dut", None, START)


@settings(max_examples=400, deadline=None)
@given(
    st.permutations(["power", "read", "gnss"]),
    st.lists(st.sampled_from(["PASS", "PASS", "PASS", "SKIPPED"]), min_size=3, max_size=3),
    st.lists(
        st.builds(_taken, st.just("volts"), st.just(5.0))
        | st.builds(_of_kind, st.sampled_from(["N7", "R5", "X", None]), st.sampled_from(["PASS", "FAIL", "ERROR"])),
        max_size=3,
    ),
)
def test_a_step_is_left_out_of_a_pass_only_for_a_value_that_was_really_taken(
    order: list[str], outcomes: list[str], measurements: list[Measurement]
) -> None:
    steps = tuple(_step(name, outcome) for name, outcome in zip(order, outcomes, strict=True))
    evidence = Evidence(steps, tuple(measurements), (), SAFE, None, START)
    kinds = [taken.value for taken in measurements if taken.limit is KIND]
    is_left_out = any(step.outcome == "SKIPPED" for step in steps)
    if judge(BRANCHING, evidence).verdict is Verdict.PASS:
        assert len(measurements) == 2
        assert kinds == ["R5"] if is_left_out else kinds in (["R5"], ["N7"])
        assert [step.name for step in steps if step.outcome == "SKIPPED"] == (["gnss"] if is_left_out else [])


@pytest.mark.parametrize(
    ("kind", "outcome", "verdict"), [("R5", "SKIPPED", "PASS"), ("N7", "SKIPPED", "ERROR"), ("N7", "PASS", "PASS")]
)
def test_a_step_may_be_left_out_where_the_plan_says_so_and_only_there(kind: str, outcome: str, verdict: str) -> None:
    steps = (_step("power"), _step("read"), _step("gnss", outcome))
    measurements = (_taken("volts", 5.0), _of_kind(kind, "PASS"))
    assert judge(BRANCHING, Evidence(steps, measurements, (), SAFE, None, START)).verdict.name == verdict
    assert judge(BRANCHING, Evidence(steps, measurements[:1], (), SAFE, None, START)).verdict is Verdict.ERROR
