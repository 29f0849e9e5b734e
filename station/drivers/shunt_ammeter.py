"""An ammeter made of a voltmeter's channel and a resistor of the jig."""

from __future__ import annotations

from typing import Protocol

from msgspec.structs import replace

from station.config.bench_file import Shunt
from station.model.reading import Reading


class ChannelVoltmeter(Protocol):
    """A voltmeter with numbered channels."""

    def read_channel_v(self, channel: int, range_v: float) -> Reading:
        """DC volts in a fixed range that holds ``range_v``."""
        ...


class ShuntAmmeter:
    """Ohm's law on one channel; a station.model.roles.Ammeter."""

    def __init__(self, voltmeter: ChannelVoltmeter, shunt: Shunt) -> None:
        self._voltmeter = voltmeter
        self._shunt = shunt

    def read_a(self, range_a: float) -> Reading:
        """Amperes; ``raw`` stays the volts as the instrument gave them, and overload stays overload."""
        across = self._voltmeter.read_channel_v(self._shunt.channel, range_a * self._shunt.resistance_ohm)
        value = across.value if across.is_overload else across.value / self._shunt.resistance_ohm
        return replace(across, value=value, unit="A")
