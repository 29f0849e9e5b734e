"""EEPROMs at the CH341A of a bench file: the clerk's commands treat them as any other IC."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import Bench, start_bench
from tests.station.link.link_kinds import USB_BACKEND
from tests.station.playing.run_process import StationRun, letters, start_station

WORLD = """
[world]
seed = 1
bench = "eeprom.bench.toml"

[devices.prog]
kind = "ch341a"
"""
BENCH = """
[bench]
name = "Burning place"
station_id = "burning-1"
slot = "table"
usb_backend = "${usb_backend}"

[programmers.prog]
driver = "ch341a"
address = "${prog}"
sockets = ["zif-1"]
level_v = 5.0
"""
Command = Callable[..., tuple[int, dict[str, Any]]]


@pytest.fixture(scope="module")
def box(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bench]:
    folder = tmp_path_factory.mktemp("eeprom")
    (folder / "eeprom.bench.toml").write_text(BENCH, encoding="utf-8")
    (folder / "eeprom.world.toml").write_text(WORLD, encoding="utf-8")
    started = start_bench(folder / "eeprom.world.toml", folder / "bench.toml", 0.0)
    yield started
    started.stop()


@pytest.fixture
def command(box: Bench, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Command]:
    """``command(name, target, *arguments)``: the exit code and what was said last."""
    monkeypatch.setenv("FANJI_USB_BACKENDS", USB_BACKEND)
    runs: list[StationRun] = []

    def start(name: str, target: str, *arguments: str) -> tuple[int, dict[str, Any]]:
        where = ["--programmer", "prog", "--target", target, "--bench", str(box.bench_file)]
        more = ["--operator", "李雷", "--events"] if name in ("burn", "erase") else ["--json"]
        runs.append(start_station(tmp_path / "state", [name, *arguments, *where, *more]))
        code = runs[-1].end()
        return code, json.loads(json.dumps(runs[-1].events[-1]))

    yield start
    for run in runs:
        run.close()


@pytest.fixture
def image(tmp_path: Path) -> Path:
    path = tmp_path / "keys.bin"
    path.write_bytes(hashlib.shake_256(b"keys").digest(120))
    return path


@pytest.mark.parametrize(("chip", "target"), [("24C04", "24C04"), ("93C66", "93C66-16")])
def test_the_clerks_commands_burn_compare_read_and_erase_it(
    box: Bench, command: Command, image: Path, tmp_path: Path, chip: str, target: str
) -> None:
    box.control("eeprom", device="prog", chip=chip, word_bits=16)
    code, told = command("burn", target, str(image))
    assert (code, told["result"]) == (0, "PASS"), told
    (letter,) = letters(tmp_path / "state")
    digest = hashlib.sha256(image.read_bytes()).hexdigest()
    assert (letter["after_sha256"], letter["target"], letter["programmer"]["model"]) == (digest, target, "CH341A")
    assert letter["identity"] == {"jedec": "", "sfdp_sha256": "", "unique_id": ""}
    assert box.control("eeprom", device="prog", length=120)["sha256"] == digest
    assert command("verify", target, str(image))[1].get("is_same") is True
    out = tmp_path / "dump.bin"
    assert command("read", target, str(out), "--region", "10:100")[0] == 0
    assert out.read_bytes() == image.read_bytes()[10:110]
    assert command("blank-check", target)[0] == 1
    code, told = command("erase", target, "--yes", target)
    assert (code, told["result"]) == (0, "PASS"), told
    assert command("blank-check", target)[1].get("is_blank") is True


def test_wp_high_is_a_fail_with_what_to_look_at(box: Bench, command: Command, image: Path) -> None:
    box.control("eeprom", device="prog", chip="24C04", wp=True)
    code, told = command("burn", "24C04", str(image))
    assert code == 1 and "is its pin WP (7) high?" in told["failure"]["message"]
    assert box.control("eeprom", device="prog")["writes"] == 0


def test_a_flash_in_its_place_is_still_found_at_the_same_programmer(box: Bench, command: Command, image: Path) -> None:
    box.control("eeprom", device="prog", chip=None)
    code, told = command("burn", "24C04", str(image))
    assert code == 3 and "no chip answers: reseat the chip" in told["failure"]["message"]


def test_pins_with_another_level_than_the_chip_bears_are_refused(box: Bench, command: Command, image: Path) -> None:
    code, told = command("burn", "W25Q64JV", str(image))
    assert code == 3 and "5.0 V, but a W25Q64JV bears 2.7 to 3.6 V" in told["message"]
