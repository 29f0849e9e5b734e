"""A device that takes its whole firmware over USB and knows no addresses (DFU 1.1)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

import msgspec


class FirmwareProduct(msgspec.Struct, frozen=True):
    """What the device says of itself; ``serial`` may be empty, ``block_bytes`` is what one transfer carries.

    ``gives_back``: what it holds can be read. ``stays``: it is there again once it has taken a firmware into use.
    """

    vendor: int
    product: int
    version: int
    serial: str
    block_bytes: int
    gives_back: bool
    stays: bool


class FirmwareDevice(Protocol):
    """One device in its bootloader; that it took something proves nothing, only what is read does."""

    def product(self) -> FirmwareProduct:
        """Ask who it is and what it can do."""
        ...

    def give(self, length: int, told: Callable[[int], None]) -> bytes:
        """The first ``length`` bytes of what it holds, fewer where it holds fewer; ``told`` hears how many there are.

        Raises TargetError where it refuses.
        """
        ...

    def take(self, content: bytes, block_max_s: float, told: Callable[[int], None]) -> None:
        """Send it a whole firmware; ``told`` hears how far it is. Raises BusyError, TargetError."""
        ...

    def use(self, longest_s: float) -> None:
        """Let it take into use what it was sent (manifestation). Raises BusyError, TargetError."""
        ...
