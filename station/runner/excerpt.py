"""A plan for its author: some of its steps, one at a time, stopping at the first that fails; no longer the plan itself.

What comes of it has another digest than the plan, so that no verdict on it can be taken for one on the whole.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Mapping, Sequence

from msgspec.structs import replace

from station.config.limits_file import SCANNED_SERIAL
from station.model.errors import OperatorError, PlanError
from station.model.limit import Comparator
from station.model.roles import Operator
from station.runner.plan import Plan
from station.runner.repetition import rounds_of
from station.runner.rounds import numbered
from station.runner.step import Declaration, Step

WHOLE_ONLY = frozenset({"outgoing", "incoming", "golden"})
"""What is said of a unit with these purposes is said on the evidence of the whole plan."""
LOOK_S = 1800.0
"""How long an author may look at a unit that waits for him before outputs go off. Estimate."""
_MAX_NAME = 100  # of the wire contract


def chosen_steps(plan: Plan, names: Sequence[str], with_prerequisites: bool) -> Plan:
    """``plan`` with the steps of these names, and with all that comes before them where that is asked for.

    A monitor watches those of its steps that are chosen. Raises OperatorError for a name that is no step, PlanError
    where a chosen step compares with what is not measured, or a monitor would watch nothing.
    """
    by_name = {step.name: step for step in plan.steps}
    unknown = [name for name in names if name not in by_name]
    if unknown or not names:
        there = ", ".join(by_name)
        raise OperatorError(f"{plan.ref.name} has no step {', '.join(unknown) or 'of no name'}; there are: {there}")
    before = _before(plan)
    wanted = set(names)
    if with_prerequisites:
        wanted |= {other for name in names for other in before[name]}
    kept = tuple(_watching(step, wanted) for step in plan.steps if step.name in wanted)
    _check_references(plan, kept)
    if len(kept) == len(plan.steps):
        return plan
    title = f"{plan.ref.name}: {', '.join(step.name for step in kept)}"
    limits_file = plan.limits_file
    if not any("shipping_list" in step.injected for step in kept):
        limits_file = replace(limits_file, accessories=())
    return _other(replace(plan, limits_file=limits_file), _linked(kept, before), title)


def stopping_at_failure(plan: Plan) -> Plan:
    """``plan`` as it ends with the first step that does not pass; outputs are off then."""
    steps = tuple(
        replace(step, declaration=replace(step.declaration, stops_on_fail=True)) for step in plan.steps
    )  # what a step comes after is known by name: that its Step is another one does not matter
    return _other(plan, steps, f"{plan.ref.name} (ends at the first failure)")


def step_by_step(plan: Plan) -> Plan:
    """``plan`` with a halt before each step, at which the operator is asked to go on; one step at a time."""
    steps = [each for place, step in enumerate(plan.steps, 1) for each in (_halt(place, step), step)]
    return _other(plan, _in_a_row(steps), f"{plan.ref.name} (step by step)")


def one_at_a_time(plan: Plan) -> Plan:
    """The same plan, in its order and nothing at the same time, as a recording has to be played."""
    return replace(plan, steps=_in_a_row(plan.steps))


def check_purpose(plan: Plan, purpose: str) -> None:
    """Raise OperatorError where a part of a plan is to be played with a purpose that judges units."""
    if not plan.is_whole and purpose in WHOLE_ONLY:
        raise OperatorError(
            f"with the purpose {purpose} the whole plan is played as it is: choose steps with --purpose debug"
        )


def _halt(place: int, following: Step) -> Step:
    declared = following.declaration

    def halt(operator: Operator) -> None:
        operator.tick(f"下一步：{declared.zh}（{following.name}）", f"next: {declared.en} ({following.name})", ())

    declaration = Declaration(zh="单步暂停", en="Halt", deadline_s=LOOK_S)
    return Step(f"halt_{place}", halt, declaration, {}, frozenset({"operator"}))


def _other(plan: Plan, steps: tuple[Step, ...], title: str) -> Plan:
    """``steps`` under a name and a digest of their own."""
    name = title if len(title) <= _MAX_NAME else f"{title[: _MAX_NAME - 1]}…"
    digest = hashlib.sha256("\n".join((plan.ref.sha256, title, *(step.name for step in steps))).encode())
    return replace(plan, ref=replace(plan.ref, name=name, sha256=digest.hexdigest()), steps=steps, is_whole=False)


def _before(plan: Plan) -> Mapping[str, set[str]]:
    """What each step comes after, near and far, and what takes the measurements that its limits refer to."""
    taken_in = {name: step.name for step in plan.steps for name in step.declaration.measures}
    before: dict[str, set[str]] = {}
    for step in plan.steps:  # in an order where each comes later than what it is after
        near = {other.name for other in step.declaration.after} | {taken_in[name] for name in _references(plan, step)}
        before[step.name] = {name for other in near for name in (other, *before.get(other, ()))} - {step.name}
    return before


def _references(plan: Plan, step: Step) -> Collection[str]:
    limits = plan.limits_of(step).values()
    named = {limit.expected[0] for limit in limits if limit.comparator is Comparator.SAME_AS}
    return named - {SCANNED_SERIAL} - step.declaration.measures.keys()


def _check_references(plan: Plan, kept: Sequence[Step]) -> None:
    taken = {name for step in kept for name in step.declaration.measures}
    for step in kept:
        for name in _references(plan, step):
            if name not in taken:
                raise PlanError(f"step {step.name} compares with {name}, which none of the chosen steps measures")
        for of, _ in step.declaration.sums_up.values():
            if not taken.issuperset(numbered(of, number) for number in range(1, rounds_of(of, plan.steps) + 1)):
                raise PlanError(f"step {step.name} is over all rounds of {of}, which the chosen steps do not measure")


def _linked(kept: Sequence[Step], before: Mapping[str, set[str]]) -> tuple[Step, ...]:
    """``kept``, each after those of them that it came after in the plan, however far."""
    made: dict[str, Step] = {}
    for step in kept:
        made[step.name] = step.following(*(made[name] for name in made if name in before[step.name]))
    return tuple(made.values())


def _watching(step: Step, names: Collection[str]) -> Step:
    """``step``, which knows by itself what it watches of ``names``: what it comes after is another thing then."""
    if step.watch is None:
        return step
    watched = step.watch.beside or frozenset(other.name for other in step.declaration.after)
    if watched.isdisjoint(names):
        raise PlanError(f"monitor {step.name} watches none of the chosen steps, but: {', '.join(sorted(watched))}")
    return replace(step, watch=replace(step.watch, beside=watched.intersection(names)))


def _in_a_row(steps: Sequence[Step]) -> tuple[Step, ...]:
    names = {step.name for step in steps}
    made: list[Step] = []
    for step in steps:
        made.append(_watching(step, names).following(*made[-1:]))
    return tuple(made)
