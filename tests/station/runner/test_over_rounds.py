"""What all rounds of a group are together: extremes, mean and spread, each against a limit of its own."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest

from station.model.errors import DutError, OperatorError, PlanError
from station.model.reading import Reading, TextReading
from station.model.roles import Ammeter
from station.runner.excerpt import chosen_steps
from station.runner.measure import Measure
from station.runner.repetition import over_rounds, repeated
from station.runner.step import Step, step
from tests.station.runner.bench_pieces import START, SteadyAmmeter, amperes, plan_of, played, row

FIGURES = {
    "peak_lowest": ("peak", "minimum"),
    "peak_highest": ("peak", "maximum"),
    "peak_mean": ("peak", "mean"),
    "peak_spread": ("peak", "spread"),
}
PEAK = row("peak", unit="A", high=0.9)


@step(zh="通", en="On", deadline_s=1, measures={"peak": "A"}, retries={"instrument": 1})
def on(current: Ammeter, measure: Measure) -> None:
    reading = current.read_a(1.0)
    if reading.value < 0:
        raise DutError("the unit does not answer")
    measure("peak", reading)


def limits(**highest: float) -> str:
    return PEAK + "".join(row(name, unit="A", high=highest.get(name, 10.0)) for name in FIGURES)


def steps(times: int = 3) -> Sequence[Step]:
    group = repeated(times, on)
    return [*group, over_rounds("peaks", "峰值", "Peaks", group, FIGURES)]


def meter(*values: float | Reading) -> SteadyAmmeter:
    return SteadyAmmeter([amperes(each) if isinstance(each, float) else each for each in values])


def test_every_figure_of_all_rounds_is_on_record_with_the_instrument_that_read_them(tmp_path: Path) -> None:
    _, record = played(plan_of(tmp_path, steps(), limits()), current=meter(0.25, 0.75, 0.5))
    assert record.verdict == "PASS"
    found = {each.limit.name: (each.value, each.instrument) for each in record.measurements if each.step == "peaks"}
    instrument = record.measurements[0].instrument
    assert found == {
        "peak_lowest": (0.25, instrument),
        "peak_highest": (0.75, instrument),
        "peak_mean": (0.5, instrument),
        "peak_spread": (0.5, instrument),
    }


@pytest.mark.parametrize("name", FIGURES)
def test_rounds_that_are_each_good_and_together_are_not_fail_the_unit(tmp_path: Path, name: str) -> None:
    _, record = played(plan_of(tmp_path, steps(), limits(**{name: 0.2})), current=meter(0.25, 0.75, 0.5))
    assert record.verdict == "FAIL"
    assert [each.limit.name for each in record.measurements if each.outcome == "FAIL"] == [name]


def test_one_round_that_gave_no_number_makes_no_figure_of_the_others(tmp_path: Path) -> None:
    spoilt = Reading(9.9e37, "A", "dmm", "9.9E37", START, True)
    _, record = played(plan_of(tmp_path, steps(), limits()), current=meter(0.25, spoilt, spoilt, 0.5))
    assert record.verdict == "ERROR"
    assert {each.value for each in record.measurements if each.step == "peaks"} == {None}


def test_a_round_that_was_not_measured_is_not_left_out_of_the_figures(tmp_path: Path) -> None:
    _, record = played(plan_of(tmp_path, steps(), limits()), current=meter(0.25, -1.0, 0.5))
    assert record.verdict == "FAIL"
    assert [each.limit.name for each in record.measurements] == ["peak_1", "peak_3"]


def test_what_is_missing_for_no_fault_of_the_unit_is_no_pass(tmp_path: Path) -> None:
    @step(zh="x", en="x", deadline_s=1, measures={"peak": "A"})
    def forgets(current: Ammeter, measure: Measure) -> None:
        reading = current.read_a(1.0)
        if reading.value != 0.5:
            measure("peak", reading)

    group = repeated(2, forgets)
    body = row("peak", unit="A", high=0.9, required=False) + row("peak_mean", unit="A", high=1.0)
    plan = plan_of(tmp_path, [*group, over_rounds("peaks", "x", "x", group, {"peak_mean": ("peak", "mean")})], body)
    assert played(plan, current=meter(0.25, 0.5))[1].verdict == "ERROR"
    assert played(plan, current=meter(0.25, 0.75))[1].verdict == "PASS"


def test_of_a_round_that_was_played_again_the_last_value_counts(tmp_path: Path) -> None:
    spoilt = Reading(9.9e37, "A", "dmm", "9.9E37", START, True)
    _, record = played(plan_of(tmp_path, steps(2), limits()), current=meter(spoilt, 0.25, 0.75))
    assert record.verdict == "PASS" and len(record.attempts) == 1
    assert {each.limit.name: each.value for each in record.measurements}["peak_mean"] == 0.5


def test_of_a_round_that_answered_at_first_only_nothing_is_summed_up(tmp_path: Path) -> None:
    body = limits() + '[retries.on]\nsource = "this test"\nlimit = 1\n'
    _, record = played(plan_of(tmp_path, steps(2), body), current=meter(0.95, -1.0, 0.5))
    assert record.verdict == "FAIL"
    assert [each.limit.name for each in record.measurements] == ["peak_2"]


def text_of(name: str) -> Step:
    @step(zh="x", en="x", deadline_s=1, measures={name: ""})
    def text(measure: Measure) -> None:
        measure(name, TextReading("SN", "dut", START))

    return text


def test_what_could_never_be_summed_up_is_refused_when_the_plan_loads(tmp_path: Path) -> None:
    group = repeated(2, on)
    with pytest.raises(PlanError, match="peak_slope is one of minimum, maximum, mean, spread, not 'slope'"):
        over_rounds("peaks", "x", "x", group, {"peak_slope": ("peak", "slope")})
    with pytest.raises(PlanError, match="x is of serial, which no step of the group measures"):
        over_rounds("peaks", "x", "x", group, {"x": ("serial", "mean")})
    mean = {"peak_mean": ("peak", "mean")}
    body = PEAK + row("peak_mean", unit="A", high=1.0)
    for wrong in ([*repeated(1, on)], [on]):
        with pytest.raises(PlanError, match="is over the rounds of peak, of which it needs several"):
            plan_of(tmp_path, [*wrong, over_rounds("peaks", "x", "x", wrong, mean)], body)
    early = over_rounds("peaks", "x", "x", group, mean).following(group[0])
    with pytest.raises(PlanError, match="is over the rounds of peak, of which it needs several"):
        plan_of(tmp_path, [*group, early], body)
    texts = repeated(2, text_of("peak"))
    with pytest.raises(PlanError, match="needs a limit for numbers, peak_mean is over rounds"):
        body = row("peak", "equals", expected=["SN"]) + row("peak_mean", "equals", expected=["SN"])
        plan_of(tmp_path, [*texts, over_rounds("peaks", "x", "x", texts, mean)], body)
    with pytest.raises(PlanError, match="sums up rounds: it comes after them and is played once"):
        repeated(2, over_rounds("peaks", "x", "x", group, mean))


def test_a_figure_in_another_unit_than_its_rounds_is_refused(tmp_path: Path) -> None:
    body = PEAK + row("peak_mean", unit="mA", high=1000.0)
    group = repeated(2, on)
    with pytest.raises(PlanError, match="has its limit in 'mA', step peaks measures it in 'A'"):
        plan_of(tmp_path, [*group, over_rounds("peaks", "x", "x", group, {"peak_mean": ("peak", "mean")})], body)


def test_of_chosen_steps_all_rounds_are_needed(tmp_path: Path) -> None:
    plan = plan_of(tmp_path, steps(), limits())
    for chosen in (["on_1", "on_3"], ["on_2", "on_3"], ["on_1", "on_2"], []):
        with pytest.raises(PlanError, match="step peaks is over all rounds of peak, which the chosen steps do not"):
            chosen_steps(plan, [*chosen, "peaks"], with_prerequisites=False)
    assert len(chosen_steps(plan, ["peaks"], with_prerequisites=True).steps) == 4
    with pytest.raises(OperatorError, match="has no step on;"):
        chosen_steps(plan, ["on", "peaks"], with_prerequisites=False)


def test_groups_of_other_numbers_of_rounds_are_no_matter_to_each_other(tmp_path: Path) -> None:
    group, longer = repeated(2, on), repeated(3, text_of("serial"))
    mean = over_rounds("peaks", "x", "x", group, {"peak_mean": ("peak", "mean")})
    body = PEAK + row("peak_mean", unit="A", high=1.0) + row("serial", "equals", expected=["SN"])
    _, record = played(plan_of(tmp_path, [*group, *longer, mean], body), current=meter(0.25, 0.75))
    assert record.verdict == "PASS"
    assert {each.limit.name: each.value for each in record.measurements}["peak_mean"] == 0.5
