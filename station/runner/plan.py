"""A plan: the code of a sequence and its file of limits, checked against each other before a unit is on the bench."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from pathlib import Path

import msgspec

from station.config.limits_file import SCANNED_SERIAL, LimitsFile
from station.model.errors import PlanError
from station.model.limit import Comparator, Limit
from station.model.needs import NEEDS
from station.model.roles import ChecklistItem, Supply
from station.model.run_record import PlanRef
from station.runner.entries import PlannedMeasurement, PlannedStep
from station.runner.monitor import check_monitors
from station.runner.playing_rules import check_playing
from station.runner.repetition import with_rounds
from station.runner.rounds import plain
from station.runner.schedule import in_order
from station.runner.shipping_list import ShippingList
from station.runner.step import ROLE_KINDS, Step


class Plan(msgspec.Struct, frozen=True):
    """Steps in the order they are played; ``ref.sha256`` is over the limits file and the code of the steps.

    A plan that is not ``is_whole`` is an excerpt of one (station.runner.excerpt).
    """

    ref: PlanRef
    product: str
    steps: tuple[Step, ...]
    limits_file: LimitsFile
    is_whole: bool = True

    def roles(self) -> Mapping[str, type]:
        """Every role the steps need, with its kind."""
        return {name: kind for step in self.steps for name, kind in step.roles.items()}

    def limits_of(self, step: Step) -> Mapping[str, Limit]:
        """The limits of the measurements that ``step`` takes."""
        return {name: self.limits_file.measurements[name].limit for name in step.declaration.measures}

    def shipping_list(self) -> ShippingList:
        """What ships with the unit."""
        return ShippingList(tuple(ChecklistItem(row.name, row.zh, row.en) for row in self.limits_file.accessories))

    def planned_steps(self) -> tuple[PlannedStep, ...]:
        """The steps as the journal names them."""
        return tuple(
            PlannedStep(step.name, step.declaration.zh, step.declaration.en, dict(step.declaration.only_if))
            for step in self.steps
        )

    def retries_of(self, step: Step) -> Mapping[str, int]:
        """How often ``step`` is played again after each kind of failure: as its code says, and the file before it."""
        row = self.limits_file.retries.get(step.name) or self.limits_file.retries.get(plain(step.name, step.round))
        return {**step.declaration.retries, **row.counts} if row else step.declaration.retries

    def planned_measurements(self) -> tuple[PlannedMeasurement, ...]:
        """The measurements in the order the steps declare them."""
        return tuple(self._planned(step, name) for step in self.steps for name in step.declaration.measures)

    def _planned(self, step: Step, name: str) -> PlannedMeasurement:
        row = self.limits_file.measurements[name]
        limit = row.limit
        return PlannedMeasurement(
            name=name,
            step=step.name,
            zh=row.zh,
            en=row.en,
            unit=limit.unit,
            comparator=limit.comparator,
            low=limit.low,
            high=limit.high,
            expected=limit.expected,
            required=limit.is_required,
            source=limit.source,
            marginal=limit.marginal,
        )


def make_plan(steps: Sequence[Step], limits_file: LimitsFile, module: Path | None = None) -> Plan:
    """Check code against limits and order the steps; raises PlanError for the first thing that does not fit.

    ``module`` is the file that puts the steps in order; the plan's digest covers it.
    """
    if not steps:
        raise PlanError(f"{limits_file.file}: the sequence has no steps")
    by_name = {step.name: step for step in steps}
    after = {step.name: tuple(_known(step, other, by_name) for other in step.declaration.after) for step in steps}
    ordered = tuple(by_name[name] for name in in_order([step.name for step in steps], after))
    limits_file = with_rounds(limits_file, ordered)
    _check_measurements(ordered, limits_file)
    _check_conditions(ordered, limits_file)
    _check_references(ordered, limits_file)
    _check_accessories(ordered, limits_file)
    _check_questions(ordered, limits_file)
    _check_kinds(ordered)
    _check_supplies(ordered, limits_file)
    _check_needs(ordered, limits_file)
    check_playing(ordered, limits_file)
    check_monitors(ordered, limits_file)
    ref = PlanRef(limits_file.name, limits_file.version, _digest(ordered, limits_file, module))
    return Plan(ref, limits_file.product, ordered, limits_file)


def check_roles(plan: Plan, offered: Mapping[str, str], bench_file: str) -> None:
    """Raise PlanError where the bench does not offer a role that a step needs; ``offered`` is the kind of each role."""
    for step in plan.steps:
        for role, kind in step.roles.items():
            if role not in offered:
                raise PlanError(f"step {step.name} needs the role {role}, which {bench_file} does not have")
            if offered[role] != ROLE_KINDS[kind]:
                needed = f"step {step.name} needs the role {role} to be a {ROLE_KINDS[kind]}"
                raise PlanError(f"{needed}, in {bench_file} it is a {offered[role]}")


def _known(step: Step, other: Step, by_name: Mapping[str, Step]) -> str:
    if by_name.get(other.name) is not other:
        raise PlanError(f"step {step.name} comes after {other.name}, which is no step of this plan")
    return other.name


def _check_measurements(steps: Sequence[Step], limits_file: LimitsFile) -> None:
    taken_in: dict[str, str] = {}
    for step in steps:
        for name, unit in step.declaration.measures.items():
            if name in taken_in:
                raise PlanError(f"{name} is measured in step {taken_in[name]} and in step {step.name}")
            row = limits_file.measurements.get(name)
            if row is None:
                raise PlanError(f"{limits_file.file}: step {step.name} measures {name}, which has no limit")
            if row.limit.unit != unit:
                raise PlanError(
                    f"{limits_file.file}: {name} has its limit in {row.limit.unit!r}, step {step.name} "
                    f"measures it in {unit!r}"
                )
            taken_in[name] = step.name
    for name in limits_file.measurements:
        if name not in taken_in:
            raise PlanError(f"{limits_file.file}: no step measures {name}")


def _check_conditions(steps: Sequence[Step], limits_file: LimitsFile) -> None:
    used: set[str] = set()
    for step in steps:
        for name, unit in step.declaration.uses.items():
            condition = limits_file.conditions.get(name)
            if condition is None:
                raise PlanError(f"{limits_file.file}: step {step.name} uses the condition {name}, which is not given")
            if condition.unit != unit:
                raise PlanError(
                    f"{limits_file.file}: the condition {name} is in {condition.unit!r}, step {step.name} "
                    f"takes it in {unit!r}"
                )
            used.add(name)
    for name in limits_file.conditions:
        if name not in used:
            raise PlanError(f"{limits_file.file}: no step uses the condition {name}")


def _check_references(steps: Sequence[Step], limits_file: LimitsFile) -> None:
    """What a limit refers to is measured earlier in the same step, or in one that the step comes after."""
    before: dict[str, set[str]] = {}
    for step in steps:  # in an order where each comes later than what it is after
        near = {other.name: before[other.name] for other in step.declaration.after}
        known = {SCANNED_SERIAL}.union(*near.values())
        for name in step.declaration.measures:
            limit = limits_file.measurements[name].limit
            if limit.comparator is Comparator.SAME_AS and limit.expected[0] not in known:
                raise PlanError(
                    f"{limits_file.file}: {name} may be compared with {limit.expected[0]} before that is measured: "
                    f"step {step.name} has to come after the step that measures it"
                )
            known.add(name)
        before[step.name] = known


def _check_accessories(steps: Sequence[Step], limits_file: LimitsFile) -> None:
    asking = [step.name for step in steps if "shipping_list" in step.injected]
    if limits_file.accessories and not asking:
        raise PlanError(f"{limits_file.file}: no step has the accessories ticked")
    if asking and not limits_file.accessories:
        raise PlanError(f"{limits_file.file}: step {asking[0]} needs accessories, none are given")
    if len(asking) > 1:
        raise PlanError(f"the accessories are ticked in step {asking[0]} and in step {asking[1]}")


def _check_questions(steps: Sequence[Step], limits_file: LimitsFile) -> None:
    asked: set[str] = set()
    for step in steps:
        for name in step.declaration.asks:
            if name not in step.declaration.measures:
                raise PlanError(f"step {step.name} asks for {name}, which it does not measure")
            if name not in limits_file.questions:
                raise PlanError(f"{limits_file.file}: step {step.name} asks for {name}, which has no question")
            asked.add(name)
    for name in limits_file.questions:
        if name not in asked:
            raise PlanError(f"{limits_file.file}: no step asks the question {name}")


def _check_kinds(steps: Sequence[Step]) -> None:
    kinds: dict[str, type] = {}
    for step in steps:
        for role, kind in step.roles.items():
            if kinds.setdefault(role, kind) is not kind:
                raise PlanError(
                    f"the role {role} is {kinds[role].__name__} in one step, {kind.__name__} in {step.name}"
                )


def _check_supplies(steps: Sequence[Step], limits_file: LimitsFile) -> None:
    """Every supply has its row, so that a bench can be refused that cannot give what the plan wants."""
    roles = {role for step in steps for role, kind in step.roles.items() if kind is Supply}
    for role in sorted(roles - limits_file.supplies.keys()):
        raise PlanError(f"{limits_file.file}: the supply {role} has no row in supplies: what must it give at most?")
    for role in limits_file.supplies:
        if role not in roles:
            raise PlanError(f"{limits_file.file}: no step uses the supply {role}")


def _check_needs(steps: Sequence[Step], limits_file: LimitsFile) -> None:
    """A table of needs is for a role that the steps use, with keys of its kind."""
    kinds = {role: ROLE_KINDS[kind] for step in steps for role, kind in step.roles.items()}
    for role, row in limits_file.needs.items():
        if role not in kinds:
            raise PlanError(f"{limits_file.file}: no step uses the role {role}, of which needs are said")
        known = NEEDS.get(kinds[role], ())
        for key in row.conditions:
            if key not in known:
                there = ", ".join(known) or "none"
                raise PlanError(
                    f"{limits_file.file}: needs.{role}.{key} is no key of {kinds[role]} (there are: {there})"
                )


def _digest(steps: Sequence[Step], limits_file: LimitsFile, module: Path | None) -> str:
    """Over the limits, the steps' order, and the files of their code; what these import is the software's version."""
    digest = hashlib.sha256(bytes.fromhex(limits_file.sha256))
    digest.update("\n".join(step.name for step in steps).encode())
    files = {step.function.__code__.co_filename for step in steps} | ({str(module)} if module else set())
    for file in sorted(files):
        try:
            code = Path(file).read_bytes()
        except OSError as error:
            raise PlanError(f"{file}: the code of a step cannot be read: {error.strerror}") from None
        digest.update(hashlib.sha256(code).digest())
    return digest.hexdigest()
