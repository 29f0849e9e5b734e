"""The real libusb, and flashrom, pyusb and the station's own programmer on top of it, meet the simulated CH341A."""

from __future__ import annotations

import errno
import hashlib
import json
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from fixtures.sim.ch341a import Ch341a
from fixtures.sim.chip_kind import chip_kinds
from fixtures.sim.chip_socket import ChipSocket
from fixtures.sim.device import SimClock
from fixtures.sim.faults import LineFault, LineFaults
from fixtures.sim.hmp4040 import Hmp4040
from fixtures.sim.nor import Nor
from fixtures.sim.usb_function import BulkBytes
from fixtures.sim.usb_node import UsbNode
from fixtures.sim.usb_port import UsbPort
from tests.referee.usb_stack import UsbStack, usb_stack
from tests.sim.bench_wiring import ResistorOn, dice
from tests.station.link.link_kinds import Echo
from tests.station.playing.run_process import ROOT, letters

pytestmark = pytest.mark.referee("umockdev")
FLASHROM = next((path for path in ("/usr/sbin/flashrom", "/usr/bin/flashrom") if Path(path).exists()), "flashrom")
CH341A = [FLASHROM, "-p", "ch341a_spi", "-c", "W25X05"]
BENCH = """
[bench]
name = "Burning place"
station_id = "burning-1"
slot = "table"

[programmers.prog]
driver = "ch341a"
address = "usb://1A86:5512"
sockets = ["clip-1"]
level_v = 3.3
"""
PYUSB = """
import json, usb.core, usb.util
device = usb.core.find(idVendor=0x1209)
message = b"*IDN?\\n"
head = lambda kind, size, end: bytes((kind, 7, 7 ^ 255, 0)) + size.to_bytes(4, "little") + bytes((end, 0, 0, 0))
interface = device.get_active_configuration()[(0, 0)]
device.write(1, head(1, len(message), 1) + message + bytes(-len(message) % 4))
device.write(1, head(2, 200, 0))
answer = bytes(device.read(0x82, 512, 2000))[12:].decode()
errors = []
for act in (lambda: device.read(0x82, 64, 30), lambda: device.write(1, b"nonsense", 2000),
            lambda: device.ctrl_transfer(0xA1, 99, 0, 0, 1)):
    try:
        act()
    except usb.core.USBError as error:
        errors.append(error.errno)
device.clear_halt(1)
device.write(1, head(1, len(message), 1) + message + bytes(-len(message) % 4))
names = [device.manufacturer, device.product, device.serial_number]
endpoints = [endpoint.bEndpointAddress for endpoint in interface]
print(json.dumps([names, endpoints, answer, errors]))
"""


SWITCHES_OFF = """
from station.config.address import parse_address
from station.link.clock import SystemClock
from station.link.opening import open_link
from tests.station.link.link_kinds import echo
link = open_link("psu", parse_address("usb://1209:0002"), SystemClock(), 5.0)
link.resync([echo(41)], echo(73), 5.0)
link.command(b"OFF\\n", 1.0)
link.close()
"""


class Slow(BulkBytes):
    """Takes each transfer only when it was tried some times."""

    tries = 0

    def bulk_out(self, data: bytes) -> int:
        self.tries += 1
        return super().bulk_out(data) if self.tries % 10 == 0 else errno.EAGAIN


MEETS_A_STALL = """
from station.config.address import parse_address
from station.link.clock import SystemClock
from station.link.opening import open_link
from station.model.errors import LinkError
from tests.station.link.link_kinds import echo
link = open_link("psu", parse_address("usb://1209:0002"), SystemClock(), 5.0)
try:
    link.resync([echo(41)], echo(73), 5.0)
except LinkError as error:
    print(error)
link.resync([echo(41)], echo(73), 5.0)
print(link.query_line(b"ECHO 5\\n", 5.0))
"""


class Halted(BulkBytes):
    """Its endpoint has stopped until it is told to go on."""

    is_halted = True

    def bulk_in(self, length: int) -> bytes | int | None:
        return errno.EPIPE if self.is_halted else super().bulk_in(length)

    def clear_halt(self, endpoint: int) -> None:
        self.is_halted = False


@dataclass
class Plugged:
    """A CH341A with its chip."""

    stack: UsbStack
    socket: ChipSocket
    clock: SimClock
    port: UsbPort

    def put(self, kind: str) -> Nor:
        """A blank chip."""
        chip = Nor(chip_kinds()[kind], bytes(8), self.clock)
        self.socket.hold(chip, kind)
        return chip


@pytest.fixture(scope="module")
def plugged() -> Iterator[Plugged]:
    clock, socket = SimClock(0.0), ChipSocket()
    with usb_stack() as stack:
        port = UsbPort(Ch341a(socket, clock), LineFaults(dice()), clock, "")
        stack.plug(port)
        supply = Hmp4040(ResistorOn(ohm=10.0), clock, dice(), "109401")
        stack.plug(UsbPort(supply, LineFaults(dice()), clock, "109401", is_tmc=True))
        yield Plugged(stack, socket, clock, port)


async def pulled(node: UsbNode) -> None:
    node.close()


def station(plugged: Plugged, state: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    bench = state.parent / "bench.toml"
    bench.write_text(BENCH, encoding="utf-8")
    command = [sys.executable, "-m", "station.cli", *arguments, "--programmer", "prog", "--bench", str(bench)]
    environment = plugged.stack.environment() | {"FANJI_STATE_DIR": str(state)}
    return subprocess.run(
        command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False, stdin=subprocess.DEVNULL
    )


@pytest.mark.referee("flashrom")
def test_flashrom_writes_verifies_and_reads_through_its_own_ch341a_driver(plugged: Plugged, tmp_path: Path) -> None:
    chip = plugged.put("W25X05")
    image, back = tmp_path / "image.bin", tmp_path / "back.bin"
    image.write_bytes(hashlib.shake_256(b"image").digest(0x4000).ljust(1 << 16, b"\xff"))
    written = plugged.stack.run([*CH341A, "-w", str(image)])
    assert written.returncode == 0 and "VERIFIED" in written.stdout, written.stderr
    assert chip.cells.read(0, 1 << 16) == image.read_bytes()
    read = plugged.stack.run([*CH341A, "-r", str(back)])
    assert read.returncode == 0 and back.read_bytes() == image.read_bytes(), read.stderr


@pytest.mark.referee("flashrom")
def test_flashrom_sees_another_content_and_an_empty_socket(plugged: Plugged, tmp_path: Path) -> None:
    image = tmp_path / "image.bin"
    image.write_bytes(hashlib.shake_256(b"image").digest(1 << 16))
    plugged.put("W25X05")
    assert plugged.stack.run([*CH341A, "-v", str(image)]).returncode != 0
    plugged.socket.hold(None, "")
    empty = plugged.stack.run([*CH341A, "-r", str(tmp_path / "back.bin")])
    assert empty.returncode != 0 and "No EEPROM/flash device found" in empty.stdout + empty.stderr


def test_the_station_burns_and_verifies_through_the_same_libusb(plugged: Plugged, tmp_path: Path) -> None:
    chip, image = plugged.put("W25Q80DV"), tmp_path / "image.bin"
    image.write_bytes(hashlib.shake_256(b"image").digest(5000))
    state = tmp_path / "state"
    burned = station(plugged, state, "burn", str(image), "--target", "W25Q80DV", "--operator", "李雷", "--events")
    assert burned.returncode == 0, burned.stdout + burned.stderr
    assert chip.cells.read(0, 5000) == image.read_bytes()
    (letter,) = letters(state)
    assert (letter["programmer"]["model"], letter["result"]) == ("CH341A", "PASS")
    assert letter["after_sha256"] == hashlib.sha256(image.read_bytes()).hexdigest()


def test_pyusb_meets_the_device_that_usbtmc_describes_with_its_errors(plugged: Plugged) -> None:
    seen = plugged.stack.run([sys.executable, "-c", PYUSB])
    assert seen.returncode == 0, seen.stderr
    names, endpoints, answer, errors = json.loads(seen.stdout)
    assert names == ["Fanji", "Bench in a box", "109401"]
    assert endpoints == [0x01, 0x82]
    assert answer == "ROHDE&SCHWARZ,HMP4040,109401,HW50020003/SW2.70\n"
    assert errors == [110, 32, 32]  # timed out, stalled, stalled


def test_a_command_goes_out_before_the_link_is_closed(plugged: Plugged) -> None:
    device, clock = Echo(), SimClock(0.0)
    port = UsbPort(device, LineFaults(dice()), clock, "", is_tmc=False)
    assert isinstance(port.function, BulkBytes)
    port.function = Slow(port.function.ask)
    node = plugged.stack.plug(port)
    done = plugged.stack.run([sys.executable, "-c", SWITCHES_OFF])
    plugged.stack.served.run(pulled(node))
    assert done.returncode == 0, done.stderr
    assert device.seen[-1] == b"OFF"


def test_an_endpoint_that_has_stopped_goes_on_for_whoever_opens_it_next(plugged: Plugged) -> None:
    clock = SimClock(0.0)
    port = UsbPort(Echo(), LineFaults(dice()), clock, "", is_tmc=False)
    assert isinstance(port.function, BulkBytes)
    port.function = Halted(port.function.ask)
    node = plugged.stack.plug(port)
    done = plugged.stack.run([sys.executable, "-c", MEETS_A_STALL])
    plugged.stack.served.run(pulled(node))
    assert done.returncode == 0, done.stderr
    problem, answer = done.stdout.splitlines()
    assert problem.startswith("psu: ") and answer == "5"


def test_transfers_sent_ahead_come_in_order_and_a_wait_ends_when_told_or_unplugged(plugged: Plugged) -> None:
    content = hashlib.shake_256(b"content").digest(64_000)
    plugged.put("W25Q80DV").cells.load(0, content)
    command = [sys.executable, "-m", "tests.referee.usb_client"]
    environment, pipe = plugged.stack.environment(), subprocess.PIPE
    with subprocess.Popen(command, cwd=ROOT, env=environment, stdin=pipe, stdout=pipe, text=True) as client:
        assert client.stdin is not None and client.stdout is not None
        assert json.loads(client.stdout.readline())["sha256"] == hashlib.sha256(content).hexdigest()
        interrupted = json.loads(client.stdout.readline())
        assert "was closed" in interrupted["problem"] and interrupted["seconds"] < 10
        assert json.loads(client.stdout.readline())["jedec"] == "ef4014"
        plugged.stack.served.fault(plugged.port, LineFault("close"))
        client.stdin.write("cut\n")
        client.stdin.flush()
        assert json.loads(client.stdout.readline())["problem"].startswith("prog: ")
        assert client.wait(30) == 0
    plugged.stack.served.fault(plugged.port, LineFault("close"), is_on=False)
