"""The bare libraries under the links, used as their makers mean it, with TCP_NODELAY: what a link is held against."""

from __future__ import annotations

import socket
from collections.abc import Callable
from typing import Protocol
from urllib.parse import urlsplit

import pyvisa
import serial
import serial.rfc2217
import usb.core
import usb.util
from pyvisa_py.protocols.usbtmc import USBTMC

from fixtures.sim.usb_host import bus
from station.config.address import UsbAddress


class Bare(Protocol):
    """One open connection without any of ours."""

    def write(self, message: bytes) -> object:
        """Send a message with its LF."""
        ...

    def ask(self, message: bytes) -> object:
        """Send it and read one line."""
        ...

    def close(self) -> object:
        """Let it go."""
        ...


class RawSocket:
    """A socket; ``recv`` until LF."""

    def __init__(self, address: str) -> None:
        parts = urlsplit(address)
        self._socket = socket.create_connection((parts.hostname or "", parts.port or 0))
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.write = self._socket.sendall
        self.close = self._socket.close

    def ask(self, message: bytes) -> bytes:
        self._socket.sendall(message)
        data = self._socket.recv(4096)
        while not data.endswith(b"\n"):
            data += self._socket.recv(4096)
        return data


class Pyserial:
    """A port or URL of pyserial; ``readline``."""

    def __init__(self, url: str) -> None:
        self._port = serial.serial_for_url(url, baudrate=115200, timeout=2)
        if isinstance(self._port, serial.rfc2217.Serial):
            self._port.timeout = 2
        elif "://" in url:
            self._port._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.write = self._port.write
        self.close = self._port.close

    def ask(self, message: bytes) -> bytes:
        self._port.write(message)
        return bytes(self._port.readline())


class Pyvisa:
    """A resource of pyvisa-py; TCP_NODELAY on its sockets unless it is left as it comes."""

    def __init__(self, resource: str, is_default: bool = False) -> None:
        manager = pyvisa.ResourceManager("@py")
        opened = manager.open_resource(resource, read_termination="\n", write_termination="\n")
        assert isinstance(opened, pyvisa.resources.MessageBasedResource)
        self._resource = opened
        self.close = opened.close
        if not is_default:
            interface = opened.visalib.sessions[opened.session].interface
            for name in ("sock", "_sync", "_async"):
                if isinstance(found := vars(interface).get(name), socket.socket):
                    found.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def write(self, message: bytes) -> object:
        return self._resource.write(message.decode().strip())

    def ask(self, message: bytes) -> str:
        return self._resource.query(message.decode().strip())


class PyvisaUsbtmc:
    """The USBTMC client inside pyvisa-py, on the simulated bus."""

    def __init__(self, address: UsbAddress) -> None:
        filters = {"backend": bus(address.backend.partition("@")[2])}
        self._client = USBTMC(address.vendor, address.product, address.serial, device_filters=filters)
        self._client.timeout = 2000
        self.write = self._client.write
        self.close = self._client.close

    def ask(self, message: bytes) -> bytes:
        self._client.write(message)
        return bytes(self._client.read(1024))


class PyusbBulk:
    """Bulk endpoints of pyusb, on the simulated bus."""

    def __init__(self, address: UsbAddress) -> None:
        backend = bus(address.backend.partition("@")[2])
        found = usb.core.find(find_all=True, backend=backend, idVendor=address.vendor, idProduct=address.product)
        self._device = next(device for device in found if device.serial_number == address.serial)
        self.write: Callable[[bytes], object] = lambda message: self._device.write(0x01, message, 2000)

    def ask(self, message: bytes) -> bytes:
        self._device.write(0x01, message, 2000)
        data = bytes(self._device.read(0x82, 4096, 2000))
        while not data.endswith(b"\n"):
            data += bytes(self._device.read(0x82, 4096, 2000))
        return data

    def close(self) -> None:
        usb.util.dispose_resources(self._device)
