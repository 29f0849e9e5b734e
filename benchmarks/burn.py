"""Burns beside flashrom, stm32flash and dfu-util: modelled, one point in real time, and a whole burn of the demo."""

from __future__ import annotations

import statistics
import subprocess
import time
from pathlib import Path

from benchmarks import burn_dfuse, burn_gang, burn_real_time, burn_serprog, burn_stm32, burn_usb
from benchmarks.result import Result
from benchmarks.stage import stage
from fixtures.demo.processes import STATION
from fixtures.demo.story import Story

CHIP = "W25Q80DV"
ROUNDS = 3


def measure() -> list[Result]:
    """Rows of the area ``burn``."""
    others = [*burn_usb.measure(), *burn_dfuse.measure(), *burn_gang.measure()]
    return [*burn_serprog.measure(), *burn_stm32.measure(), *burn_real_time.measure(), *others, _demo_burn()]


def _demo_burn() -> Result:
    """A blank chip at the demonstration's programmer, which costs no time; the chip's own program time is the limit."""
    with stage(time_scale=1.0) as story:
        ours = statistics.median(timed(story, our_command(story)) for _ in range(ROUNDS))
        theirs = statistics.median(timed(story, flashrom_command(story)) for _ in range(ROUNDS))
    return Result(
        "burn", f"{CHIP} blank: whole burn, all options", ours, "s", None, "flashrom write and verify", theirs
    )


def timed(story: Story, command: list[str]) -> float:
    """Seconds for ``command`` on a fresh chip."""
    story.box.ask("socket", programmer="prog", chip=CHIP)
    started = time.perf_counter()
    subprocess.run(command, check=True, capture_output=True, env=story.processes.environment)
    return time.perf_counter() - started


def our_command(story: Story) -> list[str]:
    arguments = ["burn", str(story.image), "--target", CHIP, "--programmer", "prog", "--operator", "Bench"]
    return [*STATION, *arguments, "--bench", str(story.bench_file), "--events"]


def flashrom_command(story: Story) -> list[str]:
    address = story.box.ask("truth")["addresses"]["prog"].removeprefix("tcp://")
    flashrom = next(str(path) for path in map(Path, ("/usr/sbin/flashrom", "/usr/bin/flashrom")) if path.exists())
    return [flashrom, "-p", f"serprog:ip={address}", "-w", str(story.image)]
