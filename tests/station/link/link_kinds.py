"""Every way a byte link reaches a simulated device, by name; what all links promise is tried on each of them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import Any

from msgspec.structs import replace

from fixtures.sim.device import Device, Reply, SimClock
from fixtures.sim.faults import LineFault, LineFaults
from fixtures.sim.hislip import HislipPort
from fixtures.sim.pty_port import PtyPort
from fixtures.sim.rfc2217 import Rfc2217Port
from fixtures.sim.transport import Port, TcpPort
from fixtures.sim.usb_port import UsbPort
from fixtures.sim.vxi11 import Vxi11Port
from station.config.address import Address, UsbAddress, parse_address
from station.link.clock import SystemClock
from station.link.link import Challenge, Link
from station.link.opening import link_to
from tests.sim.bench_wiring import dice
from tests.station.link.served import Server, server

CLOCK = SystemClock()
USB_BACKEND = "fixtures.sim.usb_host:bus"
"""FANJI_USB_BACKENDS must allow it: the fixture ``usb_is_allowed`` sees to that."""
EVERY_LINK = ("tcp", "pty", "socket", "rfc2217", "hislip", "vxi11", "usbtmc", "usb")
PULLED_OUT = ("pty",)
"""Links whose address changes when the line is cut and joined again."""


@dataclass
class Echo:
    """A device: ``ECHO n`` gives n, ``BIG n`` n letters, ``LATE`` 9.99 after a while, anything else nothing."""

    seen: list[bytes] = field(default_factory=list)

    def connect(self) -> EchoSession:
        return EchoSession(self)


class EchoSession:
    def __init__(self, device: Echo) -> None:
        self._device = device
        self._buffer = b""

    def receive(self, data: bytes) -> list[Reply]:
        *lines, self._buffer = (self._buffer + data).split(b"\n")
        self._device.seen += lines
        return [reply for line in lines for reply in _replies(line)]

    def close(self) -> None:
        self._buffer = b""


def _replies(line: bytes) -> list[Reply]:
    word, _, number = line.partition(b" ")
    match word:
        case b"ECHO":
            return [Reply(number + b"\n")]
        case b"BIG":
            return [Reply(b"x" * int(number) + b"\n")]
        case b"LATE":
            return [Reply(b"9.99\n", 0.3)]
    return []


def echo(number: int) -> Challenge:
    return Challenge((b"ECHO %d\n" % number,), re.compile(rb"(?m:^)%d\r?\n" % number))


@dataclass
class Bench:
    """A link to a served device, and the device's port."""

    kind: str
    link: Link
    port: Port
    device: Any
    server: Server

    def fault(self, fault: LineFault, is_on: bool = True) -> None:
        self.server.fault(self.port, fault, is_on)

    def synchronise(self) -> None:
        self.link.resync([echo(41)], echo(73), 2.0)


def port_of(kind: str, device: Device, rng: Random, clock: SimClock | None = None) -> Port:
    """A port of ``kind``, not yet served."""
    faults, clock = LineFaults(rng), clock or SimClock(1.0)
    match kind:
        case "pty":
            return PtyPort(device, faults, clock, 115200)
        case "rfc2217":
            return Rfc2217Port(device, faults, clock)
        case "hislip":
            return HislipPort(device, faults, clock)
        case "vxi11":
            return Vxi11Port(device, faults, clock)
        case "usbtmc" | "usb":
            return UsbPort(device, faults, clock, "FJ0001", is_tmc=kind == "usbtmc")
    return TcpPort(device, faults, clock)


def address_of(kind: str, port: Port) -> Address:
    """How a bench file would reach ``port``, which is served."""
    text = port.address.replace("tcp://", "socket://") if kind == "socket" else port.address
    address = parse_address(text)
    if isinstance(address, UsbAddress) and isinstance(port, UsbPort):
        return replace(address, backend=f"{USB_BACKEND}@{port.place}")
    return address


@contextmanager
def bench_of(kind: str, record: Path | None = None, device: Device | None = None) -> Iterator[Bench]:
    """A device (one that echoes) behind a link of ``kind``, opened and not yet synchronised."""
    device = device or Echo()
    port = port_of(kind, device, dice())
    with server() as served:
        served.serve(port)
        link = link_to("psu", address_of(kind, port), CLOCK, record)
        try:
            link.open(5.0)
            yield Bench(kind, link, port, device, served)
        finally:
            link.close()
