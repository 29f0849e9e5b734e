"""Keys of the bench file that reach further than one instrument: a shop's own products, and recordings."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path

from station.sequences import fj_r1
from tests.conftest import Bench
from tests.station.playing.run_process import StationRun

OpenBench = Callable[..., Bench]
Start = Callable[..., StationRun]
GOOD = "FJR126110003"
SHIPPED = Path(fj_r1.__file__)


def changed(box: Bench, old: str, new: str) -> str:
    """The bench file with ``old`` replaced by ``new``."""
    text = box.bench_file.read_text(encoding="utf-8")
    assert old in text
    box.bench_file.write_text(text.replace(old, new, 1), encoding="utf-8")
    return str(box.bench_file)


def test_a_shop_tests_its_own_product_from_a_folder_beside_its_bench_file(bench: OpenBench, station: Start) -> None:
    box = bench()
    box.control("insert", unit=GOOD)
    folder = box.bench_file.parent / "our-products"
    folder.mkdir()
    shutil.copy(SHIPPED, folder / "own.py")
    text = SHIPPED.with_suffix(".toml").read_text(encoding="utf-8")
    (folder / "own.toml").write_text(text.replace('product = "FJ-R1"', 'product = "OWN-1"'), encoding="utf-8")
    file = changed(box, 'slot = "slot-1"', 'slot = "slot-1"\nsequences_path = ["our-products"]')
    run = station("run", GOOD, "--bench", file, "--product", "OWN-1", "--operator", "Li", "--events", "--tick", "all")
    assert run.end() == 0
    assert run.events[0]["product"] == "OWN-1"


def test_a_folder_that_does_not_exist_is_refused_with_its_line(bench: OpenBench, station: Start) -> None:
    file = changed(bench(), 'slot = "slot-1"', 'slot = "slot-1"\nsequences_path = ["nowhere"]')
    run = station("run", GOOD, "--bench", file, "--product", "FJ-R1", "--operator", "Li", "--events")
    assert run.end() == 2
    assert "bench.sequences_path: there is no folder" in run.last["message"]


def test_every_byte_of_a_recorded_instrument_is_noted_with_direction_and_time(bench: OpenBench, station: Start) -> None:
    box = bench()
    box.control("insert", unit=GOOD)
    notes = box.bench_file.parent / "dmm.jsonl"
    file = changed(box, 'driver = "dmm6500"', f'driver = "dmm6500"\nrecord = "{notes}"')
    run = station("run", GOOD, "--bench", file, "--product", "FJ-R1", "--operator", "Li", "--events", "--tick", "all")
    assert run.end() == 0
    lines = [json.loads(line) for line in notes.read_text(encoding="utf-8").splitlines()]
    assert len(lines) > 20
    assert "READ?" in notes.read_text(encoding="utf-8")
