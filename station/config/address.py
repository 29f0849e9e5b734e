"""Where an instrument or programmer is reached, as people write it.

``tcp://host:port``, ``serial://path?baud=115200&format=8N1``, ``visa://RESOURCE`` with a VISA resource name,
``replay:///file``.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from urllib.parse import parse_qs, urlsplit

DEFAULT_BAUD = 115200
MAX_BAUD = 100_000_000
"""No adapter is that fast; what the system's terminal interface can hold is more."""


@dataclass(frozen=True, slots=True)
class TcpAddress:
    """A TCP port."""

    host: str
    port: int

    def __str__(self) -> str:
        return f"tcp://[{self.host}]:{self.port}" if ":" in self.host else f"tcp://{self.host}:{self.port}"


@dataclass(frozen=True, slots=True)
class SerialAddress:
    """A serial port by path (``/dev/serial/by-id/...`` survives replugging) or by a ``socket://`` URL of pyserial."""

    port: str
    baud: int
    format: str = "8N1"

    def __str__(self) -> str:
        form = "" if self.format == "8N1" else f"&format={self.format}"
        return f"serial://{self.port}?baud={self.baud}{form}"


@dataclass(frozen=True, slots=True)
class VisaAddress:
    """A message-based VISA resource; ``endpoint`` is the TCP port that must answer before it is opened, if any."""

    resource: str
    endpoint: tuple[str, int] | None
    is_hislip: bool

    def __str__(self) -> str:
        return f"visa://{self.resource}"


@dataclass(frozen=True, slots=True)
class ReplayAddress:
    """A recording that answers in place of the instrument it was made with."""

    file: str

    def __str__(self) -> str:
        return f"replay://{self.file}"


Address = TcpAddress | SerialAddress | VisaAddress | ReplayAddress

_FORMAT = re.compile(r"[78][NEO][12]")
_HISLIP_PORT, _PORTMAPPER_PORT = 4880, 111  # IVI-6.1, 3.1; RFC 1833
_SOCKET = re.compile(r"TCPIP\d*::([^:,]+)::(\d+)::SOCKET", re.IGNORECASE)
_HISLIP = re.compile(r"TCPIP\d*::([^:,]+)::hislip\d+(?:,(\d+))?(?:::INSTR)?", re.IGNORECASE)
_VXI11 = re.compile(r"TCPIP\d*::([^:,]+)(?:,(\d+))?(?:::(?!hislip)[^:,]+(?:,\d+)?)?::INSTR", re.IGNORECASE)
_OTHER = re.compile(r"(?:USB|GPIB)\d*(?:::[^:]+)+::INSTR", re.IGNORECASE)


def parse_address(text: str) -> Address:
    """The address that ``text`` writes; raises ValueError saying what is wrong with it."""
    parts = urlsplit(text)
    match parts.scheme:
        case "tcp":
            return _tcp(text)
        case "serial":
            return _serial(text)
        case "socket":
            return SerialAddress(text, DEFAULT_BAUD)
        case "visa":
            return _visa(text)
        case "replay":
            return _replay(text)
        case _:
            raise ValueError(f"{text!r} is no address: write tcp://host:port or serial:///dev/ttyUSB0?baud=115200")


def _visa(text: str) -> VisaAddress | TcpAddress:
    """A SOCKET resource is a plain TCP port and becomes one."""
    resource = text.partition("://")[2]
    if match := _SOCKET.fullmatch(resource):
        return TcpAddress(match[1], _port(text, match[2]))
    if match := _HISLIP.fullmatch(resource):
        return VisaAddress(resource, (match[1], _port(text, match[2] or str(_HISLIP_PORT))), is_hislip=True)
    if match := _VXI11.fullmatch(resource):
        return VisaAddress(resource, (match[1], _port(text, match[2] or str(_PORTMAPPER_PORT))), is_hislip=False)
    if _OTHER.fullmatch(resource):
        return VisaAddress(resource, None, is_hislip=False)
    raise ValueError(
        f"{text!r} is no address: write visa://TCPIP::host::port::SOCKET, visa://TCPIP::host::hislip0,4880::INSTR, "
        "visa://TCPIP::host,port::inst0::INSTR, visa://USB0::maker::model::serial::INSTR or visa://GPIB0::5::INSTR"
    )


def _port(text: str, digits: str) -> int:
    if not 1 <= int(digits) <= 65535:
        raise ValueError(f"{text!r} is no address: a port is a number from 1 to 65535")
    return int(digits)


def _replay(text: str) -> ReplayAddress:
    parts = urlsplit(text)
    if parts.netloc or not parts.path.strip("/") or parts.query:
        raise ValueError(f"{text!r} is no address: write replay:///path/of/recording.jsonl")
    return ReplayAddress(parts.path)


def _tcp(text: str) -> TcpAddress:
    parts = urlsplit(text)
    try:
        host, port = parts.hostname, parts.port
        (host or "").encode("idna")  # a label that is empty or too long is no name, on any network
    except ValueError:
        host, port = None, None
    if not host or not port or parts.path or parts.query:
        raise ValueError(f"{text!r} is no address: write tcp://host:port with a port from 1 to 65535")
    return TcpAddress(host, port)


def _serial(text: str) -> SerialAddress:
    parts = urlsplit(text)
    settings = parse_qs(parts.query, keep_blank_values=True)
    port = parts.netloc + parts.path
    baud = settings.pop("baud", [str(DEFAULT_BAUD)])
    form = settings.pop("format", ["8N1"])
    if not port or settings or len(baud) != 1 or not baud[0].isdecimal():
        raise ValueError(f"{text!r} is no address: write serial:///dev/ttyUSB0?baud=115200")
    if not 0 < int(baud[0]) < MAX_BAUD:
        raise ValueError(f"{text!r} is no address: write serial:///dev/ttyUSB0?baud=115200")
    if len(form) != 1 or not _FORMAT.fullmatch(form[0]):
        raise ValueError(f"{text!r} is no address: a format is data bits, parity and stop bits, such as 7E1")
    return SerialAddress(port, int(baud[0]), form[0])
