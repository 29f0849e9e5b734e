"""A product's plan as people write it: conditions, limits and accessories, each with the source of its figures."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from pathlib import Path

import msgspec

from station.config.based_on import read_with_base
from station.config.marginal import check_marginal
from station.config.mask import Mask, MaskTable, mask_of
from station.config.needs import NeedsRow, needs_row
from station.config.question import Question, QuestionRow, question_of
from station.config.retries import RetriesRow, RetriesTable, retries_row
from station.config.toml_file import TomlFile
from station.model.limit import NUMERIC, Comparator, Limit

SCANNED_SERIAL = "scanned_serial"
"""What a same_as limit names when it means the serial number on the unit's label."""

_NAME = re.compile(r"[a-z][a-z0-9_]{0,99}")
_MAX_UNIT, _MAX_TEXT, _MAX_EXPECTED = 20, 500, 50  # bounds of the wire contract


class Condition(msgspec.Struct, frozen=True):
    """A figure under which a step works: a test voltage, a hold time."""

    name: str
    value: float
    unit: str
    source: str


class LimitRow(msgspec.Struct, frozen=True):
    """A limit with its names for the screens."""

    limit: Limit
    zh: str
    en: str


class AccessoryRow(msgspec.Struct, frozen=True):
    """One thing that ships with the unit."""

    name: str
    zh: str
    en: str
    source: str


class SupplyRow(msgspec.Struct, frozen=True):
    """The conditions that say what a plan wants of the supply that plays ``role``: its highest voltage and current."""

    role: str
    highest_v: Condition
    highest_a: Condition


class LimitsFile(msgspec.Struct, frozen=True):
    """One ``<product>.toml``; ``sha256`` is over its bytes and those of the files it is based on."""

    file: str
    sha256: str
    name: str
    product: str
    version: str
    conditions: Mapping[str, Condition]
    measurements: Mapping[str, LimitRow]
    accessories: tuple[AccessoryRow, ...]
    supplies: Mapping[str, SupplyRow]
    questions: Mapping[str, Question]
    needs: Mapping[str, NeedsRow]
    retries: Mapping[str, RetriesRow]
    masks: Mapping[str, Mask]


class _Plan(msgspec.Struct, forbid_unknown_fields=True):
    name: str
    product: str
    version: str
    base: str = ""


class _Condition(msgspec.Struct, forbid_unknown_fields=True):
    value: float
    unit: str
    source: str


class _Measurement(msgspec.Struct, forbid_unknown_fields=True):
    zh: str
    en: str
    comparator: Comparator
    source: str
    unit: str = ""
    low: float | None = None
    high: float | None = None
    expected: list[str] = []
    required: bool = True
    marginal: float | None = None


class _Accessory(msgspec.Struct, forbid_unknown_fields=True):
    zh: str
    en: str
    source: str


class _Supply(msgspec.Struct, forbid_unknown_fields=True):
    highest_voltage: str
    highest_current: str


class _Content(msgspec.Struct, forbid_unknown_fields=True):
    plan: _Plan
    measurements: dict[str, _Measurement]
    conditions: dict[str, _Condition] = {}
    accessories: dict[str, _Accessory] = {}
    supplies: dict[str, _Supply] = {}
    questions: dict[str, QuestionRow] = {}
    needs: dict[str, dict[str, str]] = {}
    retries: dict[str, RetriesTable] = {}
    masks: dict[str, MaskTable] = {}


def read_limits(path: Path) -> LimitsFile:
    """Read and check ``path``; raises ConfigError with file, line and field for the first mistake."""
    toml = read_with_base(path)
    content = toml.convert(_Content)
    for field, text, longest in (
        ("name", content.plan.name, 100),
        ("product", content.plan.product, 100),
        ("version", content.plan.version, 40),
    ):
        _check_text(toml, ("plan", field), text, longest)
    conditions = {name: _condition(toml, name, row) for name, row in content.conditions.items()}
    measurements = {name: _limit_row(toml, name, row) for name, row in content.measurements.items()}
    for name, row in measurements.items():
        _check_reference(toml, name, row.limit, measurements)
    limits = {name: row.limit for name, row in measurements.items()}
    if not any(row.limit.is_required for row in measurements.values()):
        raise toml.error(("measurements",), "a plan needs at least one required measurement")
    return LimitsFile(
        file=toml.file,
        sha256=toml.sha256,
        name=content.plan.name,
        product=content.plan.product,
        version=content.plan.version,
        conditions=conditions,
        measurements=measurements,
        accessories=tuple(_accessory(toml, name, row) for name, row in content.accessories.items()),
        supplies={role: _supply(toml, role, row, conditions) for role, row in content.supplies.items()},
        questions={name: question_of(toml, name, row, limits.get(name)) for name, row in content.questions.items()},
        needs={role: needs_row(toml, role, table, conditions) for role, table in content.needs.items()},
        retries={step: retries_row(toml, step, table) for step, table in content.retries.items()},
        masks={name: mask_of(toml, name, table) for name, table in content.masks.items()},
    )


def _supply(toml: TomlFile, role: str, row: _Supply, conditions: Mapping[str, Condition]) -> SupplyRow:
    def condition(field: str, name: str, unit: str) -> Condition:
        found = conditions.get(name)
        if found is None or found.unit != unit:
            raise toml.error(("supplies", role, field), f"{name!r} is no condition in {unit} of this file")
        return found

    return SupplyRow(
        role,
        condition("highest_voltage", row.highest_voltage, "V"),
        condition("highest_current", row.highest_current, "A"),
    )


def _condition(toml: TomlFile, name: str, row: _Condition) -> Condition:
    path = ("conditions", name)
    _check_row(toml, path, row.source)
    _check_text(toml, (*path, "unit"), row.unit, _MAX_UNIT)
    if not math.isfinite(row.value):
        raise toml.error((*path, "value"), "must be a finite number")
    return Condition(name, row.value, row.unit, row.source)


def _limit_row(toml: TomlFile, name: str, row: _Measurement) -> LimitRow:
    path = ("measurements", name)
    _check_row(toml, path, row.source)
    for field, text in (("zh", row.zh), ("en", row.en)):
        _check_text(toml, (*path, field), text, _MAX_TEXT)
    if name == SCANNED_SERIAL:
        raise toml.error(path, "this name is reserved for the scanned label")
    if row.comparator in NUMERIC:
        _check_text(toml, (*path, "unit"), row.unit, _MAX_UNIT)
        _check_bounds(toml, path, row)
    elif row.unit:
        raise toml.error((*path, "unit"), f"{row.comparator} compares no quantity, so it has no unit")
    _check_absent(toml, path, row)
    _check_expected(toml, path, row)
    expected = tuple(row.expected)
    limit = Limit(name, row.unit, row.comparator, row.low, row.high, expected, row.required, row.source, row.marginal)
    check_marginal(toml, path, limit)
    return LimitRow(limit, row.zh, row.en)


def _accessory(toml: TomlFile, name: str, row: _Accessory) -> AccessoryRow:
    path = ("accessories", name)
    _check_row(toml, path, row.source)
    for field, text in (("zh", row.zh), ("en", row.en)):
        _check_text(toml, (*path, field), text, _MAX_TEXT)
    return AccessoryRow(name, row.zh, row.en, row.source)


def _check_row(toml: TomlFile, path: tuple[str, str], source: str) -> None:
    if not _NAME.fullmatch(path[1]):
        raise toml.error(path, "a name has lower-case letters, digits and underscores, and starts with a letter")
    if not source.strip():
        raise toml.error((*path, "source"), "every figure needs a source")


def _check_text(toml: TomlFile, path: tuple[str, ...], text: str, longest: int) -> None:
    if not text.strip():
        raise toml.error(path, "must not be empty")
    if len(text) > longest:
        raise toml.error(path, f"has {len(text)} characters, at most {longest} are allowed")


def _check_bounds(toml: TomlFile, path: tuple[str, str], row: _Measurement) -> None:
    needed = {
        Comparator.BETWEEN: ("low", "high"),
        Comparator.AT_LEAST: ("low",),
        Comparator.AT_MOST: ("high",),
    }[row.comparator]
    for field, bound in (("low", row.low), ("high", row.high)):
        if field in needed and bound is None:
            raise toml.error((*path, field), f"{row.comparator} needs this bound")
        if field not in needed and bound is not None:
            raise toml.error((*path, field), f"{row.comparator} does not use this bound")
        if bound is not None and not math.isfinite(bound):
            raise toml.error((*path, field), "must be a finite number")
    if row.low is not None and row.high is not None and row.low > row.high:
        raise toml.error((*path, "low"), f"{row.low} is above high {row.high}")


def _check_absent(toml: TomlFile, path: tuple[str, str], row: _Measurement) -> None:
    if row.comparator in NUMERIC:
        if row.expected:
            raise toml.error((*path, "expected"), f"{row.comparator} does not use expected")
        return
    for field, bound in (("low", row.low), ("high", row.high)):
        if bound is not None:
            raise toml.error((*path, field), f"{row.comparator} does not use this bound")


def _check_expected(toml: TomlFile, path: tuple[str, str], row: _Measurement) -> None:
    here = (*path, "expected")
    wanted = {
        Comparator.EQUALS: range(1, 2),
        Comparator.MATCHES: range(1, 2),
        Comparator.SAME_AS: range(1, 2),
        Comparator.ONE_OF: range(1, _MAX_EXPECTED + 1),
    }.get(row.comparator, range(1))
    if len(row.expected) not in wanted:
        raise toml.error(here, f"{row.comparator} has {len(row.expected)} texts, {_counted(wanted)} needed")
    if any(len(text) > _MAX_TEXT for text in row.expected):
        raise toml.error(here, f"at most {_MAX_TEXT} characters are allowed")
    if row.comparator is Comparator.MATCHES:
        try:
            re.compile(row.expected[0])
        except re.error as error:
            raise toml.error(here, f"not a regular expression: {error}") from None


def _counted(wanted: range) -> str:
    return f"{wanted[0]} is" if len(wanted) == 1 else f"{wanted[0]} to {wanted[-1]} are"


def _check_reference(toml: TomlFile, name: str, limit: Limit, rows: Mapping[str, LimitRow]) -> None:
    if limit.comparator is not Comparator.SAME_AS or limit.expected[0] == SCANNED_SERIAL:
        return
    if limit.expected[0] == name or limit.expected[0] not in rows:
        problem = f"{limit.expected[0]} is no other measurement of this plan"
        raise toml.error(("measurements", name, "expected"), problem)
