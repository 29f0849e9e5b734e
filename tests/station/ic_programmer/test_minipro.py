"""minipro as a programmer, by a stand-in that does what its manual page says; what it claims proves nothing."""

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
from station.ic_programmer.job import BurnJob, BurnOptions, BurnOutcome
from station.ic_programmer.minipro_chip import MiniproChip
from station.ic_programmer.programmers import program
from station.ic_programmer.programmers.minipro import Minipro
from station.link.clock import SystemClock
from station.model.errors import ConfigError, ContactError, ProgrammerError, WrongChip
from tests.conftest import ROOT

FLASH, EEPROM = "W25Q80DV", "24C02"
PRODUCTION = BurnOptions()
SIZES = {FLASH: 1 << 20, EEPROM: 256}
DATA = hashlib.shake_128(b"image").digest(200)
OLD = hashlib.shake_128(b"old").digest(256)


class Socket:
    """The stand-in with a chip in its socket."""

    def __init__(self, folder: Path, chip: str = FLASH, **state: Any) -> None:
        self.chip = chip
        self.file = folder / "minipro.json"
        devices = {
            f"{FLASH}@SOIC8": {"id": "EF4014", "size": SIZES[FLASH], "erases": True},
            f"{EEPROM}@SOIC8": {"id": "", "size": 256, "erases": False},
        }
        told = {"version": "0.7.4", "programmer": "T48 01.1.31 (0x11f)", "devices": devices, "chip_id": "EF4014"}
        self.file.write_text(json.dumps(told | state), encoding="utf-8")
        self.content = self.file.with_suffix(".chip")
        self.content.write_bytes(OLD + b"\xff" * (SIZES[chip] - len(OLD)))
        self.program = folder / "minipro"
        command = f"{sys.executable} -S -E {ROOT}/fixtures/programs/minipro.py {self.file}"
        self.program.write_text(f'#!/bin/sh\nexec {command} "$@"\n', encoding="utf-8")
        self.program.chmod(0o755)

    def tool(self, words: str = "*@SOIC8") -> Minipro:
        return Minipro("uni", words, SystemClock(), self.program)

    def burned(self, options: BurnOptions = PRODUCTION) -> BurnOutcome:
        target = read_chip_types()[self.chip]
        image = Image("a.bin", "1", hashlib.sha256(DATA).hexdigest(), (Segment(16, DATA),))
        chip = self.tool().chip(target)
        return burn(BurnJob(image, target, options), chip, SystemClock(), lambda _: None)


@pytest.mark.parametrize("chip", [FLASH, EEPROM])
def test_a_chip_is_burned_beside_what_it_held_and_read_back_by_us(tmp_path: Path, chip: str) -> None:
    socket = Socket(tmp_path, chip)
    outcome = socket.burned()
    assert (outcome.result, outcome.proof, outcome.failure) == ("PASS", "readback_final", None)
    assert outcome.programmer_model == "minipro 0.7.4 T48 01.1.31"
    assert outcome.identity.jedec == ("EF4014" if chip == FLASH else "")
    assert socket.content.read_bytes()[:256] == OLD[:16] + DATA + OLD[216:]
    assert outcome.backup is not None
    assert (
        outcome.backup.content[: 256 - outcome.backup.start]
        == OLD[outcome.backup.start :][: len(outcome.backup.content)]
    )


@pytest.mark.parametrize(
    ("fault", "result", "said"),
    [
        ("drops_writes", "FAIL", "address 0x000000: expected"),
        ("erases_nothing", "FAIL", "address 0x000000: expected 0xFF"),
        ("protected", "FAIL", "address 0x000000: expected 0xFF"),
        ("stuck_bit", "FAIL", "address 0x000123"),
        ("reads_half", "FAIL", "minipro gave 524288 bytes, a W25Q80DV has 1048576"),
        ("bad_pins", "ERROR", "bad contact at pin 3, 8: reseat the chip"),
        ("overcurrent", "ERROR", "is it the right way round?"),
        ("no_programmer", "ERROR", "No programmer found."),
    ],
)
def test_what_it_says_proves_nothing(tmp_path: Path, fault: str, result: str, said: str) -> None:
    outcome = Socket(tmp_path, faults=[fault]).burned()
    assert outcome.failure is not None
    assert (outcome.result, said in outcome.failure.message) == (result, True), outcome.failure


def test_a_programmer_that_cannot_look_at_pins_is_used_all_the_same(tmp_path: Path) -> None:
    assert Socket(tmp_path, EEPROM, faults=["no_pin_test"]).burned().result == "PASS"


@pytest.mark.parametrize(
    ("state", "error", "said"),
    [
        ({"chip_id": "C22014"}, WrongChip, "the chip says C22014, a W25Q80DV says EF4014"),
        ({"chip_id": "FFFFFF"}, ContactError, "no chip answers"),
        ({"devices": {}}, ConfigError, "minipro knows no W25Q80DV@SOIC8: see minipro -L W25Q80DV"),
        ({"version": "0.7"}, ProgrammerError, "minipro is 0.7, whose words may mean something else: 0.7.3 is needed"),
        ({"version": "x"}, ProgrammerError, "does not say its version"),
    ],
)
def test_what_is_another_chip_or_another_program_is_refused(
    tmp_path: Path, state: dict[str, Any], error: type[Exception], said: str
) -> None:
    chip = Socket(tmp_path, **state).tool().chip(read_chip_types()[FLASH])
    with pytest.raises(error, match=said):
        chip.contact()
        chip.identify()


def test_a_call_that_does_not_end_is_ended(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    tool = Socket(tmp_path, EEPROM, faults=["hangs"]).tool()
    monkeypatch.setattr("station.ic_programmer.programmers.minipro.START_S", 0.2)
    with pytest.raises(ProgrammerError, match="minipro does not end"):
        tool.read(EEPROM, 0.1, lambda: None)


def test_who_must_install_it_is_said(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(program, "FOLDERS", str(tmp_path))
    with pytest.raises(ProgrammerError, match=r"minipro is not installed on this PC .who keeps this PC"):
        Minipro("uni", "*@SOIC8", SystemClock())


@pytest.mark.parametrize("words", ["*@SOIC8 -u", "*@SOIC8 vcc", "-u"])
def test_words_that_it_should_not_be_told_are_refused(tmp_path: Path, words: str) -> None:
    with pytest.raises(ConfigError, match="write \\*@SOIC8"):
        Socket(tmp_path).tool(words)


def test_it_says_its_version_and_burns_no_microcontrollers(tmp_path: Path) -> None:
    tool = Socket(tmp_path).tool("*@SOIC8 spi_clock=8")
    assert tool.look() == "minipro 0.7.4 is installed"
    assert isinstance(tool.chip(read_chip_types()[EEPROM]), MiniproChip)
    with pytest.raises(ProgrammerError, match="a STM32F103x8 is neither"):
        tool.chip(read_chip_types()["STM32F103x8"])


def test_protection_is_not_changed_through_it(tmp_path: Path) -> None:
    outcome = Socket(tmp_path, EEPROM).burned(BurnOptions(lifts_protection=True))
    assert outcome.failure is not None
    assert (outcome.result, outcome.failure.kind) == ("ERROR", "operator")
