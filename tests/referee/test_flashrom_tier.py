"""flashrom as a programmer: burned by it, proved by our own reading; what it cannot answer for is refused."""

from __future__ import annotations

import hashlib
import stat
from collections.abc import Callable
from pathlib import Path

import pytest

from station.ic_programmer.flashrom_chip import FlashromChip
from station.ic_programmer.programmers.flashrom import Flashrom
from station.ic_programmer.target import read_targets
from station.link.clock import SystemClock
from station.model.errors import ConfigError, ContactError, ProgrammerError, ProtectedError, WrongChip
from tests.conftest import Bench
from tests.station.playing.run_process import letters, start_station

OpenBench = Callable[..., Bench]
CHIP = "W25Q80DV"
pytestmark = pytest.mark.referee("flashrom")


def with_flashrom(box: Bench) -> Path:
    """The bench file, its programmer reached by flashrom."""
    text = box.bench_file.read_text(encoding="utf-8")
    words = f"program://flashrom?serprog:ip={box.address['prog'].removeprefix('tcp://')}"
    box.bench_file.write_text(
        text.replace('driver = "serprog"', 'driver = "flashrom"').replace(box.address["prog"], words), encoding="utf-8"
    )
    return box.bench_file


def test_flashrom_burns_a_chip_that_held_something_else(bench: OpenBench, tmp_path: Path) -> None:
    box, image, state_dir = bench(), tmp_path / "image.bin", tmp_path / "state"
    box.control("socket", programmer="prog", chip=CHIP)
    bench_file = with_flashrom(box)
    words = ["burn", str(image), f"--target={CHIP}", "--programmer=prog", "--operator=李雷", "--events"]
    for content in (b"first", b"second"):
        image.write_bytes(hashlib.shake_256(content).digest(5000))
        played = start_station(state_dir, [*words, f"--bench={bench_file}"])
        code = played.end()
        played.close()
        assert code == 0, played.events[-1:]
    assert [letter["result"] for letter in letters(state_dir)] == ["PASS", "PASS"]


def test_flashrom_burns_and_we_read_back(bench: OpenBench, tmp_path: Path) -> None:
    box, image, state_dir = bench(), tmp_path / "image.bin", tmp_path / "state"
    image.write_bytes(hashlib.shake_256(b"image").digest(5000))
    box.control("socket", programmer="prog", chip=CHIP)
    words = ["burn", str(image), f"--target={CHIP}", "--programmer=prog", "--operator=李雷", "--events"]
    played = start_station(state_dir, [*words, f"--bench={with_flashrom(box)}"])
    assert played.end() == 0, (played.events[-1:], played.complaint())
    played.close()
    (letter,) = letters(state_dir)
    assert letter["programmer"]["model"].startswith("flashrom ")
    assert (letter["result"], letter["proof"], letter["identity"]["jedec"]) == ("PASS", "readback_final", "EF4014")
    assert letter["after_sha256"] == hashlib.sha256(image.read_bytes()).hexdigest()


@pytest.mark.parametrize(
    ("told", "error", "problem"),
    [
        ("No EEPROM/flash device found.", ContactError, "finds no chip: No EEPROM/flash device found"),
        ("compare_id: id1 0xff, id2 0xffff", ContactError, "no chip answers"),
        ("compare_id: id1 0xef, id2 0x4017", WrongChip, "says EF4017, a W25Q80DV says EF4014"),
        ("compare_id: id1 0xef, id2 0x4014", ConfigError, "does not know this chip"),
    ],
)
def test_what_does_not_answer_as_the_type_is_refused(
    tmp_path: Path, told: str, error: type[Exception], problem: str
) -> None:
    chip = FlashromChip(
        Flashrom("prog", "dummy", SystemClock(), stand_in(tmp_path, f"echo '{told}'; exit 1")), read_targets()[CHIP]
    )
    with pytest.raises(error, match=problem):
        chip.contact()
        chip.identify()


@pytest.mark.parametrize(
    ("script", "error", "problem"),
    [
        ("sleep 60", ProgrammerError, "does not end"),
        ("echo Verification impossible; exit 3", ProgrammerError, "ended with 3: Verification impossible"),
    ],
)
def test_a_program_that_hangs_or_fails_is_an_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, script: str, error: type[Exception], problem: str
) -> None:
    monkeypatch.setattr("station.ic_programmer.programmers.flashrom.START_S", 0.3)
    with pytest.raises(error, match=problem):
        Flashrom("prog", "dummy", SystemClock(), stand_in(tmp_path, script)).read("W25Q80", 0.1, lambda: None)


@pytest.mark.parametrize(
    ("told", "problem"),
    [("Chip status register is 0x1c.", "write protected"), ("Found it.", "cannot say")],
)
def test_a_chip_that_is_or_may_be_protected_is_not_burned(tmp_path: Path, told: str, problem: str) -> None:
    chip = FlashromChip(
        Flashrom("prog", "dummy", SystemClock(), stand_in(tmp_path, f"echo '{told}'")), read_targets()[CHIP]
    )
    with pytest.raises(ProtectedError, match=problem):
        chip.learn_memory()


def stand_in(folder: Path, script: str) -> Path:
    """A program that is called as flashrom is."""
    path = folder / "flashrom"
    path.write_text(f"#!/bin/sh\n{script}\n", encoding="utf-8")
    path.chmod(path.stat().st_mode | stat.S_IXUSR)
    return path


def test_a_chip_is_not_looked_for_by_another_program(bench: OpenBench, tmp_path: Path) -> None:
    box = bench()
    played = start_station(
        tmp_path / "state", ["identify", "--programmer=prog", f"--bench={with_flashrom(box)}", "--json"]
    )
    assert played.end() == 3
    played.close()
    assert "is another program, which must be told the type" in str(played.events[-1])
