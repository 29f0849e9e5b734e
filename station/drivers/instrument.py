"""What the bench needs of a driver: begin, prepare, and players for its roles."""

from __future__ import annotations

from collections.abc import Callable, Collection
from typing import Protocol

import msgspec

from station.config.bench_file import Identity, RoleRow
from station.drivers.safe_output import SafeOutput
from station.drivers.sine_generator import SineGenerator
from station.drivers.switched_voltmeter import InputVoltmeter, PointSwitch
from station.model.roles import Supply


class Instrument(Protocol):
    """An instrument behind an open link."""

    def begin(self) -> Identity | None:
        """Synchronise the link and say who answers; None for one that cannot say."""
        ...

    def prepare(self) -> None:
        """Bring it into the state that its roles start from; switches nothing on."""
        ...


class SupplyInstrument(Instrument, Protocol):
    """One with outputs by number."""

    def output(self, channel: int) -> Supply:
        """One of its outputs."""
        ...


class OpenInstrument(msgspec.Struct, frozen=True):
    """An instrument and how it plays the roles that its catalogue row offers.

    ``voltmeter`` is for one with a single input, ``switch`` for relays that may connect points to such an input.
    ``generator`` is one that others may borrow, ``play_with`` is for one that borrows it. ``safe`` is how one of its
    roles is made safe, where it is of a kind that can be (station.drivers.safe_output). ``join`` prepares the parts of
    one slot where other slots use others, for an instrument whose parts keep their state; None: ``prepare`` does.
    """

    instrument: Instrument
    play: Callable[[RoleRow], object]
    voltmeter: InputVoltmeter | None = None
    switch: PointSwitch | None = None
    generator: SineGenerator | None = None
    play_with: Callable[[RoleRow, SineGenerator], object] | None = None
    safe: Callable[[RoleRow], SafeOutput] | None = None
    join: Callable[[Collection[int]], None] | None = None
