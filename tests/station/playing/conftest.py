"""A station on a bench: its own process, the bench in a box, an empty state folder."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.station.playing.run_process import StationRun, start_station

GOOD = "FJR126110003"


@pytest.fixture
def state_dir(tmp_path: Path) -> Path:
    return tmp_path / "state"


@pytest.fixture
def run(state_dir: Path) -> Iterator[Callable[..., StationRun]]:
    """``run(bench_file, serial=…, more=[…])`` starts a run with events; everything is there unless asked."""
    with contextlib.ExitStack() as started:

        def start(bench_file: Path, serial: str = GOOD, more: tuple[str, ...] = ("--tick", "all")) -> StationRun:
            arguments = ["run", serial, "--bench", str(bench_file), "--product", "FJ-R1", "--operator", "王芳"]
            process = start_station(state_dir, [*arguments, "--events", *more])
            started.callback(process.close)
            return process

        yield start
