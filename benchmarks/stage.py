"""The demonstration's bench and server as a stage for measurements, in a folder that is removed afterwards."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from fixtures.demo.__main__ import set_the_stage
from fixtures.demo.processes import Processes
from fixtures.demo.progress import Progress
from fixtures.demo.story import Story


@contextmanager
def stage(time_scale: float) -> Iterator[Story]:
    """Bench, server and courier, ready to play; ``time_scale`` 0 makes every device time zero."""
    with tempfile.TemporaryDirectory(prefix="fanji-bench-") as name:
        processes = Processes(Path(name) / "logs")
        try:
            yield set_the_stage(processes, Progress(), Path(name), time_scale)
        finally:
            processes.stop_all()
