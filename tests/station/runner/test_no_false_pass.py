"""Whatever steps do, in whatever order, beside each other and again: no PASS without full evidence."""

from __future__ import annotations

import tempfile
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from station.model.errors import CommandRefused, DutError, LinkTimeout, OperatorError
from station.model.reading import Reading, TextReading
from station.model.roles import HeadUnit, Load, Multimeter
from station.model.run_record import RunRecord, SafeAction
from station.runner.entries import Entry, MadeSafe
from station.runner.measure import Measure
from station.runner.play import Scene, play
from station.runner.record import record_of
from station.runner.step import ROLE_KINDS, Step, step
from tests.station.runner.bench_pieces import (
    SAFE,
    START,
    CountingClock,
    ListedJournal,
    TickingOperator,
    amperes,
    plan_of,
    row,
    start_of,
)

ROLES: Mapping[str, type] = {"meter": Multimeter, "dut": HeadUnit, "load": Load}
LINKS = {"meter": frozenset({"dmm"}), "dut": frozenset({"dut"}), "load": frozenset({"dmm", "load"})}


class Bug(Exception):
    """What a step's own code may raise."""


def _twice(measure: Measure, name: str) -> None:
    measure(name, amperes(0.1))
    measure(name, amperes(0.1))


def _raising(error: BaseException) -> Callable[[Measure, str], None]:
    def act(measure: Measure, name: str) -> None:
        raise error

    return act


def _good_then(error: BaseException) -> Callable[[Measure, str], None]:
    def act(measure: Measure, name: str) -> None:
        measure(name, amperes(0.1))
        raise error

    return act


ACTS: Mapping[str, Callable[[Measure, str], None]] = {
    "good": lambda measure, name: measure(name, amperes(0.1)),
    "bad": lambda measure, name: measure(name, amperes(0.9)),
    "overload": lambda measure, name: measure(name, amperes(0.1, is_overload=True)),
    "huge": lambda measure, name: measure(name, amperes(9.9e37)),
    "not a number": lambda measure, name: measure(name, amperes(float("nan"))),
    "nothing": lambda measure, name: None,
    "other unit": lambda measure, name: measure(name, Reading(0.1, "V", "dmm", "0.1", START)),
    "a text": lambda measure, name: measure(name, TextReading("0.1", "dmm", START)),
    "not declared": lambda measure, name: measure("sneaked", amperes(0.1)),
    "twice": _twice,
    "silent unit": _raising(DutError("silent")),
    "link lost": _raising(LinkTimeout("dmm", "late")),
    "refused": _raising(CommandRefused("psu", "-222")),
    "operator": _raising(OperatorError("nobody")),
    "bug": _raising(Bug("bug")),
    "good, then silent": _good_then(DutError("silent")),
    "good, then lost": _good_then(LinkTimeout("dmm", "late")),
    "good, then bug": _good_then(Bug("bug")),
}


@dataclass
class Script:
    """A step: what it does at each attempt (the last again and again), and what is said of it."""

    acts: Sequence[str]
    word: str
    roles: frozenset[str]
    after: frozenset[int]
    is_required: bool
    only_if: tuple[int, str] | None
    retries: Mapping[str, int]
    section: str
    stops_on_fail: bool
    mode: str
    done: list[str] = field(default_factory=list)


@st.composite
def scripts(draw: st.DrawFn) -> list[Script]:
    found: list[Script] = []
    mostly_good = st.sampled_from(["good"] * 12 + sorted(ACTS))
    for place in range(draw(st.integers(1, 5))):
        after = draw(st.frozensets(st.integers(0, place - 1))) if place else frozenset()
        section = "always" if any(found[other].section == "always" for other in after) else "main"
        only_if = st.none() | st.tuples(st.sampled_from(sorted(after)), st.sampled_from("xy")) if after else st.none()
        found.append(
            Script(
                acts=draw(st.lists(mostly_good, min_size=1, max_size=3)),
                word=draw(st.sampled_from("xxxy")),
                roles=draw(st.frozensets(st.sampled_from(sorted(ROLES)), max_size=2)),
                after=after,
                is_required=place == 0 or draw(st.booleans()),
                only_if=draw(only_if),
                retries=draw(
                    st.dictionaries(st.sampled_from(["link", "instrument", "dut", "limit"]), st.integers(1, 2))
                ),
                section=draw(st.sampled_from([section, section, "always"])),
                stops_on_fail=draw(st.booleans()),
                mode=draw(st.sampled_from(["awake", "awake", "asleep", "any"])),
            )
        )
    return found


def made(number: int, script: Script, steps: Sequence[Step]) -> Step:
    def function(measure: Measure, **roles: object) -> None:
        act = script.acts[min(len(script.done), len(script.acts) - 1)]
        script.done.append(act)
        measure(f"t{number}", TextReading(script.word, "dut", START))
        ACTS[act](measure, f"m{number}")

    only_if = {f"t{script.only_if[0]}": script.only_if[1]} if script.only_if else {}
    declared = step(
        zh="x",
        en="x",
        deadline_s=1,
        measures={f"m{number}": "A", f"t{number}": ""},
        after=tuple(steps[other] for other in sorted(script.after)),
        only_if=only_if,
        section=script.section,  # type: ignore[arg-type]
        stops_on_fail=script.stops_on_fail,
        mode=script.mode,  # type: ignore[arg-type]
    )
    roles = {role: ROLES[role] for role in script.roles}
    assert set(roles.values()) <= set(ROLE_KINDS)
    return Step(f"s{number}", function, declared, roles, frozenset({"measure"}))


def perform(found: Sequence[Script]) -> tuple[list[Entry], bool]:
    """The entries of a run, and whether a step's own code ended it."""
    steps: list[Step] = []
    for number, script in enumerate(found):
        steps.append(made(number, script, steps))
    body = ""
    for number, script in enumerate(found):
        body += row(f"m{number}", unit="A", high=0.5, required=script.is_required)
        body += row(f"t{number}", "one_of", expected=["x", "y"], required=False)
        counts = "".join(f"{kind} = {count}\n" for kind, count in script.retries.items())
        body += f'[retries.s{number}]\nsource = "this test"\n{counts}'
    journal = ListedJournal()
    with tempfile.TemporaryDirectory() as folder:
        plan = plan_of(Path(folder), steps, body)
    scene = Scene(dict.fromkeys(ROLES, object()), {}, TickingOperator(), CountingClock(), LINKS)
    try:
        play(plan, scene, start_of(plan), journal)
    except Bug:
        return journal.entries, True
    finally:
        for thread in threading.enumerate():
            if thread.name.startswith("step "):
                thread.join(20)
    return journal.entries, False


def closed(entries: Sequence[Entry], safe: tuple[SafeAction, ...] = SAFE) -> RunRecord:
    return record_of([*entries, MadeSafe(safe, START)], START + timedelta(minutes=1))


def has_full_evidence(found: Sequence[Script]) -> bool:
    """By what the steps themselves did, without a word of the journal's."""
    for script in found:
        if script.done and script.done[-1] not in ("good", "nothing"):
            return False
        if script.is_required and script.done[-1:] != ["good"]:
            return False
        if not script.done:
            if script.only_if is None:
                return False
            other, word = script.only_if
            if not found[other].done or found[other].word == word:
                return False
    return True


QUICK = settings(max_examples=250, deadline=None, suppress_health_check=[HealthCheck.too_slow])


@QUICK
@given(scripts())
def test_a_run_passes_exactly_with_full_evidence(found: list[Script]) -> None:
    entries, has_crashed = perform(found)
    verdict = closed(entries).verdict
    assert (verdict == "PASS") is (has_full_evidence(found) and not has_crashed), [script.done for script in found]


@QUICK
@given(scripts(), st.data())
def test_no_beginning_of_a_run_passes_unless_the_whole_does_and_no_output_was_left_unproved(
    found: list[Script], data: st.DataObject
) -> None:
    entries, _ = perform(found)
    cut = entries[: data.draw(st.integers(1, len(entries)))]
    if closed(cut).verdict == "PASS":
        assert closed(entries).verdict == "PASS"
    assert closed(entries, ()).verdict != "PASS"
    assert closed(entries, (SafeAction("supply", "switch_off", False, "silent"),)).verdict != "PASS"


@pytest.mark.parametrize("act", sorted(ACTS))
def test_each_act_is_a_pass_only_where_it_is_good(act: str) -> None:
    script = Script([act], "x", frozenset({"dut"}), frozenset(), True, None, {}, "main", False, "awake")
    entries, _ = perform([script])
    assert (closed(entries).verdict == "PASS") is (act == "good")
