"""The contact of an emergency stop: closed while the bench may run, at an input of a Modbus board or a modem line."""

from __future__ import annotations

from typing import Protocol

from station.config.address import TcpAddress
from station.config.estop_row import EstopRow
from station.drivers.modbus import ModbusSlave
from station.drivers.modbus_relays import SLAVE
from station.link.modem_lines import ModemLine, open_modem_line
from station.link.opening import open_link
from station.model.clock import Clock

ESTOP = "estop"
"""What errors of its line call it."""


class Contact(Protocol):
    """A normally closed contact."""

    def is_closed(self) -> bool:
        """Whether it is closed at this moment; raises LinkError or InstrumentError where that is not certain."""
        ...

    def close(self) -> None:
        """Give the line back."""
        ...


def open_contact(row: EstopRow, clock: Clock, open_s: float, answer_s: float) -> Contact:
    """Open the line of the contact; raises LinkError. Each answer may take ``answer_s``."""
    if row.line is None:
        return _BoardInput(row, clock, open_s, answer_s)
    if isinstance(row.address, TcpAddress):
        raise AssertionError("a bench file with a modem line of a TCP port is refused")
    return _LineContact(open_modem_line(ESTOP, row.address, row.line, open_s), answer_s)


class _BoardInput:
    """A discrete input of a Modbus board at slave address 1, which has voltage through the contact."""

    def __init__(self, row: EstopRow, clock: Clock, open_s: float, answer_s: float) -> None:
        self._input = row.input or 0
        self._link = open_link(ESTOP, row.address, clock, open_s)
        self._slave = ModbusSlave(self._link, clock, answer_s, SLAVE)

    def is_closed(self) -> bool:
        with self._link.hold():
            self._slave.synchronise()
            return self._input in self._slave.read_inputs(self._input)

    def close(self) -> None:
        self._link.close()


class _LineContact:
    """A modem line that is on through the contact."""

    def __init__(self, line: ModemLine, answer_s: float) -> None:
        self._line = line
        self._answer_s = answer_s

    def is_closed(self) -> bool:
        return self._line.is_on(self._answer_s)

    def close(self) -> None:
        self._line.close()
