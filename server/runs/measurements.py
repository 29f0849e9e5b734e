"""A run's measurements, packed: definitions apart by digest, numbers as doubles, outcomes as bytes."""

from __future__ import annotations

import hashlib
import math
import struct
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

import msgspec

from server.wire.run import Measurement

OUTCOMES = ("PASS", "FAIL", "ERROR")
NO_NUMBER = math.nan
REMEMBERED = 20_000
"""Digests of definitions: those of a shop's plans, which every run repeats."""


@dataclass(frozen=True, slots=True)
class Definition:
    """What was to be measured and against what; its digest is its key."""

    name: str
    step: str
    unit: str
    comparator: str
    low: float | None
    high: float | None
    expected: tuple[str, ...]
    is_required: bool

    @property
    def sha256(self) -> str:
        return _digest(self)


@dataclass(frozen=True, slots=True)
class PackedMeasurements:
    """What a run's row holds of its measurements."""

    definitions: tuple[Definition, ...]
    mdef_sha256s: tuple[str, ...]
    defset_sha256: str
    values_f64: bytes
    outcomes: bytes
    texts: str


Value = float | str | bool | None


def definition_of(measurement: Measurement) -> Definition:
    return Definition(
        measurement.name,
        measurement.step,
        measurement.unit,
        measurement.comparator,
        measurement.low,
        measurement.high,
        measurement.expected,
        measurement.required,
    )


@lru_cache(maxsize=REMEMBERED)
def _digest(definition: Definition) -> str:
    return hashlib.sha256(msgspec.json.encode(definition)).hexdigest()


def pack(measurements: Sequence[Measurement]) -> PackedMeasurements:
    """The packed form; the letter keeps the text of every number."""
    definitions = tuple(definition_of(measurement) for measurement in measurements)
    digests = tuple(definition.sha256 for definition in definitions)
    numbers, texts = [], {}
    for index, measurement in enumerate(measurements):
        value = measurement.value
        is_number = isinstance(value, float)
        numbers.append(value if isinstance(value, float) else NO_NUMBER)
        if not is_number and value is not None:
            texts[str(index)] = value
    return PackedMeasurements(
        definitions,
        digests,
        hashlib.sha256("".join(digests).encode()).hexdigest(),
        struct.pack(f"<{len(numbers)}d", *numbers),
        bytes(OUTCOMES.index(measurement.outcome) for measurement in measurements),
        msgspec.json.encode(texts).decode(),
    )


def unpack_values(values_f64: bytes, texts: str) -> tuple[Value, ...]:
    """The values in order: a number, a text, a truth value, or None where nothing was measured."""
    numbers = struct.unpack(f"<{len(values_f64) // 8}d", values_f64)
    by_index: Mapping[str, str | bool] = msgspec.json.decode(texts, type=dict[str, str | bool])
    return tuple(by_index.get(str(index)) if math.isnan(number) else number for index, number in enumerate(numbers))


def unpack_outcomes(outcomes: bytes) -> tuple[str, ...]:
    return tuple(OUTCOMES[byte] for byte in outcomes)
