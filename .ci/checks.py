"""Runs every check and test; installs the system packages they need where it may. Standard library only."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
import tomllib
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
BIN = ROOT / ".venv/bin"
IS_CI = os.environ.get("CI") == "true"

WORKERS = max(3, os.cpu_count() or 1)
"""The tests wait for devices more than they compute."""

CHECKS: list[tuple[str, list[str]]] = [
    ("ruff format", ["ruff", "format", "--check", "."]),
    ("ruff", ["ruff", "check", "."]),
    ("mypy", ["mypy"]),
    ("mypy for Windows", ["mypy", "--platform", "win32", "--cache-dir", ".mypy_cache/win32", "-p", "station"]),
    ("import-linter", ["lint-imports"]),
    ("pytest", ["pytest", "-n", str(WORKERS), "--dist", "loadfile"]),
]


def main() -> int:
    """Run all checks, even after one fails; the exit code is 1 if any failed."""
    missing = install_programs()
    if missing and IS_CI:
        print(f"missing on a machine that must have everything: {', '.join(missing)}", file=sys.stderr)
        return 1
    failed = []
    for name, command in CHECKS:
        print(f"== {name}", flush=True)
        started = time.monotonic()
        result = subprocess.run([str(BIN / command[0]), *command[1:]], cwd=ROOT, check=False)
        print(
            f"== {name}: {'ok' if result.returncode == 0 else 'FAILED'} in {time.monotonic() - started:.1f} s",
            flush=True,
        )
        if result.returncode != 0:
            failed.append(name)
    if missing:
        print(f"not installed, and so not tested with: {', '.join(missing)} (see the end of pytest's output)")
    if failed:
        print(f"failed: {', '.join(failed)}", file=sys.stderr)
    return 1 if failed else 0


def install_programs() -> list[str]:
    """The programs that are still missing after apt was asked for them (only as root on Debian or Ubuntu)."""
    programs = tomllib.loads((ROOT / ".ci/programs.toml").read_text(encoding="utf-8"))

    def missing() -> list[str]:
        return [name for name, entry in programs.items() if not any(Path(path).exists() for path in entry["paths"])]

    wanted = missing()
    if wanted and os.geteuid() == 0 and shutil.which("apt-get"):
        packages = [programs[name]["package"] for name in wanted]
        print(f"installing {' '.join(packages)}", flush=True)
        quiet = os.environ | {"DEBIAN_FRONTEND": "noninteractive"}
        for command in (["update"], ["install", "--yes", "--no-install-recommends", *packages]):
            subprocess.run(["apt-get", "-q", *command], check=False, env=quiet, stdout=subprocess.DEVNULL)
    return missing()


if __name__ == "__main__":
    sys.exit(main())
