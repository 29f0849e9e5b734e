"""A machine without a program runs the other tests and says which were left out; CI refuses."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent.parent

TESTS = """
import pytest

@pytest.mark.referee("flashrom")
def test_with_a_referee(): ...

@pytest.mark.browser
def test_in_a_browser(): ...

def test_alone(): ...
"""

PROGRAMS = """
[flashrom]
paths = ["/nowhere/flashrom"]
package = "flashrom"
[chromium]
paths = ["/"]
package = "chromium"
[cjk-font]
paths = ["/"]
package = "fonts-noto-cjk"
"""


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """A small project with this project's conftest on a machine without flashrom."""
    shutil.copy(ROOT / "conftest.py", tmp_path)
    (tmp_path / ".ci").mkdir()
    (tmp_path / ".ci/programs.toml").write_text(PROGRAMS, encoding="utf-8")
    (tmp_path / "test_it.py").write_text(TESTS, encoding="utf-8")
    return tmp_path


def run_tests(tree: Path, ci: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-W", "ignore", str(tree)]
    environment = {**os.environ, "CI": ci}
    return subprocess.run(command, cwd=tree, env=environment, capture_output=True, text=True, check=False)


def test_elsewhere_the_tests_of_a_missing_program_are_named_and_the_others_run(tree: Path) -> None:
    done = run_tests(tree, ci="")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "not run because flashrom is missing: test_it.py::test_with_a_referee" in done.stdout
    assert "2 passed, 1 deselected" in done.stdout


def test_in_ci_a_missing_program_is_a_failure(tree: Path) -> None:
    done = run_tests(tree, ci="true")
    assert done.returncode != 0
    assert "missing: flashrom" in done.stderr
