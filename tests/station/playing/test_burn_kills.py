"""A burn that is killed at any stage is on record as cut off, never as good, and what the chip held is kept."""

from __future__ import annotations

import hashlib
import os
import signal
from collections.abc import Callable
from pathlib import Path

from station.ic_programmer.job import BurnOptions, stages_of
from tests.conftest import WORLDS, Bench
from tests.station.playing.run_process import StationRun, letters, start_station

STAGES = ("unprotect", "backup", "erase", "blank_check", "program", "read_back", "protect")
SIZE = 0x10000
UNIT = "FJR126110003"


def begun(box: Bench, state_dir: Path, image: Path) -> StationRun:
    arguments = ["burn", str(image), "--target", "W25Q64JV", "--programmer", "prog", "--operator", "李雷", "--events"]
    arguments += ["--unprotect", "--protect", "BP=7"]
    return start_station(state_dir, [*arguments, "--bench", str(box.bench_file)])


def test_a_burn_killed_at_any_stage_is_cut_off_on_record_and_the_old_content_is_kept(
    bench: Callable[..., Bench], state_dir: Path, tmp_path: Path
) -> None:
    world = (WORLDS / "usb-programmer.world.toml").read_text(encoding="utf-8")
    slow = world.replace("2000000", "1000000").replace("../benches", str(WORLDS.parent / "benches"))
    (tmp_path / "slow.world.toml").write_text(slow, encoding="utf-8")
    box = bench(tmp_path / "slow.world.toml", time_scale=1.0)
    box.control("socket", programmer="prog", unit=UNIT)
    before = box.control("truth", length=SIZE)["sockets"]["prog"]["sha256"]
    image = tmp_path / "image.bin"
    for seed, stage in enumerate(STAGES):
        image.write_bytes(hashlib.shake_128(bytes((seed,))).digest(SIZE))
        played = begun(box, state_dir, image)
        played.until_event("stage_started", stage=stage)
        os.kill(played.process.pid, signal.SIGKILL)
        played.process.wait()
        played.close()
    last = begun(box, state_dir, image)
    assert last.end() == 0, (last.events[-1:], last.complaint())
    last.close()
    *killed, good = letters(state_dir)
    assert [letter["result"] for letter in killed] == ["ABORTED"] * len(STAGES)
    order = stages_of(BurnOptions(lifts_protection=True, protection=(("BP", 7),)))
    cut = [letter["stages"][-1]["name"] for letter in killed]
    assert all(order.index(found) >= order.index(stage) for found, stage in zip(cut, STAGES, strict=True)), cut
    assert all("not known" in letter["failure"]["message"] for letter in killed)
    assert all(letter["proof"] == "none" for letter in killed)
    assert (good["result"], good["proof"], good["stages"][-1]["name"]) == ("PASS", "readback_final", "protect")
    assert good["stages"][-1]["message"] == "BP=7: status registers are 1C 00 00"
    kept = {hashlib.sha256(path.read_bytes()).hexdigest() for path in (state_dir / "backups").iterdir()}
    assert before in kept
