"""Starts the bench in a box as its own process, for every test that wants to talk to real sockets and ptys."""

from __future__ import annotations

import contextlib
import json
import signal
import socket
import subprocess
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import hypothesis
import pytest

from tests import databases
from tests.forked import Forked
from tests.suite_order import spread

ROOT = Path(__file__).parent.parent
WORLDS = ROOT / "fixtures/worlds"
START_DEADLINE_S = 15.0


hypothesis.settings.register_profile("busy", deadline=None)
hypothesis.settings.load_profile("busy")  # how long an example takes says how busy the machine is


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item: pytest.Item) -> None:
    """A test that names no database has the default one, whatever ran before it in this process."""
    callspec = item.callspec if isinstance(item, pytest.Function) and hasattr(item, "callspec") else None
    databases.use(callspec.params.get("backend", databases.DEFAULT) if callspec else databases.DEFAULT)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    items[:] = spread(items)


@dataclass
class Bench:
    """A running bench: where its devices are, and its control socket."""

    process: Forked
    bench_file: Path
    address: dict[str, str]
    _control: socket.socket = field(repr=False)
    _lock: threading.Lock = field(default_factory=threading.Lock, repr=False)

    def control(self, op: str, **arguments: Any) -> dict[str, Any]:
        """One request; fails the test with the bench's own words where it is refused."""
        answer = self.request(op, **arguments)
        assert answer["ok"], answer["problem"]
        return answer

    def request(self, op: str, **arguments: Any) -> dict[str, Any]:
        """One request; the answer whatever it is."""
        with self._lock:
            self._control.sendall(json.dumps({"op": op, **arguments}).encode() + b"\n")
            line = b""
            while not line.endswith(b"\n"):
                line += self._control.recv(65536)
        answer: dict[str, Any] = json.loads(line)
        return answer

    def truth(self) -> dict[str, Any]:
        return self.control("truth")

    def endpoint(self, name: str) -> tuple[str, int]:
        """Host and port of a device on TCP."""
        host, _, port = self.address[name].removeprefix("tcp://").rpartition(":")
        return host, int(port)

    def stop(self) -> None:
        self._control.close()
        self.process.send_signal(signal.SIGTERM)
        try:
            self.process.wait(5)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self.process.close()


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Callable[..., Bench]]:
    """``bench(world="demo", time_scale=0.0)`` starts a bench; ``world`` is a name in fixtures/worlds or a path."""
    with contextlib.ExitStack() as started:

        def start(world: str | Path = "demo", time_scale: float = 0.0) -> Bench:
            world_file = world if isinstance(world, Path) else WORLDS / f"{world}.world.toml"
            running = start_bench(world_file, tmp_path / "bench.toml", time_scale)
            started.callback(running.stop)
            return running

        yield start


def start_bench(world_file: Path, bench_file: Path, time_scale: float | None) -> Bench:
    """Start the bench as its own process and wait until it is ready; a time scale of None is a modelled clock."""
    time = ["--modelled"] if time_scale is None else ["--time-scale", str(time_scale)]
    arguments = ["--world", str(world_file), *time, "--write-bench", str(bench_file)]
    process = Forked("fixtures.sim", arguments, are_errors_heard=True)
    line = process.stdout.readline()
    if not line:
        process.wait(START_DEADLINE_S)
        raise AssertionError(f"the bench did not start: {process.stderr.read()}")
    ready = json.loads(line)
    host, _, port = ready["control"].rpartition(":")
    return Bench(process, bench_file, ready["devices"], socket.create_connection((host, int(port))))
