"""Whether what steps say of sections, retries, skips, masks and rounds fits; known before a unit is on the bench."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from station.config.limits_file import LimitsFile
from station.model.errors import PlanError
from station.model.limit import NUMERIC, Comparator
from station.runner.repetition import rounds_of
from station.runner.rounds import numbered, plain
from station.runner.step import Step

_ORDER = ("setup", "main", "always")


def check_playing(steps: Sequence[Step], limits_file: LimitsFile) -> None:
    """Raise PlanError for the first thing that does not fit; ``steps`` are in an order that their ``after`` allow."""
    _check_sections(steps)
    _check_retries(steps, limits_file)
    _check_skips(steps, limits_file)
    _check_masks(steps, limits_file)
    _check_rounds(steps, limits_file)


def _check_masks(steps: Sequence[Step], limits_file: LimitsFile) -> None:
    """Raise PlanError for a mask that is not given, has other units than a step takes it in, or is for no step."""
    used: set[str] = set()
    for step in steps:
        for name, units in step.declaration.masks.items():
            mask = limits_file.masks.get(name)
            if mask is None:
                raise PlanError(f"{limits_file.file}: step {step.name} uses the mask {name}, which is not given")
            if (mask.x_unit, mask.y_unit) != units:
                given = f"{mask.y_unit!r} over {mask.x_unit!r}, step {step.name} takes {units[1]!r} over {units[0]!r}"
                raise PlanError(f"{limits_file.file}: the mask {name} is {given}")
            used.add(name)
    for name in limits_file.masks:
        if name not in used:
            raise PlanError(f"{limits_file.file}: no step uses the mask {name}")


def _check_rounds(steps: Sequence[Step], limits_file: LimitsFile) -> None:
    """What is summed up over rounds is a number that several rounds of this plan measure before."""
    for step in steps:
        before = {name for other in step.declaration.after for name in other.declaration.measures}
        for measured, (of, _) in step.declaration.sums_up.items():
            names = [numbered(of, number) for number in range(1, rounds_of(of, steps) + 1)]
            if len(names) < 2 or not before.issuperset(names):
                raise PlanError(f"step {step.name}: {measured} is over the rounds of {of}, of which it needs several")
            for name in (measured, *names):
                if limits_file.measurements[name].limit.comparator not in NUMERIC:
                    raise PlanError(f"{limits_file.file}: {name} needs a limit for numbers, {measured} is over rounds")


def _check_sections(steps: Sequence[Step]) -> None:
    for step in steps:
        for other in step.declaration.after:
            if _ORDER.index(other.declaration.section) > _ORDER.index(step.declaration.section):
                sections = f"{step.declaration.section}, which comes before {other.declaration.section}"
                raise PlanError(f"step {step.name} comes after {other.name}, but its section is {sections}")


def _check_retries(steps: Sequence[Step], limits_file: LimitsFile) -> None:
    names = {name for step in steps for name in (step.name, plain(step.name, step.round))}
    for name in limits_file.retries:
        if name not in names:
            raise PlanError(f"{limits_file.file}: retries.{name} is for no step of this plan")
    for step in steps:
        is_retried = step.declaration.retries or limits_file.retries.keys() & {step.name, plain(step.name, step.round)}
        if is_retried and "shipping_list" in step.injected:
            raise PlanError(f"step {step.name} has the accessories ticked: that is done once, without retries")


def _check_skips(steps: Sequence[Step], limits_file: LimitsFile) -> None:
    """A value that a step is skipped by has been taken when the step may begin, and can be the one it names."""
    before: dict[str, set[str]] = {}
    main = {name for step in steps if step.declaration.section != "always" for name in step.declaration.measures}
    for step in steps:
        known = set().union(*(before[other.name] for other in step.declaration.after))
        if step.declaration.section == "always":
            known |= main
        for name, value in step.declaration.only_if.items():
            if name not in known:
                raise PlanError(
                    f"step {step.name} is played only if {name} is {value!r}: it has to come after the step that "
                    f"measures that"
                )
            _check_value(step, name, value, limits_file)
        before[step.name] = known | step.declaration.measures.keys()


def _check_value(step: Step, name: str, value: str | bool, limits_file: LimitsFile) -> None:
    comparator = limits_file.measurements[name].limit.comparator
    kinds: Mapping[type, frozenset[Comparator]] = {
        bool: frozenset({Comparator.IS_TRUE}),
        str: frozenset({Comparator.EQUALS, Comparator.ONE_OF, Comparator.MATCHES, Comparator.SAME_AS}),
    }
    if comparator not in kinds[type(value)]:
        raise PlanError(f"step {step.name} is played only if {name} is {value!r}, but its limit is {comparator}")
