"""What the bench needs of a driver: begin, prepare, and players for its roles."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Protocol

from station.config.bench_file import Identity, RoleRow
from station.drivers.sine_generator import SineGenerator
from station.drivers.switched_voltmeter import InputVoltmeter, PointSwitch
from station.model.roles import Load, Relays, Supply


class Instrument(Protocol):
    """An instrument behind an open link."""

    def begin(self) -> Identity | None:
        """Synchronise the link and say who answers; None for one that cannot say."""
        ...

    def prepare(self) -> None:
        """Bring it into the state that its roles start from; switches nothing on."""
        ...


class SupplyInstrument(Instrument, Protocol):
    """One that make-safe can switch off."""

    def output(self, channel: int) -> Supply:
        """One of its outputs."""
        ...


class RelayInstrument(Instrument, Protocol):
    """One whose relays make-safe can open."""

    def named(self, coils: Mapping[str, int]) -> Relays:
        """Some of its relays by name."""
        ...


class LoadInstrument(Instrument, Load, Protocol):
    """One that make-safe can switch off; it is its one input."""


class CarrierInstrument(Instrument, Protocol):
    """An RF generator that make-safe can switch off."""

    def switch_off(self) -> None:
        """Carrier off, proved by reading back the state."""
        ...


@dataclass(frozen=True, slots=True)
class OpenInstrument:
    """An instrument and how it plays the roles that its catalogue row offers.

    ``voltmeter`` is for one with a single input, ``switch`` for relays that may connect points to such an input.
    ``generator`` is one that others may borrow, ``play_with`` is for one that borrows it.
    """

    instrument: Instrument
    play: Callable[[RoleRow], object]
    voltmeter: InputVoltmeter | None = None
    switch: PointSwitch | None = None
    generator: SineGenerator | None = None
    play_with: Callable[[RoleRow, SineGenerator], object] | None = None
