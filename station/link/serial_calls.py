"""A serial port by pyserial's own calls, which block: for systems where a port is no descriptor to wait for."""

from __future__ import annotations

import serial

from station.config.address import SerialAddress


class SerialPort:
    """A station.link.blocking.BlockingPort; its reads end at their time limit, and when they are cancelled."""

    is_stream = True
    prompt_write_bytes = 0
    reads_promptly = True

    def __init__(self, address: SerialAddress) -> None:
        self._address = address
        self._port = serial.Serial(
            None,
            baudrate=address.baud,
            bytesize=int(address.format[0]),
            parity=address.format[1],
            stopbits=int(address.format[2]),
        )

    def open(self, timeout_s: float) -> None:
        """Without flow control; what arrived before is thrown away."""
        self._port.port = self._address.port
        try:
            self._port.open()
            self._port.reset_input_buffer()
        except (ValueError, OverflowError) as error:  # a speed it has not
            raise OSError(*error.args) from None

    def write(self, data: bytes, timeout_s: float) -> None:
        self._port.write_timeout = timeout_s
        try:
            self._port.write(data)
        except serial.SerialTimeoutException:
            raise TimeoutError("the port takes no more bytes") from None

    def read(self, timeout_s: float) -> tuple[bytes, bool]:
        self._port.timeout = timeout_s
        first = bytes(self._port.read(1))
        return (first + bytes(self._port.read(self._port.in_waiting)) if first else b""), False

    def interrupt(self) -> None:
        if self._port.is_open:
            self._port.cancel_read()
            self._port.cancel_write()

    def close(self) -> None:
        self._port.close()
