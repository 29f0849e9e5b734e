"""Where an instrument or programmer is reached, as people write it.

``tcp://host:port`` (pyserial calls it ``socket://host:port``), ``serial://path?baud=115200&format=8N1``,
``rfc2217://host:port?baud=115200&format=8N1``,
``usb://VENDOR:PRODUCT:SERIAL@PLACE/INTERFACE``, ``visa://RESOURCE`` with a VISA resource name, ``file:///path``,
``replay:///file``, ``program://NAME?WORDS``,
``can://INTERFACE/CHANNEL?send=0x7A0&receive=0x7A8`` (station.config.can_address).
"""

from __future__ import annotations

import re
from urllib.parse import SplitResult, parse_qs, quote, unquote, urlsplit

import msgspec

from station.config.can_address import CanAddress, parse_can_address

DEFAULT_BAUD = 115200
MAX_BAUD = 100_000_000
"""No adapter is that fast; what the system's terminal interface can hold is more."""


class TcpAddress(msgspec.Struct, frozen=True):
    """A TCP port."""

    host: str
    port: int

    def __str__(self) -> str:
        return f"tcp://[{self.host}]:{self.port}" if ":" in self.host else f"tcp://{self.host}:{self.port}"


class SerialAddress(msgspec.Struct, frozen=True):
    """A serial port by path (``/dev/serial/by-id/...`` survives replugging)."""

    port: str
    baud: int
    format: str = "8N1"

    def __str__(self) -> str:
        form = "" if self.format == "8N1" else f"&format={self.format}"
        return f"serial://{self.port}?baud={self.baud}{form}"


class Rfc2217Address(msgspec.Struct, frozen=True):
    """A serial port of another machine, whose settings are made over the network (RFC 2217)."""

    host: str
    port: int
    baud: int
    format: str = "8N1"

    def __str__(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        form = "" if self.format == "8N1" else f"&format={self.format}"
        return f"rfc2217://{host}:{self.port}?baud={self.baud}{form}"


class UsbAddress(msgspec.Struct, frozen=True):
    """An interface of a USB device: test and measurement class (USBTMC), or another one with two bulk endpoints.

    ``serial`` is empty where only one such device is connected, or where it has none and ``place`` says which: bus and
    ports as Linux names them (1-2.3). ``interface`` is None for the first one that fits. ``backend`` is the bench
    file's ``usb_backend``, empty for the system's USB.
    """

    vendor: int
    product: int
    serial: str
    interface: int | None
    backend: str = ""
    place: str = ""

    def __str__(self) -> str:
        serial = f":{quote(self.serial, safe='')}" if self.serial else ""
        serial += f"@{self.place}" if self.place else ""
        interface = "" if self.interface is None else f"/{self.interface}"
        return f"usb://{self.vendor:04X}:{self.product:04X}{serial}{interface}"


class VisaAddress(msgspec.Struct, frozen=True):
    """A message-based VISA resource; ``endpoint`` is the TCP port that must answer before it is opened, if any."""

    resource: str
    endpoint: tuple[str, int] | None
    is_hislip: bool

    def __str__(self) -> str:
        return f"visa://{self.resource}"


class FileAddress(msgspec.Struct, frozen=True):
    """A file that another program fills again and again, or a folder of such files."""

    path: str

    def __str__(self) -> str:
        return f"file://{self.path}"


class ProgramAddress(msgspec.Struct, frozen=True):
    """Another program that reaches the hardware by itself; ``words`` tell it how."""

    program: str
    words: str

    def __str__(self) -> str:
        return f"program://{self.program}?{self.words}"


class ReplayAddress(msgspec.Struct, frozen=True):
    """A recording that answers in place of the instrument it was made with."""

    file: str

    def __str__(self) -> str:
        return f"replay://{self.file}"


Address = (
    TcpAddress
    | SerialAddress
    | Rfc2217Address
    | UsbAddress
    | VisaAddress
    | CanAddress
    | FileAddress
    | ReplayAddress
    | ProgramAddress
)

_FORMAT = re.compile(r"[78][NEO][12]")
_HISLIP_PORT, _PORTMAPPER_PORT = 4880, 111  # IVI-6.1, 3.1; RFC 1833
_SOCKET = re.compile(r"TCPIP\d*::([^:,]+)::(\d+)::SOCKET", re.IGNORECASE)
_HISLIP = re.compile(r"TCPIP\d*::([^:,]+)::hislip\d+(?:,(\d+))?(?:::INSTR)?", re.IGNORECASE)
_VXI11 = re.compile(r"TCPIP\d*::([^:,]+)(?:,(\d+))?(?:::(?!hislip)[^:,]+(?:,\d+)?)?::INSTR", re.IGNORECASE)
_USB = re.compile(
    r"([0-9a-f]{4}):([0-9a-f]{4})(?::([^:/@]+))?(?:@(\d{1,3}-\d{1,3}(?:\.\d{1,3})*))?(?:/(\d{1,3}))?", re.IGNORECASE
)
_USB_RESOURCE = re.compile(
    r"USB\d*::(0x[0-9a-f]{1,4}|\d{1,5})::(0x[0-9a-f]{1,4}|\d{1,5})::([^:]+)(?:::(\d{1,3}))?::(?:INSTR|RAW)",
    re.IGNORECASE,
)
_GPIB = re.compile(r"GPIB\d*(?:::[^:]+)+::INSTR", re.IGNORECASE)


def parse_address(text: str) -> Address:
    """The address that ``text`` writes; raises ValueError saying what is wrong with it."""
    parts = urlsplit(text)
    match parts.scheme:
        case "tcp" | "socket":
            return _tcp(text)
        case "serial":
            return _serial(text)
        case "rfc2217":
            return _rfc2217(text)
        case "usb":
            return _usb(text)
        case "visa":
            return _visa(text)
        case "file":
            return FileAddress(_path(text, "file:///path/of/picture.ppm"))
        case "program":
            return _program(text)
        case "replay":
            return ReplayAddress(_path(text, "replay:///path/of/recording.jsonl"))
        case "can":
            return parse_can_address(text)
        case _:
            raise ValueError(f"{text!r} is no address: write tcp://host:port or serial:///dev/ttyUSB0?baud=115200")


def _program(text: str) -> ProgramAddress:
    program, _, words = text.partition("://")[2].partition("?")
    if not re.fullmatch(r"[a-z0-9_-]+", program) or not words or not words.isprintable() or words.startswith("-"):
        raise ValueError(f"{text!r} is no address: write program://flashrom?serprog:ip=127.0.0.1:4242")
    return ProgramAddress(program, words)


def _visa(text: str) -> VisaAddress | TcpAddress | UsbAddress:
    """A SOCKET resource is a plain TCP port and becomes one; a USB resource is an interface of a USB device."""
    resource = text.partition("://")[2]
    if match := _SOCKET.fullmatch(resource):
        return TcpAddress(match[1], _port(text, match[2]))
    if match := _HISLIP.fullmatch(resource):
        return VisaAddress(resource, (match[1], _port(text, match[2] or str(_HISLIP_PORT))), is_hislip=True)
    if match := _VXI11.fullmatch(resource):
        return VisaAddress(resource, (match[1], _port(text, match[2] or str(_PORTMAPPER_PORT))), is_hislip=False)
    if match := _USB_RESOURCE.fullmatch(resource):
        vendor, product = (int(number, 16 if number.lower().startswith("0x") else 10) for number in match.group(1, 2))
        if max(vendor, product) <= 0xFFFF:
            return UsbAddress(vendor, product, match[3], None if match[4] is None else int(match[4]))
    if _GPIB.fullmatch(resource):
        return VisaAddress(resource, None, is_hislip=False)
    raise ValueError(
        f"{text!r} is no address: write visa://TCPIP::host::port::SOCKET, visa://TCPIP::host::hislip0,4880::INSTR, "
        "visa://TCPIP::host,port::inst0::INSTR, visa://USB0::maker::model::serial::INSTR or visa://GPIB0::5::INSTR"
    )


def _usb(text: str) -> UsbAddress:
    match = _USB.fullmatch(text.partition("://")[2])
    if match is None:
        raise ValueError(f"{text!r} is no address: write usb://2A8D:0101:MY123/0 with vendor and product in hex")
    interface = None if match[5] is None else int(match[5])
    serial, place = unquote(match[3] or ""), match[4] or ""
    return UsbAddress(int(match[1], 16), int(match[2], 16), serial, interface, place=place)


def _port(text: str, digits: str) -> int:
    if not 1 <= int(digits) <= 65535:
        raise ValueError(f"{text!r} is no address: a port is a number from 1 to 65535")
    return int(digits)


def _path(text: str, example: str) -> str:
    parts = urlsplit(text)
    if parts.netloc or not parts.path.strip("/") or parts.query:
        raise ValueError(f"{text!r} is no address: write {example}")
    return parts.path


def _tcp(text: str) -> TcpAddress:
    parts = urlsplit(text)
    host, port = _host_and_port(parts)
    if not host or not port or parts.path or parts.query:
        raise ValueError(f"{text!r} is no address: write tcp://host:port with a port from 1 to 65535")
    return TcpAddress(host, port)


def _rfc2217(text: str) -> Rfc2217Address:
    parts = urlsplit(text)
    host, port = _host_and_port(parts)
    if not host or not port or parts.path:
        raise ValueError(f"{text!r} is no address: write rfc2217://host:port?baud=115200")
    return Rfc2217Address(host, port, *_settings(text, "rfc2217://host:port?baud=115200"))


def _host_and_port(parts: SplitResult) -> tuple[str | None, int | None]:
    try:
        (parts.hostname or "").encode("idna")  # a label that is empty or too long is no name, on any network
        return parts.hostname, parts.port
    except ValueError:
        return None, None


def _serial(text: str) -> SerialAddress:
    parts = urlsplit(text)
    port = parts.netloc + parts.path
    if not port:
        raise ValueError(f"{text!r} is no address: write serial:///dev/ttyUSB0?baud=115200")
    return SerialAddress(port, *_settings(text, "serial:///dev/ttyUSB0?baud=115200"))


def _settings(text: str, example: str) -> tuple[int, str]:
    """Speed and format of a serial line."""
    settings = parse_qs(urlsplit(text).query, keep_blank_values=True)
    baud = settings.pop("baud", [str(DEFAULT_BAUD)])
    form = settings.pop("format", ["8N1"])
    if settings or len(baud) != 1 or not baud[0].isdecimal() or not 0 < int(baud[0]) < MAX_BAUD:
        raise ValueError(f"{text!r} is no address: write {example}")
    if len(form) != 1 or not _FORMAT.fullmatch(form[0]):
        raise ValueError(f"{text!r} is no address: a format is data bits, parity and stop bits, such as 7E1")
    return int(baud[0]), form[0]
