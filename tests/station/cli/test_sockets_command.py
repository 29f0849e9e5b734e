"""``fanji-station sockets``: what a person and a program are told, and that a service is kept."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

BENCH = """
[bench]
name = "Burning bench"
station_id = "burn-1"
slot = "slot-1"

[programmers.pico]
driver = "serprog"
address = "tcp://127.0.0.1:9"
sockets = ["U1", "U2"]
level_v = 3.3
most_insertions = 10000
"""


@pytest.fixture
def bench(tmp_path: Path) -> Path:
    path = tmp_path / "burn.toml"
    path.write_text(BENCH)
    return path


def sockets(bench: Path, *words: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "station.cli", "sockets", f"--bench={bench}", *words]
    environment = {**os.environ, "FANJI_STATE_DIR": str(bench.parent / "state")}
    return subprocess.run(command, capture_output=True, text=True, env=environment, timeout=60, check=False)


def test_every_socket_of_the_bench_is_shown_and_a_service_is_kept(bench: Path) -> None:
    shown = sockets(bench)
    assert shown.returncode == 0, shown.stderr
    assert [line.split(":")[0] for line in shown.stdout.splitlines()] == ["ok      pico/U1", "ok      pico/U2"]
    assert "0 of 10000 insertions" in shown.stdout
    assert sockets(bench, "--serviced=pico/U2", "--operator=王芳", "--what=cleaned").returncode == 0
    told = json.loads(sockets(bench, "--json").stdout)
    assert [bool(each["wear"]["serviced_at"]) for each in told] == [False, True]


@pytest.mark.parametrize(
    ("words", "problem"),
    [
        (("--serviced=pico/U3", "--operator=王芳"), "no socket 'pico/U3' at this bench; there are: pico/U1, pico/U2"),
        (("--serviced=pico/U1",), "operator"),
    ],
)
def test_a_service_of_nothing_or_by_nobody_is_refused(bench: Path, words: tuple[str, ...], problem: str) -> None:
    refused = sockets(bench, *words)
    assert refused.returncode == 2
    assert problem in refused.stderr
