"""Mutants of the modules that decide what a run is worth: each is caught by a test, or is known and explained.

The table says which tests concern a module (mutation.toml) and why a change may go unseen (survivors.toml).
"""

from __future__ import annotations

import json
import logging
import shutil
import subprocess
import sys
import tempfile
import time
import tomllib
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path

from tests.soak.finding import Finding
from tests.soak.mutation_trials import HUNG, KILLED, SURVIVED, Trial, concerns

AREA = "mutation"
ROOT = Path(__file__).parents[2]
COPIED = ("station", "tests", "fixtures", ".ci", "conftest.py", "pyproject.toml")
SURVIVORS = Path(__file__).parent / "survivors.toml"
SAMPLE = 90
"""The test-suite tries each 90th mutant: those of threads that wait take up to a minute each."""
FEWEST_KILLED = 0.8
"""Of all: where most changes go unseen the tests were not run."""
TOLD = 12

log = logging.getLogger(__name__)


def soak() -> list[Finding]:
    """All mutants of all modules."""
    return findings(1)


def findings(every: int, files: Sequence[str] = ()) -> list[Finding]:
    """One for each module, of each ``every``-th of its mutants; wrong are survivors without a reason."""
    began = time.monotonic()
    trials = tried(every, files)
    found = [_finding(file, [trial for trial in trials if trial.file == file]) for file in files or concerns()]
    if every == 1:
        stale = [name for file in files or concerns() for name in stale_of(file, trials)]
        note = f"explained, but killed or gone: {'; '.join(stale[:TOLD])}" if stale else ""
        found.append(Finding(AREA, "explanations", len(trials), len(stale), time.monotonic() - began, note, 1))
    return [finding for finding in found if finding.tried]


def tried(every: int, files: Sequence[str] = ()) -> list[Trial]:
    """Try mutants in a copy of the tree, in one process; raises RuntimeError where the tests cannot be run there."""
    with tempfile.TemporaryDirectory(prefix="mutation") as folder:
        copy = Path(folder) / "tree"
        copy.mkdir()
        for name in COPIED:
            if (ROOT / name).is_dir():
                shutil.copytree(ROOT / name, copy / name, ignore=shutil.ignore_patterns("static", "shots"))
            else:
                shutil.copyfile(ROOT / name, copy / name)
        out = Path(folder) / "trials.jsonl"
        command = [sys.executable, "-B", "-m", "tests.soak.mutation_trials", str(out), str(every), *files]
        ended = subprocess.run(command, cwd=copy, capture_output=True, text=True, check=False)
        if ended.returncode or not out.exists():
            raise RuntimeError(f"mutants could not be tried:\n{ended.stdout[-4000:]}\n{ended.stderr[-4000:]}")
        return [Trial(**json.loads(line)) for line in out.read_text(encoding="utf-8").splitlines()]


def explained() -> Mapping[str, Mapping[str, str]]:
    """By module and mutant, why its survival does no harm."""
    table: Mapping[str, Mapping[str, str]] = tomllib.loads(SURVIVORS.read_text(encoding="utf-8"))
    return table


def stale_of(file: str, trials: Sequence[Trial]) -> list[str]:
    """Explanations of what is no survivor."""
    survived = {trial.name for trial in trials if trial.file == file and trial.outcome == SURVIVED}
    return [name for name in explained().get(file, {}) if name not in survived]


def _finding(file: str, trials: Sequence[Trial]) -> Finding:
    counts = Counter(trial.outcome for trial in trials)
    known = explained().get(file, {})
    unexplained = [trial.name for trial in trials if trial.outcome == SURVIVED and trial.name not in known]
    killed = counts[KILLED] + counts[HUNG]
    note = f"{killed} killed, {counts[SURVIVED]} survived" + "".join(f"\n{name}" for name in unexplained[:TOLD])
    seconds = sum(trial.seconds for trial in trials)
    return Finding(AREA, file, len(trials), len(unexplained), seconds, note, killed, int(len(trials) * FEWEST_KILLED))
