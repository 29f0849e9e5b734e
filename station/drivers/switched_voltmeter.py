"""A voltmeter with one input and the relays that connect one point of the jig at a time to it."""

from __future__ import annotations

from collections.abc import Collection
from contextlib import AbstractContextManager
from typing import Protocol

from station.model.reading import Reading


class InputVoltmeter(Protocol):
    """A voltmeter with one input."""

    def read_input_v(self, range_v: float) -> Reading:
        """DC volts at the input in a fixed range that holds ``range_v``."""
        ...


class PointSwitch(Protocol):
    """Relays, one of which connects a point."""

    def hold(self) -> AbstractContextManager[None]:
        """Keep others from switching."""
        ...

    def connect(self, coil: int, among: Collection[int]) -> None:
        """Of ``among`` close ``coil`` alone: the others are open, proved, before it closes, and it is proved closed."""
        ...


class SwitchedVoltmeter:
    """A ChannelVoltmeter whose channels are coils; ``coils`` are all that lead to its input, of every role.

    The relay of the last reading stays closed, so that a point can be watched.
    """

    def __init__(self, voltmeter: InputVoltmeter, switch: PointSwitch, coils: Collection[int]) -> None:
        self._voltmeter = voltmeter
        self._switch = switch
        self._coils = frozenset(coils)

    def read_channel_v(self, channel: int, range_v: float) -> Reading:
        """DC volts at the point behind coil ``channel``, and at no other."""
        with self._switch.hold():
            self._switch.connect(channel, self._coils)
            return self._voltmeter.read_input_v(range_v)
