"""A microcontroller at a bench file's dfuse: the clerk's commands treat it as any other IC."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from station.bench.programmer import look_at_programmer
from station.config.bench_file import read_bench_file
from station.link.clock import SystemClock
from tests.conftest import Bench, start_bench
from tests.station.link.link_kinds import USB_BACKEND
from tests.station.playing.run_process import StationRun, letters, start_station

WORLD = """
[world]
seed = 1
bench = "dfu.bench.toml"

[devices.mcu]
kind = "stm32_dfu"
chip = "STM32F407xG"
serial = "357836673233"
"""
BENCH = """
[bench]
name = "Burning place"
station_id = "burning-1"
slot = "table"
usb_backend = "${usb_backend}"

[programmers.mcu]
driver = "dfuse"
address = "${mcu}"
sockets = ["usb-1"]
level_v = 3.3
"""
TARGET = ("--target", "STM32F407xG")
Command = Callable[..., tuple[int, dict[str, Any]]]


@pytest.fixture(scope="module")
def box(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bench]:
    folder = tmp_path_factory.mktemp("dfu")
    (folder / "dfu.bench.toml").write_text(BENCH, encoding="utf-8")
    (folder / "dfu.world.toml").write_text(WORLD, encoding="utf-8")
    started = start_bench(folder / "dfu.world.toml", folder / "bench.toml", 0.0)
    yield started
    started.stop()


@pytest.fixture
def command(box: Bench, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Command]:
    """``command(name, *arguments)`` at the microcontroller: the exit code and what was said last as JSON."""
    monkeypatch.setenv("FANJI_USB_BACKENDS", USB_BACKEND)
    runs: list[StationRun] = []

    def start(name: str, *arguments: str) -> tuple[int, dict[str, Any]]:
        where = ["--programmer", "mcu", "--bench", str(box.bench_file)]
        more = ["--operator", "李雷", "--events"] if name in ("burn", "erase") else ["--json"]
        runs.append(start_station(tmp_path / "state", [name, *arguments, *where, *more]))
        code = runs[-1].end()
        return code, json.loads(json.dumps(runs[-1].events[-1]))

    yield start
    for run in runs:
        run.close()


@pytest.fixture
def image(tmp_path: Path) -> Path:
    path = tmp_path / "mcu-1.0.bin"
    path.write_bytes(hashlib.shake_256(b"image").digest(5000))
    return path


def test_an_image_is_burned_compared_and_read_through_the_clerks_commands(
    box: Bench, command: Command, image: Path, tmp_path: Path
) -> None:
    code, told = command("burn", str(image), *TARGET)
    assert (code, told["result"]) == (0, "PASS"), told
    (letter,) = letters(tmp_path / "state")
    digest = hashlib.sha256(image.read_bytes()).hexdigest()
    assert letter["image"]["sha256"] == letter["after_sha256"] == digest
    assert (letter["identity"]["jedec"], letter["identity"]["unique_id"]) == ("0483DF112200", "357836673233")
    assert (letter["target"], letter["proof"]) == ("STM32F407xG", "readback_final")
    assert letter["programmer"] == {"name": "mcu", "model": "STM32 USB boot ROM 2.2", "socket": "usb-1"}
    assert box.control("mcu", device="mcu", length=5000)["sha256"] == digest
    assert command("verify", str(image), *TARGET)[1].get("is_same") is True
    out = tmp_path / "dump.bin"
    assert command("read", str(out), *TARGET, "--region", "0:5000")[0] == 0
    assert out.read_bytes() == image.read_bytes()


def test_it_is_identified_with_the_types_that_are_laid_out_so(
    box: Bench, command: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    code, told = command("identify")
    assert (code, told["jedec"], told["programmer"]) == (0, "0483DF112200", "STM32 USB boot ROM 2.2")
    assert "STM32F407xG" in told["targets"] and "STM32F103xB" not in told["targets"]
    monkeypatch.setenv("FANJI_USB_BACKENDS", USB_BACKEND)
    assert look_at_programmer(read_bench_file(box.bench_file), "mcu", SystemClock()) == "STM32 USB boot ROM 2.2"


def test_a_burn_that_the_device_only_pretends_to_take_is_a_fail_on_record(
    box: Bench, command: Command, image: Path, tmp_path: Path
) -> None:
    image.write_bytes(image.read_bytes()[::-1])
    box.control("mcu", device="mcu", drops_writes=True)
    try:
        code, told = command("burn", str(image), *TARGET)
    finally:
        box.control("mcu", device="mcu", drops_writes=False)
    assert (code, told["result"]) == (1, "FAIL")
    (letter,) = letters(tmp_path / "state")
    assert letter["result"] == "FAIL" and "read back" in letter["failure"]["message"]


def test_it_is_erased_by_saying_its_type_twice(box: Bench, command: Command, image: Path) -> None:
    assert command("burn", str(image), *TARGET)[0] == 0
    code, told = command("erase", *TARGET, "--yes", "STM32F407xG", "--region", "0:0x4000")
    assert (code, told["result"]) == (0, "PASS"), told
    assert box.control("mcu", device="mcu", length=5000)["sha256"] == hashlib.sha256(b"\xff" * 5000).hexdigest()


def test_doctor_says_that_no_unit_is_in_its_bootloader(box: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FANJI_USB_BACKENDS", USB_BACKEND)
    box.control("fault", device="mcu", fault="close")
    try:
        seen = look_at_programmer(read_bench_file(box.bench_file), "mcu", SystemClock())
    finally:
        box.control("fault", device="mcu", fault="close", on=False)
    assert seen.startswith("no unit is in its bootloader")


def test_a_programmer_for_flashes_is_not_taken_for_it(command: Command, image: Path) -> None:
    code, told = command("burn", str(image), "--target", "W25Q80DV")
    assert code == 3 and "has no SPI" in json.dumps(told)
