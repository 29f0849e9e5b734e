"""pyOCD as a programmer, by a stand-in that takes what its command line takes; what it claims proves nothing."""

from __future__ import annotations

import hashlib
import json
import sys
from pathlib import Path
from typing import Any

import pytest

from station.ic_programmer.burn import burn
from station.ic_programmer.chip_types import read_chip_types
from station.ic_programmer.image import Image, Segment
from station.ic_programmer.job import BurnJob, BurnOutcome
from station.ic_programmer.programmers import program
from station.ic_programmer.programmers.pyocd import Pyocd
from station.ic_programmer.stm32_target import read_stm32
from station.link.clock import SystemClock
from station.model.errors import ConfigError, ContactError, ProgrammerError, WrongChip
from tests.conftest import ROOT

MCU = "STM32F103x8"
START, SIZE = 0x08000000, 0x10000
DATA = hashlib.shake_128(b"image").digest(3000)
OLD = hashlib.shake_128(b"old").digest(SIZE)


class Probe:
    """The stand-in with a microcontroller at its probe."""

    def __init__(self, folder: Path, told: dict[int, str] | None = None, **state: Any) -> None:
        self.file = folder / "pyocd.json"
        info = {0xE0042000: "10640020", 0x1FFFF7E0: "4000", 0x1FFFF7E8: "0102030405060708090a0b0c"} | (told or {})
        usual = {"probe": "0669FF", "target": "stm32f103x8", "start": START, "sector": 1024, "told": info}
        self.file.write_text(json.dumps(usual | state), encoding="utf-8")
        self.flash = self.file.with_suffix(".flash")
        self.flash.write_bytes(OLD)

    def tool(self, words: str = "*") -> Pyocd:
        command = [sys.executable, "-S", "-E", str(ROOT / "fixtures/programs/pyocd.py"), str(self.file)]
        return Pyocd("swd", words, SystemClock(), command)

    def burned(self, words: str = "*") -> BurnOutcome:
        target = read_stm32()[MCU]
        image = Image("a.bin", "1", hashlib.sha256(DATA).hexdigest(), (Segment(512, DATA),))
        return burn(BurnJob(image, target), self.tool(words).chip(target), SystemClock(), lambda _: None)


def test_a_microcontroller_is_burned_beside_what_it_held_and_read_back_by_us(tmp_path: Path) -> None:
    probe = Probe(tmp_path)
    outcome = probe.burned("* probe=0669FF frequency=4M connect=under-reset")
    assert (outcome.result, outcome.proof, outcome.failure) == ("PASS", "readback_final", None)
    assert outcome.programmer_model == "pyOCD 0.46.0"
    assert (outcome.identity.jedec, outcome.identity.unique_id) == ("0410", "0102030405060708090A0B0C")
    assert probe.flash.read_bytes() == OLD[:512] + DATA + OLD[3512:]
    assert outcome.backup is not None and outcome.backup.content == OLD[:4096]


@pytest.mark.parametrize(
    ("fault", "result", "said"),
    [
        ("drops_writes", "FAIL", "address 0x000000: expected"),
        ("erases_nothing", "FAIL", "address 0x000000: expected 0xFF"),
        ("stuck_bit", "FAIL", "address 0x000123"),
        ("protected", "FAIL", "is readout protection on?"),
        ("reads_half", "ERROR", "pyOCD gave 2 of 4 bytes"),
        ("no_probe", "ERROR", "pyOCD finds no debug probe: look at its USB cable"),
        ("no_answer", "ERROR", "does not answer: look at SWDIO"),
    ],
)
def test_what_it_says_proves_nothing(tmp_path: Path, fault: str, result: str, said: str) -> None:
    outcome = Probe(tmp_path, faults=[fault]).burned()
    assert outcome.failure is not None
    assert (outcome.result, said in outcome.failure.message) == (result, True), outcome.failure


@pytest.mark.parametrize(
    ("told", "error", "said"),
    [
        ({0xE0042000: "13640020"}, WrongChip, "says product 0x413, a STM32F103x8 says 0x410"),
        ({0xE0042000: "00000000"}, ContactError, "says 0x000: look at SWDIO"),
        ({0x1FFFF7E0: "8000"}, WrongChip, "has 128 KiB, a STM32F103x8 has 64"),
    ],
)
def test_another_microcontroller_is_refused(
    tmp_path: Path, told: dict[int, str], error: type[Exception], said: str
) -> None:
    chip = Probe(tmp_path, told).tool().chip(read_stm32()[MCU])
    with pytest.raises(error, match=said):
        chip.contact()
        chip.identify()


def test_a_name_that_pyocd_does_not_know_is_for_whoever_wrote_the_bench_file(tmp_path: Path) -> None:
    chip = Probe(tmp_path).tool("stm32f103rc").chip(read_stm32()[MCU])
    with pytest.raises(ConfigError, match="pyOCD knows no stm32f103rc: see pyocd list --targets"):
        chip.contact()


def test_a_call_that_does_not_end_is_ended(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    tool = Probe(tmp_path, faults=["hangs"]).tool()
    tool.look()
    monkeypatch.setattr("station.ic_programmer.programmers.pyocd.START_S", 0.2)
    with pytest.raises(ProgrammerError, match="pyocd does not end"):
        tool.read("stm32f103x8", [(START, 16)], 0.1)


def test_who_must_install_it_is_said(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(program, "FOLDERS", str(tmp_path))
    monkeypatch.setattr(program, "find_spec", lambda _: None)
    with pytest.raises(ProgrammerError, match=r"pyocd is not installed on this PC .*pip install fanji\[pyocd\]"):
        Pyocd("swd", "*", SystemClock())


@pytest.mark.parametrize("words", ["* -O x=y", "* probe=../x", "* connect=hot", "STM32"])
def test_words_that_it_should_not_be_told_are_refused(tmp_path: Path, words: str) -> None:
    with pytest.raises(ConfigError, match=r"write probe=|is no name"):
        Probe(tmp_path).tool(words)


def test_every_product_says_where_a_debugger_asks_it_and_a_flash_is_none(tmp_path: Path) -> None:
    assert all(target.family.idcode for target in read_stm32().values())
    with pytest.raises(ProgrammerError, match="a W25Q80DV is none"):
        Probe(tmp_path).tool().chip(read_chip_types()["W25Q80DV"])
