"""A study file: what it says, and every mistake with file, line and key."""

from __future__ import annotations

from pathlib import Path

import pytest

from station.config.study_file import read_study_file
from station.model.errors import ConfigError

GOOD = """[study]
product = "AB-7"
steps = ["rail"]
parts = ["A-1", "A-2"]
operators = ["Li", "Wang"]
trials = 3

[references]
rail_5v = 5.02
"""


def written(folder: Path, text: str) -> Path:
    path = folder / "rails.study.toml"
    path.write_text(text, encoding="utf-8")
    return path


def test_a_study_file_is_read_as_it_is_written(tmp_path: Path) -> None:
    study = read_study_file(written(tmp_path, GOOD))
    assert (study.product, study.steps, study.trials) == ("AB-7", ("rail",), 3)
    assert (study.parts, study.operators) == (("A-1", "A-2"), ("Li", "Wang"))
    assert study.references == {"rail_5v": 5.02} and not study.with_prerequisites


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ('"A-2"]', '"A-1"]', ":4: study.parts"),
        ('"Wang"]', '" "]', ":5: study.operators"),
        ("trials = 3", "trials = -1", ":6: study.trials: must be 1 or more"),
        ("trials = 3", 'trials = "3"', ":6: study.trials"),
        ("trials = 3", "trails = 3", "study.trails: unknown key"),
        ("5.02", "nan", ":9: references.rail_5v: must be a finite number"),
    ],
)
def test_a_mistake_is_told_with_line_and_key(tmp_path: Path, old: str, new: str, said: str) -> None:
    assert old in GOOD
    path = written(tmp_path, GOOD.replace(old, new))
    with pytest.raises(ConfigError) as refused:
        read_study_file(path)
    assert said in str(refused.value)
