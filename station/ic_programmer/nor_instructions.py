"""The instructions of a SPI NOR as transactions.

Sources: Winbond W25Q64JV data sheet, 8.2: 06h, 05h, 02h, 03h and erase; JESD216B, 6.6: 13h, 12h and erase with four
address bytes.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from station.model.roles import SpiTransaction

BUSY, WRITE_ENABLED = 0x01, 0x02

WRITE_ENABLE = SpiTransaction(b"\x06")
READ_STATUS = SpiTransaction(b"\x05", 1)

_READ: Mapping[int, int] = {3: 0x03, 4: 0x13}
_PROGRAM: Mapping[int, int] = {3: 0x02, 4: 0x12}
"""By the number of address bytes."""


class NorInstructions:
    """Those with an address, for a chip with so many address bytes behind a bus that carries so much at a time."""

    def __init__(self, address_bytes: int, max_write_bytes: int, max_read_bytes: int) -> None:
        self._address_bytes = address_bytes
        self._room = max(max_write_bytes - 1 - address_bytes, 1)
        self._max_read_bytes = max_read_bytes

    def read(self, address: int, length: int) -> SpiTransaction:
        return SpiTransaction(self._command(_READ[self._address_bytes], address), length)

    def reads(self, start: int, length: int, step: int) -> Iterator[SpiTransaction]:
        """All of it in transactions of at most ``step`` bytes, and of no more than the bus carries."""
        step = min(step, self._max_read_bytes)
        for address in range(start, start + length, step):
            yield self.read(address, min(step, start + length - address))

    def erase(self, opcode: int, address: int, wait_us: int) -> SpiTransaction:
        return SpiTransaction(self._command(opcode, address), 0, wait_us)

    def program(self, address: int, content: bytes, wait_us: int) -> Iterator[SpiTransaction]:
        """A page in as few parts as the bus can carry beside opcode and address."""
        opcode = _PROGRAM[self._address_bytes]
        step = -(-len(content) // -(-len(content) // self._room))
        for start in range(0, len(content), step):
            part = content[start : start + step]
            yield SpiTransaction(self._command(opcode, address + start) + part, 0, wait_us)

    def _command(self, opcode: int, address: int) -> bytes:
        return bytes((opcode,)) + address.to_bytes(self._address_bytes, "big")
