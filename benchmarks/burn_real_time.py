"""One point of the modelled figures in real time, and what a burn costs the station's processor."""

from __future__ import annotations

import os
import resource
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from benchmarks.burn_serprog import BLANK, PROGRAMMER, SLOW, burned, content, flashrom, flashrom_s, image_of
from benchmarks.result import Result
from fixtures.demo.processes import STATION
from fixtures.sim.chip_kind import chip_kinds
from fixtures.sim.serprog import SerprogTraits
from station.bench import open_programmer
from station.config.bench_file import read_bench_file
from station.ic_programmer.burn import burn
from station.ic_programmer.job import BurnJob
from station.ic_programmer.nor_chip import NorChip
from station.ic_programmer.target import read_targets
from station.link.clock import SystemClock
from tests.conftest import Bench, start_bench
from tests.modelled_site import KINDS, MEBIBYTE, site

CHIP = KINDS[1]
SMALL_CHIP = "W25X05"
LARGEST_GAP = 0.10
"""How far a modelled figure may be from the real one."""
MOST_CPU_S = 0.5
"""Of the station's processor for each MiB."""
PRODUCTION_MIB = 4

WORLD = """[world]
time_scale = 1.0
bench = "real.template.toml"
[devices.prog]
kind = "serprog"
port = "tcp"
name = "fanji-usb"
baud = {baud}
latency_ms = {latency_ms:g}
max_write_bytes = {largest}
"""
BENCH = """[bench]
name = "Real time"
station_id = "bench-1"
slot = "slot-1"
[programmers.prog]
driver = "serprog"
address = "${prog}"
level_v = 3.3
sockets = ["s1"]
"""


def measure() -> list[Result]:
    """The same burn in modelled and in real time, ours and flashrom's; then the processor's time of a whole burn."""
    with tempfile.TemporaryDirectory(prefix="fanji-bench-") as name:
        folder = Path(name)
        return [*_ours(folder), _flashrom(folder), _whole_burn(folder)]


@contextmanager
def _real(folder: Path, traits: SerprogTraits, chip: str, time_scale: float) -> Iterator[Bench]:
    """A process with the programmer and a blank chip as its row says."""
    template = WORLD.format(baud=traits.baud, latency_ms=traits.latency_s * 1000, largest=traits.max_write_bytes)
    (folder / "real.world.toml").write_text(template)
    (folder / "real.template.toml").write_text(BENCH)
    running = start_bench(folder / "real.world.toml", folder / "bench.toml", time_scale)
    try:
        running.control("socket", programmer="prog", chip=chip)
        yield running
    finally:
        running.stop()


def _ours(folder: Path) -> list[Result]:
    modelled = site(chip_kinds()[CHIP], PROGRAMMER)
    burned(modelled, 1, BLANK)
    clock, target = SystemClock(), read_targets()[CHIP]
    with _real(folder, PROGRAMMER, CHIP, 1.0) as running:
        began_s, cpu_s = time.perf_counter(), time.process_time()
        with open_programmer(read_bench_file(running.bench_file), "prog", clock) as bus:
            outcome = burn(BurnJob(image_of(1), target, BLANK), NorChip(bus, target, clock), clock, lambda _: None)
        took_s, cpu_s = time.perf_counter() - began_s, time.process_time() - cpu_s
    assert outcome.result == "PASS", outcome.failure
    return [
        _gap("ours, 1 MiB at 2 Mbaud", took_s, modelled.clock.now_s),
        Result("burn", "processor for 1 MiB at 2 Mbaud: blank, write", cpu_s, "s", MOST_CPU_S),
    ]


def _flashrom(folder: Path) -> Result:
    """A small chip on a slow wire: the world of real time wakes up to a millisecond late, once for each answer."""
    image = folder / "small.bin"
    image.write_bytes(content(chip_kinds()[SMALL_CHIP].size_bytes, 1))
    modelled_s = flashrom_s(site(chip_kinds()[SMALL_CHIP], SLOW), SMALL_CHIP, "-w", str(image))
    with _real(folder, SLOW, SMALL_CHIP, 1.0) as running:
        began_s = time.perf_counter()
        subprocess.run(flashrom(running.address["prog"], SMALL_CHIP, "-w", str(image)), check=True, capture_output=True)
        real_s = time.perf_counter() - began_s
    return _gap("flashrom, 64 KiB at 115200 baud", real_s, modelled_s)


def _gap(whose: str, real_s: float, modelled_s: float) -> Result:
    bar = modelled_s * (1 + LARGEST_GAP)
    return Result("burn", f"in real time, blank, write: {whose}", real_s, "s", bar, "the same modelled", modelled_s)


def _whole_burn(folder: Path) -> Result:
    """``fanji-station burn`` as it is started by hand, with all options; devices take no time, its own start counts."""
    target = KINDS[PRODUCTION_MIB]
    image = folder / "large.bin"
    image.write_bytes(content(PRODUCTION_MIB * MEBIBYTE, 1))
    with _real(folder, PROGRAMMER, target, 0.0) as running:
        arguments = ["burn", str(image), "--target", target, "--programmer", "prog", "--operator", "Bench"]
        command = [*STATION, *arguments, "--bench", str(running.bench_file), "--events"]
        environment = {**os.environ, "FANJI_STATE_DIR": str(folder / "state")}
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        subprocess.run(command, check=True, capture_output=True, env=environment)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu_s = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    name = f"processor for each of {PRODUCTION_MIB} MiB: fanji-station burn with all options"
    return Result("burn", name, cpu_s / PRODUCTION_MIB, "s", MOST_CPU_S)
