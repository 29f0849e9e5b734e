"""What it costs a step to have an instrument that other slots use: its lease alone, and with link, driver, identity."""

from __future__ import annotations

import gc
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from benchmarks.result import Result
from fixtures.demo.processes import Processes
from station.bench import open_bench
from station.config.bench_file import read_bench_file
from station.link.clock import SystemClock
from station.link.lease import Leases
from station.runner.loan import Lender

WORLD = Path(__file__).parent.parent / "fixtures/worlds/two-slots.world.toml"
ROUNDS = 200


def lease_results() -> list[Result]:
    """Microseconds for the supply of a bench of two slots, over TCP and at device times of zero."""
    with tempfile.TemporaryDirectory(prefix="fanji-bench-") as name:
        folder = Path(name)
        processes, bench_file = Processes(folder / "logs"), folder / "two-slots.bench.toml"
        command = [sys.executable, "-m", "fixtures.sim", "--world", str(WORLD), "--write-bench", str(bench_file)]
        try:
            processes.start_and_read_line("two slots", [*command, "--time-scale", "0"])
            leases = Leases(folder / "leases", "left")
            bench = open_bench(read_bench_file(bench_file).for_slot("left"), SystemClock(), ("supply", "dut"), leases)
            try:
                alone = median_us(lambda: _lend(bench.lender, False))
                opened = median_us(lambda: _lend(bench.lender, True))
            finally:
                bench.close()
        finally:
            processes.stop_all()
    told = "lease of a shared instrument, uncontended"
    with_link = "with link, driver and identity over TCP"
    return [
        Result("executive", told, alone, "us", None, with_link, opened),
        Result("executive", f"{told}, {with_link}", opened, "us", None, "the lease alone", alone),
    ]


def median_us(work: Callable[[], None]) -> float:
    """Of ``ROUNDS`` times."""
    gc.collect()
    times = []
    for _ in range(ROUNDS):
        started = time.perf_counter()
        work()
        times.append(time.perf_counter() - started)
    return statistics.median(times) * 1e6


def _lend(lender: Lender, is_opened: bool) -> None:
    with lender.lend(("supply",), _waits, _goes_on) as loan:
        if is_opened:
            loan.open()
            loan.settle()


def _waits(resource: str, holder: str) -> None:
    raise RuntimeError(f"nobody else should have {resource}, but {holder} has")


def _goes_on() -> None:
    return
