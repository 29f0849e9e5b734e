"""A serial port as a byte channel: opened by pyserial, read and written on its file descriptor."""

from __future__ import annotations

import os

import serial

from station.config.address import SerialAddress
from station.link.channel import Readiness
from station.system import TERMINAL_ERROR, never_wait

_RECEIVE_BYTES = 1 << 16


class SerialChannel:
    """An open port that no other process may open meanwhile."""

    def __init__(self, address: SerialAddress) -> None:
        """Open it without flow control, or raise OSError; what arrived before is thrown away."""
        self._port = serial.Serial(
            None,
            baudrate=address.baud,
            bytesize=int(address.format[0]),
            parity=address.format[1],
            stopbits=int(address.format[2]),
            timeout=0,
            exclusive=True,
        )
        self._port.port = address.port
        try:
            self._port.open()
            self._descriptor: int = self._port.fileno()
            self._port.reset_input_buffer()
        except (TERMINAL_ERROR, ValueError, OverflowError) as error:  # gone at this moment, or a speed it has not
            self._port.close()
            raise OSError(*error.args) from None
        never_wait(self._descriptor)
        self._readiness = Readiness()

    def exchange(self, out: bytes | memoryview, timeout_s: float) -> tuple[int, bytes]:
        is_readable, is_writable = self._readiness.wait(self._descriptor, len(out) > 0, timeout_s)
        taken, arrived = 0, b""
        if is_readable:
            try:
                arrived = os.read(self._descriptor, _RECEIVE_BYTES)
            except BlockingIOError:
                is_readable = False
            if is_readable and not arrived:
                raise EOFError
        if is_writable:
            try:
                taken = os.write(self._descriptor, out)
            except BlockingIOError:
                taken = 0
        return taken, arrived

    def wake(self) -> None:
        self._readiness.wake()

    def close(self) -> None:
        self._port.close()
        self._readiness.close()
