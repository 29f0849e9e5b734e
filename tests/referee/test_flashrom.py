"""flashrom, unmodified, is the judge of the programmer and its chip."""

from __future__ import annotations

import hashlib
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.conftest import Bench

pytestmark = pytest.mark.referee("flashrom")
Start = Callable[..., Bench]
PROGRAM = "/usr/sbin/flashrom"
FLASHROM_NAMES = {
    "W25X05": "W25X05",
    "W25Q80DV": "W25Q80.V",
    "W25Q64JV": "W25Q64JV-.Q",
    "W25Q256JV": "W25Q256JV_Q",
    "MX25L25645G": "MX25L25635F/MX25L25645G",
}
SIZES = {"W25X05": 1 << 16, "W25Q80DV": 1 << 20, "W25Q64JV": 1 << 23, "W25Q256JV": 1 << 25, "MX25L25645G": 1 << 25}


def flashrom(box: Bench, chip: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    address = box.address["prog"]
    if address.startswith("tcp://"):
        programmer = f"serprog:ip={address.removeprefix('tcp://')}"
    else:
        path, _, baud = address.removeprefix("serial://").partition("?baud=")
        programmer = f"serprog:dev={path}:{baud}"
    command = [PROGRAM, "-p", programmer, "-c", FLASHROM_NAMES[chip], *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def image_file(folder: Path, chip: str, seed: int = 1) -> Path:
    path = folder / f"{chip}-{seed}.bin"
    path.write_bytes(hashlib.shake_256(bytes((seed,))).digest(SIZES[chip]))
    return path


@pytest.mark.parametrize("time_scale", [0.0, 1.0])
def test_flashrom_writes_and_verifies_and_reads_the_same_bytes_back(
    bench: Start, tmp_path: Path, time_scale: float
) -> None:
    box = bench(time_scale=time_scale)
    box.control("socket", programmer="prog", chip="W25X05")
    image, back = image_file(tmp_path, "W25X05"), tmp_path / "back.bin"
    written = flashrom(box, "W25X05", "-w", str(image))
    assert written.returncode == 0, written.stderr
    assert "VERIFIED" in written.stdout
    assert flashrom(box, "W25X05", "-r", str(back)).returncode == 0
    assert back.read_bytes() == image.read_bytes()


def test_flashrom_works_over_a_serial_port_without_flow_control(bench: Start, tmp_path: Path) -> None:
    box = bench("usb-programmer")
    box.control("socket", programmer="prog", chip="W25X05")
    written = flashrom(box, "W25X05", "-w", str(image_file(tmp_path, "W25X05")))
    assert written.returncode == 0 and "VERIFIED" in written.stdout, written.stderr


def test_flashrom_writes_over_what_is_there(bench: Start, tmp_path: Path) -> None:
    box = bench()
    box.control("socket", programmer="prog", chip="W25Q80DV")
    for seed in (1, 2):
        written = flashrom(box, "W25Q80DV", "-w", str(image_file(tmp_path, "W25Q80DV", seed)))
        assert written.returncode == 0 and "VERIFIED" in written.stdout, written.stderr


def test_flashrom_finds_and_reads_the_8_mib_chip_of_the_units(bench: Start, tmp_path: Path) -> None:
    box = bench()
    box.control("socket", programmer="prog", unit="FJR126110003")
    back = tmp_path / "unit.bin"
    read = flashrom(box, "W25Q64JV", "-r", str(back))
    assert read.returncode == 0, read.stderr
    assert back.read_bytes()[:20] == b"FJHU1.4.2".ljust(20, b"\0")


def test_flashrom_verify_finds_another_content(bench: Start, tmp_path: Path) -> None:
    box = bench()
    box.control("socket", programmer="prog", chip="W25X05")
    verified = flashrom(box, "W25X05", "-v", str(image_file(tmp_path, "W25X05")))
    assert verified.returncode != 0
    assert "VERIFY FAILED" in verified.stdout + verified.stderr or "FAILED at 0x00000000" in verified.stderr


def test_flashrom_names_the_address_of_a_stuck_bit(bench: Start, tmp_path: Path) -> None:
    box = bench()
    box.control("socket", programmer="prog", chip="W25X05")
    box.control("fault", device="prog", fault="stuck_bit", address=0x1234, mask=0x04, value=0)
    written = flashrom(box, "W25X05", "-w", str(image_file(tmp_path, "W25X05")))
    assert written.returncode != 0
    assert "FAILED at 0x00001234! Expected=0xff, Found=0xfb" in written.stderr


def test_flashrom_lifts_the_protection_it_meets(bench: Start, tmp_path: Path) -> None:
    box = bench()
    box.control("socket", programmer="prog", chip="W25Q80DV")
    box.control("fault", device="prog", fault="protected", status1=0x1C)
    written = flashrom(box, "W25Q80DV", "-w", str(image_file(tmp_path, "W25Q80DV")))
    assert written.returncode == 0 and "VERIFIED" in written.stdout, written.stderr


def test_flashrom_finds_no_chip_in_an_empty_socket(bench: Start) -> None:
    box = bench()
    box.control("socket", programmer="prog", empty=True)
    read = flashrom(box, "W25X05", "-r", "/dev/null")
    assert read.returncode != 0
    assert "No EEPROM/flash device found" in read.stdout + read.stderr


@pytest.mark.parametrize("chip", ["W25Q256JV", "MX25L25645G"])
def test_flashrom_reads_a_large_chip_and_writes_beyond_16_mib(bench: Start, tmp_path: Path, chip: str) -> None:
    box = bench()
    box.control("socket", programmer="prog", chip=chip)
    layout, image, back = tmp_path / "layout", tmp_path / "image.bin", tmp_path / "back.bin"
    layout.write_text("00fff000:01000fff border\n", encoding="ascii")
    content = hashlib.shake_256(b"border").digest(0x2000)
    image.write_bytes(content.rjust(0x1001000, b"\xff").ljust(SIZES[chip], b"\xff"))
    part = ("-l", str(layout), "-i", "border", "-N")
    written = flashrom(box, chip, "-w", str(image), *part)
    assert written.returncode == 0 and "VERIFIED" in written.stdout, written.stderr
    assert flashrom(box, chip, "-r", str(back)).returncode == 0
    assert back.read_bytes() == image.read_bytes()
