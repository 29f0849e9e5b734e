"""One input line of a serial port that carries no bytes: a contact wired to CTS, DSR or CD.

Sources: ITU-T V.24, circuits 106, 107 and 109; RFC 2217, 3 (a baud rate of 0 asks for the one that is set) and 4 (the
server tells its modem lines when they change). That the server is alive is proved by its answer to such a question.
"""

from __future__ import annotations

import time
from typing import Protocol

from station.config.address import Rfc2217Address, SerialAddress
from station.link.rfc2217 import Rfc2217Channel
from station.link.wording import reason
from station.model.errors import LinkError, LinkLost, LinkRefused, LinkTimeout

STATE_BITS = {"cts": 0x10, "dsr": 0x20, "cd": 0x80}


class ModemLine(Protocol):
    """A line that is on or off."""

    def is_on(self, timeout_s: float) -> bool:
        """Whether it is on at this moment; raises LinkError where that is not known for certain."""
        ...

    def close(self) -> None:
        """Give the port back."""
        ...


def open_modem_line(name: str, address: SerialAddress | Rfc2217Address, line: str, timeout_s: float) -> ModemLine:
    """Open the port for the sake of this line; raises LinkRefused."""
    try:
        if isinstance(address, Rfc2217Address):
            return _NetworkLine(name, address, line, timeout_s)
        from station.link.serial_lines import SerialLine

        return SerialLine(name, address, line)
    except OSError as error:
        raise LinkRefused(name, f"cannot be opened: {reason(error)}") from None


class _NetworkLine:
    """A line of a port that a server lends (RFC 2217)."""

    def __init__(self, name: str, address: Rfc2217Address, line: str, timeout_s: float) -> None:
        self._name = name
        self._bit = STATE_BITS[line]
        self._channel = Rfc2217Channel(address, timeout_s)

    def is_on(self, timeout_s: float) -> bool:
        deadline = time.monotonic() + timeout_s
        channel = self._channel
        try:
            answers = channel.ask_alive()
            while channel.answers_alive == answers or channel.modem_lines is None:
                remaining = deadline - time.monotonic()
                if remaining <= 0:
                    raise self._silent()
                channel.exchange(b"", remaining)
        except (OSError, EOFError) as error:
            raise LinkLost(self._name, reason(error)) from None
        return bool(channel.modem_lines & self._bit)

    def close(self) -> None:
        self._channel.close()

    def _silent(self) -> LinkError:
        if self._channel.modem_lines is None:
            return LinkTimeout(self._name, "the port's server (RFC 2217) does not tell its modem lines")
        return LinkTimeout(self._name, "the port's server (RFC 2217) does not answer in time")
