"""stm32flash, unmodified, is the judge of the microcontroller's boot ROM."""

from __future__ import annotations

import hashlib
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from fixtures.sim.device import SimClock
from fixtures.sim.faults import LineFaults
from fixtures.sim.pty_port import PtyPort
from fixtures.sim.stm32_flash import Stm32Flash, stm32_kinds
from fixtures.sim.stm32_rom import Stm32Rom
from tests.sim.bench_wiring import dice
from tests.station.link.served import server

pytestmark = pytest.mark.referee("stm32flash")
PROGRAM = "/usr/bin/stm32flash"
BYTES = 6000


@pytest.fixture(params=stm32_kinds())
def port(request: pytest.FixtureRequest) -> Iterator[str]:
    """The path of a serial port behind which such a microcontroller waits in its bootloader."""
    clock = SimClock(0.0)
    pty = PtyPort(Stm32Rom(Stm32Flash(stm32_kinds()[request.param])), LineFaults(dice()), clock, 115200)
    with server() as served:
        yield served.serve(pty).removeprefix("serial://").partition("?")[0]


def stm32flash(port: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [PROGRAM, *arguments, "-m", "8n1", port]  # a pty has no parity
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)


def test_stm32flash_writes_verifies_and_reads_the_same_bytes_back(port: str, tmp_path: Path) -> None:
    image, back = tmp_path / "image.bin", tmp_path / "back.bin"
    image.write_bytes(hashlib.shake_256(b"1").digest(BYTES))
    written = stm32flash(port, "-w", str(image), "-v")
    assert written.returncode == 0 and "Done." in written.stdout, written.stdout + written.stderr
    read = stm32flash(port, "-r", str(back), "-S", f"0x08000000:{BYTES}")
    assert read.returncode == 0, read.stdout + read.stderr
    assert back.read_bytes()[:BYTES] == image.read_bytes()


def test_stm32flash_knows_the_product(port: str) -> None:
    found = stm32flash(port)
    assert found.returncode == 0, found.stdout + found.stderr
    assert any(f"0x{kind.product:04x}" in found.stdout for kind in stm32_kinds().values())


def test_stm32flash_writes_over_what_is_there(port: str, tmp_path: Path) -> None:
    for seed in (b"1", b"2"):
        image = tmp_path / "image.bin"
        image.write_bytes(hashlib.shake_256(seed).digest(2048))
        written = stm32flash(port, "-w", str(image), "-v")
        assert written.returncode == 0, written.stdout + written.stderr
