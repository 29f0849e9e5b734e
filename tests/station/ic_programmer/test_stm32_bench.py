"""A microcontroller at a bench file's stm32_usart: the clerk's commands treat it as any other IC."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from station.bench import examine
from station.config.bench_file import read_bench_file
from station.link.clock import SystemClock
from tests.conftest import Bench, start_bench
from tests.station.playing.run_process import StationRun, letters, start_station

WORLD = """
[world]
seed = 1
bench = "mcu.bench.toml"

[devices.mcu]
kind = "stm32_rom"
chip = "STM32F103x8"
port = "pty"

[devices.prog]
kind = "serprog"
"""
BENCH = """
[bench]
name = "Burning place"
station_id = "burning-1"
slot = "table"

[programmers.mcu]
driver = "stm32_usart"
address = "${mcu}"
sockets = ["cable-1"]
level_v = 3.3

[programmers.prog]
driver = "serprog"
address = "${prog}"
sockets = ["clip-1"]
level_v = 3.3
"""
TARGET = ("--target", "STM32F103x8")
BYTES = 1500
Command = Callable[..., tuple[int, dict[str, Any]]]


@pytest.fixture(scope="module")
def box(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bench]:
    folder = tmp_path_factory.mktemp("mcu")
    (folder / "mcu.bench.toml").write_text(BENCH, encoding="utf-8")
    (folder / "mcu.world.toml").write_text(WORLD, encoding="utf-8")
    started = start_bench(folder / "mcu.world.toml", folder / "bench.toml", 0.0)
    yield started
    started.stop()


@pytest.fixture
def command(box: Bench, tmp_path: Path) -> Iterator[Command]:
    """``command(name, *arguments)`` at the microcontroller: the exit code and what was said last as JSON."""
    runs: list[StationRun] = []

    def start(name: str, *arguments: str, programmer: str = "mcu") -> tuple[int, dict[str, Any]]:
        where = ["--programmer", programmer, "--bench", str(box.bench_file)]
        more = ["--operator", "李雷", "--events"] if name == "burn" else ["--json"]
        runs.append(start_station(tmp_path / "state", [name, *arguments, *where, *more]))
        code = runs[-1].end()
        return code, json.loads(json.dumps(runs[-1].events[-1]))

    yield start
    for run in runs:
        run.close()


@pytest.fixture
def image(tmp_path: Path) -> Path:
    path = tmp_path / "mcu-1.0.bin"
    path.write_bytes(hashlib.shake_256(b"image").digest(BYTES))
    return path


def test_an_image_is_burned_compared_and_read_through_the_clerks_commands(
    box: Bench, command: Command, image: Path, tmp_path: Path
) -> None:
    code, told = command("burn", str(image), *TARGET)
    assert (code, told["result"]) == (0, "PASS"), told
    (letter,) = letters(tmp_path / "state")
    digest = hashlib.sha256(image.read_bytes()).hexdigest()
    assert letter["image"]["sha256"] == letter["after_sha256"] == digest
    assert (letter["identity"]["jedec"], letter["target"], letter["proof"]) == (
        "0410",
        "STM32F103x8",
        "readback_final",
    )
    assert letter["programmer"] == {"name": "mcu", "model": "STM32 boot ROM 2.2", "socket": "cable-1"}
    assert box.control("mcu", device="mcu", length=BYTES)["sha256"] == digest
    assert command("verify", str(image), *TARGET)[1].get("is_same") is True
    out = tmp_path / "dump.bin"
    assert command("read", str(out), *TARGET, "--region", f"0:{BYTES}")[0] == 0
    assert out.read_bytes() == image.read_bytes()
    code, told = command("blank-check", *TARGET, "--region", "0x8000:4096")
    assert (code, told.get("is_blank")) == (0, True)


def test_it_is_identified_with_the_types_that_have_its_size(command: Command) -> None:
    code, told = command("identify")
    assert (code, told["jedec"], told["programmer"]) == (0, "0410", "STM32 boot ROM 2.2")
    assert told["targets"] == ["STM32F101x8", "STM32F103x8"]
    assert told["unique_id"] == "0102030405060708090A0B0C"


def test_a_file_with_addresses_is_burned_where_it_says(box: Bench, command: Command, tmp_path: Path) -> None:
    data = hashlib.shake_256(b"hex").digest(64)
    lines = [":020000040800F2"]
    for at in range(0, 64, 16):
        record = bytes((16, at >> 8, at & 0xFF, 0)) + data[at : at + 16]
        lines.append(":" + (record + bytes((-sum(record) & 0xFF,))).hex().upper())
    file = tmp_path / "mcu.hex"
    file.write_text("\n".join([*lines, ":00000001FF", ""]))
    assert command("burn", str(file), *TARGET)[0] == 0
    assert box.control("mcu", device="mcu", length=64)["sha256"] == hashlib.sha256(data).hexdigest()


def test_readout_protection_refuses_every_command_and_stays(box: Bench, command: Command, image: Path) -> None:
    box.control("mcu", device="mcu", read_protected=True)
    try:
        for name, argument in (("burn", str(image)), ("verify", str(image))):
            code, told = command(name, argument, *TARGET)
            said = told.get("problem") or told["failure"]["message"]
            assert code == 1 and "readout protection is on" in said
        assert box.control("mcu", device="mcu")["is_read_protected"]
    finally:
        box.control("mcu", device="mcu", read_protected=False)


def test_a_programmer_that_cannot_reach_such_a_chip_says_so(command: Command, image: Path) -> None:
    code, told = command("burn", str(image), *TARGET, programmer="prog")
    assert code == 3 and "prog: has no line to a microcontroller's boot ROM" in told["message"]
    code, told = command("burn", str(image), "--target", "W25Q64JV")
    assert code == 3 and "mcu: has no SPI" in told["message"]


def test_doctor_says_which_microcontroller_is_there_and_does_not_mind_that_none_is(box: Bench) -> None:
    bench = read_bench_file(box.bench_file)
    reports = {report.name: report for report in examine(bench, SystemClock())}
    assert (reports["mcu"].found, reports["mcu"].problem) == ("STM32 product 0x410, boot ROM 2.2", "")
    box.control("mcu", device="mcu", running=True)
    reports = {report.name: report for report in examine(bench, SystemClock())}
    box.control("mcu", device="mcu", running=False)
    said = "no unit is in its bootloader; the port is 8N1, a boot ROM speaks 8E1: add &format=8E1"
    assert (reports["mcu"].found, reports["mcu"].problem) == (said, "")


def test_protection_is_set_and_taken_away_by_what_is_typed_and_is_in_the_letter(
    box: Bench, command: Command, image: Path, tmp_path: Path
) -> None:
    code, told = command("burn", str(image), *TARGET, "--protect", "RDP=1")
    assert (code, told["result"]) == (0, "PASS"), told
    assert box.control("mcu", device="mcu")["is_read_protected"]
    code, told = command("burn", str(image), *TARGET, "--unprotect")
    assert (code, told["result"]) == (1, "FAIL"), "nobody said that it may be erased"
    code, told = command("burn", str(image), *TARGET, "--erase-all-to-unlock")
    assert (code, told["result"]) == (0, "PASS"), told
    stages = [{each["name"]: each["message"] for each in letter["stages"]} for letter in letters(tmp_path / "state")]
    assert stages[0]["protect"] == "RDP=1: it refuses to be read"
    assert stages[2]["unprotect"] == "readout protection taken away: everything in it was erased"
    code, told = command("burn", str(image), *TARGET, "--protect", "RDP=2")
    assert code == 2 and "can never be undone" in json.dumps(told)


def test_a_burn_killed_at_any_stage_is_never_good_unless_it_had_ended_and_the_next_one_is(
    box: Bench, image: Path, tmp_path: Path
) -> None:
    words = [
        "burn",
        str(image),
        *TARGET,
        "--erase-all-to-unlock",
        "--protect",
        "RDP=1",
        "--operator",
        "李雷",
        "--events",
    ]
    words += ["--programmer", "mcu", "--bench", str(box.bench_file)]
    stages = ("unprotect", "identify", "program", "protect")
    for stage in stages:
        run = start_station(tmp_path / "state", words)
        run.until_event("stage_started", stage=stage)
        run.process.kill()
        run.process.wait()
        run.close()
    last = start_station(tmp_path / "state", words)
    assert last.end() == 0, last.events[-1]
    last.close()
    *killed, good = letters(tmp_path / "state")
    assert len(killed) == len(stages)
    for letter in killed:
        names = [each["name"] for each in letter["stages"]]
        assert letter["result"] == "ABORTED" or (letter["result"], names[-1]) == ("PASS", "protect"), letter
    assert (good["result"], good["proof"], good["stages"][-1]["name"]) == ("PASS", "readback_final", "protect")
    box.control("mcu", device="mcu", option_bytes="a55aff00ff00ff00ff00ff00ff00ff00")
