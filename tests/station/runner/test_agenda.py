"""What may be played when: exclusion, edges and rank, whatever the steps and however long they take."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from station.model.roles import Ammeter, HeadUnit, Multimeter, Operator, Supply
from station.runner.agenda import Agenda, Task, arranged, duration_s
from station.runner.claims import Claim, claim_of
from station.runner.measure import Measure
from station.runner.play import tasks_of
from station.runner.questions import Questions
from station.runner.step import Step, step
from tests.station.runner.bench_pieces import plan_of, row

LINKS = {"meter": "dmm", "current": "dmm", "supply": "psu", "dut": "dut", "load": "load"}


def task(
    name: str, *after: str, on: Sequence[str] = (), mode: str = "awake", alone: bool = False, s: float = 1
) -> Task:
    return Task(name, after, Claim(frozenset(on), mode, alone), s)  # type: ignore[arg-type]  # a mode's name


def begun(agenda: Agenda) -> list[str]:
    return [each.name for each in agenda.begin()]


def test_steps_on_different_instruments_begin_together_and_those_on_one_do_not() -> None:
    agenda = Agenda([task("a", on=["dmm"]), task("b", on=["dmm", "relays"]), task("c", on=["dut"])])
    assert begun(agenda) == ["a", "c"]
    assert begun(agenda) == []
    agenda.end("a")
    assert begun(agenda) == ["b"]


def test_of_what_may_begin_what_need_not_wait_for_another_slot_does_and_else_the_first() -> None:
    agenda = Agenda([task("a", on=["dmm", "dut"]), task("b", on=["camera", "dut"]), task("c", on=["dut"])])
    assert [each.name for each in agenda.begin(lambda each: each.name != "a")] == ["b"]
    agenda.end("b")
    assert [each.name for each in agenda.begin(lambda each: False)] == ["a"]


def test_of_two_that_may_begin_the_second_does_where_the_first_has_to_wait_for_another_slot() -> None:
    agenda = Agenda([task("a", on=["dmm", "dut"]), task("b", on=["camera", "dut"])])
    assert [each.name for each in agenda.begin(lambda each: each.name != "a")] == ["b"]


def test_a_step_waits_for_all_that_it_comes_after() -> None:
    agenda = Agenda([task("a", on=["x"]), task("b", on=["y"]), task("c", "a", "b", on=["z"])])
    assert begun(agenda) == ["a", "b"]
    agenda.end("b")
    assert begun(agenda) == []
    agenda.end("a")
    assert begun(agenda) == ["c"]


@pytest.mark.parametrize(
    ("one", "other", "is_excluded"),
    [
        (task("a"), task("b"), False),
        (task("a", mode="asleep"), task("b", mode="asleep"), False),
        (task("a", mode="asleep"), task("b", mode="awake"), True),
        (task("a", mode="asleep"), task("b", mode="any"), False),
        (task("a", alone=True), task("b"), True),
        (task("a", alone=True), task("b", mode="any"), False),
        (task("a", mode="any", on=["operator"]), task("b", mode="any", on=["operator"]), True),
    ],
)
def test_a_mode_and_being_alone_exclude_all_but_what_needs_no_unit(one: Task, other: Task, is_excluded: bool) -> None:
    assert one.claim.excludes(other.claim) is other.claim.excludes(one.claim) is is_excluded


def made(function: object, **declared: object) -> Step:
    return step(zh="x", en="x", deadline_s=1, **declared)(function)  # type: ignore[arg-type]


def claimed(function: object, **declared: object) -> Claim:
    return claim_of(made(function, **declared), {role: frozenset({link}) for role, link in LINKS.items()})


def test_two_roles_of_one_instrument_are_one_link_and_a_question_claims_the_operator() -> None:
    def volts(meter: Multimeter) -> None: ...
    def amperes(current: Ammeter, dut: HeadUnit) -> None: ...
    def ticks(operator: Operator) -> None: ...
    def asks(questions: Questions) -> None: ...

    assert claimed(volts).resources == {"dmm"}
    assert claimed(amperes).resources == {"dmm", "dut"}
    assert claimed(ticks).excludes(claimed(asks))
    assert not claimed(ticks).excludes(claimed(volts))


def test_a_step_that_may_change_the_supply_is_alone() -> None:
    def reads(supply: Supply) -> None: ...
    def nothing() -> None: ...

    assert claimed(reads).is_alone
    assert claimed(nothing, energises=True).is_alone
    assert claimed(nothing, is_alone=True).is_alone
    assert not claimed(nothing).is_alone


def test_where_nobody_says_which_instruments_there_are_steps_with_a_role_come_one_after_the_other() -> None:
    def volts(meter: Multimeter) -> None: ...
    def unit(dut: HeadUnit) -> None: ...
    def ticks(operator: Operator) -> None: ...

    one, other, person = (claim_of(made(each), None) for each in (volts, unit, ticks))
    assert one.excludes(other)
    assert not one.excludes(person)


def test_the_longest_remaining_path_begins_first_where_that_is_shorter() -> None:
    short_first = [
        task("short", on=["dut"], s=1),
        task("long", on=["dut"], s=2),
        task("wait", "long", on=["gnss"], s=9),
    ]
    assert [each.name for each in arranged(short_first)] == ["long", "wait", "short"]
    assert (duration_s(short_first), duration_s(arranged(short_first))) == (12, 11)


def test_the_longest_of_several_paths_from_a_step_counts() -> None:
    tasks = [
        task("short", on=["dut"], s=2),
        task("fork", on=["dut"], s=1),
        task("wait", "fork", on=["gnss"], s=9),
        task("look", "fork", on=["rf"], s=0.1),
    ]
    assert (duration_s(tasks), duration_s(arranged(tasks))) == (12, 10)


def test_a_step_is_planned_with_what_it_says_it_takes_and_otherwise_with_its_deadline(tmp_path: Path) -> None:
    def quick(measure: Measure) -> None: ...
    def slow(measure: Measure) -> None: ...

    steps = [made(quick, takes_s=0.25, measures={"a": ""}), made(slow, measures={"b": ""})]
    plan = plan_of(tmp_path, steps, row("a", "is_true") + row("b", "is_true"))
    assert [each.takes_s for each in tasks_of(plan, {})] == [0.25, 1]


def test_steps_that_all_share_a_role_are_played_as_the_author_wrote_them() -> None:
    tasks = [task(str(n), on=["dut"], s=n) for n in range(5)]
    assert arranged(tasks) == tuple(tasks)
    assert duration_s(tasks) == 10


def test_the_authors_order_stays_where_another_is_no_shorter() -> None:
    tasks = [task("a", on=["x"], s=1), task("b", on=["x"], s=2), task("c", on=["y"], s=3)]
    assert arranged(tasks) == tuple(tasks)


def test_steps_without_a_role_do_not_become_threads_without_end() -> None:
    assert len(Agenda([task(str(n)) for n in range(1000)]).begin()) == 16


CLAIMS = st.builds(
    Claim,
    st.frozensets(st.sampled_from(["dmm", "psu", "dut", "rf"]), max_size=2),
    st.sampled_from(["awake", "asleep", "off", "any"]),
    st.booleans(),
)


@st.composite
def plans(draw: st.DrawFn) -> list[Task]:
    """Tasks in an order where each comes after some of those before it."""
    names = [f"t{n}" for n in range(draw(st.integers(1, 9)))]
    return [
        Task(
            name,
            tuple(draw(st.lists(st.sampled_from(names[:place]), unique=True, max_size=3))) if place else (),
            draw(CLAIMS),
            draw(st.floats(0.1, 9)),
        )
        for place, name in enumerate(names)
    ]


@settings(max_examples=300, deadline=None)
@given(plans(), st.randoms(use_true_random=False))
def test_whatever_ends_when_nothing_that_excludes_each_other_is_under_way_and_all_is_played(
    tasks: list[Task], random: object
) -> None:
    agenda = Agenda(arranged(tasks))
    under_way: dict[str, Task] = {}
    ended: list[str] = []
    while True:
        for each in agenda.begin():
            assert set(each.after) <= set(ended)
            assert not any(each.claim.excludes(other.claim) for other in under_way.values())
            under_way[each.name] = each
        for each in tasks:  # nothing is left waiting that might have begun
            if each.name not in under_way and each.name not in ended and set(each.after) <= set(ended):
                assert any(each.claim.excludes(other.claim) for other in under_way.values())
        if not under_way:
            break
        name = random.choice(sorted(under_way))  # type: ignore[attr-defined]
        del under_way[name]
        ended.append(name)
        agenda.end(name)
    assert sorted(ended) == sorted(each.name for each in tasks)


@given(plans())
def test_an_arrangement_takes_no_longer_than_the_authors_and_is_always_the_same(tasks: list[Task]) -> None:
    assert duration_s(arranged(tasks)) <= duration_s(tasks)
    assert arranged(tasks) == arranged(tasks)
    assert sorted(each.name for each in arranged(tasks)) == sorted(each.name for each in tasks)


def test_of_paths_about_as_long_the_one_that_others_wait_for_goes_first() -> None:
    tasks = (
        task("alone", on=["meter"], s=10.1),
        task("wanted", on=["analyser"], s=10.0),
        task("later", on=["analyser"], s=5.0),
    )
    assert [each.name for each in arranged(tasks)] == ["alone", "wanted", "later"]
    assert [each.name for each in arranged(tasks, {"analyser"})] == ["wanted", "alone", "later"]
    assert [each.name for each in arranged(tasks, {"camera"})] == ["alone", "wanted", "later"]
