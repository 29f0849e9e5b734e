"""A message-based VISA resource (HiSLIP, VXI-11, GPIB) as a blocking port; pyvisa-py, NI-VISA for GPIB.

A SOCKET resource is a plain TCP stream and is opened as one, a USB resource is opened by usb.py. Behind the calls of
pyvisa-py stand sockets: they get TCP_NODELAY, and a peer that has closed is told from one that is silent, which
pyvisa-py 0.8 does not do by itself.
"""

from __future__ import annotations

import errno
import math
import socket
import struct
import threading
import time
from contextlib import ExitStack, suppress
from typing import Any

import pyvisa
from pyvisa.constants import StatusCode

from station.config.address import VisaAddress
from station.link.vxi11 import CallTimedOut, Vxi11Calls

_READ_BYTES = 1 << 14
_ONE_MESSAGE_BYTES = 1024
"""So much goes out in one call of a socket that has the time limit; every server takes it (VXI-11, B.4.1: 1024)."""
_CLOSE_S = 1.0
_END = (StatusCode.success, StatusCode.success_termination_character_read)
_MORE = StatusCode.success_max_count_read
_HISLIP_HEADER = struct.Struct("!2sBBIQ")
_CLOSED = "Connection was dropped by server."  # what pyvisa-py's HiSLIP says

_managers: dict[str, pyvisa.ResourceManager] = {}
_managers_lock = threading.Lock()


def _manager(library: str) -> pyvisa.ResourceManager:
    """The process's one manager for ``library``, a new one only where somebody else in the process has closed it.

    It is kept and never closed here, because closing it closes every resource.
    """
    with _managers_lock:
        _managers[library] = manager = pyvisa.ResourceManager(library)
        return manager


class _TimedSocket:
    """The socket of pyvisa-py's HiSLIP client, which receives an answer in pieces: all of them have one time limit."""

    def __init__(self, inner: socket.socket) -> None:
        self._inner = inner
        self.deadline = 0.0

    def recv_into(self, buffer: memoryview, count: int) -> int:
        self._inner.settimeout(max(self.deadline - time.monotonic(), 0.001))
        return self._inner.recv_into(buffer, count)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._inner, name)


class VisaPort:
    """One resource. Every answer ends with LF, whether the instrument sends it or only END."""

    is_stream = False
    prompt_write_bytes = 0
    reads_promptly = False

    def __init__(self, address: VisaAddress) -> None:
        self._address = address
        self._resource: Any = None
        self._sockets: list[Any] = []
        self._timed: _TimedSocket | Vxi11Calls | None = None
        self._quiet = ExitStack()
        self._timeout_ms = 0
        self._last = b""

    def open(self, timeout_s: float) -> None:
        endpoint = self._address.endpoint
        if endpoint is not None:
            _probe(endpoint, self._address.is_hislip, timeout_s)
        library = "@ivi" if self._address.resource.upper().startswith("GPIB") else "@py"
        try:
            manager = _manager(library)
            self._resource = manager.open_resource(self._address.resource, open_timeout=math.ceil(timeout_s * 1000))
            self._quiet.enter_context(self._resource.ignore_warning(_MORE))
            self._reach_sockets()
            if not self._address.is_hislip:
                self._set_timeout(timeout_s)
                self._resource.clear()
        except Exception as error:  # noqa: BLE001 pyvisa-py raises bare Exception where a link is not created
            raise _translated(error) from None

    def write(self, data: bytes, timeout_s: float) -> None:
        try:
            self._set_timeout(timeout_s)
            taken, _ = self._resource.visalib.write(self._resource.session, data)
        except Exception as error:  # noqa: BLE001 pyvisa-py raises RuntimeError, RPCError, struct.error, AssertionError
            raise _translated(error) from None
        if taken != len(data):
            raise OSError(errno.EIO, f"took {taken} of {len(data)} bytes")

    def read(self, timeout_s: float) -> tuple[bytes, bool]:
        try:
            self._set_timeout(timeout_s)
            data, status = self._resource.visalib.read(self._resource.session, _READ_BYTES)
        except pyvisa.errors.VisaIOError as error:
            if error.error_code == StatusCode.error_timeout:
                return b"", False
            raise _translated(error) from None
        except CallTimedOut:
            return b"", False
        except Exception as error:  # noqa: BLE001 as for write
            raise _translated(error) from None
        is_complete = status in _END
        arrived = bytes(data)
        if is_complete and not (arrived or self._last).endswith(b"\n"):
            arrived += b"\n"
        self._last = b"" if is_complete else arrived
        return arrived, is_complete

    def interrupt(self) -> None:
        for each in self._sockets:
            with suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)

    def close(self) -> None:
        self._quiet.close()
        if self._timed is not None:
            self._timed.deadline = time.monotonic() + _CLOSE_S
        if self._resource is not None:
            with suppress(OSError, EOFError, RuntimeError, CallTimedOut, pyvisa.errors.Error):
                self._resource.close()
        for each in self._sockets:
            each.close()

    def _set_timeout(self, timeout_s: float) -> None:
        if self._timed is not None:
            self._timed.deadline = time.monotonic() + timeout_s
        timeout_ms = max(math.ceil(timeout_s * 1000), 1)
        if timeout_ms != self._timeout_ms:
            self._resource.timeout = timeout_ms
            self._timeout_ms = timeout_ms
            for each in self._sockets:
                each.settimeout(timeout_ms / 1000)

    def _reach_sockets(self) -> None:
        sessions = getattr(self._resource.visalib, "sessions", {})
        interface: Any = getattr(sessions.get(self._resource.session), "interface", None)
        if isinstance(getattr(interface, "sock", None), socket.socket):
            self._timed = Vxi11Calls(interface)
            self._sockets = [interface.sock]
        elif self._address.is_hislip:
            self._sockets = [interface._sync, interface._async]
            self._timed = interface._sync = _TimedSocket(interface._sync)
        self.reads_promptly = self._timed is not None
        for each in self._sockets:
            each.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.prompt_write_bytes = _ONE_MESSAGE_BYTES if self._sockets else 0


def _probe(endpoint: tuple[str, int], is_hislip: bool, timeout_s: float) -> None:
    """Raise OSError where nobody listens, or the listener does not speak HiSLIP in time (IVI-6.1, Initialize).

    pyvisa-py waits 5 s for that whatever it is told, and then loses its socket.
    """
    with socket.create_connection(endpoint, timeout_s) as probe:
        if is_hislip:
            name = b"hislip0"
            probe.sendall(_HISLIP_HEADER.pack(b"HS", 0, 0, 0x0100 << 16, len(name)) + name)
            if not probe.recv(_HISLIP_HEADER.size).startswith(b"HS\x01"):
                raise ConnectionRefusedError(errno.ECONNREFUSED, "does not speak HiSLIP")


def _translated(error: Exception) -> OSError | EOFError:
    """The one place where what the library raises becomes what a channel raises."""
    if isinstance(error, EOFError | OSError):
        return EOFError() if isinstance(error, ConnectionResetError | BrokenPipeError) else error
    if isinstance(error, pyvisa.errors.VisaIOError) and error.error_code == StatusCode.error_connection_lost:
        return EOFError()
    is_late = isinstance(error, pyvisa.errors.VisaIOError) and error.error_code == StatusCode.error_timeout
    if is_late or isinstance(error, CallTimedOut):
        return TimeoutError(errno.ETIMEDOUT, "the instrument took too long")
    if str(error) == _CLOSED:
        return EOFError()
    return OSError(errno.EIO, str(error) or type(error).__name__)
