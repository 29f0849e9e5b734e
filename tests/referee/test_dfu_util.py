"""dfu-util, unmodified, is the judge of the simulated bootloader; what it cannot see, our own read-back does."""

from __future__ import annotations

import hashlib
import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from fixtures.sim.device import SimClock
from fixtures.sim.dfu import DfuDevice, State, Status
from fixtures.sim.dfuse import dfuse_device
from fixtures.sim.faults import LineFaults
from fixtures.sim.firmware_slot import FirmwareSlot, firmware_device
from fixtures.sim.stm32_flash import Stm32Flash, stm32_kinds
from fixtures.sim.usb_port import UsbPort
from tests.referee.usb_stack import UsbStack, usb_stack
from tests.sim.bench_wiring import dice
from tests.station.playing.run_process import ROOT, letters

pytestmark = [pytest.mark.referee("umockdev"), pytest.mark.referee("dfu-util")]
DFU_UTIL = ["/usr/bin/dfu-util", "-d", ",0483:df11", "-a", "0", "-s"]
START = 0x08000000
BENCH = """
[bench]
name = "Burning place"
station_id = "burning-1"
slot = "table"

[programmers.mcu]
driver = "dfuse"
address = "usb://0483:DF11"
sockets = ["usb-1"]
level_v = 3.3
"""


@dataclass
class Plugged:
    """A microcontroller in its bootloader."""

    stack: UsbStack
    flash: Stm32Flash
    device: DfuDevice

    def asked(self, *arguments: str) -> tuple[subprocess.CompletedProcess[str], int]:
        """What dfu-util says, and how many control requests it took."""
        before = self.device.requests
        done = self.stack.run([*DFU_UTIL, *arguments])
        return done, self.device.requests - before


@pytest.fixture
def plugged() -> Iterator[Plugged]:
    clock, flash = SimClock(0.0), Stm32Flash(stm32_kinds()["STM32F407xG"])
    device = dfuse_device(flash, clock)
    with usb_stack() as stack:
        stack.plug(UsbPort(device, LineFaults(dice()), clock, "357836673233"))
        yield Plugged(stack, flash, device)


@pytest.fixture
def image(tmp_path: Path) -> Path:
    path = tmp_path / "image.bin"
    path.write_bytes(hashlib.shake_256(b"image").digest(0x20000))
    return path


def burned(plugged: Plugged, image: Path, folder: Path) -> tuple[int, dict[str, object], int]:
    """Exit code and letter of our own burn through the same libusb, and its control requests."""
    bench, before = folder / "bench.toml", plugged.device.requests
    bench.write_text(BENCH, encoding="utf-8")
    command = [sys.executable, "-m", "station.cli", "burn", str(image), "--target", "STM32F407xG", "--events"]
    command += ["--programmer", "mcu", "--bench", str(bench), "--operator", "李雷"]
    environment = plugged.stack.environment() | {"FANJI_STATE_DIR": str(folder / "state")}
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    (letter,) = letters(folder / "state")
    return done.returncode, json.loads(json.dumps(letter)), plugged.device.requests - before


def test_dfu_util_lists_the_memories(plugged: Plugged) -> None:
    listed = plugged.stack.run([DFU_UTIL[0], "-l"])
    assert listed.returncode == 0
    assert 'alt=0, name="@Internal Flash  /0x08000000/04*016Kg,01*064Kg,07*128Kg"' in listed.stdout
    assert 'serial="357836673233"' in listed.stdout


def test_dfu_util_writes_uploads_and_leaves(plugged: Plugged, image: Path, tmp_path: Path) -> None:
    back = tmp_path / "back.bin"
    written, _ = plugged.asked("0x08000000", "-D", str(image))
    assert written.returncode == 0 and "File downloaded successfully" in written.stdout, written.stderr
    assert bytes(plugged.flash.cells[:0x20000]) == image.read_bytes()
    assert plugged.flash.erase_counts[:6] == [1, 1, 1, 1, 1, 0]
    read, _ = plugged.asked(f"0x08000000:{0x20000}", "-U", str(back))
    assert read.returncode == 0 and back.read_bytes() == image.read_bytes(), read.stderr
    part = tmp_path / "part.bin"
    part.write_bytes(b"\x55" * 1000)
    left, _ = plugged.asked("0x08004000:leave", "-D", str(part))
    assert left.returncode == 0 and plugged.device.has_left, left.stderr
    assert bytes(plugged.flash.cells[0x4000:0x43E8]) == part.read_bytes()


def test_dfu_util_is_told_of_an_address_that_is_not_there_and_of_protection(plugged: Plugged, tmp_path: Path) -> None:
    small = tmp_path / "small.bin"
    small.write_bytes(b"\0" * 64)
    nowhere, _ = plugged.asked("0x090F0000", "-D", str(small))
    assert nowhere.returncode != 0
    plugged.flash.is_read_protected = True
    protected, _ = plugged.asked("0x08000000", "-D", str(small))
    assert protected.returncode != 0 and bytes(plugged.flash.cells[:64]) == b"\xff" * 64


def test_a_device_that_drops_everything_is_success_to_dfu_util_and_fail_to_us(
    plugged: Plugged, image: Path, tmp_path: Path
) -> None:
    plugged.flash.drops_writes = True
    written, _ = plugged.asked("0x08000000", "-D", str(image))
    assert written.returncode == 0 and "File downloaded successfully" in written.stdout
    assert bytes(plugged.flash.cells[:0x20000]) == b"\xff" * 0x20000
    code, letter, _ = burned(plugged, image, tmp_path)
    assert (code, letter["result"]) == (1, "FAIL")
    assert not plugged.flash.is_read_protected


def test_the_station_burns_through_the_same_libusb(plugged: Plugged, image: Path, tmp_path: Path) -> None:
    code, letter, _ = burned(plugged, image, tmp_path)
    assert (code, letter["result"]) == (0, "PASS")
    assert bytes(plugged.flash.cells[:0x20000]) == image.read_bytes()
    assert letter["after_sha256"] == hashlib.sha256(image.read_bytes()).hexdigest()


PLAIN = [DFU_UTIL[0], "-d", ",1209:0003", "-a", "0"]
PLAIN_BENCH = BENCH.replace("dfuse", "dfu").replace("0483:DF11", "1209:0003")


@contextmanager
def plain_device(stays: bool) -> Iterator[tuple[UsbStack, FirmwareSlot, DfuDevice]]:
    """A device with plain DFU, not one of ST's."""
    clock, slot = SimClock(0.0), FirmwareSlot(b"\x11" * 1500, stays=stays)
    device = firmware_device(slot, clock)
    with usb_stack() as stack:
        stack.plug(UsbPort(device, LineFaults(dice()), clock, "00c0ffee"))
        yield stack, slot, device


@pytest.mark.parametrize("stays", [True, False])
def test_dfu_util_sends_a_firmware_to_a_plain_device_and_waits_until_it_is_in_use(tmp_path: Path, stays: bool) -> None:
    firmware, back = tmp_path / "firmware.bin", tmp_path / "back.bin"
    firmware.write_bytes(hashlib.shake_256(b"firmware").digest(5000))
    with plain_device(stays) as (stack, slot, device):
        read = stack.run([*PLAIN, "-U", str(back)])
        assert read.returncode == 0 and back.read_bytes() == b"\x11" * 1500, read.stderr
        written = stack.run([*PLAIN, "-D", str(firmware)])
        assert written.returncode == 0 and "Download done." in written.stdout, written.stdout + written.stderr
        assert (slot.firmware, slot.uses) == (firmware.read_bytes(), 1)
        assert device.state == (State.IDLE if stays else State.MANIFEST_WAIT_RESET)


def test_a_firmware_that_the_device_refuses_to_use_is_done_to_dfu_util(tmp_path: Path) -> None:
    firmware = tmp_path / "firmware.bin"
    firmware.write_bytes(b"\x22" * 2000)
    with plain_device(True) as (stack, slot, _):
        slot.refusal = Status.FIRMWARE
        refused = stack.run([*PLAIN, "-D", str(firmware)])
        assert "status(10) = Device's firmware is corrupt" in refused.stdout
        assert (refused.returncode, "Done!" in refused.stdout) == (0, True), "our own burn fails: test_dfu_plain.py"
        assert slot.firmware == b"\x11" * 1500


def test_the_station_burns_a_plain_device_through_the_same_libusb(tmp_path: Path) -> None:
    firmware = tmp_path / "firmware.bin"
    firmware.write_bytes(hashlib.shake_256(b"firmware").digest(5000))
    bench = tmp_path / "bench.toml"
    bench.write_text(PLAIN_BENCH, encoding="utf-8")
    command = [sys.executable, "-m", "station.cli", "burn", str(firmware), "--target", "FJ-DFU1", "--events"]
    command += ["--programmer", "mcu", "--bench", str(bench), "--operator", "李雷"]
    with plain_device(True) as (stack, slot, _):
        environment = stack.environment() | {"FANJI_STATE_DIR": str(tmp_path / "state")}
        done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
        assert (done.returncode, slot.firmware) == (0, firmware.read_bytes()), done.stdout + done.stderr
    (letter,) = letters(tmp_path / "state")
    assert (letter["result"], letter["proof"]) == ("PASS", "readback_final")
    assert letter["identity"] == {"jedec": "120900030100", "sfdp_sha256": "", "unique_id": "00C0FFEE"}
