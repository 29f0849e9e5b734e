"""A run starts at once and is small: measured on the bench in a box, with room for a busy machine."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import psutil

from tests.conftest import Bench
from tests.station.playing.run_process import ROOT, start_station

OpenBench = Callable[..., Bench]
GOOD = "FJR126110003"


def test_a_run_reaches_its_first_step_at_once_and_stays_small(bench: OpenBench, tmp_path: Path) -> None:
    box = bench(time_scale=1.0)
    box.control("insert", unit=GOOD)
    arguments = ["run", GOOD, "--bench", str(box.bench_file), "--product", "FJ-R1", "--operator", "W", "--events"]
    seconds = []
    for _ in range(3):
        started = time.monotonic()
        run = start_station(tmp_path / "state", arguments)
        run.until_event("step_started")
        seconds.append(time.monotonic() - started)
        run.until_event("trace", step="boot")
        everyone = [psutil.Process(run.process.pid), *psutil.Process(run.process.pid).children(recursive=True)]
        assert sum(process.memory_full_info().pss for process in everyone) <= 80e6
        run.tell({"command": "abort"})
        assert run.end() == 4
        run.close()
    assert min(seconds) <= 0.5


def test_a_run_loads_neither_the_web_nor_the_couriers_client() -> None:
    code = (
        "import sys, station.cli, station.cli.run_command, station.cli.burn_command;"
        "print([name for name in ('pydantic', 'fastapi', 'httpx', 'rich', 'typer') if name in sys.modules])"
    )
    said = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert said.stdout.strip() == "[]"
