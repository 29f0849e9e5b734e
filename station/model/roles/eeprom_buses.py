"""A programmer's buses to serial EEPROMs: I2C and Microwire."""

from __future__ import annotations

from typing import Protocol


class I2cBus(Protocol):
    """Addresses are of seven bits."""

    def answers(self, address: int) -> bool:
        """Whether somebody acknowledges ``address``."""
        ...

    def write(self, address: int, data: bytes) -> bool:
        """START, address, ``data``, STOP; whether the address was acknowledged: of the data nobody knows."""
        ...

    def read(self, address: int, head: bytes, length: int) -> bytes | None:
        """START, address, ``head``, START, address, ``length`` bytes, STOP; None where the address was refused."""
        ...

    def describe(self) -> str:
        """Model and firmware as the programmer tells them."""
        ...


class MicrowireBus(Protocol):
    """Chip select is active high; bits go out and come in with the most significant first."""

    def transact(self, value: int, bits: int, read_bits: int = 0) -> int:
        """Select, shift out ``bits`` of ``value``, clock in ``read_bits``, each sampled after its clock; deselect."""
        ...

    def is_ready(self) -> bool:
        """Select, look at the chip's data output, end its showing of that by a start bit; deselect."""
        ...

    def describe(self) -> str:
        """Model and firmware as the programmer tells them."""
        ...
