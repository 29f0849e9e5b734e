"""The whole of it as a stage: bench in a box, server and courier; device times are zero unless a test wants them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from fixtures.demo.__main__ import set_the_stage
from fixtures.demo.processes import Processes
from fixtures.demo.progress import Progress
from fixtures.demo.story import Story

MakeStage = Callable[[float], Story]


@pytest.fixture
def make_stage(tmp_path: Path) -> Iterator[MakeStage]:
    """A function that sets the stage with the given time scale."""
    processes = Processes(tmp_path / "logs")
    stories: list[Story] = []

    def make(time_scale: float = 0.0) -> Story:
        stories.append(set_the_stage(processes, Progress(), tmp_path, time_scale))
        return stories[-1]

    yield make
    for story in stories:
        story.box.close()
    processes.stop_all()
