"""A modelled clock: nothing happens that nobody has waited for, and what was waited for has happened."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.conftest import WORLDS, Bench, start_bench
from tests.modelled_clock import ModelledClock

GOOD = "FJR126110003"


@pytest.fixture
def box(tmp_path: Path) -> Iterator[Bench]:
    running = start_bench(WORLDS / "demo.world.toml", tmp_path / "bench.toml", None)
    yield running
    running.stop()


def test_an_hour_passes_in_a_moment_and_the_unit_lives_through_it(box: Bench) -> None:
    clock = ModelledClock(box)
    box.control("insert", unit=GOOD)
    start, real = clock.now(), time.monotonic()
    clock.wait(3600.0)
    assert clock.now() - start >= 3600.0
    assert time.monotonic() - real < 10.0
    assert box.truth()["state"] == "off"


def test_a_world_in_real_time_refuses_to_be_moved(tmp_path: Path) -> None:
    running = start_bench(WORLDS / "demo.world.toml", tmp_path / "bench.toml", 0.0)
    try:
        assert "no modelled one" in running.request("advance", seconds=1.0)["problem"]
    finally:
        running.stop()


@pytest.mark.parametrize("seconds", [-1.0, "1", None, True, 1e9])
def test_only_a_sensible_number_of_seconds_moves_the_clock(box: Bench, seconds: object) -> None:
    assert not box.request("advance", seconds=seconds)["ok"]
