"""A programmer's bus to one flash."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Protocol, runtime_checkable

import msgspec


class SpiBus(Protocol):
    """A programmer that carries SPI transactions to one chip select."""

    def transfer(self, write: bytes, read_length: int) -> bytes:
        """One transaction: chip select low, ``write`` out, ``read_length`` bytes in, chip select high."""
        ...

    def stream(self, transactions: Sequence[SpiTransaction]) -> list[bytes]:
        """Several transactions in order, sent ahead as far as the programmer's buffer allows.

        Each is a complete transaction on the wire; the answers come back in the same order.
        """
        ...

    def max_write_bytes(self) -> int:
        """The longest ``write`` of one transaction, opcode and address included."""
        ...

    def max_read_bytes(self) -> int:
        """The longest ``read_length`` of one transaction."""
        ...

    def describe(self) -> str:
        """Model and firmware as the programmer tells them."""
        ...


@runtime_checkable
class SpiFlow(Protocol):
    """What a bus can besides that keeps its wire busy in both directions for as long as there is something to do."""

    def flow(self, transactions: Iterable[SpiTransaction], take: Callable[[bytes], None]) -> None:
        """As ``SpiBus.stream``, each transaction drawn when there is room for it and each answer handed to ``take``.

        Where either raises, nothing more is sent and what is under way is waited for.
        """
        ...

    def flow_bytes(self) -> int:
        """How many bytes of transactions may be on their way without an answer."""
        ...


@runtime_checkable
class SpiClock(Protocol):
    """What a bus can besides whose clock can be lowered."""

    def slow_down(self) -> bool:
        """Clock the chip more slowly from here to the end; False where it is as slow as it can be."""
        ...


class SpiTransaction(msgspec.Struct, frozen=True):
    """``write`` out, ``read_length`` in, then ``wait_us`` with chip select high before the next one starts."""

    write: bytes
    read_length: int = 0
    wait_us: int = 0
