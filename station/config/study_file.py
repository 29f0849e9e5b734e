"""A study as people write it down: which product and steps, which parts and operators, how often."""

from __future__ import annotations

import math
from pathlib import Path

import msgspec

from station.config.toml_file import TomlFile, read_toml


class StudyFile(msgspec.Struct, frozen=True):
    """A study file; what it leaves out is empty, or 0."""

    product: str
    steps: tuple[str, ...]
    with_prerequisites: bool
    parts: tuple[str, ...]
    operators: tuple[str, ...]
    trials: int
    references: dict[str, float]


class _Study(msgspec.Struct, forbid_unknown_fields=True):
    product: str = ""
    steps: tuple[str, ...] = ()
    with_prerequisites: bool = False
    parts: tuple[str, ...] = ()
    operators: tuple[str, ...] = ()
    trials: int = 0


class _Document(msgspec.Struct, forbid_unknown_fields=True):
    study: _Study
    references: dict[str, float] = {}


def read_study_file(path: Path) -> StudyFile:
    """Read and check ``path``; raises ConfigError with file, line and key for the first mistake."""
    toml = read_toml(path)
    document = toml.convert(_Document)
    study = document.study
    if study.trials < 0:
        raise toml.error(("study", "trials"), "must be 1 or more")
    for key, texts in (("steps", study.steps), ("parts", study.parts), ("operators", study.operators)):
        _check_texts(toml, key, texts)
    for name, value in document.references.items():
        if not math.isfinite(value):
            raise toml.error(("references", name), "must be a finite number")
    return StudyFile(
        study.product,
        study.steps,
        study.with_prerequisites,
        study.parts,
        study.operators,
        study.trials,
        document.references,
    )


def _check_texts(toml: TomlFile, key: str, texts: tuple[str, ...]) -> None:
    for index, text in enumerate(texts):
        if not text.strip():
            raise toml.error(("study", key, index), "must not be empty")
        if text in texts[:index]:
            raise toml.error(("study", key, index), f"{text!r} stands here twice")
