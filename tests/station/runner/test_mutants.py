"""Every ninetieth of the mutants of what decides verdicts: each is caught by the tests, or known and explained."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.conftest import ROOT
from tests.soak.mutants import mutants_of
from tests.soak.mutation import FEWEST_KILLED, SAMPLE, explained, findings
from tests.soak.mutation_trials import concerns

SOURCE = '''"""Doc."""
LEAST: int = 3

class Bounds:
    def holds(self, value: float | None) -> bool:
        """Whether it is so."""
        if value is None or not value < 5:
            raise ValueError("too much 7")
        self.seen += value
        return value >= LEAST and self.is_on("x", deep=True)
'''


def names(source: str) -> list[str]:
    return [mutant.name for mutant in mutants_of(source)]


@pytest.mark.timeout(600)  # what they are tried on, too, takes its time beside other tests
def test_each_change_of_what_decides_is_caught_or_explained() -> None:
    found = findings(SAMPLE)
    assert [f"{one.name}: {one.note}" for one in found if one.wrong] == []
    tried, right = sum(one.tried for one in found), sum(one.right for one in found)
    assert tried >= 9 and right >= FEWEST_KILLED * tried


def test_every_kind_of_change_is_made_and_nothing_that_only_people_read_is_changed() -> None:
    assert names(SOURCE) == [
        "module: LEAST: int = 3 -> LEAST: int = 4",
        "Bounds.holds: value is None or not value < 5 -> value is None and (not value < 5)",
        "Bounds.holds: value is None or not value < 5 -> not value < 5",
        "Bounds.holds: value is None or not value < 5 -> value is None",
        "Bounds.holds: value is None -> value is not None",
        "Bounds.holds: not value < 5 -> value < 5",
        "Bounds.holds: value < 5 -> value <= 5",
        "Bounds.holds: value < 5 -> value < 6",
        "Bounds.holds: raise ValueError('too much 7') -> nothing",
        "Bounds.holds: self.seen += value -> self.seen -= value",
        "Bounds.holds: self.seen += value -> nothing",
        "Bounds.holds: return value >= LEAST and self.is_on('x', deep=True) -> return None",
        "Bounds.holds: value >= LEAST and self.is_on('x', deep=True) -> value >= LEAST or self.is_on('x', deep=True)",
        "Bounds.holds: value >= LEAST and self.is_on('x', deep=True) -> self.is_on('x', deep=True)",
        "Bounds.holds: value >= LEAST and self.is_on('x', deep=True) -> value >= LEAST",
        "Bounds.holds: value >= LEAST -> value > LEAST",
        "Bounds.holds: self.is_on('x', deep=True) -> self.is_on('x_', deep=True)",
        "Bounds.holds: self.is_on('x', deep=True) -> self.is_on('x', deep=False)",
    ]


def test_two_changes_that_look_the_same_have_two_names() -> None:
    assert names("def f(a):\n    g(a)\n    h(a)\n    g(a)\n") == [
        "f: g(a) -> nothing",
        "f: h(a) -> nothing",
        "f: g(a) -> nothing (no. 2)",
    ]


@pytest.mark.parametrize("file", ["station/model/limit.py", "station/runner/stage.py", "station/runner/sampling.py"])
def test_every_mutant_of_a_function_can_be_made_in_a_process_that_goes_on(file: str) -> None:
    mutants = [mutant for mutant in mutants_of((ROOT / file).read_text(encoding="utf-8")) if mutant.scope]
    assert len(mutants) > 50
    for mutant in mutants:
        compile(mutant.tree(), file, "exec")


def test_the_tables_name_files_that_are_there() -> None:
    for file, tests in concerns().items():
        assert [one for one in (file, *tests) if not Path(ROOT / one).is_file()] == []
    assert set(explained()) <= set(concerns())
    for file, reasons in explained().items():
        known = set(names((ROOT / file).read_text(encoding="utf-8")))
        assert [name for name in reasons if name not in known] == []
        assert [name for name, reason in reasons.items() if len(reason.split()) < 3] == []
