"""Every mistake in a TOML file names file, line and field."""

from __future__ import annotations

import hashlib
import tomllib
from datetime import date
from pathlib import Path

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from station.config.toml_file import read_toml
from station.config.toml_lines import key_lines
from station.model.errors import ConfigError


class Shunt(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    ohm: float
    channel: int = 1


class Role(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    driver: str
    due: date | None = None
    points: dict[str, int] = {}
    shunt: Shunt | None = None
    order: tuple[str, ...] = ()


class Plan(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    name: str
    roles: dict[str, Role] = {}
    steps: list[Shunt] = []


def refused(tmp_path: Path, text: str) -> tuple[int, str, str]:
    file = tmp_path / "bench.toml"
    file.write_text(text, encoding="utf-8")
    with pytest.raises(ConfigError) as caught:
        read_toml(file).convert(Plan)
    assert caught.value.file == str(file)
    assert str(caught.value).startswith(f"{file}:{caught.value.line}: ")
    return caught.value.line, caught.value.field, caught.value.problem


def test_a_good_file_is_read_with_its_digest(tmp_path: Path) -> None:
    file = tmp_path / "a.toml"
    file.write_bytes(b'name = "x"\r\n[roles.psu]\r\ndriver = "d"\r\ndue = 2027-03-31\r\n')
    toml = read_toml(file)
    assert toml.convert(Plan) == Plan("x", {"psu": Role("d", date(2027, 3, 31))})
    assert toml.sha256 == hashlib.sha256(file.read_bytes()).hexdigest()


@pytest.mark.parametrize(
    ("text", "line", "field", "problem"),
    [
        ("name = 3", 1, "name", "expected str, got int"),
        ('\nname = "x"\nsize = 3', 3, "size", "unknown key"),
        ('name = "x"\n[roles.psu]\ndriver = "d"\nport = 3', 4, "roles.psu.port", "unknown key"),
        ('name = "x"\n[roles.psu]\n', 2, "roles.psu.driver", "this key is missing"),
        (
            'name = "x"\n[roles.a]\ndriver = "d"\n[roles.b]\ndriver = "d"\npoints = { x = 1, y = "2" }',
            6,
            "roles.b.points.y",
            "expected int, got str",
        ),
        (
            'name = "x"\nroles.psu.driver = "d"\nroles.psu.shunt = { ohm = true }',
            3,
            "roles.psu.shunt.ohm",
            "expected float, got bool",
        ),
        (
            'name = """\nlong\n"""\n[roles.psu]\ndriver="d"\norder = [\n  "a", # first\n  2,\n]',
            8,
            "roles.psu.order[1]",
            "expected str, got int",
        ),
        ('name = "x"\n[[steps]]\nohm = 1.0\n[[steps]]\nohm = "1"', 5, "steps[1].ohm", "expected float, got str"),
        ('name = "x"\n[roles."odd.name"]\ndriver = 1\n', 3, "roles.odd.name.driver", "expected str, got int"),
    ],
)
def test_a_mistake_names_line_and_field(tmp_path: Path, text: str, line: int, field: str, problem: str) -> None:
    assert refused(tmp_path, text) == (line, field, problem)


def test_bad_syntax_names_the_line(tmp_path: Path) -> None:
    assert refused(tmp_path, 'name = "x"\nroles = = 3\n') == (2, "", "not TOML: Invalid value")


def test_a_key_given_twice_names_the_line(tmp_path: Path) -> None:
    line, _, problem = refused(tmp_path, 'name = "x"\nname = "y"\n')
    assert (line, problem) == (2, "not TOML: Cannot overwrite a value")


def test_an_unfinished_file_names_its_last_line(tmp_path: Path) -> None:
    line, _, problem = refused(tmp_path, 'name = "x"\nroles = {')
    assert line == 2
    assert problem.startswith("not TOML: ")


def test_bytes_that_are_no_text_name_the_line(tmp_path: Path) -> None:
    file = tmp_path / "a.toml"
    file.write_bytes(b'name = "x"\n# \xff\n')
    with pytest.raises(ConfigError, match="0xFF is not UTF-8") as caught:
        read_toml(file)
    assert caught.value.line == 2


def test_a_missing_file_is_named() -> None:
    with pytest.raises(ConfigError, match=r"^/nowhere/bench\.toml: cannot be read: No such file"):
        read_toml(Path("/nowhere/bench.toml"))


KEYS = st.text(alphabet="ab_-1", min_size=1, max_size=3) | st.just('"q.\\"x"') | st.just("'l]{,'")
SCALARS = st.sampled_from(
    [
        "1",
        "true",
        '"a # [b]"',
        "'c, }'",
        '"""\nm\\"""n\n"""',
        "'''\nx = [\n'''",
        "2027-03-31",
        "1.5e3",
        '""',
        '""""q"""',
    ]
)
VALUES = st.recursive(
    SCALARS,
    lambda inner: (
        st.lists(inner, max_size=3).map(lambda items: "[\n" + ", # c ]\n".join(items) + "\n]")
        | st.dictionaries(KEYS, inner, max_size=2).map(
            lambda table: "{" + ", ".join(f"{key} = {value}" for key, value in table.items()) + "}"
        )
    ),
    max_leaves=6,
)


@given(st.dictionaries(KEYS, st.dictionaries(KEYS, VALUES, max_size=3), max_size=3))
def test_every_key_has_the_line_it_stands_on(tables: dict[str, dict[str, str]]) -> None:
    text = "# top\n"
    expected: dict[tuple[str, str], int] = {}
    for table, rows in tables.items():
        text += f"\n[{table}] # c\n"
        for key, value in rows.items():
            name = (_plain(table), _plain(key))
            expected[name] = text.count("\n") + 1
            text += f"  {key}  = {value}  # c\n"
    tomllib.loads(text)
    lines = key_lines(text)
    assert {path: line for path, line in lines.items() if path in expected} == expected
    assert all(path in lines for path in expected)


def _plain(key: str) -> str:
    return next(iter(tomllib.loads(f"{key} = 1")))
