"""An interface of a USB device as a blocking port: the bytes of its bulk endpoints, or messages.

Messages are those of USBTMC, or control requests where the interface is for firmware upgrade (DFU).

pyusb does the transfers, with the system's libusb or with the backend that the bench file names. A backend is code, so
that only one that the setting FANJI_USB_BACKENDS lists is ever loaded, and only here.
"""

from __future__ import annotations

import errno
import importlib
import math
import time
from contextlib import suppress
from typing import Any

import usb.core
import usb.util

from station.config.address import UsbAddress
from station.config.settings import is_usb_backend_allowed
from station.link.usb_control import DFU_CLASS, DFU_SUBCLASS, ControlMessages
from station.link.usb_queue import UsbQueue, is_possible
from station.link.usbtmc import INTERFACE_CLASS, INTERFACE_SUBCLASS, MOST_ADDED_BYTES, UsbtmcMessages

_READ_BYTES = 1 << 13
_SLICE_S = 0.05
"""libusb cannot end a transfer from another thread, so that a wait is made of short ones."""
_QUEUED_BYTES = 1 << 20
"""A write into the queue ends in time, however long it is."""
_BUSY_POLL_S = 0.01
_GONE = (errno.ENODEV, errno.ESHUTDOWN, errno.ENXIO)


class UsbPort:
    """One interface, claimed for as long as it is open."""

    is_stream = True
    prompt_write_bytes = 0
    reads_promptly = True
    interface = 0
    in_endpoint = 0

    def __init__(self, address: UsbAddress) -> None:
        self._address = address
        self._device: Any = None
        self._in: Any = None
        self._out: Any = None
        self._messages: UsbtmcMessages | ControlMessages | None = None
        self._queue: UsbQueue | None = None
        self._is_interrupted = False
        self._packet_bytes = 0

    def open(self, timeout_s: float) -> None:
        deadline = time.monotonic() + timeout_s
        with _TRANSLATED:
            self._device = _find(self._address)
            interface = self._chosen()
            self.interface = interface.bInterfaceNumber
            self._claim(deadline)
            self._speak((interface.bInterfaceClass, interface.bInterfaceSubClass), deadline)

    def _speak(self, kind: tuple[int, int], deadline: float) -> None:
        """As the class of the interface has it."""
        if kind == (INTERFACE_CLASS, INTERFACE_SUBCLASS):
            self._messages = UsbtmcMessages(self)
            self.prompt_write_bytes = self._packet_bytes - MOST_ADDED_BYTES
        elif kind == (DFU_CLASS, DFU_SUBCLASS):
            self._messages = ControlMessages(self)
        elif is_possible(self._device):
            out_endpoint, packet_bytes = self._out.bEndpointAddress, self._in.wMaxPacketSize
            self._queue = UsbQueue(self._device, self.in_endpoint, out_endpoint, packet_bytes)
            self.prompt_write_bytes = _QUEUED_BYTES
        else:
            self.prompt_write_bytes = self._packet_bytes
        self.is_stream = self._messages is None
        if self._messages is not None:
            self._messages.begin(deadline - time.monotonic())

    def write(self, data: bytes, timeout_s: float) -> None:
        if self._messages is not None:
            self._messages.write(data, timeout_s)
        elif self._queue is not None:
            self._enqueue(self._queue, data, timeout_s)
        else:
            self.send(data, timeout_s)

    def read(self, timeout_s: float) -> tuple[bytes, bool]:
        if self._messages is not None:
            return self._messages.read(timeout_s)
        if self._queue is not None:
            return self._queue.receive(timeout_s), False
        return self.receive(_READ_BYTES, timeout_s) or b"", False

    def interrupt(self) -> None:
        self._is_interrupted = True
        if self._queue is not None:
            self._queue.interrupt()

    def close(self) -> None:
        if self._device is None:
            return
        with suppress(OSError, EOFError):
            if self._messages is not None:
                self._messages.abort()
        if self._queue is not None:
            self._queue.close()
        with suppress(OSError, EOFError), _TRANSLATED:
            usb.util.dispose_resources(self._device)

    def _enqueue(self, queue: UsbQueue, data: bytes, timeout_s: float) -> None:
        if queue.send(data, timeout_s):
            return
        if self._is_interrupted:
            raise OSError(errno.EINTR, "was interrupted")
        raise TimeoutError(errno.ETIMEDOUT, "the device took too long")

    def send(self, data: bytes, timeout_s: float) -> None:
        """One packet goes whole or not at all, so that it can be tried again and again until it is interrupted."""
        deadline = time.monotonic() + timeout_s
        slice_s = _SLICE_S if len(data) <= self._packet_bytes else timeout_s
        while not self._is_interrupted:
            remaining = deadline - time.monotonic()
            try:
                with _TRANSLATED:
                    sent = self._out.write(data, _milliseconds(min(remaining, slice_s)))
            except TimeoutError:
                if remaining <= slice_s:
                    raise
                continue
            if sent != len(data):
                raise OSError(errno.EIO, f"took {sent} of {len(data)} bytes")
            return
        raise OSError(errno.EINTR, "was interrupted")

    def receive(self, length: int, timeout_s: float) -> bytes | None:
        deadline = time.monotonic() + timeout_s
        while not self._is_interrupted:
            remaining = deadline - time.monotonic()
            try:
                with _TRANSLATED:
                    return bytes(self._in.read(length, _milliseconds(min(remaining, _SLICE_S))))
            except TimeoutError:
                if remaining <= _SLICE_S:
                    return None
        return None

    def request(self, kind: int, request: int, value: int, index: int, length: int, timeout_s: float) -> bytes:
        with _TRANSLATED:
            return bytes(self._device.ctrl_transfer(kind, request, value, index, length, _milliseconds(timeout_s)))

    def tell(self, kind: int, request: int, value: int, index: int, data: bytes, timeout_s: float) -> None:
        with _TRANSLATED:
            self._device.ctrl_transfer(kind, request, value, index, data, _milliseconds(timeout_s))

    def choose(self, alternate: int) -> None:
        with _TRANSLATED:
            self._device.set_interface_altsetting(self.interface, alternate)

    def unhalt(self, is_in: bool) -> None:
        with _TRANSLATED:
            (self._in if is_in else self._out).clear_halt()

    def _chosen(self) -> Any:
        """The interface of the address, or the first that can be used; its bulk endpoints are kept."""
        try:
            configuration = self._device.get_active_configuration()
        except usb.core.USBError:
            self._device.set_configuration()
            configuration = self._device.get_active_configuration()
        for interface in configuration:
            if self._address.interface not in (None, interface.bInterfaceNumber) or interface.bAlternateSetting:
                continue
            self._in = _bulk_endpoint(interface, usb.util.ENDPOINT_IN)
            self._out = _bulk_endpoint(interface, usb.util.ENDPOINT_OUT)
            if self._in is not None and self._out is not None:
                self.in_endpoint = self._in.bEndpointAddress
                self._packet_bytes = self._out.wMaxPacketSize
                return interface
            if (interface.bInterfaceClass, interface.bInterfaceSubClass) == (DFU_CLASS, DFU_SUBCLASS):
                return interface
        which = "" if self._address.interface is None else f" {self._address.interface}"
        raise OSError(errno.ENODEV, f"the USB device has no interface{which} with a bulk endpoint each way")

    def _claim(self, deadline: float) -> None:
        """Whoever has just closed it may not have let it go yet."""
        with suppress(RuntimeError, usb.core.USBError):  # not every system has kernel drivers
            if self._device.is_kernel_driver_active(self.interface):
                self._device.detach_kernel_driver(self.interface)
        while True:
            try:
                usb.util.claim_interface(self._device, self.interface)
                return
            except usb.core.USBError as error:
                if error.errno != errno.EBUSY or time.monotonic() + _BUSY_POLL_S > deadline:
                    raise
            time.sleep(_BUSY_POLL_S)


def _find(address: UsbAddress) -> Any:
    """The one device that the address names."""
    backend = _backend(address.backend) if address.backend else None
    try:
        found = list(
            usb.core.find(find_all=True, backend=backend, idVendor=address.vendor, idProduct=address.product) or ()
        )
    except usb.core.NoBackendError:
        raise OSError(errno.ENODEV, "this machine has no libusb") from None
    fitting = [device for device in found if _fits(device, address)]
    for device in found:
        if device not in fitting or len(fitting) > 1:
            usb.util.dispose_resources(device)
    if len(fitting) > 1:
        places = ", ".join(_place_of(device) for device in fitting)
        advice = f"write the serial number too, or @ and one of {places}"
        raise OSError(errno.EEXIST, f"{len(fitting)} USB devices are {address}: {advice}")
    if not fitting:
        raise OSError(errno.ENODEV, f"no USB device is {address}")
    return fitting[0]


def _fits(device: Any, address: UsbAddress) -> bool:
    if address.place and _place_of(device) != address.place:
        return False
    return not address.serial or _serial_of(device) == address.serial


def _place_of(device: Any) -> str:
    """Bus and ports as Linux names them, 1-2.3."""
    return f"{device.bus}-{'.'.join(str(port) for port in device.port_numbers or ())}"


def _serial_of(device: Any) -> str:
    try:
        return str(device.serial_number)
    except (usb.core.USBError, ValueError):  # no permission, or it has no texts
        return ""


def _bulk_endpoint(interface: Any, direction: int) -> Any:
    return usb.util.find_descriptor(
        interface,
        custom_match=lambda endpoint: (
            usb.util.endpoint_direction(endpoint.bEndpointAddress) == direction
            and usb.util.endpoint_type(endpoint.bmAttributes) == usb.util.ENDPOINT_TYPE_BULK
        ),
    )


def _backend(name: str) -> Any:
    """What the factory ``module:factory`` makes; what stands behind ``@`` is its argument."""
    if not is_usb_backend_allowed(name):
        raise OSError(errno.EPERM, f"the USB backend {name!r} is not in FANJI_USB_BACKENDS")
    code, _, place = name.partition("@")
    module, _, factory = code.partition(":")
    try:
        make = vars(importlib.import_module(module))[factory]
    except (ImportError, KeyError):
        raise OSError(errno.ENOENT, f"there is no USB backend {code!r}") from None
    return make(place)


def _milliseconds(timeout_s: float) -> int:
    """0 would be no limit."""
    return max(math.ceil(timeout_s * 1000), 1)


class _Translation:
    """The one place where what pyusb raises becomes what a channel raises."""

    def __enter__(self) -> None:
        return

    def __exit__(self, _kind: object, error: BaseException | None, _trace: object) -> None:
        if isinstance(error, usb.core.USBTimeoutError):
            raise TimeoutError(errno.ETIMEDOUT, "the device took too long") from None
        if isinstance(error, usb.core.USBError):
            if error.errno in _GONE:
                raise EOFError from None
            raise OSError(error.errno or errno.EIO, error.strerror or "the USB transfer failed") from None
        if isinstance(error, RuntimeError | ValueError):  # a backend that cannot do it; a device that has gone
            raise OSError(errno.ENODEV, str(error) or "the USB backend cannot do this") from None


_TRANSLATED = _Translation()
