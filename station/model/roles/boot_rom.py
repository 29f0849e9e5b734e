"""The boot ROM of a microcontroller that waits for commands at a serial line."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

import msgspec


class BootRomProduct(msgspec.Struct, frozen=True):
    """What a boot ROM says of itself; ``product`` is the one of ST's AN2606, as 0x410."""

    product: int
    version: int
    commands: frozenset[int]


class BootRom(Protocol):
    """One microcontroller. Errors name the address; an acknowledgement proves nothing, only what is read does."""

    def begin(self) -> BootRomProduct:
        """Find its speed and its place in the conversation (anew), and ask who it is; raises ContactError."""
        ...

    def product(self) -> BootRomProduct:
        """Ask once more who it is."""
        ...

    def read(self, address: int, length: int) -> bytes:
        """At most 256 bytes; raises ProtectedError where the flash is protected against readout."""
        ...

    def write(self, address: int, data: bytes, longest_s: float) -> None:
        """Program at most 256 bytes, a multiple of four, which takes ``longest_s`` at most."""
        ...

    def erase(self, sectors: Sequence[int] | None, longest_s: float) -> None:
        """Erase sectors by their numbers, None for the whole flash, which takes ``longest_s`` at most."""
        ...
