"""One attempt at a step: gives it what it asks for and keeps the measurements that were not good."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date

import msgspec

from station.model.clock import Clock
from station.model.limit import Comparator, Limit, Value
from station.model.roles import Operator
from station.runner.conditions import Conditions
from station.runner.entries import Measured
from station.runner.loan import NOTHING_SHARED, Lender
from station.runner.measure import Measure
from station.runner.plan import Plan
from station.runner.questions import Questions
from station.runner.repetition import rounds_of
from station.runner.round_values import RoundValues
from station.runner.series import Masks
from station.runner.shipping_list import ShippingList
from station.runner.sink import EntrySink
from station.runner.step import Step
from station.runner.trace import TraceRecorder


class Scene(msgspec.Struct, frozen=True):
    """Everything a step can be given: roles by name, calibration dates by instrument, the operator, the clock.

    ``resources`` are the links behind each role. None: nobody knows, so steps with a role come one after the other.
    ``lender`` has the roles that are not among ``roles``.
    """

    roles: Mapping[str, object]
    cal_due: Mapping[str, date | None]
    operator: Operator
    clock: Clock
    resources: Mapping[str, frozenset[str]] | None = None
    lender: Lender = NOTHING_SHARED


class Attempt:
    """``taken`` and ``measured``, the values and what is noted of them, are shared by all steps of a run.

    ``retries`` is how many attempts at the step came before this one.
    """

    def __init__(
        self,
        plan: Plan,
        step: Step,
        scene: Scene,
        journal: EntrySink,
        taken: dict[str, Value],
        measured: dict[str, Measured],
        retries: int = 0,
    ) -> None:
        self._plan = plan
        self._step = step
        self._scene = scene
        self._journal = journal
        self._taken = taken
        self._measured = measured
        self._retries = retries
        self._limits = plan.limits_of(step)
        self._bad: list[Measured] = []

    def call(self, lent: Mapping[str, object]) -> None:
        """Call the step's function; ``lent`` are players that it has for this attempt alone."""
        roles = {role: lent[role] if role in lent else self._scene.roles[role] for role in self._step.roles}
        self._step.function(**roles, **{name: _GIVEN[name](self) for name in self._step.injected})

    def measure(self) -> Measure:
        step, due = self._step, self._scene.cal_due
        numbers = {"round_number": step.round, "retries": self._retries}
        return Measure(step.name, self._limits, self._taken, due, self._note, **numbers)

    def conditions(self) -> Conditions:
        given = self._plan.limits_file.conditions
        return Conditions(self._step.name, {name: given[name].value for name in self._step.declaration.uses})

    def questions(self) -> Questions:
        given = self._plan.limits_file.questions
        asked = {name: given[name] for name in self._step.declaration.asks}
        return Questions(self._step.name, asked, self._limits, self.operator(), self._step.round)

    def masks(self) -> Masks:
        given = self._plan.limits_file.masks
        return Masks(self._step.name, {name: given[name] for name in self._step.declaration.masks})

    def rounds(self) -> RoundValues:
        of = [of for of, _ in self._step.declaration.sums_up.values()]
        return RoundValues({name: rounds_of(name, self._plan.steps) for name in of}, self._measured)

    def trace(self) -> TraceRecorder:
        return TraceRecorder(self._step.name, self._journal.write)

    def shipping_list(self) -> ShippingList:
        return self._plan.shipping_list()

    def operator(self) -> Operator:
        return self._scene.operator

    def clock(self) -> Clock:
        return self._scene.clock

    @property
    def outcome(self) -> str:
        """PASS, FAIL or ERROR by what was measured."""
        if not self._bad:
            return "PASS"
        return "ERROR" if any(bad.outcome == "ERROR" for bad in self._bad) else "FAIL"

    @property
    def message(self) -> str:
        """What was not good, in words."""
        if not self._bad:
            return ""
        return "; ".join(_why(bad, self._limits[bad.name]) for bad in self._bad)

    def _note(self, entry: Measured) -> None:
        self._journal.write(entry)
        self._measured[entry.name] = entry
        if entry.outcome != "PASS":
            self._bad.append(entry)


_GIVEN: Mapping[str, Callable[[Attempt], object]] = {
    "measure": Attempt.measure,
    "clock": Attempt.clock,
    "operator": Attempt.operator,
    "conditions": Attempt.conditions,
    "trace": Attempt.trace,
    "shipping_list": Attempt.shipping_list,
    "questions": Attempt.questions,
    "masks": Attempt.masks,
    "rounds": Attempt.rounds,
}
"""What station.runner.step.INJECTED names."""


def _why(bad: Measured, limit: Limit) -> str:
    """``dark_current 0.0094 A is above 0.005 A``."""
    if bad.outcome == "ERROR":
        return f"{bad.name}: {bad.instrument} gave no usable value"
    value = f"{bad.value:.6g} {bad.unit}" if isinstance(bad.value, float) else repr(bad.value)
    if limit.comparator is Comparator.IS_TRUE:
        return f"{bad.name} is not so"
    if isinstance(bad.value, float):
        is_low = limit.low is not None and bad.value < limit.low
        bound = limit.low if is_low else limit.high
        return f"{bad.name} {value} is {'below' if is_low else 'above'} {bound:.6g} {bad.unit}"
    words = {
        Comparator.EQUALS: "is not",
        Comparator.ONE_OF: "is none of",
        Comparator.MATCHES: "does not match",
        Comparator.SAME_AS: "is not the same as",
    }
    return f"{bad.name} {value} {words[limit.comparator]} {', '.join(limit.expected)}"
