"""What a study is to find out, and the runs it needs for that."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from datetime import datetime
from enum import StrEnum

import msgspec

from station.model.run_record import PlanRef
from station.runner.entries import PlannedMeasurement


class Kind(StrEnum):
    """Repeatability and reproducibility of a gauge, repeatability alone, or how long all goes well."""

    RR = "rr"
    REPEAT = "repeat"
    SOAK = "soak"


def purpose_of(kind: Kind) -> str:
    """What the runs of such a study are recorded for."""
    return "debug" if kind is Kind.SOAK else "grr"


class StudyDesign(msgspec.Struct, frozen=True, kw_only=True, tag_field="entry", tag="design"):
    """The first entry of a study's file; a study that goes on must have the same.

    Each operator tests each part ``trials`` times; a soak has no ``trials`` but ends after ``seconds`` of playing where
    these are given. ``references`` are known values of the one part, by measurement.
    """

    kind: Kind
    product: str
    plan: PlanRef
    bench_sha256: str
    parts: tuple[str, ...]
    operators: tuple[str, ...]
    trials: int
    seconds: float
    references: dict[str, float]
    measurements: tuple[PlannedMeasurement, ...]

    @property
    def purpose(self) -> str:
        """What its runs are recorded for."""
        return purpose_of(self.kind)

    def cells(self) -> Iterator[Cell]:
        """The runs in the order they are played; without an end where only time ends the study.

        Within a trial of an operator the parts come in an order that nobody guesses, and always the same.
        """
        trial = 0
        while trial < self.trials or (self.seconds and not self.trials):
            trial += 1
            for operator in self.operators:
                for part in sorted(self.parts, key=lambda part: _mixed(trial, operator, part)):
                    yield Cell(part, operator, trial)


class Cell(msgspec.Struct, frozen=True):
    """One run that a study needs."""

    part: str
    operator: str
    trial: int


class StudyRun(msgspec.Struct, frozen=True, kw_only=True, tag_field="entry", tag="run"):
    """A run as it was played; ``run_id`` is empty where nothing was begun, and then ``verdict`` is ERROR."""

    cell: Cell
    run_id: str
    at: datetime
    seconds: float
    verdict: str
    values: dict[str, float]
    failed: tuple[str, ...]
    message: str

    @property
    def is_usable(self) -> bool:
        """Whether its values say something of the unit: it came to its own end, on a station without fault."""
        return self.verdict in ("PASS", "FAIL")


StudyEntry = StudyDesign | StudyRun

_decoder: msgspec.json.Decoder[StudyEntry] = msgspec.json.Decoder(StudyEntry)


def decode_study_entry(line: bytes) -> StudyEntry:
    """The entry in ``line``; raises msgspec.DecodeError where it is none."""
    return _decoder.decode(line)


def _mixed(trial: int, operator: str, part: str) -> bytes:
    return hashlib.sha256(f"{trial}\x1f{operator}\x1f{part}".encode()).digest()
