"""A limits file says only where a model differs from its family; every mistake is told of the file that has it."""

from __future__ import annotations

from pathlib import Path

import pytest

from station.config.limits_file import read_limits
from station.model.errors import ConfigError

FAMILY = """
[plan]
name = "Family"
product = "none"
version = "1"
[conditions.volts]
value = 14.4
unit = "V"
source = "family"
[measurements.rail]
zh = "轨"
en = "rail"
comparator = "between"
unit = "V"
low = 4.75
high = 5.25
source = "family"
[measurements.current]
zh = "电流"
en = "current"
comparator = "at_most"
unit = "A"
high = 1.0
source = "family"
"""
MODEL = """
[plan]
name = "Model outgoing"
product = "M"
version = "1"
base = "family.toml"
[measurements.current]
zh = "电流"
en = "current"
comparator = "at_most"
unit = "A"
high = 2.0
source = "model"
"""


def write(folder: Path, name: str, text: str) -> Path:
    file = folder / name
    file.write_text(text, encoding="utf-8")
    return file


def test_rows_of_the_family_stand_unless_the_model_has_its_own(tmp_path: Path) -> None:
    write(tmp_path, "family.toml", FAMILY)
    limits = read_limits(write(tmp_path, "model.toml", MODEL))
    assert (limits.name, limits.product) == ("Model outgoing", "M")
    assert limits.measurements["rail"].limit.high == 5.25
    assert (limits.measurements["current"].limit.high, limits.measurements["current"].limit.source) == (2.0, "model")
    assert limits.conditions["volts"].value == 14.4


def test_a_revision_is_based_on_a_model_that_is_based_on_a_family(tmp_path: Path) -> None:
    write(tmp_path, "family.toml", FAMILY)
    write(tmp_path, "model.toml", MODEL)
    revision = '[plan]\nname = "R"\nproduct = "M-B"\nversion = "1"\nbase = "model.toml"\n'
    limits = read_limits(write(tmp_path, "revision.toml", revision))
    assert limits.measurements["current"].limit.high == 2.0
    assert limits.measurements["rail"].limit.low == 4.75


def test_the_digest_changes_with_every_file(tmp_path: Path) -> None:
    write(tmp_path, "family.toml", FAMILY)
    model = write(tmp_path, "model.toml", MODEL)
    before = read_limits(model).sha256
    write(tmp_path, "family.toml", FAMILY.replace("5.25", "5.30"))
    between = read_limits(model).sha256
    write(tmp_path, "model.toml", MODEL.replace("2.0", "2.1"))
    assert len({before, between, read_limits(model).sha256}) == 3


def test_a_mistake_in_the_family_names_the_familys_file_and_line(tmp_path: Path) -> None:
    family = write(tmp_path, "family.toml", FAMILY.replace("low = 4.75", "low = 5.75"))
    with pytest.raises(ConfigError) as caught:
        read_limits(write(tmp_path, "model.toml", MODEL))
    assert (caught.value.file, caught.value.line) == (str(family), 15)


def test_a_mistake_in_the_model_names_the_models_file(tmp_path: Path) -> None:
    write(tmp_path, "family.toml", FAMILY)
    model = write(tmp_path, "model.toml", MODEL.replace('"model"', '""'))
    with pytest.raises(ConfigError, match="every figure needs a source") as caught:
        read_limits(model)
    assert caught.value.file == str(model)


@pytest.mark.parametrize(
    ("base", "problem"), [("nowhere.toml", "there is no file"), ("model.toml", "files are based on each other")]
)
def test_a_base_that_is_not_there_or_leads_in_a_circle_is_refused(tmp_path: Path, base: str, problem: str) -> None:
    model = write(tmp_path, "model.toml", MODEL.replace("family.toml", base))
    with pytest.raises(ConfigError, match=problem) as caught:
        read_limits(model)
    assert caught.value.field == "plan.base"
