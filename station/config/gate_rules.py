"""What a bench asks for before a run: a golden unit that passed, a self-test, and how often a unit may fail."""

from __future__ import annotations

import math
from collections.abc import Mapping

import msgspec

from station.config.toml_file import TomlFile
from station.model.errors import OperatorError
from station.model.ids import canonical_serial

LONGEST_H = 24 * 366
MOST_ATTEMPTS = 99


class GoldenRule(msgspec.Struct, frozen=True):
    """The golden unit of a product by its canonical serial, and within how many hours it must have passed."""

    serial: str
    every_h: float


class GateRules(msgspec.Struct, frozen=True):
    """``golden`` is by product; None where the bench asks for no self-test, or sets no bound to attempts."""

    golden: Mapping[str, GoldenRule] = {}
    selftest_every_h: float | None = None
    attempts: int | None = None


class GoldenTable(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """``[golden.PRODUCT]`` as people write it."""

    serial: str
    every_h: float


class GatesTable(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """``[gates]`` as people write it."""

    selftest_every_h: float | None = None


class RetestTable(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """``[retest]`` as people write it."""

    attempts: int


def gate_rules(
    toml: TomlFile, golden: Mapping[str, GoldenTable], gates: GatesTable, retest: RetestTable | None
) -> GateRules:
    """The checked rules; raises ConfigError for a serial that is none, and for periods and counts out of range."""
    if gates.selftest_every_h is not None:
        _check_hours(toml, ("gates", "selftest_every_h"), gates.selftest_every_h)
    if retest is not None and not 1 <= retest.attempts <= MOST_ATTEMPTS:
        raise toml.error(("retest", "attempts"), f"must be 1 to {MOST_ATTEMPTS}")
    rules = {product: _golden_rule(toml, product, table) for product, table in golden.items()}
    return GateRules(rules, gates.selftest_every_h, retest.attempts if retest is not None else None)


def _golden_rule(toml: TomlFile, product: str, table: GoldenTable) -> GoldenRule:
    _check_hours(toml, ("golden", product, "every_h"), table.every_h)
    try:
        return GoldenRule(canonical_serial(table.serial), table.every_h)
    except OperatorError:
        raise toml.error(("golden", product, "serial"), "is no serial number") from None


def _check_hours(toml: TomlFile, path: tuple[str, ...], hours: float) -> None:
    if not (math.isfinite(hours) and 0 < hours <= LONGEST_H):
        raise toml.error(path, f"must be above 0 and at most {LONGEST_H} h")
