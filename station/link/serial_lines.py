"""A modem line of this machine's serial port, read by pyserial."""

from __future__ import annotations

from collections.abc import Callable

import serial

from station.config.address import SerialAddress
from station.link.wording import reason
from station.model.errors import LinkLost


class SerialLine:
    """A station.link.modem_lines.ModemLine; runs of several slots may read the same line at once."""

    def __init__(self, name: str, address: SerialAddress, line: str) -> None:
        """Raises OSError where there is no such port."""
        self._name = name
        self._port = serial.Serial(None, baudrate=address.baud, timeout=0, exclusive=False)
        self._port.port = address.port
        self._port.open()
        self._read: Callable[[], bool] = {
            "cts": lambda: bool(self._port.cts),
            "dsr": lambda: bool(self._port.dsr),
            "cd": lambda: bool(self._port.cd),
        }[line]

    def is_on(self, timeout_s: float) -> bool:
        """By the driver's own register: nothing is waited for."""
        try:
            return self._read()
        except (OSError, serial.SerialException) as error:
            raise LinkLost(self._name, f"its modem lines cannot be read: {reason(error)}") from None

    def close(self) -> None:
        self._port.close()
