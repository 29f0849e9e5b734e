"""Commands of the station, each a process of its own that works in one state folder."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.station.playing.run_process import StationRun, start_station


@pytest.fixture
def station(tmp_path: Path) -> Iterator[Callable[..., StationRun]]:
    """``station("run", …)`` starts a command; all are closed at the end."""
    runs = []

    def start(*arguments: str) -> StationRun:
        runs.append(start_station(tmp_path / "state", arguments))
        return runs[-1]

    yield start
    for run in runs:
        run.close()
