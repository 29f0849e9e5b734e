"""FJ-R1 is tested the same on a bench with any supply, and whatever supply it is, a kill leaves it off."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.conftest import Bench
from tests.station.playing.run_process import StationRun, letters
from tests.supply_benches import FEEDS, PSU, UNIT, supply_world

Start = Callable[..., StationRun]
OpenBench = Callable[..., Bench]


@pytest.mark.parametrize("model", FEEDS)
def test_a_good_unit_passes_on_a_bench_with_any_supply(
    bench: OpenBench, run: Start, state_dir: Path, tmp_path: Path, model: str
) -> None:
    box = bench(supply_world(tmp_path, model))
    box.control("insert", unit=UNIT)
    played = run(box.bench_file)
    assert played.end() == 0, played.last
    (letter,) = letters(state_dir)
    assert {taken["outcome"] for taken in letter["measurements"]} == {"PASS"}
    assert all(action["is_proved"] for action in letter["make_safe"]), letter["make_safe"]
    assert not any(output["is_on"] for output in box.truth()["outputs"].values())


@pytest.mark.parametrize("model", FEEDS)
def test_a_killed_run_leaves_any_supply_off_within_a_second(
    bench: OpenBench, run: Start, state_dir: Path, tmp_path: Path, model: str
) -> None:
    box = bench(supply_world(tmp_path, model), time_scale=1.0)
    box.control("insert", unit=UNIT)
    played = run(box.bench_file)
    played.until_event("trace", step="boot")
    terminals = [str(feed.terminal) for feed in FEEDS[model] if feed.instrument == PSU]
    assert all(box.truth()["outputs"][terminal]["is_on"] for terminal in terminals)
    killed_at = box.truth()["monotonic"]
    os.kill(played.process.pid, signal.SIGKILL)
    deadline = time.monotonic() + 20.0
    while not letters(state_dir) and time.monotonic() < deadline:
        time.sleep(0.02)
    outputs = box.truth()["outputs"]
    assert not any(output["is_on"] for output in outputs.values())
    assert all(0 < outputs[terminal]["off_at"] - killed_at < 1.0 for terminal in terminals)
    (letter,) = letters(state_dir)
    assert letter["verdict"] == "ABORTED"
    assert all(action["is_proved"] for action in letter["make_safe"]), letter["make_safe"]
