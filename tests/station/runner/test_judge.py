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


def test_the_worst_wins_and_nothing_is_an_error() -> None:
    assert worst([Verdict.FAIL, Verdict.PASS, Verdict.ABORTED]) is Verdict.ABORTED
    assert worst([]) is Verdict.ERROR


OUTCOMES = st.sampled_from(["PASS", "FAIL", "ERROR", "ABORTED", "SKIPPED"])
VALUES = st.none() | st.booleans() | st.floats() | st.sampled_from([5.0, 0.5, 9.9e37]) | st.sampled_from(["SN1", "SN2"])
EVIDENCE = st.builds(
    Evidence,
    steps=st.lists(st.builds(_step, st.sampled_from(["power", "read", "other"]), OUTCOMES), max_size=4).map(tuple),
    measurements=st.lists(st.builds(_taken, st.sampled_from(sorted(LIMITS)), VALUES, OUTCOMES), max_size=4).map(tuple),
    accessories=st.lists(st.builds(Accessory, st.sampled_from(["frame", "x"]), st.booleans()), max_size=2).map(tuple),
    make_safe=st.lists(st.builds(SafeAction, st.just("s"), st.just("off"), st.booleans(), st.just("")), max_size=2).map(
        tuple
    ),
    stop=st.none() | st.tuples(st.sampled_from([Verdict.ABORTED, Verdict.ERROR]), st.just(LINK_LOST)),
    ended_at=st.just(START),
)
PERFECT = st.just(FULL)
ONE_OFF = st.builds(
    lambda other, field: replace(FULL, **{field: getattr(other, field)}),
    EVIDENCE,
    st.sampled_from(["steps", "measurements", "accessories", "make_safe", "stop"]),
)


@settings(max_examples=400, deadline=None)
@given(EVIDENCE | ONE_OFF | PERFECT)
def test_no_input_makes_a_pass_without_full_evidence(evidence: Evidence) -> None:
    if judge(PLANNED, evidence).verdict is not Verdict.PASS:
        return
    assert [step.name for step in evidence.steps if step.outcome == "PASS"] == [step.name for step in evidence.steps]
    assert sorted(step.name for step in evidence.steps) == ["power", "read"]
    by_name = {taken.limit.name: taken for taken in evidence.measurements}
    assert len(by_name) == len(evidence.measurements) and {"volts", "label"} <= set(by_name)
    assert all(is_inside(taken.limit, taken.value, "SN1") for taken in evidence.measurements)
    assert {item.name for item in evidence.accessories} >= {"frame"}
    assert all(item.is_present for item in evidence.accessories)
    assert evidence.make_safe and all(action.is_proved for action in evidence.make_safe)
    assert evidence.stop is None
