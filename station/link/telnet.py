"""The Telnet side of a serial port on the network, without any I/O: options are agreed on, data is told from commands.

Sources: RFC 854 (commands; FF in data is sent twice), RFC 855 (options and subnegotiations), RFC 856 (binary
transmission), RFC 858 (suppress go ahead), RFC 2217, 1 (COM-PORT-OPTION is 44).
"""

from __future__ import annotations

from enum import Enum

SE, SB, WILL, WONT, DO, DONT, IAC = 240, 250, 251, 252, 253, 254, 255
BINARY, SUPPRESS_GO_AHEAD, COM_PORT = 0, 3, 44
OURS = (BINARY, SUPPRESS_GO_AHEAD, COM_PORT)
"""Options that this side asks to use; the peer's ``DO`` agrees."""
THEIRS = (BINARY, SUPPRESS_GO_AHEAD)
"""Options that the peer is asked to use; its ``WILL`` agrees."""
MAX_SUBNEGOTIATION_BYTES = 1024


class _Reading(Enum):
    DATA = "data"
    COMMAND = "after IAC"
    OPTION = "after a verb"


class Telnet:
    """One conversation; ``out`` collects what must be sent."""

    def __init__(self) -> None:
        self.out = bytearray()
        self.agreed: set[tuple[int, int]] = set()
        self.refused: set[tuple[int, int]] = set()
        self.subnegotiations: list[bytes] = []
        self._reading = _Reading.DATA
        self._verb = 0
        self._sub: bytearray | None = None
        self._answered: set[tuple[int, int]] = set()
        for option in OURS:
            self.out += bytes((IAC, WILL, option))
        for option in THEIRS:
            self.out += bytes((IAC, DO, option))

    def ask(self, option: int, content: bytes) -> None:
        """Put a subnegotiation into ``out``."""
        self.out += bytes((IAC, SB, option)) + escaped(content) + bytes((IAC, SE))

    def take(self, received: bytes) -> bytes:
        """The data in ``received``; raises ValueError for a subnegotiation without an end."""
        if self._reading is _Reading.DATA and self._sub is None and IAC not in received:
            return received
        data = bytearray()
        for byte in received:
            self._take(byte, data)
        return bytes(data)

    def _take(self, byte: int, data: bytearray) -> None:
        if self._reading is _Reading.OPTION:
            self._reading = _Reading.DATA
            self._negotiate(self._verb, byte)
        elif self._reading is _Reading.COMMAND:
            self._reading = _Reading.DATA
            self._command(byte, data)
        elif byte == IAC:
            self._reading = _Reading.COMMAND
        else:
            self._keep(byte, data)

    def _command(self, byte: int, data: bytearray) -> None:
        if byte == IAC:
            self._keep(byte, data)
        elif byte in (WILL, WONT, DO, DONT):
            self._verb = byte
            self._reading = _Reading.OPTION
        elif byte == SB:
            self._sub = bytearray()
        elif byte == SE and self._sub is not None:
            self.subnegotiations.append(bytes(self._sub))
            self._sub = None

    def _keep(self, byte: int, data: bytearray) -> None:
        if self._sub is None:
            data.append(byte)
            return
        self._sub.append(byte)
        if len(self._sub) > MAX_SUBNEGOTIATION_BYTES:
            raise ValueError(f"more than {MAX_SUBNEGOTIATION_BYTES} bytes in a Telnet subnegotiation")

    def _negotiate(self, verb: int, option: int) -> None:
        """What was asked for is only noted; anything else is answered once, so that two sides never go in circles."""
        if (verb in (DO, DONT) and option in OURS) or (verb in (WILL, WONT) and option in THEIRS):
            (self.agreed if verb in (DO, WILL) else self.refused).add((verb, option))
            return
        if verb in (WONT, DONT) or (verb, option) in self._answered:
            return
        self._answered.add((verb, option))
        if verb == WILL:
            self.out += bytes((IAC, DO if option == COM_PORT else DONT, option))
        else:
            self.out += bytes((IAC, WONT, option))


def escaped(content: bytes) -> bytes:
    """``content`` with each FF twice."""
    return content.replace(b"\xff", b"\xff\xff")
