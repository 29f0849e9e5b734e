"""A bus of python-can as a channel for one pair of identifiers; what the library raises is translated here.

The interface must let itself be opened once for each pair of identifiers (SocketCAN, Kvaser, Vector, udp_multicast do).
Source of the error frame's flag: Linux, include/uapi/linux/can/error.h, CAN_ERR_BUSOFF.
"""

from __future__ import annotations

import errno
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from queue import Empty, SimpleQueue
from typing import Any

import can

from station.config.can_address import MAX_STANDARD_ID, CanAddress
from station.link.channel import Readiness

BUS_OFF_FLAG = 0x40
SLICE_S = 0.05
"""How long an interface that cannot be waited for with others is asked, before it is seen whether the wait is over."""
SEND_S = 0.1
"""Estimate: how long a repeated frame may wait for the bus; at 500 kbit/s it takes 0.25 ms."""

_LIBRARY_ERRORS = (can.CanError, OSError, ValueError, TypeError, ImportError, RuntimeError)


def open_bus(address: CanAddress, timeout_s: float) -> BusChannel:
    """The opened bus; raises OSError within ``timeout_s``. A bus that comes later is shut down again."""
    results: SimpleQueue[can.BusABC | OSError] = SimpleQueue()
    is_abandoned = threading.Event()

    def work() -> None:
        try:
            result: can.BusABC | OSError = _make_bus(address)
        except _LIBRARY_ERRORS as error:
            result = _translated(error)
        results.put(result)
        if is_abandoned.is_set() and isinstance(result, can.BusABC):
            result.shutdown()

    threading.Thread(target=work, name="open CAN", daemon=True).start()
    try:
        result = results.get(timeout=max(timeout_s, 0.001))
    except Empty:
        is_abandoned.set()
        raise TimeoutError(errno.ETIMEDOUT, f"{address.interface} does not open in time") from None
    if isinstance(result, OSError):
        raise result
    return BusChannel(result, address)


class BusChannel:
    """An open bus."""

    def __init__(self, bus: can.BusABC, address: CanAddress) -> None:
        self._bus = bus
        self._address = address
        self._readiness = Readiness()
        self._sending = threading.Lock()
        self._repetitions: list[BusRepetition] = []
        self._descriptor = _descriptor(bus)
        self._is_woken = False
        self._is_closed = False

    def send(self, data: bytes, timeout_s: float) -> bool:
        with self._sending, _translation():
            try:
                self._bus.send(self._message(data), max(timeout_s, 0.001))
            except can.CanTimeoutError:
                return False
        return True

    def receive(self, timeout_s: float) -> bytes | None:
        deadline = time.monotonic() + timeout_s
        with _translation():
            while not self._is_woken:
                remaining = max(deadline - time.monotonic(), 0.0)
                is_any, message = self._next(remaining)
                if message is not None and self._is_heard(message):
                    return bytes(message.data)
                if not is_any and time.monotonic() >= deadline:
                    self._require_bus_on()
                    return None
        return None

    def forget(self, longest: int) -> int:
        count = 0
        while count < longest and self.receive(0.0) is not None:
            count += 1
        return count

    def repeat(self, data: bytes, period_s: float) -> BusRepetition:
        def send() -> None:
            if not self.send(data, SEND_S):
                raise TimeoutError(errno.ETIMEDOUT, "a repeated frame was not taken in time")

        self._repetitions.append(BusRepetition(send, period_s))
        return self._repetitions[-1]

    def wake(self) -> None:
        self._is_woken = True
        self._readiness.wake()

    def close(self) -> None:
        if self._is_closed:
            return
        self._is_closed = True
        for repetition in self._repetitions:
            repetition.stop()
        self._bus.shutdown()
        self._readiness.close()

    def _next(self, timeout_s: float) -> tuple[bool, can.Message | None]:
        """Whether there was something, and the frame that it was."""
        if self._descriptor is None:
            message = self._bus.recv(min(timeout_s, SLICE_S))
            return message is not None, message
        is_any, _ = self._readiness.wait(self._descriptor, False, timeout_s)
        return is_any, self._bus.recv(0.0) if is_any else None

    def _is_heard(self, message: can.Message) -> bool:
        if message.is_error_frame:
            if message.arbitration_id & BUS_OFF_FLAG:
                raise OSError(errno.ENETDOWN, "the controller is bus off")
            return False
        is_extended = self._address.receive > MAX_STANDARD_ID
        is_ours = message.arbitration_id == self._address.receive and message.is_extended_id == is_extended
        return is_ours and not message.is_remote_frame

    def _require_bus_on(self) -> None:
        if self._bus.state is can.BusState.ERROR:
            raise OSError(errno.ENETDOWN, "the controller is off the bus")

    def _message(self, data: bytes) -> can.Message:
        identifier = self._address.send
        return can.Message(arbitration_id=identifier, data=data, is_extended_id=identifier > MAX_STANDARD_ID)


class BusRepetition:
    """A thread that sends; python-can's own goes on after it was stopped, and dies when the bus is shut down then."""

    def __init__(self, send: Callable[[], None], period_s: float) -> None:
        self._send = send
        self._period_s = period_s
        self._is_stopped = threading.Event()
        self._error: OSError | None = None
        self._thread = threading.Thread(target=self._work, name="CAN repetition", daemon=True)
        self._thread.start()

    def error(self) -> OSError | None:
        return self._error

    def stop(self) -> None:
        """The thread has ended when this returns, but for one that the interface does not give back."""
        self._is_stopped.set()
        self._thread.join(2 * SEND_S)

    def _work(self) -> None:
        due = time.monotonic()
        while not self._is_stopped.wait(max(due - time.monotonic(), 0.0)):
            try:
                self._send()
            except OSError as error:
                self._error = error
                return
            due = max(due + self._period_s, time.monotonic())


def _make_bus(address: CanAddress) -> can.BusABC:
    """Without the library's filters: they keep the interface's error frames away."""
    settings: dict[str, Any] = dict(address.settings)  # each interface has its own
    if address.interface == "udp_multicast":
        settings["hop_limit"] = 0  # the frames stay on this machine
    return can.Bus(address.channel, address.interface, ignore_config=True, **settings)


def _descriptor(bus: can.BusABC) -> int | None:
    """What can be waited for together with a wake-up; None where the interface has no such thing."""
    try:
        descriptor = bus.fileno()
    except (RuntimeError, can.CanError):
        return None
    return descriptor if descriptor >= 0 else None


@contextmanager
def _translation() -> Iterator[None]:
    try:
        yield
    except _LIBRARY_ERRORS as error:
        raise _translated(error) from None


def _translated(error: Exception) -> OSError:
    """The one place where what the library raises becomes what a channel raises."""
    cause = error if isinstance(error, OSError) else error.__cause__
    if isinstance(cause, OSError):
        return OSError(cause.errno, cause.strerror or str(error))
    return OSError(errno.EIO, str(error) or type(error).__name__)
