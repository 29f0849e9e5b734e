"""Packing: the label on the unit is its own, and the kit that goes with it has its weight."""

from __future__ import annotations

from station.model.clock import Clock
from station.model.errors import InstrumentError, OperatorError
from station.model.reading import Reading
from station.model.roles import Operator, Scale, Scanner
from station.runner.conditions import Conditions
from station.runner.measure import Measure
from station.runner.step import step


@step(
    zh="扫描包装标签",
    en="Scan the label",
    deadline_s=1800,
    uses={"longest_scan": "s"},
    measures={"label_serial": ""},
    mode="any",
    takes_s=5,
)
def label_serial(scanner: Scanner, conditions: Conditions, measure: Measure) -> None:
    """The serial number on the label, scanned after this step has begun."""
    measure("label_serial", scanner.wait_scan(conditions["longest_scan"]))


@step(
    zh="配件称重",
    en="Weigh the kit",
    deadline_s=600,
    uses={"empty_pan": "g", "longest_weighing": "s"},
    measures={"kit_weight": "g"},
    mode="any",
    takes_s=10,
)
def kit_weight(scale: Scale, operator: Operator, clock: Clock, conditions: Conditions, measure: Measure) -> None:
    """What the accessories weigh together in their bag, put on a pan that was seen empty since this step began.

    Raises OperatorError where the pan is not emptied or nothing is put on it.
    """
    _require_empty_pan(scale, operator, clock, conditions)
    measure("kit_weight", _put_on(scale, clock, conditions))


EMPTY_PAN = ("请清空秤盘。秤盘已清空吗？", "Take everything off the scale. Is its pan empty?")
"""Asked in both languages, only where something is on it."""

POLL_S = 0.2
AT_REST_S = 1.0
"""A kit that comes in pieces is whole when nothing was added for this long (estimate)."""


def _require_empty_pan(scale: Scale, operator: Operator, clock: Clock, conditions: Conditions) -> None:
    longest_s, near_g = conditions["longest_weighing"], conditions["empty_pan"]
    if _is_empty(scale.read_g(longest_s), near_g):
        return
    if not operator.confirm(*EMPTY_PAN).is_so:
        raise OperatorError("the scale's pan was not emptied: test again with an empty pan")
    deadline = clock.now() + longest_s
    while not _is_empty(reading := scale.read_g(longest_s), near_g):
        if clock.now() >= deadline:
            shown = f"shows {reading.value:g} g though its pan is said to be empty"
            raise InstrumentError(reading.instrument, f"{shown}: empty it or set the scale to zero")
        clock.wait(POLL_S)


def _put_on(scale: Scale, clock: Clock, conditions: Conditions) -> Reading:
    """The weight that stays, whatever it is."""
    near_g = conditions["empty_pan"]
    deadline = clock.now() + conditions["longest_weighing"]
    before: Reading | None = None
    while True:
        reading = scale.read_g(max(deadline - clock.now(), AT_REST_S))
        if before is not None and (reading.value == before.value or abs(reading.value - before.value) <= near_g):
            return reading
        before = reading if reading.value > near_g else None
        if clock.now() >= deadline:
            break
        clock.wait(AT_REST_S)
    if before is None:
        raise OperatorError(f"nothing was put on the scale within {conditions['longest_weighing']:g} s")
    return before


def _is_empty(reading: Reading, near_g: float) -> bool:
    return abs(reading.value) <= near_g
