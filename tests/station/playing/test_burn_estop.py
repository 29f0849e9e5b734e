"""The emergency stop of a bench that burns: pressed, silent or unwatched, the burn ends and no burn is good."""

from __future__ import annotations

import hashlib
import os
import signal
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest

from fixtures.images import make_image
from tests.conftest import WORLDS, Bench
from tests.station.playing.run_process import StationRun, letters, start_station

OpenBench = Callable[..., Bench]
Burn = Callable[[Path], StationRun]
DEAD = "FJR126110001"
PROGRAMMER = """
[devices.prog]
kind = "serprog"
port = "tcp"
name = "fanji-clip"
serial_buffer_bytes = 32768

[units.FJR126110001]
product = "FJ-R1"
firmware = "1.4.1"
faults = ["corrupt_image"]
"""
ROW = """
[programmers.prog]
driver = "serprog"
address = "${prog}"
sockets = ["clip-1"]
level_v = 3.3
"""
WORKING = ("erase", "program")
HUNG_S = 0.4
"""By then the burn waits for an answer that does not come; it gives up after a second."""


@pytest.fixture
def world(tmp_path: Path) -> Path:
    """The bench with an e-stop, and a programmer whose clip can sit on a dead unit's board."""
    template = WORLDS.parent / "benches/estop.bench.toml"
    (tmp_path / "burning.template.toml").write_text(template.read_text(encoding="utf-8") + ROW, encoding="utf-8")
    text = (WORLDS / "estop.world.toml").read_text(encoding="utf-8")
    world = tmp_path / "burning.world.toml"
    world.write_text(text.replace("../benches/estop.bench.toml", "burning.template.toml") + PROGRAMMER, "utf-8")
    return world


@pytest.fixture
def burn(state_dir: Path, tmp_path: Path) -> Iterator[Burn]:
    image = tmp_path / "fj-r1-1.4.2.bin"
    image.write_bytes(make_image("1.4.2"))
    runs = []

    def start(bench_file: Path) -> StationRun:
        arguments = ["burn", str(image), "--target", "W25Q64JV", "--programmer", "prog", "--operator", "李雷"]
        runs.append(start_station(state_dir, [*arguments, "--bench", str(bench_file), "--events"]))
        return runs[-1]

    yield start
    for run in runs:
        run.close()


def opened(bench: OpenBench, world: Path, time_scale: float = 0.25) -> Bench:
    box = bench(world, time_scale=time_scale)
    box.control("socket", programmer="prog", unit=DEAD)
    return box


def working(bench: OpenBench, world: Path, burn: Burn) -> tuple[Bench, StationRun]:
    """A burn that changes its chip."""
    box = opened(bench, world)
    played = burn(box.bench_file)
    played.until(lambda said: said["event"] == "stage_started" and said["stage"] in WORKING)
    assert box.truth()["pins_driven"] == ["prog"]
    return box, played


def test_a_press_ends_the_burn_at_once_with_its_pins_let_go(
    bench: OpenBench, world: Path, burn: Burn, state_dir: Path
) -> None:
    box, played = working(bench, world, burn)
    box.control("estop", pressed=True)
    assert played.end() == 4
    assert box.truth()["pins_driven"] == []
    (letter,) = letters(state_dir)
    failure, last = letter["failure"], letter["stages"][-1]
    assert (letter["result"], failure["kind"], failure["step"]) == ("ABORTED", "estop", last["name"])
    assert (last["outcome"], last["message"]) == ("ABORTED", failure["message"])
    assert "release it" in failure["message"] and letter["proof"] == "none"


def test_while_it_is_pressed_nothing_is_begun_and_once_released_a_chip_is_burned_even_at_a_weak_contact(
    bench: OpenBench, world: Path, burn: Burn, state_dir: Path
) -> None:
    box = opened(bench, world, time_scale=0.0)
    box.control("estop", pressed=True)
    before = box.truth()["sockets"]
    refused = burn(box.bench_file)
    assert refused.end() == 3
    assert [said["event"] for said in refused.events] == ["refused"] and refused.last["kind"] == "estop"
    assert (box.truth()["sockets"], letters(state_dir)) == (before, [])
    box.control("estop", pressed=False)
    box.control("fault", device="prog", fault="weak_contact", hz=2_000_000)
    good = burn(box.bench_file)
    assert good.end() == 0, good.complaint()
    assert box.truth()["pins_driven"] == []
    (letter,) = letters(state_dir)
    assert (letter["programmer"]["model"], letter["marginal"]) == ("fanji-clip at 1 MHz", True)


@pytest.mark.parametrize("fault", ["drop", "close"])
def test_a_line_that_dies_stops_the_burn_as_an_error_of_that_line(
    bench: OpenBench, world: Path, burn: Burn, state_dir: Path, fault: str
) -> None:
    box, played = working(bench, world, burn)
    box.control("fault", device="inputs", fault=fault, on=True)
    assert played.end() == 3
    (letter,) = letters(state_dir)
    assert (letter["result"], letter["failure"]["kind"], letter["failure"]["subject"]) == ("ERROR", "link", "estop")
    assert letter["stages"][-1]["outcome"] == "ERROR" and box.truth()["pins_driven"] == []


@pytest.mark.parametrize(("number", "said"), [(signal.SIGKILL, "ended"), (signal.SIGSTOP, "is silent")])
def test_a_burn_that_nobody_watches_any_more_is_stopped(
    bench: OpenBench, world: Path, burn: Burn, state_dir: Path, number: signal.Signals, said: str
) -> None:
    _, played = working(bench, world, burn)
    (watch,) = psutil.Process(played.process.pid).children()
    os.kill(watch.pid, number)
    assert played.end() == 3
    (letter,) = letters(state_dir)
    assert letter["result"] == "ERROR" and said in letter["failure"]["message"]
    assert not watch.is_running()


def test_a_press_while_the_programmer_hangs_is_still_the_e_stop_and_its_pins_are_let_go_anew(
    bench: OpenBench, world: Path, burn: Burn, state_dir: Path
) -> None:
    box, played = working(bench, world, burn)
    box.control("fault", device="prog", fault="drop", on=True)
    time.sleep(HUNG_S)
    box.control("estop", pressed=True)
    time.sleep(HUNG_S / 2)
    box.control("fault", device="prog", fault="drop", on=False)
    assert played.end() == 4
    assert box.truth()["pins_driven"] == []
    (letter,) = letters(state_dir)
    assert (letter["result"], letter["failure"]["kind"]) == ("ABORTED", "estop")
    assert "pins" not in letter["failure"]["message"]


def test_pins_that_cannot_be_let_go_are_named_with_what_to_do(
    bench: OpenBench, world: Path, burn: Burn, state_dir: Path
) -> None:
    box, played = working(bench, world, burn)
    box.control("fault", device="prog", fault="drop", on=True)
    time.sleep(HUNG_S)
    box.control("estop", pressed=True)
    assert played.end() == 4
    (letter,) = letters(state_dir)
    assert (letter["result"], letter["failure"]["kind"]) == ("ABORTED", "estop")
    assert "unplug the programmer" in letter["failure"]["message"]
    assert box.truth()["pins_driven"] == ["prog"]


def test_a_press_ends_the_burn_of_a_microcontroller_with_the_block_under_way(
    bench: OpenBench, world: Path, state_dir: Path, tmp_path: Path
) -> None:
    mcu = '\n[devices.mcu]\nkind = "stm32_rom"\nchip = "STM32F103x8"\nport = "pty"\n'
    world.write_text(world.read_text(encoding="utf-8") + mcu, encoding="utf-8")
    row = ROW.replace("programmers.prog", "programmers.mcu").replace('"serprog"', '"stm32_usart"')
    template = tmp_path / "burning.template.toml"
    text = template.read_text(encoding="utf-8") + row.replace("${prog}", "${mcu}")
    template.write_text(text, encoding="utf-8")
    image = tmp_path / "mcu.bin"
    image.write_bytes(hashlib.shake_256(b"mcu").digest(60_000))
    box = bench(world, time_scale=1.0)
    arguments = ["burn", str(image), "--target", "STM32F103x8", "--programmer", "mcu", "--operator", "李雷", "--events"]
    played = start_station(state_dir, [*arguments, "--bench", str(box.bench_file)])
    try:
        played.until(lambda said: said["event"] == "stage_started" and said["stage"] == "program")
        box.control("estop", pressed=True)
        assert played.end() == 4
    finally:
        played.close()
    (letter,) = letters(state_dir)
    assert (letter["result"], letter["failure"]["kind"], letter["proof"]) == ("ABORTED", "estop", "none")
    assert letter["stages"][-1]["name"] == "program" and letter["stages"][-1]["bytes_moved"] < 60_000
