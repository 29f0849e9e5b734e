"""A product's file of limits: what is read, and how each mistake is named by file, line and field."""

from __future__ import annotations

from pathlib import Path

import pytest

from station.config.limits_file import read_limits
from station.config.question import PHOTO_PATTERN
from station.model.errors import ConfigError
from station.model.limit import Comparator

GOOD = """\
[plan]
name = "X outgoing"
product = "X"
version = "1"

[conditions.nominal]
value = 14.4
unit = "V"
source = "data sheet"

[measurements.idle]
zh = "电流"
en = "Current"
comparator = "between"
unit = "A"
low = 0
high = 0.5
source = "estimate: twice"

[measurements.model]
zh = "机型"
en = "Model"
comparator = "equals"
expected = ["X"]
source = "data sheet"
required = false

[accessories.frame]
zh = "框"
en = "Frame"
source = "kit list"
"""


def _read(tmp_path: Path, text: str) -> object:
    path = tmp_path / "x.toml"
    path.write_text(text, encoding="utf-8")
    return read_limits(path)


def test_a_good_file_gives_conditions_limits_and_accessories(tmp_path: Path) -> None:
    path = tmp_path / "x.toml"
    path.write_text(GOOD, encoding="utf-8")
    limits = read_limits(path)
    assert (limits.name, limits.product, limits.version) == ("X outgoing", "X", "1")
    assert limits.conditions["nominal"].value == 14.4
    row = limits.measurements["idle"]
    assert (row.limit.comparator, row.limit.low, row.limit.high) == (Comparator.BETWEEN, 0.0, 0.5)
    assert row.limit.is_required and not limits.measurements["model"].limit.is_required
    assert [item.name for item in limits.accessories] == ["frame"]
    assert len(limits.sha256) == 64


@pytest.mark.parametrize(
    ("old", "new", "line", "field", "problem"),
    [
        ('source = "estimate: twice"', 'source = " "', 18, "measurements.idle.source", "source"),
        ('source = "estimate: twice"\n', "", 11, "measurements.idle.source", "missing"),
        ('source = "kit list"', 'source = ""', 31, "accessories.frame.source", "source"),
        ("low = 0\n", "", 11, "measurements.idle.low", "needs this bound"),
        ("low = 0\n", "low = 0.6\n", 16, "measurements.idle.low", "above high"),
        ("high = 0.5", "high = inf", 17, "measurements.idle.high", "finite"),
        ("high = 0.5", 'high = "0.5"', 17, "measurements.idle.high", "expected"),
        ('"between"', '"within"', 14, "measurements.idle.comparator", "within"),
        ('"between"', '"at_most"', 16, "measurements.idle.low", "does not use this bound"),
        ('unit = "A"', 'unit = ""', 15, "measurements.idle.unit", "empty"),
        ('expected = ["X"]', 'expected = ["X", "Y"]', 24, "measurements.model.expected", "1 is needed"),
        ('"equals"', '"matches"\nunit = "V"', 24, "measurements.model.unit", "no unit"),
        ('comparator = "equals"\nexpected = ["X"]', 'comparator = "matches"\nexpected = ["("]', 24, "", "regular"),
        ('comparator = "equals"\nexpected = ["X"]', 'comparator = "same_as"\nexpected = ["Y"]', 24, "", "no other"),
        ("value = 14.4", "value = nan", 7, "conditions.nominal.value", "finite"),
        ("[measurements.idle]", "[measurements.Idle]", 11, "measurements.Idle", "lower-case"),
        ("[measurements.idle]", "[measurements.scanned_serial]", 11, "measurements.scanned_serial", "reserved"),
        ('version = "1"', 'version = "1"\nowner = "me"', 5, "plan.owner", "unknown"),
        ('version = "1"', 'version = ""', 4, "plan.version", "empty"),
        ('unit = "A"', f'unit = "{"A" * 21}"', 15, "measurements.idle.unit", "at most 20"),
    ],
)
def test_each_mistake_is_named_by_file_line_and_field(
    tmp_path: Path, old: str, new: str, line: int, field: str, problem: str
) -> None:
    assert GOOD.count(old) >= 1
    with pytest.raises(ConfigError) as caught:
        _read(tmp_path, GOOD.replace(old, new, 1))
    assert caught.value.file == str(tmp_path / "x.toml")
    assert caught.value.line == line
    assert field in caught.value.field
    assert problem in caught.value.problem


def test_a_plan_that_requires_nothing_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="at least one required"):
        _read(tmp_path, GOOD.replace('source = "estimate: twice"', 'source = "estimate"\nrequired = false'))


QUESTIONS = """
[questions.idle]
zh = "请读出电流"
en = "Read the current"

[questions.model]
zh = "标签上是哪个机型？"
en = "Which model is on the label?"
options = { X = { zh = "甲", en = "X" }, Y = { zh = "乙", en = "Y" } }
"""
OPTIONS = 'options = { X = { zh = "甲", en = "X" }, Y = { zh = "乙", en = "Y" } }'


def test_a_question_stands_beside_the_limit_of_its_measurement(tmp_path: Path) -> None:
    path = tmp_path / "x.toml"
    path.write_text(GOOD + QUESTIONS, encoding="utf-8")
    questions = read_limits(path).questions
    assert (questions["idle"].en, questions["idle"].options) == ("Read the current", ())
    assert [(option.name, option.zh) for option in questions["model"].options] == [("X", "甲"), ("Y", "乙")]


def test_a_photo_is_asked_where_its_digest_is_measured(tmp_path: Path) -> None:
    path = tmp_path / "x.toml"
    photo = GOOD.replace(
        'comparator = "equals"\nexpected = ["X"]', f'comparator = "matches"\nexpected = ["{PHOTO_PATTERN}"]'
    )
    assert photo != GOOD
    path.write_text(photo + QUESTIONS.replace(OPTIONS, "photo = true"), encoding="utf-8")
    assert read_limits(path).questions["model"].is_photo
    path.write_text(photo.replace("/[0-9]+", "/.*") + QUESTIONS.replace(OPTIONS, "photo = true"), encoding="utf-8")
    with pytest.raises(ConfigError, match="expected"):
        read_limits(path)


@pytest.mark.parametrize(
    ("old", "new", "problem"),
    [
        ("[questions.idle]", "[questions.idel]", r"questions\.idel: there is no measurement of this name"),
        ('"请读出电流"', '" "', r"questions\.idle\.zh: 1 to 500 characters are needed"),
        ('"Read the current"', f'"{"R" * 501}"', r"questions\.idle\.en: 1 to 500 characters are needed"),
        ('en = "Read the current"\n', "", r"questions\.idle\.en: .*missing"),
        ('"Read the current"', f'"Read"\n{OPTIONS}', r"questions\.idle\.options: between is not chosen from options"),
        (OPTIONS, "", r"questions\.model: a text is chosen from 2 to 9 options, 0 are given"),
        ("{ X = {", "{ Z = {", r"questions\.model\.options: X must be among them"),
        ('"甲"', '""', r"questions\.model\.options\.X\.zh: 1 to 500 characters are needed"),
        ("{ X = {", '{ "" = { zh = "无", en = "none" }, X = {', r"questions\.model\.options: an option's name has"),
        (
            'comparator = "equals"\nexpected = ["X"]',
            'comparator = "same_as"\nexpected = ["scanned_serial"]',
            r"questions\.model: what is compared with another text is scanned",
        ),
        (OPTIONS, "photo = true", r'questions\.model\.photo: .*comparator "matches"'),
        (OPTIONS, f"photo = true\n{OPTIONS}", r"questions\.model\.options: a photo is not chosen"),
    ],
)
def test_a_question_that_cannot_be_answered_rightly_is_a_mistake(
    tmp_path: Path, old: str, new: str, problem: str
) -> None:
    assert old in GOOD + QUESTIONS
    with pytest.raises(ConfigError, match=rf"x\.toml:\d+: {problem}"):
        _read(tmp_path, (GOOD + QUESTIONS).replace(old, new, 1))


SUPPLY = """
[conditions.most]
value = 3.0
unit = "A"
source = "data sheet"

[supplies.supply]
highest_voltage = "nominal"
highest_current = "most"
"""


def test_a_supply_names_the_conditions_that_it_must_be_able_to_give(tmp_path: Path) -> None:
    path = tmp_path / "x.toml"
    path.write_text(GOOD + SUPPLY, encoding="utf-8")
    row = read_limits(path).supplies["supply"]
    assert (row.role, row.highest_v.value, row.highest_a.value) == ("supply", 14.4, 3.0)


@pytest.mark.parametrize(
    ("old", "new", "problem"),
    [
        ('"nominal"', '"least"', r"supplies\.supply\.highest_voltage: 'least' is no condition in V of this file"),
        ('"nominal"', '"most"', r"supplies\.supply\.highest_voltage: 'most' is no condition in V of this file"),
        ('"most"', '"nominal"', r"supplies\.supply\.highest_current: 'nominal' is no condition in A of this file"),
        ('highest_current = "most"', "", r"supplies\.supply\.highest_current: .*missing"),
    ],
)
def test_a_supply_that_names_no_condition_of_its_unit_is_a_mistake(
    tmp_path: Path, old: str, new: str, problem: str
) -> None:
    with pytest.raises(ConfigError, match=rf"x\.toml:\d+: {problem}"):
        _read(tmp_path, GOOD + SUPPLY.replace(old, new))


NEEDS = """
[needs.meter]
highest_voltage = "nominal"
"""


def test_a_table_of_needs_names_the_conditions_that_an_instrument_must_be_able_to_meet(tmp_path: Path) -> None:
    path = tmp_path / "x.toml"
    path.write_text(GOOD + NEEDS, encoding="utf-8")
    row = read_limits(path).needs["meter"]
    assert (row.role, row.conditions["highest_voltage"].value) == ("meter", 14.4)


@pytest.mark.parametrize(
    ("old", "new", "problem"),
    [
        ('"nominal"', '"least"', r"needs\.meter\.highest_voltage: 'least' is no condition in V or mV of this file"),
        ("highest_voltage", "highest_current", r"needs\.meter\.highest_current: 'nominal' is no condition in A or mA"),
        ("highest_voltage", "highest_price", r"needs\.meter\.highest_price: unknown key \(there are: highest_voltage,"),
        ('highest_voltage = "nominal"', "", r"needs\.meter: must name at least one condition"),
        ('"nominal"', "14.4", r"needs\.meter\.highest_voltage: expected str"),
    ],
)
def test_needs_that_name_no_condition_of_their_unit_are_a_mistake(
    tmp_path: Path, old: str, new: str, problem: str
) -> None:
    with pytest.raises(ConfigError, match=rf"x\.toml:\d+: {problem}"):
        _read(tmp_path, GOOD + NEEDS.replace(old, new))
