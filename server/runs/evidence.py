"""Judges a run again from its values and limits, and says where the station's verdict is not borne out."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping
from typing import TypeGuard

from server.units.flows import Finding
from server.wire.run import Measurement, RunLetter

SCANNED_SERIAL = "scanned_serial"
OVERLOAD = 9.9e37
"""What SCPI instruments answer instead of a number (SCPI-99 vol. 1, 7.2.1): infinity 9.9E37, NaN 9.91E37."""

MAX_MATCHED_TEXT = 500
_GROUP_REPEATED = re.compile(r"\)[*+?{]")
_UNBOUNDED = re.compile(r"[*+]|\{\d*,\d*\}")
_CHOICE = re.compile(r"[?|]")
MAX_UNBOUNDED, MAX_CHOICES = 2, 4
_BACK_REFERENCE = re.compile(r"\\[1-9]|\(\?")

Values = Mapping[str, float | str | bool | None]


def verdict_findings(letter: RunLetter) -> Iterator[Finding]:
    """Every rule of the verdict that the letter's own values break."""
    values: dict[str, float | str | bool | None] = {row.name: row.value for row in letter.measurements}
    values[SCANNED_SERIAL] = letter.unit.serial
    for row in letter.measurements:
        yield from _outcome_findings(row, values)
    yield from _name_findings(letter)
    match letter.verdict:
        case "PASS":
            yield from _pass_findings(letter)
        case "FAIL":
            if not _has_failed(letter) and not _has_other_fault(letter):
                yield Finding(
                    "verdict", "the verdict is FAIL, but no measurement and no step failed, and nothing is missing"
                )
            yield from _worse_findings(letter)
        case _:
            if letter.failure is None:
                yield Finding("verdict", f"the verdict is {letter.verdict}, but no failure is named")
    if letter.has_failed_measurement != _has_failed(letter):
        said = "a" if letter.has_failed_measurement else "no"
        yield Finding("verdict", f"the run says that it has {said} failed measurement, its measurements do not")


def is_inside(row: Measurement, values: Values) -> bool | None:
    """Whether the value satisfies its limit; None where the server does not judge (a pattern may take too long)."""
    value = row.value
    match row.comparator:
        case "between":
            return row.low is not None and row.high is not None and is_usable(value) and row.low <= value <= row.high
        case "at_least":
            return row.low is not None and is_usable(value) and value >= row.low
        case "at_most":
            return row.high is not None and is_usable(value) and value <= row.high
        case "equals":
            return isinstance(value, str) and row.expected[:1] == (value,)
        case "one_of":
            return isinstance(value, str) and value in row.expected
        case "matches":
            return _matches(row)
        case "same_as":
            referred = values.get(row.expected[0]) if row.expected else None
            return isinstance(value, str) and value != "" and value == referred
        case "is_true":
            return value is True


def _outcome_findings(row: Measurement, values: Values) -> Iterator[Finding]:
    inside = is_inside(row, values)
    if inside is None:
        yield Finding("limit", f"{row.name}: the server does not judge the pattern {row.expected[:1]}")
    elif row.outcome == "PASS" and not inside:
        yield Finding("outcome", f"{row.name}: the outcome is PASS, but {row.value} {row.unit} is not inside the limit")
    elif row.outcome == "FAIL" and inside:
        yield Finding("outcome", f"{row.name}: the outcome is FAIL, but {row.value} {row.unit} is inside the limit")


def _has_other_fault(letter: RunLetter) -> bool:
    is_failed = any(step.outcome == "FAIL" for step in letter.steps)
    return is_failed or any(not accessory.is_present for accessory in letter.accessories)


def _worse_findings(letter: RunLetter) -> Iterator[Finding]:
    """The worst of PASS < FAIL < ABORTED < ERROR wins: a FAIL holds nothing worse; steps left out are not worse."""
    for row in letter.measurements:
        if row.outcome == "ERROR":
            yield Finding("verdict", f"the verdict is FAIL, but {row.name} is ERROR")
    for step in letter.steps:
        if step.outcome in ("ABORTED", "ERROR"):
            yield Finding("verdict", f"the verdict is FAIL, but the step {step.name} is {step.outcome}")


def _pass_findings(letter: RunLetter) -> Iterator[Finding]:
    if not any(row.required for row in letter.measurements):
        yield Finding("verdict", "the verdict is PASS, but nothing that is required was measured")
    for accessory in letter.accessories:
        if not accessory.is_present:
            yield Finding("verdict", f"the verdict is PASS, but the accessory {accessory.name} is missing")
    if not letter.make_safe:
        yield Finding("verdict", "the verdict is PASS, but nothing proves that the outputs are off")
    for action in letter.make_safe:
        if not action.is_proved:
            yield Finding("verdict", f"the verdict is PASS, but {action.role}: {action.action} was not proved")
    for row in letter.measurements:
        if row.required and row.outcome != "PASS":
            yield Finding("verdict", f"the verdict is PASS, but {row.name} is {row.outcome}")
    for step in letter.steps:
        if step.outcome != "PASS":
            yield Finding("verdict", f"the verdict is PASS, but the step {step.name} is {step.outcome}")
    if letter.failure is not None:
        yield Finding("verdict", f"the verdict is PASS, but a failure is named: {letter.failure.message}")


def _name_findings(letter: RunLetter) -> Iterator[Finding]:
    seen: set[str] = set()
    for row in letter.measurements:
        if row.name in seen:
            yield Finding("names", f"{row.name} is measured twice")
        seen.add(row.name)
    for trace in letter.traces:
        if len(trace.x) != len(trace.y):
            yield Finding("trace", f"{trace.name} has {len(trace.x)} x and {len(trace.y)} y")


def _has_failed(letter: RunLetter) -> bool:
    return any(row.outcome == "FAIL" for row in letter.measurements)


def is_usable(value: float | str | bool | None) -> TypeGuard[float]:
    """Whether ``value`` is a number that was measured."""
    return isinstance(value, float) and math.isfinite(value) and abs(value) < OVERLOAD


def _matches(row: Measurement) -> bool | None:
    """A pattern comes from outside: what could take more than quadratic time, or doubles it often, is not tried."""
    if not isinstance(row.value, str) or not row.expected:
        return False
    pattern = row.expected[0]
    is_slow = (
        _GROUP_REPEATED.search(pattern)
        or len(_UNBOUNDED.findall(pattern)) > MAX_UNBOUNDED
        or len(_CHOICE.findall(pattern)) > MAX_CHOICES
        or _BACK_REFERENCE.search(pattern)
    )
    if is_slow or len(row.value) > MAX_MATCHED_TEXT:
        return None
    try:
        return re.fullmatch(pattern, row.value) is not None
    except (re.error, OverflowError, RecursionError):
        return False
