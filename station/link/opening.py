"""Opens the link that an address names."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

from station.config.address import (
    Address,
    FileAddress,
    ProgramAddress,
    ReplayAddress,
    Rfc2217Address,
    SerialAddress,
    TcpAddress,
    UsbAddress,
    VisaAddress,
)
from station.config.can_address import CanAddress
from station.link.channel import ByteChannel
from station.link.link import Link
from station.link.recording import Recorder, RecordingChannel
from station.link.replay import Replay, ReplayChannel
from station.link.rfc2217 import Rfc2217Channel
from station.link.tcp import TcpChannel
from station.link.watched_file import WatchedFileChannel
from station.model.clock import Clock
from station.model.errors import LinkRefused


def open_link(name: str, address: Address, clock: Clock, timeout_s: float) -> Link:
    """The opened link, not yet synchronised; raises LinkRefused naming ``name`` and the reason."""
    link = link_to(name, address, clock)
    link.open(timeout_s)
    return link


def link_to(name: str, address: Address, clock: Clock, record: Path | None = None) -> Link:
    """A closed link to ``address``; whatever passes over it is appended to ``record``.

    Raises LinkRefused for an address that carries no bytes.
    """
    if isinstance(address, CanAddress):
        raise LinkRefused(name, f"{address} carries CAN frames, not bytes")
    if isinstance(address, ProgramAddress):
        raise LinkRefused(name, f"{address} is another program, no line")
    if isinstance(address, ReplayAddress):
        replay = Replay(name, Path(address.file), clock)
        return Link(name, lambda timeout_s: ReplayChannel(replay), clock, replay.drawn)
    opener = _opener(address)
    if record is None:
        return Link(name, opener, clock)
    recorder = Recorder(name, record)
    link = Link(name, lambda timeout_s: RecordingChannel(opener(timeout_s), recorder), clock)
    draw = link.draw

    def draw_and_note(below: int) -> int:
        number = draw(below)
        recorder.note("draw", b"%d" % number)
        return number

    link.draw = draw_and_note
    return link


def _opener(
    address: TcpAddress | SerialAddress | Rfc2217Address | UsbAddress | VisaAddress | FileAddress,
) -> Callable[[float], ByteChannel]:
    """Libraries are imported where they are used: pyserial costs 11 ms, usb.core 33, pyvisa 200 to 400 ms."""
    match address:
        case TcpAddress():
            return lambda timeout_s: TcpChannel(address, timeout_s)
        case Rfc2217Address():
            return lambda timeout_s: Rfc2217Channel(address, timeout_s)
        case SerialAddress():
            return _serial_opener(address)
        case UsbAddress():
            return _usb_opener(address)
        case VisaAddress():
            return _visa_opener(address)
        case FileAddress():
            return lambda timeout_s: WatchedFileChannel(address)


def _visa_opener(address: VisaAddress) -> Callable[[float], ByteChannel]:
    def open_visa(timeout_s: float) -> ByteChannel:
        from station.link.blocking import BlockingChannel
        from station.link.visa import VisaPort

        return BlockingChannel(VisaPort(address), timeout_s)

    return open_visa


def _usb_opener(address: UsbAddress) -> Callable[[float], ByteChannel]:
    def open_usb(timeout_s: float) -> ByteChannel:
        from station.link.blocking import BlockingChannel
        from station.link.usb import UsbPort

        return BlockingChannel(UsbPort(address), timeout_s)

    return open_usb


def _serial_opener(address: SerialAddress) -> Callable[[float], ByteChannel]:
    def open_serial(timeout_s: float) -> ByteChannel:
        if sys.platform == "win32":
            from station.link.blocking import BlockingChannel
            from station.link.serial_calls import SerialPort

            return BlockingChannel(SerialPort(address), timeout_s)
        from station.link.serial_port import SerialChannel

        return SerialChannel(address)

    return open_serial
