"""The navigation unit's B+ is watched by the supply itself while its steps are played, on the bench in a box."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import ROOT, WORLDS, Bench, start_bench
from tests.station.playing.run_process import letters, start_station

SERIAL = "FJN726110001"
BESIDE = ("power_up", "boot", "playing_current", "usb_charging", "touch")
WATCHING = ("feed_voltage", "feed_current")
NARROW = """[plan]
name = "FJ-N7 that draws little"
product = "NARROW"
version = "1"
base = "{base}"
[measurements.feed_current_highest]
zh = "供电电流最大值"
en = "Highest current from B+ meanwhile"
comparator = "at_most"
unit = "A"
high = 0.5
source = "this test: below what the unit draws by itself, so that whichever moment is sampled is above it"
"""


@pytest.fixture(scope="module")
def box(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bench]:
    started = start_bench(WORLDS / "navigation.world.toml", tmp_path_factory.mktemp("bench") / "bench.toml", 0.0)
    started.control("insert", unit=SERIAL)
    yield started
    started.stop()


def played(box: Bench, folder: Path, product: str, steps: Sequence[str], bench: Path) -> dict[str, Any]:
    """The letter of a run of some steps."""
    arguments = ["run", SERIAL, "--bench", str(bench), "--product", product, "--operator", "Li", "--purpose", "debug"]
    run = start_station(folder / "state", [*arguments, "--steps", ",".join(steps), "--tick", "all", "--events"])
    try:
        run.end()
    finally:
        run.close()
    assert not any(output["is_on"] for output in box.truth()["outputs"].values())
    (letter,) = letters(folder / "state")
    assert all(action["is_proved"] for action in letter["make_safe"])
    return letter


def test_the_supply_is_sampled_beside_the_steps_and_shows_what_the_unit_draws_then(box: Bench, tmp_path: Path) -> None:
    letter = played(box, tmp_path, "FJ-N7", [*BESIDE, *WATCHING], box.bench_file)
    assert letter["verdict"] == "PASS", letter["failure"]
    values = {taken["name"]: taken["value"] for taken in letter["measurements"]}
    assert 14.3 < values["feed_voltage_lowest"] <= values["feed_voltage_highest"] < 14.5
    assert 0.8 < values["feed_current_highest"] < 2.0  # 0.92 A, and 0.46 A for 1 W from each of four outputs
    curves = {trace["name"]: trace for trace in letter["traces"]}
    assert all(len(curves[name]["y"]) >= 5 for name in WATCHING)


def test_a_unit_that_draws_too_much_is_off_at_once_and_its_run_says_why(box: Bench, tmp_path: Path) -> None:
    (tmp_path / "narrow.py").write_text("from station.sequences.fj_n7 import STEPS as STEPS\n", encoding="utf-8")
    limits = NARROW.format(base=ROOT / "station/sequences/fj_n7.toml")
    (tmp_path / "narrow.toml").write_text(limits, encoding="utf-8")
    bench = tmp_path / "narrow.bench.toml"
    text = box.bench_file.read_text(encoding="utf-8")
    bench.write_text(text.replace("[bench]\n", f'[bench]\nsequences_path = ["{tmp_path}"]\n', 1), encoding="utf-8")
    letter = played(box, tmp_path, "NARROW", [*BESIDE, *WATCHING, "undervoltage"], bench)
    assert (letter["verdict"], letter["failure"]["kind"], letter["failure"]["step"]) == (
        "ABORTED",
        "dut",
        "feed_current",
    )
    taken = {each["name"]: each["outcome"] for each in letter["measurements"]}
    assert taken["feed_current_highest"] == "FAIL" and "undervoltage_rail_5v" not in taken
