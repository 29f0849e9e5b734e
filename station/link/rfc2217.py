"""A serial port of another machine as a byte channel: RFC 2217 over TCP, without a thread and without a poll.

pyserial's own client waits 5 s to connect and 3 s for answers whatever its caller's deadline is, polls every 50 ms and
hands over bytes one by one; the protocol is small enough to keep the link's promises here. Sources: RFC 2217, 2
(settings; a baud rate of 0 asks), 3 (flow control, purge), 4 (modem lines), 5 (suspend and resume); see also telnet.py.
"""

from __future__ import annotations

import errno
import struct
import time

from station.config.address import Rfc2217Address, TcpAddress
from station.link.tcp import TcpChannel
from station.link.telnet import BINARY, COM_PORT, DO, DONT, IAC, WILL, WONT, Telnet

SET_BAUDRATE, SET_DATASIZE, SET_PARITY, SET_STOPSIZE, SET_CONTROL, NOTIFY_MODEMSTATE, PURGE_DATA = 1, 2, 3, 4, 5, 7, 12
FROM_SERVER = 100
FLOWCONTROL_SUSPEND, FLOWCONTROL_RESUME = 8 + FROM_SERVER, 9 + FROM_SERVER
PARITIES = {"N": 1, "O": 2, "E": 3}
_SEND_BYTES = 1 << 16
NO_FLOW_CONTROL, PURGE_RECEIVED = b"\x01", b"\x01"
_NEEDED = {(DO, COM_PORT), (DO, BINARY), (WILL, BINARY)}
_REFUSALS = {
    (DONT, COM_PORT): "it lets nobody make the settings of its port (RFC 2217)",
    (DONT, BINARY): "it takes no binary data",
    (WONT, BINARY): "it gives no binary data",
}


class Rfc2217Channel:
    """An open port, with the speed and format that the address names."""

    def __init__(self, address: Rfc2217Address, timeout_s: float) -> None:
        """Connect and agree on the settings, or raise OSError within ``timeout_s``; drops what arrives meanwhile."""
        deadline = time.monotonic() + timeout_s
        self._telnet = Telnet()
        self._is_suspended = False
        self._has_half = False
        self.modem_lines: int | None = None
        self.answers_alive = 0
        self._wanted: dict[int, bytes] = {}
        self._inner = TcpChannel(TcpAddress(address.host, address.port), timeout_s)
        try:
            self._agree(address, deadline)
        except EOFError:
            self._inner.close()
            raise ConnectionResetError(errno.ECONNRESET, "the server closed the connection") from None
        except OSError:
            self._inner.close()
            raise

    def exchange(self, out: bytes | memoryview, timeout_s: float) -> tuple[int, bytes]:
        deadline = time.monotonic() + timeout_s
        while True:
            taken, arrived, is_idle = self._step(out, deadline - time.monotonic())
            if taken or arrived or is_idle:
                return taken, arrived

    def ask_alive(self) -> int:
        """Ask for the speed, which every server answers; gives ``answers_alive``, which then grows.

        ``modem_lines`` is the last state the server has told; it is asked for once, which some servers need.
        """
        if self.modem_lines is None:
            self._telnet.ask(COM_PORT, bytes((NOTIFY_MODEMSTATE,)))
        self._telnet.ask(COM_PORT, bytes((SET_BAUDRATE, 0, 0, 0, 0)))
        return self.answers_alive

    def wake(self) -> None:
        self._inner.wake()

    def close(self) -> None:
        self._inner.close()

    def _step(self, out: bytes | memoryview, timeout_s: float) -> tuple[int, bytes, bool]:
        """(bytes of ``out`` taken, data that arrived, whether nothing at all was moved)."""
        owed = self._telnet.out
        wire = bytes(owed) if owed else self._wire(out)
        sent, received = self._inner.exchange(wire, timeout_s)
        taken = 0
        if owed:
            del owed[:sent]
        elif sent:
            taken = self._count(out, sent)
        return taken, self._take(received), not sent and not received

    def _wire(self, out: bytes | memoryview) -> bytes | memoryview:
        """As much of ``out`` as can be sent as it is; an FF goes alone, as two."""
        if self._is_suspended or not out:
            return b""
        if self._has_half:
            return b"\xff"
        head = bytes(out[:_SEND_BYTES])
        end = head.find(IAC)
        if end < 0:
            return head
        return head[:end] if end else b"\xff\xff"

    def _count(self, out: bytes | memoryview, sent: int) -> int:
        if out[0] != IAC:
            return sent
        is_whole = self._has_half or sent == 2
        self._has_half = not is_whole
        return int(is_whole)

    def _take(self, received: bytes) -> bytes:
        if not received:
            return b""
        try:
            data = self._telnet.take(received)
        except ValueError as error:
            raise OSError(errno.EPROTO, str(error)) from None
        for content in self._telnet.subnegotiations:
            if len(content) >= 2 and content[0] == COM_PORT:
                self._hear(content[1], content[2:])
        self._telnet.subnegotiations.clear()
        return data

    def _hear(self, command: int, value: bytes) -> None:
        """The server answers a setting with what it has set, which may be something else."""
        if command in (FLOWCONTROL_SUSPEND, FLOWCONTROL_RESUME):
            self._is_suspended = command == FLOWCONTROL_SUSPEND
        if command == NOTIFY_MODEMSTATE + FROM_SERVER:
            self.modem_lines = value[0] if value else None
        if command == SET_BAUDRATE + FROM_SERVER:
            self.answers_alive += 1
        asked = self._wanted.pop(command - FROM_SERVER, value)
        if value != asked:
            given, wanted = int.from_bytes(value, "big"), int.from_bytes(asked, "big")
            raise OSError(errno.EINVAL, f"the port cannot be set (RFC 2217, {command}): {given}, not {wanted}")

    def _agree(self, address: Rfc2217Address, deadline: float) -> None:
        while not self._telnet.agreed >= _NEEDED:
            self._listen(deadline)
            for refusal in self._telnet.refused & _REFUSALS.keys():
                raise OSError(errno.EPROTO, _REFUSALS[refusal])
        self._wanted = {
            SET_BAUDRATE: struct.pack("!I", address.baud),
            SET_DATASIZE: bytes((int(address.format[0]),)),
            SET_PARITY: bytes((PARITIES[address.format[1]],)),
            SET_STOPSIZE: bytes((int(address.format[2]),)),
        }
        for setting, value in self._wanted.items():
            self._telnet.ask(COM_PORT, bytes((setting,)) + value)
        self._telnet.ask(COM_PORT, bytes((SET_CONTROL,)) + NO_FLOW_CONTROL)
        self._telnet.ask(COM_PORT, bytes((PURGE_DATA,)) + PURGE_RECEIVED)
        while self._wanted or self._telnet.out:
            self._listen(deadline)

    def _listen(self, deadline: float) -> None:
        remaining = deadline - time.monotonic()
        if remaining <= 0:
            raise TimeoutError(errno.ETIMEDOUT, "the port's server (RFC 2217) does not answer in time")
        self._step(b"", remaining)
