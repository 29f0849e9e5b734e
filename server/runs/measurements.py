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
_OUTCOME_BYTES = {outcome: byte for byte, outcome in enumerate(OUTCOMES)}
NO_NUMBER = math.nan
REMEMBERED = 20_000
"""Digests of definitions: those of a shop's plans, which every run repeats."""
REMEMBERED_SETS = 256
"""Plans that are in use at one time; each set of 50 takes some 30 kB."""


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


Fields = tuple[str, str, str, str, float | None, float | None, tuple[str, ...], bool]
"""A definition's, in their order."""


@lru_cache(maxsize=REMEMBERED)
def _digest(definition: Definition) -> str:
    return hashlib.sha256(msgspec.json.encode(definition)).hexdigest()


@lru_cache(maxsize=REMEMBERED_SETS)
def _defset(rows: tuple[Fields, ...]) -> tuple[tuple[Definition, ...], tuple[str, ...], str]:
    """Definitions, their digests, and the digest of the set."""
    definitions = tuple(Definition(*row) for row in rows)
    digests = tuple(definition.sha256 for definition in definitions)
    return definitions, digests, hashlib.sha256("".join(digests).encode()).hexdigest()


def pack(measurements: Sequence[Measurement]) -> PackedMeasurements:
    """The packed form; the letter keeps the text of every number."""
    definitions, digests, defset_sha256 = _defset(
        tuple(
            (row.name, row.step, row.unit, row.comparator, row.low, row.high, row.expected, row.required)
            for row in measurements
        )
    )
    values = [row.value for row in measurements]
    numbers = [value if isinstance(value, float) else NO_NUMBER for value in values]
    texts = {str(index): value for index, value in enumerate(values) if isinstance(value, str | bool)}
    return PackedMeasurements(
        definitions,
        digests,
        defset_sha256,
        struct.pack(f"<{len(numbers)}d", *numbers),
        bytes([_OUTCOME_BYTES[row.outcome] for row in measurements]),
        msgspec.json.encode(texts).decode(),
    )


def unpack_values(values_f64: bytes, texts: str) -> tuple[Value, ...]:
    """The values in order: a number, a text, a truth value, or None where nothing was measured."""
    numbers = struct.unpack(f"<{len(values_f64) // 8}d", values_f64)
    by_index: Mapping[str, str | bool] = msgspec.json.decode(texts, type=dict[str, str | bool])
    return tuple(by_index.get(str(index)) if math.isnan(number) else number for index, number in enumerate(numbers))


def unpack_outcomes(outcomes: bytes) -> tuple[str, ...]:
    return tuple(OUTCOMES[byte] for byte in outcomes)
