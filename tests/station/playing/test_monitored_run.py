"""A run whose supply is watched by a meter: evidence where all goes well, outputs off at once where it does not."""

from __future__ import annotations

import shutil
import socket
import time
from collections.abc import Callable
from pathlib import Path

from tests.conftest import Bench
from tests.station.playing.run_process import StationRun, letters, start_station

OpenBench = Callable[..., Bench]
PRODUCT = Path(__file__).parent / "products/watched.py"


def started(box: Bench, state_dir: Path, *more: str) -> StationRun:
    """A run of WATCH-1."""
    folder = box.bench_file.parent / "products"
    folder.mkdir()
    for file in (PRODUCT, PRODUCT.with_suffix(".toml")):
        shutil.copy(file, folder)
    text = box.bench_file.read_text(encoding="utf-8")
    box.bench_file.write_text(
        text.replace('slot = "slot-1"', 'slot = "slot-1"\nsequences_path = ["products"]', 1), encoding="utf-8"
    )
    arguments = ["run", "X-9", "--bench", str(box.bench_file), "--product", "WATCH-1", "--operator", "王芳"]
    return start_station(state_dir, [*arguments, "--events", *more])


def asked(box: Bench, state_dir: Path) -> StationRun:
    """One that waits for its operator, with five samples taken for sure."""
    run = started(box, state_dir)
    run.until_event("confirm_asked")
    time.sleep(2.0)
    return run


def test_a_supply_that_stays_in_its_limits_is_evidence_with_a_curve(bench: OpenBench, state_dir: Path) -> None:
    run = asked(bench(), state_dir)
    try:
        run.tell({"command": "confirm", "prompt_id": run.last["prompt_id"], "is_so": True})
        assert run.end() == 0
    finally:
        run.close()
    (letter,) = letters(state_dir)
    values = {taken["name"]: taken["value"] for taken in letter["measurements"]}
    assert 4.9 < values["lowest_supply"] <= values["highest_supply"] < 5.1
    (curve,) = letter["traces"]
    assert curve["name"] == "supply_watched" and len(curve["y"]) >= 5


def test_a_supply_that_rises_beyond_its_trip_limit_is_off_within_a_second(bench: OpenBench, state_dir: Path) -> None:
    box = bench()
    run = asked(box, state_dir)
    try:
        with socket.create_connection(box.endpoint("psu"), timeout=5) as line:
            line.sendall(b"INST OUT1\nAPPL 9,0.1\n*OPC?\n")
            line.recv(10)
        raised_at = box.truth()["outputs"]["1"]["changed_at"]
        assert run.end() == 4
    finally:
        run.close()
    output = box.truth()["outputs"]["1"]
    assert not output["is_on"] and output["changed_at"] - raised_at < 1.0
    (letter,) = letters(state_dir)
    assert (letter["verdict"], letter["has_failed_measurement"], letter["failure"]["kind"]) == ("ABORTED", True, "dut")
    assert letter["failure"]["step"] == "supply_watched" and "above 5.5" in letter["failure"]["message"]
    assert {taken["name"]: taken["outcome"] for taken in letter["measurements"]} == {"highest_supply": "FAIL"}


def test_a_plan_with_monitors_is_not_recorded_for_a_replay(bench: OpenBench, state_dir: Path, tmp_path: Path) -> None:
    run = started(bench(), state_dir, "--record", str(tmp_path / "recording"))
    try:
        assert run.end() == 2
    finally:
        run.close()
    assert run.last["event"] == "refused" and "monitors cannot be recorded" in run.last["message"]
