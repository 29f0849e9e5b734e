"""One e-stop of a bench with two slots: pressed once, both runs end and all outputs are off within a second."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path

from tests.conftest import ROOT, WORLDS, Bench
from tests.station.playing.run_process import letters, start_station

BUTTON = '\n[devices.button]\nkind = "estop_line"\nline = "dsr"\njig = "left"\n'
ESTOP = '\n[estop]\naddress = "{}"\nline = "dsr"\n'
SERIALS = {"left": "FJR126110001", "right": "FJR126110002"}


def two_slots(bench: Callable[..., Bench], folder: Path) -> Bench:
    """A good unit in each jig, and a button that both watch."""
    text = (WORLDS / "two-slots.world.toml").read_text(encoding="utf-8") + BUTTON
    world = folder / "stop.world.toml"
    world.write_text(text.replace("../benches", str(ROOT / "fixtures/benches")), encoding="utf-8")
    box = bench(world, time_scale=1.0)
    for slot, serial in SERIALS.items():
        box.control("insert", unit=serial, jig=slot)
    with box.bench_file.open("a", encoding="utf-8") as file:
        file.write(ESTOP.format(box.address["button"]))
    return box


def test_one_press_ends_the_runs_of_both_slots(bench: Callable[..., Bench], tmp_path: Path, state_dir: Path) -> None:
    box = two_slots(bench, tmp_path)
    with ExitStack() as stack:
        runs = []
        for slot, serial in SERIALS.items():
            where = ["--bench", str(box.bench_file), "--slot", slot, "--product", "FJ-R1", "--operator", "王芳"]
            runs.append(start_station(state_dir, ["run", serial, *where, "--events", "--tick", "all"]))
            stack.callback(runs[-1].close)
        for run in runs:
            run.until_event("step_started", step="boot")
        box.control("estop", pressed=True)
        assert [run.end() for run in runs] == [4, 4]
    pressed_at = box.control("truth", jig="left")["estop"]["changed_at"]
    for slot in SERIALS:
        outputs = box.control("truth", jig=slot)["outputs"]
        assert not any(output["is_on"] for output in outputs.values())
        assert 0 < max(output["off_at"] for output in outputs.values()) - pressed_at < 1.0
    sent = {letter["slot"]: letter for letter in letters(state_dir)}
    assert {slot: (letter["verdict"], letter["failure"]["kind"]) for slot, letter in sent.items()} == {
        "left": ("ABORTED", "estop"),
        "right": ("ABORTED", "estop"),
    }
