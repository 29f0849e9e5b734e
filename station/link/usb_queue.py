"""Transfers of two bulk endpoints that wait at the host's controller: reads always ready, writes sent ahead.

pyusb makes one transfer at a time. A device whose every packet ends a transfer would stand still between two of them,
and one that is written to must be read meanwhile. libusb itself takes many: its asynchronous interface is used here,
of the library, context and handle that pyusb has opened. Source: libusb-1.0 API, "Asynchronous device I/O" and
``struct libusb_transfer``.
"""

from __future__ import annotations

import ctypes
import errno
import os
import time
from collections import deque
from ctypes import POINTER, Structure, byref, c_int, c_long, c_ubyte, c_uint, c_void_p, cast
from typing import Any

DEPTH = 32
"""Transfers each way; flashrom 1.3 keeps as many reads ready for the same device (USB_IN_TRANSFERS)."""
BULK = 2
COMPLETED, CANCELLED = 0, 3
_ERRNO = {2: errno.ETIMEDOUT, 4: errno.EPIPE, 5: errno.ENODEV, 6: errno.EOVERFLOW}
_SLICE_S = 0.05
_DRAIN_S = 0.2
"""So long, when it is closed, the device may take for what was sent last."""
_CLOSE_S = 0.5
"""So long cancelled transfers are waited for; estimate: a controller gives them back in milliseconds."""
_CALLBACK = ctypes.CFUNCTYPE if os.name != "nt" else ctypes.WINFUNCTYPE  # type: ignore[attr-defined,unused-ignore]


class _Time(Structure):
    _fields_ = (("seconds", c_long), ("microseconds", c_long))


class _Transfer(Structure):
    _fields_ = (
        ("device", c_void_p),
        ("flags", c_ubyte),
        ("endpoint", c_ubyte),
        ("kind", c_ubyte),
        ("timeout_ms", c_uint),
        ("status", c_int),
        ("length", c_int),
        ("actual_length", c_int),
        ("callback", c_void_p),
        ("user_data", c_void_p),
        ("buffer", c_void_p),
        ("iso_packets", c_int),
    )


class UsbQueue:
    """Both endpoints of one claimed interface; ``interrupt`` alone may be called by another thread."""

    def __init__(self, device: Any, in_endpoint: int, out_endpoint: int, packet_bytes: int) -> None:
        """``device`` is pyusb's, over libusb 1.0 (``is_possible``)."""
        backend = device.backend
        self._lib = ctypes.CDLL(backend.lib._name)
        self._lib.libusb_alloc_transfer.restype = POINTER(_Transfer)
        self._context = backend.ctx
        self._handle = device._ctx.managed_open().handle
        self._resubmit = self._lib.libusb_submit_transfer
        self._endpoints = (in_endpoint, out_endpoint)
        self._arrived: deque[bytes] = deque()
        self._trouble = 0
        self._is_interrupted = False
        self._is_closing = False
        self._under_way: set[int] = set()
        self._sending: dict[int, Any] = {}
        self._idle: list[Any] = []
        self._in_buffers = [ctypes.create_string_buffer(packet_bytes) for _ in range(DEPTH)]
        self._received = _CALLBACK(None, POINTER(_Transfer))(self._take_in)
        self._sent = _CALLBACK(None, POINTER(_Transfer))(self._let_go)
        self._transfers = [self._made(in_endpoint, self._received) for _ in range(DEPTH)]
        for transfer, buffer in zip(self._transfers, self._in_buffers, strict=True):
            self._submit(transfer, buffer, packet_bytes)
        self._idle = [self._made(out_endpoint, self._sent) for _ in range(DEPTH)]
        self._transfers += self._idle

    def send(self, data: bytes, timeout_s: float) -> bool:
        """Hand over one transfer, which goes out by itself; False where there was no room in time, or on interrupt."""
        deadline = time.monotonic() + timeout_s
        while not self._idle and self._may_wait(deadline):
            self._handle_events(deadline)
        self._raise_trouble()
        if not self._idle or self._is_interrupted:
            return False
        transfer = self._idle.pop()
        buffer = self._sending[_address(transfer)] = ctypes.create_string_buffer(data, len(data))
        self._submit(transfer, buffer, len(data))
        return True

    def receive(self, timeout_s: float) -> bytes:
        """All that has come, nothing at the time limit or when interrupted."""
        deadline = time.monotonic() + timeout_s
        self._handle_events(0.0)
        while not self._arrived and self._may_wait(deadline):
            self._raise_trouble()
            self._handle_events(deadline)
        if not self._arrived:
            self._raise_trouble()
        arrived = b"".join(self._arrived)
        self._arrived.clear()
        return arrived

    def interrupt(self) -> None:
        """Whoever waits returns, and nobody waits again."""
        self._is_interrupted = True
        self._lib.libusb_interrupt_event_handler(self._context)

    def close(self) -> None:
        """Let what was sent go out, take back the rest; what the controller does not give back is never freed."""
        deadline = time.monotonic() + _DRAIN_S
        while self._sending and not self._trouble and time.monotonic() < deadline:
            self._handle_events(deadline)
        self._is_closing = True
        for transfer in self._transfers:
            if _address(transfer) in self._under_way:
                self._lib.libusb_cancel_transfer(transfer)
        deadline = time.monotonic() + _CLOSE_S
        while self._under_way and time.monotonic() < deadline:
            self._handle_events(deadline)
        for transfer in self._transfers:
            if _address(transfer) not in self._under_way:
                self._lib.libusb_free_transfer(transfer)
        if self._under_way:
            _KEPT.append(self)
        if self._trouble == errno.EPIPE:  # whoever opens it next finds it going on
            for endpoint in self._endpoints:
                self._lib.libusb_clear_halt(self._handle, c_ubyte(endpoint))

    def _made(self, endpoint: int, callback: Any) -> Any:
        transfer = self._lib.libusb_alloc_transfer(0)
        content = transfer.contents
        content.device, content.endpoint, content.kind = self._handle, endpoint, BULK
        content.callback = cast(callback, c_void_p)
        return transfer

    def _submit(self, transfer: Any, buffer: Any, length: int) -> None:
        transfer.contents.buffer = ctypes.addressof(buffer)
        transfer.contents.length = length
        if self._lib.libusb_submit_transfer(transfer) == 0:
            self._under_way.add(_address(transfer))
        else:
            self._trouble = self._trouble or errno.ENODEV

    def _take_in(self, transfer: Any) -> None:
        """Called by libusb, for every packet; the read is made ready again."""
        content = transfer.contents
        if content.status == COMPLETED:
            self._arrived.append(ctypes.string_at(content.buffer, content.actual_length))
            if not self._is_closing and self._resubmit(transfer) == 0:
                return
            self._trouble = self._trouble or (0 if self._is_closing else errno.ENODEV)
        else:
            self._note(content.status)
        self._under_way.discard(_address(transfer))

    def _let_go(self, transfer: Any) -> None:
        """Called by libusb; the transfer is free for the next write."""
        content = transfer.contents
        self._under_way.discard(_address(transfer))
        self._sending.pop(_address(transfer), None)
        if content.status != COMPLETED:
            self._note(content.status)
        elif content.actual_length != content.length:
            self._trouble = self._trouble or errno.EIO
        self._idle.append(transfer)

    def _note(self, status: int) -> None:
        if status != CANCELLED:
            self._trouble = self._trouble or _ERRNO.get(status, errno.EIO)

    def _raise_trouble(self) -> None:
        if self._trouble == errno.ENODEV:
            raise EOFError
        if self._trouble:
            raise OSError(self._trouble, os.strerror(self._trouble))

    def _may_wait(self, deadline: float) -> bool:
        return not self._is_interrupted and not self._trouble and time.monotonic() < deadline

    def _handle_events(self, deadline: float) -> None:
        seconds = min(max(deadline - time.monotonic(), 0.0), _SLICE_S)
        patience = _Time(0, int(seconds * 1e6))
        self._lib.libusb_handle_events_timeout_completed(self._context, byref(patience), None)


_KEPT: list[UsbQueue] = []
"""Queues whose transfers libusb may still touch."""


def is_possible(device: Any) -> bool:
    """Whether pyusb has opened ``device`` by libusb 1.0; its other backends have no queue."""
    return type(device.backend).__module__ == "usb.backend.libusb1"


def _address(transfer: Any) -> int:
    return ctypes.addressof(transfer.contents)
