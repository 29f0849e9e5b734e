"""Erasing an IC: only what was said twice, kept before, read afterwards, and on record like any burn."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import Bench, start_bench
from tests.station.playing.run_process import StationRun, letters, start_station

WORLD = """
[world]
seed = 1
bench = "erase.bench.toml"

[devices.prog]
kind = "serprog"

[devices.mcu]
kind = "stm32_rom"
chip = "STM32L053x8"
port = "pty"
"""
BENCH = """
[bench]
name = "Burning place"
station_id = "burning-1"
slot = "table"

[programmers.prog]
driver = "serprog"
address = "${prog}"
sockets = ["clip-1"]
level_v = 3.3

[programmers.mcu]
driver = "stm32_usart"
address = "${mcu}"
sockets = ["cable-1"]
level_v = 3.3
"""
CHIP = "W25Q80DV"
CONTENT = hashlib.shake_256(b"old").digest(0x3000)
Erase = Callable[..., tuple[int, dict[str, Any]]]


@pytest.fixture(scope="module")
def box(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bench]:
    folder = tmp_path_factory.mktemp("erase")
    (folder / "erase.bench.toml").write_text(BENCH, encoding="utf-8")
    (folder / "erase.world.toml").write_text(WORLD, encoding="utf-8")
    started = start_bench(folder / "erase.world.toml", folder / "bench.toml", 0.0)
    yield started
    started.stop()


@pytest.fixture
def station(box: Bench, tmp_path: Path) -> Iterator[Erase]:
    """``station(command, *arguments)``: the exit code and what was said last."""
    runs: list[StationRun] = []

    def start(*arguments: str, programmer: str = "prog", target: str = CHIP) -> tuple[int, dict[str, Any]]:
        where = ["--programmer", programmer, "--target", target, "--bench", str(box.bench_file)]
        runs.append(start_station(tmp_path / "state", [*arguments, *where, "--operator", "李雷", "--events"]))
        code = runs[-1].end()
        return code, json.loads(json.dumps(runs[-1].events[-1]))

    yield start
    for run in runs:
        run.close()


@pytest.fixture
def full(box: Bench, station: Erase, tmp_path: Path) -> None:
    """A chip that holds CONTENT."""
    box.control("socket", programmer="prog", chip=CHIP)
    image = tmp_path / "old.bin"
    image.write_bytes(CONTENT)
    assert station("burn", str(image))[0] == 0


def digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def held(box: Bench) -> str:
    found: str = box.control("truth", length=len(CONTENT))["sockets"]["prog"]["sha256"]
    return found


@pytest.mark.usefixtures("full")
def test_all_of_a_chip_is_erased_kept_before_and_on_record(box: Bench, station: Erase, tmp_path: Path) -> None:
    code, told = station("erase", "--yes", CHIP)
    assert (code, told["result"]) == (0, "PASS"), told
    assert held(box) == digest(b"\xff" * len(CONTENT))
    letter = letters(tmp_path / "state")[-1]
    size = 1 << 20
    assert letter["image"] == {
        **letter["image"],
        "name": "erased",
        "size_bytes": size,
        "sha256": digest(b"\xff" * size),
    }
    assert (letter["after_sha256"], letter["proof"]) == (digest(b"\xff" * size), "readback_final")
    assert letter["before_sha256"] == digest(CONTENT.ljust(size, b"\xff"))
    kept = tmp_path / "state/backups" / f"{letter['before_sha256']}.bin"
    assert kept.read_bytes()[: len(CONTENT)] == CONTENT


@pytest.mark.usefixtures("full")
def test_a_part_is_erased_and_what_surrounds_it_is_kept(box: Bench, station: Erase) -> None:
    assert station("erase", "--yes", CHIP, "--region", "0x1100:0x800")[0] == 0
    assert held(box) == digest(CONTENT[:0x1100] + b"\xff" * 0x800 + CONTENT[0x1900:])


@pytest.mark.usefixtures("full")
@pytest.mark.parametrize("said", [(), ("--yes", "W25Q64JV")])
def test_what_was_not_said_twice_is_not_erased(box: Bench, station: Erase, said: tuple[str, ...]) -> None:
    code, told = station("erase", *said)
    assert (code, told["event"]) == (2, "refused")
    assert told["message"] == f"nothing was erased: say the type once more (--yes {CHIP})"
    assert held(box) == digest(CONTENT)


@pytest.mark.usefixtures("full")
def test_what_a_burn_refuses_an_erase_refuses(box: Bench, station: Erase) -> None:
    code, told = station("erase", "--yes", "W25Q64JV", target="W25Q64JV")
    assert code == 1 and "a W25Q64JV says EF4017" in told["failure"]["message"]
    code, told = station("erase", "--yes", "SST25VF080B", target="SST25VF080B")
    assert code == 2 and "cannot be erased here" in told["message"]
    box.control("fault", device="prog", fault="protected", on=True, status1=0x1C)
    code, told = station("erase", "--yes", CHIP)
    assert code == 1 and "write protection is set" in told["failure"]["message"]
    assert held(box) == digest(CONTENT)


@pytest.mark.usefixtures("full")
def test_a_sector_that_does_not_erase_is_no_pass(box: Bench, station: Erase) -> None:
    box.control("fault", device="prog", fault="sector_not_erasing", on=True, address=0x1000)
    code, told = station("erase", "--yes", CHIP, "--region", "0:0x3000")
    assert code == 1 and "address 0x001" in told["failure"]["message"]


def test_a_microcontroller_is_erased_to_what_it_calls_erased(box: Bench, station: Erase, tmp_path: Path) -> None:
    image = tmp_path / "mcu.bin"
    image.write_bytes(CONTENT[:600])
    assert station("burn", str(image), programmer="mcu", target="STM32L053x8")[0] == 0
    erased = station("erase", "--yes", "STM32L053x8", "--region", "0:0x400", programmer="mcu", target="STM32L053x8")
    assert erased[0] == 0, erased
    assert box.control("mcu", device="mcu", length=0x400)["sha256"] == digest(b"\0" * 0x400)
