"""The boot ROM of a microcontroller that is upgraded over USB (DFU with ST's extensions)."""

from __future__ import annotations

from typing import Protocol

import msgspec


class UpgradeMemory(msgspec.Struct, frozen=True):
    """A memory as the ROM names and maps it: ``sectors`` are pairs of count and bytes from ``start`` on.

    What may be done is what may be done with every one of its sectors.
    """

    name: str
    start: int
    sectors: tuple[tuple[int, int], ...]
    is_readable: bool
    is_erasable: bool
    is_writeable: bool


class UpgradeProduct(msgspec.Struct, frozen=True):
    """What the device says of itself; ``serial`` may be empty, ``block_bytes`` is what one transfer carries."""

    vendor: int
    product: int
    version: int
    serial: str
    block_bytes: int
    memory: UpgradeMemory


class UpgradeRom(Protocol):
    """One microcontroller. Errors name the address; that it took something proves nothing, only what is read does."""

    def product(self) -> UpgradeProduct:
        """Ask who it is, and how its flash is laid out."""
        ...

    def read(self, address: int, length: int) -> bytes:
        """At most one block; raises ProtectedError where readout protection is on."""
        ...

    def write(self, address: int, data: bytes, longest_s: float) -> None:
        """Program at most one block, which takes ``longest_s`` at most; quickest right behind the block before it."""
        ...

    def erase(self, address: int | None, longest_s: float) -> None:
        """Erase the sector of ``address``, None for the whole flash, which takes ``longest_s`` at most."""
        ...

    def leave(self, address: int) -> None:
        """Let it start what is at ``address``; it is no longer there afterwards."""
        ...
