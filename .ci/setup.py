"""Makes .venv with the pinned dependencies: uv where it can be had, else pip with hashes. Standard library only."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
import venv
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
BIN = VENV / ("Scripts" if os.name == "nt" else "bin")
UV = "uv==0.13.9"
INPUTS = (
    "pyproject.toml",
    "uv.lock",
    "requirements.txt",
    "requirements-dev.txt",
    "requirements-bench.txt",
    "hatch_build.py",
    "assets/fetched.toml",
)
BUILT_FROM = ("assets/*", "server/web/translations/**/*.po", "station/console/translations/**/*.po")
"""What the build hook copies and compiles: a clone that was pulled has it made anew."""


def main(group: str) -> None:
    """Install the group ``run`` (demo), ``dev`` (tests) or ``bench`` (dev, and a solver) unless its stamp is there."""
    stamp = VENV / f".installed-{group}"
    wanted = inputs_digest()
    if stamp.exists() and stamp.read_text() == wanted:
        return
    if sys.version_info < (3, 11):  # noqa: UP036 (this file runs before any environment exists)
        sys.exit(f"Fanji needs Python 3.11 or newer; this is {sys.version.split()[0]}")
    if not (BIN / "python").exists() and not (BIN / "python.exe").exists():
        print("making .venv", flush=True)
        venv.create(VENV, with_pip=True)
    if has_uv():
        sync_with_uv(group)
    else:
        sync_with_pip(group)
    stamp.write_text(wanted)
    for contained in {"dev": ["run"], "bench": ["run", "dev"]}.get(group, []):
        (VENV / f".installed-{contained}").write_text(wanted)


def inputs_digest() -> str:
    """The digest of everything an installed environment depends on."""
    digest = hashlib.sha256()
    for path in [*(ROOT / name for name in INPUTS), *(path for glob in BUILT_FROM for path in sorted(ROOT.glob(glob)))]:
        digest.update(path.read_bytes())
    return digest.hexdigest()


def has_uv() -> bool:
    pip = [str(BIN / "python"), "-m", "pip", "--disable-pip-version-check", "install", "--quiet", UV]
    return subprocess.run(pip, check=False).returncode == 0


def sync_with_uv(group: str) -> None:
    print(f"installing the {group} dependencies with uv", flush=True)
    command = [str(BIN / "uv"), "sync", "--quiet", "--locked", "--inexact", "--reinstall-package", "fanji"]
    command += {"run": ["--no-dev"], "dev": [], "bench": ["--group", "bench"]}[group]
    environment = os.environ | {"UV_PROJECT_ENVIRONMENT": str(VENV), "UV_PYTHON_DOWNLOADS": "never"}
    environment["UV_COMPILE_BYTECODE"] = "1"  # every process starts faster
    subprocess.run(command, cwd=ROOT, check=True, env=environment)


def sync_with_pip(group: str) -> None:
    print(f"uv is not to be had: installing the {group} dependencies with pip", flush=True)
    pip = [str(BIN / "python"), "-m", "pip", "--disable-pip-version-check", "install", "--quiet"]
    requirements = "requirements.txt" if group == "run" else f"requirements-{group}.txt"
    subprocess.run([*pip, "--require-hashes", "-r", requirements], cwd=ROOT, check=True)
    subprocess.run([*pip, "--no-deps", "-e", "."], cwd=ROOT, check=True)


if __name__ == "__main__":
    main(sys.argv[1])
