"""Eight programmers at once in real time, each simulated by a process of its own, on whatever cores there are.

Each is a serial port of 2 Mbaud with a latency of 1 ms, as behind a USB adapter; its chip keeps the times of its data
sheet. What is compared is the rate of all of them with that of one alone.
"""

from __future__ import annotations

import hashlib
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import psutil

from benchmarks.result import Result
from fixtures.demo.processes import STATION

SITES = 8
ROUNDS = 3
CHIP = "W25Q80DV"
IMAGE_BYTES = 256 * 1024
GOAL = 6.0
WORLD = """
[world]
seed = 20268
time_scale = 1.0
bench = "{bench}"

[devices.prog]
kind = "serprog"
port = "pty"
name = "fanji-gang"
baud = 2000000
latency_ms = 1
spi_hz = 12000000
serial_buffer_bytes = 4096
max_write_bytes = 512
max_read_bytes = 65536
op_buffer_bytes = 300
"""
BENCH = """
[bench]
name = "Gang"
station_id = "gang-{number}"
slot = "slot-1"

[programmers.prog]
driver = "serprog"
address = "${{prog}}"
sockets = ["U1"]
level_v = 3.3
"""


class Site:
    """A simulated programmer in a process of its own, and the station that burns at it."""

    def __init__(self, folder: Path, number: int, image: Path) -> None:
        folder.mkdir()
        self.bench = folder / "bench.toml"
        self._image = image
        (folder / "template.toml").write_text(BENCH.format(number=number), encoding="utf-8")
        world = folder / "gang.world.toml"
        world.write_text(WORLD.format(bench=folder / "template.toml"), encoding="utf-8")
        command = [sys.executable, "-m", "fixtures.sim", "--world", str(world), "--write-bench", str(self.bench)]
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        assert self.process.stdout is not None
        self._control = json.loads(self.process.stdout.readline())["control"]
        self._environment = {**os.environ, "FANJI_STATE_DIR": str(folder / "state")}

    def put_in(self) -> None:
        """A blank chip."""
        request = json.dumps({"op": "socket", "programmer": "prog", "chip": CHIP})
        subprocess.run(
            [sys.executable, "-m", "fixtures.sim.ask", self._control, request], check=True, capture_output=True
        )

    def begin(self) -> subprocess.Popen[bytes]:
        """Burn the chip; everything the station does by default is done."""
        words = ["burn", str(self._image), "--target", CHIP, "--programmer", "prog", "--operator", "Bench", "--events"]
        command = [*STATION, *words, "--bench", str(self.bench)]
        return subprocess.Popen(command, env=self._environment, stdout=subprocess.DEVNULL)

    def cpu_s(self) -> float:
        """What simulating has cost so far."""
        times = psutil.Process(self.process.pid).cpu_times()
        return times.user + times.system


def measure() -> list[Result]:
    """The rate of eight sites in those of one, by medians of rounds that follow each other."""
    with sites() as gang:
        alone, together = [], []
        before_s = sum(site.cpu_s() for site in gang)
        for _ in range(ROUNDS):
            alone.append(seconds(gang[:1]))
            together.append(seconds(gang))
        simulated_s = (sum(site.cpu_s() for site in gang) - before_s) / (ROUNDS * (SITES + 1))
    one_s, all_s = statistics.median(alone), statistics.median(together)
    name = f"{SITES} sites at once, {IMAGE_BYTES >> 10} KiB, real time: "
    cores = len(os.sched_getaffinity(0))
    return [
        Result("burn", f"{name}all, on {cores} cores", all_s, "s", SITES * one_s / GOAL, "one site", one_s),
        Result("burn", f"{name}simulator's CPU a burn", simulated_s, "s", None),
    ]


@contextmanager
def sites() -> Iterator[list[Site]]:
    """As many as there are, until the context ends."""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="fanji-gang-")))
        image = folder / "image.bin"
        image.write_bytes(hashlib.shake_256(b"gang").digest(IMAGE_BYTES))
        gang = []
        for number in range(SITES):
            gang.append(Site(folder / str(number), number, image))
            stack.callback(gang[-1].process.wait)
            stack.callback(gang[-1].process.terminate)
        yield gang


def seconds(gang: list[Site]) -> float:
    """From the first start to the last end; each must be a PASS."""
    for site in gang:
        site.put_in()
    started = time.perf_counter()
    burns = [site.begin() for site in gang]
    codes = [burn.wait() for burn in burns]
    if any(codes):
        raise AssertionError(f"a burn of the gang ended with {codes}")
    return time.perf_counter() - started
