"""What a step or a burn may ask of the bench: small Protocols, no instrument behind them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from station.model.reading import Reading, TextReading
from station.model.run_record import Accessory


class Supply(Protocol):
    """One output of a DC supply."""

    def set(self, volts_v: float, limit_a: float) -> None:
        """Set voltage and current limit; raises CommandRefused where the model cannot deliver them."""
        ...

    def switch_on(self) -> None:
        """Switch the output on and prove it by reading back the state."""
        ...

    def switch_off(self) -> None:
        """Switch the output off and prove it by reading back the state."""
        ...

    def read_v(self) -> Reading:
        """Volts at the output."""
        ...

    def read_a(self) -> Reading:
        """Amperes out of the output."""
        ...


class Multimeter(Protocol):
    """A voltmeter that is switched to named test points of the jig."""

    def read_v(self, point: str, range_v: float) -> Reading:
        """DC volts at ``point`` in the fixed range that holds ``range_v``."""
        ...


class Ammeter(Protocol):
    """A current through a shunt of the jig."""

    def read_a(self, range_a: float) -> Reading:
        """DC amperes in the fixed range that holds ``range_a``."""
        ...


class HeadUnit(Protocol):
    """The service port of a unit under test; silence raises DutError, a lost port LinkLost."""

    def is_ready(self) -> bool:
        """Whether the unit answers as booted; silence is False."""
        ...

    def uptime_s(self) -> float:
        """Seconds since the unit booted; tells a reset that nobody saw."""
        ...

    def read(self, item: str) -> TextReading:
        """One text of the unit's own identity: serial, model, firmware, checksum, ..."""
        ...


@dataclass(frozen=True, slots=True)
class ChecklistItem:
    """One line to tick, in both languages."""

    name: str
    zh: str
    en: str


class Operator(Protocol):
    """The person at the bench."""

    def tick(self, zh: str, en: str, items: Sequence[ChecklistItem]) -> tuple[Accessory, ...]:
        """Show the list and wait for it to be ticked; every item comes back, present or not."""
        ...


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


@dataclass(frozen=True, slots=True)
class SpiTransaction:
    """``write`` out, ``read_length`` in, then ``wait_us`` with chip select high before the next one starts."""

    write: bytes
    read_length: int = 0
    wait_us: int = 0
