"""Runs every check and test; installs the system packages they need where it may. Standard library only."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import time
import tomllib
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
BIN = ROOT / ".venv/bin"
IS_CI = os.environ.get("CI") == "true"

WORKERS = max(3, os.cpu_count() or 1)
"""The tests wait for devices more than they compute."""

LAST_FAILED = ROOT / ".pytest_cache/v/cache/lastfailed"
TESTS_FAILED = 1
"""pytest's exit code where all was collected and run, and some did not pass."""

MOST_UNSTEADY = 4
"""More that fail are no accident."""

ALONE = 3
"""So often in a row must a test pass by itself that failed beside others."""

CHECKS: list[tuple[str, list[str]]] = [
    ("ruff format", ["ruff", "format", "--check", "."]),
    ("ruff", ["ruff", "check", "."]),
    ("mypy", ["mypy"]),
    ("mypy for Windows", ["mypy", "--platform", "win32", "--cache-dir", ".mypy_cache/win32", "-p", "station"]),
    ("import-linter", ["lint-imports"]),
]


def main() -> int:
    """Run all checks, even after one fails; the exit code is 1 if any failed."""
    missing = install_programs()
    if missing and IS_CI:
        print(f"missing on a machine that must have everything: {', '.join(missing)}", file=sys.stderr)
        return 1
    with ThreadPoolExecutor() as together:
        codes = together.map(lambda check: run(*check, is_alone=False), CHECKS)
        failed = [name for (name, _), code in zip(CHECKS, codes, strict=True) if code != 0]
    if not tests_pass():
        failed.append("pytest")
    if missing:
        print(f"not installed, and so not tested with: {', '.join(missing)} (see the end of pytest's output)")
    if failed:
        print(f"failed: {', '.join(failed)}", file=sys.stderr)
    return 1 if failed else 0


def run(name: str, command: list[str], *, is_alone: bool = True) -> int:
    """Run one check and say how it went; its exit code. Beside others it says all at its end."""
    started = time.monotonic()
    if is_alone:
        print(f"== {name}", flush=True)
    heard = None if is_alone else subprocess.PIPE
    program = [str(BIN / command[0]), *command[1:]]
    result = subprocess.run(program, cwd=ROOT, check=False, text=True, stdout=heard, stderr=subprocess.STDOUT)
    outcome = "ok" if result.returncode == 0 else "FAILED"
    print(f"{result.stdout or ''}== {name}: {outcome} in {time.monotonic() - started:.1f} s", flush=True)
    return result.returncode


def tests_pass() -> bool:
    """All tests beside one another; a few that fail there are judged by themselves, and named as unsteady if they pass.

    Tests with real ports and browsers share two cores with each other, and some machines stand still for a tenth of a
    second. A test that is wrong, or that passes only at times, fails by itself too.
    """
    LAST_FAILED.unlink(missing_ok=True)
    code = run("pytest", ["pytest", "-n", str(WORKERS), "--dist", "loadfile", "--no-loadscope-reorder"])
    if code != TESTS_FAILED:
        return code == 0
    unsteady = list(json.loads(LAST_FAILED.read_text(encoding="utf-8")))
    if len(unsteady) > MOST_UNSTEADY:
        return False
    for turn in range(1, ALONE + 1):
        if run(f"pytest, what failed, by itself, {turn} of {ALONE}", ["pytest", *unsteady]) != 0:
            return False
    print(f"unsteady (failed beside others, passed {ALONE} times alone): {', '.join(unsteady)}", flush=True)
    return True


def install_programs() -> list[str]:
    """The programs that are still missing after apt was asked for them (only as root on Debian or Ubuntu)."""
    programs = tomllib.loads((ROOT / ".ci/programs.toml").read_text(encoding="utf-8"))

    def missing() -> list[str]:
        return [name for name, entry in programs.items() if not any(Path(path).exists() for path in entry["paths"])]

    lesser = [name for name, entry in programs.items() if "best" in entry and not Path(entry["best"]).exists()]
    wanted = list(dict.fromkeys([*missing(), *lesser]))
    if wanted and os.geteuid() == 0 and shutil.which("apt-get"):
        packages = [programs[name]["package"] for name in wanted]
        print(f"installing {' '.join(packages)}", flush=True)
        quiet = os.environ | {"DEBIAN_FRONTEND": "noninteractive"}
        one_by_one = [["install", "--yes", "--no-install-recommends", package] for package in packages]
        for command in (["update"], *one_by_one):  # one that a distribution lacks does not keep the others away
            subprocess.run(["apt-get", "-q", *command], check=False, env=quiet, stdout=subprocess.DEVNULL)
    return missing()


if __name__ == "__main__":
    sys.exit(main())
