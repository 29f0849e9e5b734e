"""One wheel holds both houses: it installs into an empty environment and runs there."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from string import Template

import httpx
import pytest

ROOT = Path(__file__).parent.parent.parent
UV = Path(sys.executable).parent / "uv"

WITHIN = (
    "station/console/static/tokens.css",
    "station/console/static/vendor/htmx.min.js",
    "station/console/static/vendor/uplot.esm.js",
    "station/console/translations/zh_CN/LC_MESSAGES/messages.mo",
    "station/sequences/fj_r1.toml",
    "station/sequences/fj_family.toml",
    "station/ic_programmer/targets.toml",
    "station/study/report.html",
    "station/cli/scaffold/product.toml",
    "station/cli/scaffold/test_product.py.txt",
    "server/admin/permissions.toml",
    "server/web/plan_terms.toml",
    "server/db/migrations/env.py",
    "server/web/static/tokens.css",
    "server/web/static/vendor/swagger-ui-bundle.js",
    "server/web/translations/zh_CN/LC_MESSAGES/messages.mo",
)

NAMES = ("psu", "dmm", "dut", "prog")
ADDRESSES = {name: f"tcp://127.0.0.1:{port}" for port, name in enumerate(NAMES, 9)}
ADDRESSES |= {"psu_serial": "1", "dmm_serial": "2", "next_year": "2099-01-01"}


def run(*command: str | Path, cwd: Path | None = None, **environment: str) -> str:
    """What ``command`` printed; a failure shows everything that it said."""
    done = subprocess.run(
        [str(part) for part in command],
        cwd=cwd,
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, f"{command}: {done.stdout}{done.stderr}"
    return done.stdout


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel, built from the tree as it is."""
    folder = tmp_path_factory.mktemp("dist")
    if UV.exists():
        run(UV, "build", "--quiet", "--wheel", "--out-dir", folder, cwd=ROOT)
    else:
        run(sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--wheel-dir", folder, ROOT)
    (built,) = folder.glob("*.whl")
    return built


@pytest.fixture(scope="module")
def home(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The scripts' folder of an environment that holds the wheel, the pinned dependencies and nothing else."""
    folder = tmp_path_factory.mktemp("installed") / "venv"
    pins = ROOT / "requirements.txt"
    if UV.exists():
        run(UV, "venv", "--quiet", "--python", sys.executable, folder)
        run(UV, "pip", "install", "--quiet", "--python", folder / "bin/python", wheel, "--constraint", pins)
    else:
        run(sys.executable, "-m", "venv", folder)
        run(folder / "bin/pip", "install", "--quiet", "--require-hashes", "-r", pins)
        run(folder / "bin/pip", "install", "--quiet", "--no-deps", wheel)
    return folder / "bin"


def test_templates_assets_migrations_translations_and_tables_are_inside(wheel: Path) -> None:
    names = set(zipfile.ZipFile(wheel).namelist())
    assert [name for name in WITHIN if name not in names] == []
    assert [name for name in names if name.startswith(("fixtures", "tests", "benchmarks"))] == []


def test_both_houses_run_from_the_installed_wheel(home: Path, tmp_path: Path) -> None:
    assert "burn" in run(home / "fanji-station", "--help", cwd=tmp_path)
    database = {"FANJI_DATABASE_URL": f"sqlite:///{tmp_path}/fanji.sqlite", "FANJI_DATA_DIR": str(tmp_path)}
    run(home / "fanji-server", "migrate", cwd=tmp_path, **database)
    token = run(home / "fanji-server", "token", "add", "bench-1", cwd=tmp_path, **database)
    assert token.strip()


@contextmanager
def serving(cwd: Path, *command: str | Path, **environment: str) -> Iterator[str]:
    """The address that ``command`` says it serves at, while it does."""
    process = subprocess.Popen(
        [str(part) for part in command],
        cwd=cwd,
        env={**os.environ, **environment},
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    assert process.stdout is not None
    try:
        line = process.stdout.readline()
        yield line.split()[-1].rstrip("/")
    finally:
        process.terminate()
        process.wait(20)
        process.stdout.close()


def assets_of(address: str, page: str) -> list[str]:
    """Every asset that ``page`` names; each must be served."""
    found = re.findall(r'(?:href|src)="(/static/[^"#]+)', httpx.get(address + page).raise_for_status().text)
    for asset in found:
        httpx.get(address + asset).raise_for_status()
    return found


def test_the_installed_server_serves_its_pages_with_its_own_assets(home: Path, tmp_path: Path) -> None:
    database = {"FANJI_DATABASE_URL": f"sqlite:///{tmp_path}/fanji.sqlite", "FANJI_DATA_DIR": str(tmp_path)}
    run(home / "fanji-server", "migrate", cwd=tmp_path, **database)
    with serving(tmp_path, home / "fanji-server", "serve", "--port", "0", **database) as address:
        assert assets_of(address, "/login")
        assert assets_of(address, "/docs")


def test_the_installed_console_serves_its_page_with_its_own_assets(home: Path, tmp_path: Path) -> None:
    bench = tmp_path / "my.bench.toml"
    example = (ROOT / "fixtures/benches/demo.bench.toml").read_text("utf-8")
    bench.write_text(Template(example).substitute(ADDRESSES), encoding="utf-8")
    state = {"FANJI_STATE_DIR": str(tmp_path / "state")}
    with serving(tmp_path, home / "fanji-station", "console", "--bench", bench, "--port", "0", **state) as address:
        assert assets_of(address, "/")
