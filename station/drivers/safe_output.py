"""How each kind of role is made safe: the command, and what proves it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

from station.drivers.sine_generator import SineGenerator
from station.model.clock import Clock, wait_until
from station.model.roles import Load, Relays, RfSource, Supply

SUPPLY = "supply"
LOAD = "load"
RF_SOURCE = "rf_source"
RELAYS = "relays"
AUDIO_ANALYSER = "audio_analyser"

ACTIONS: Mapping[str, str] = {
    SUPPLY: "switch_off",
    LOAD: "switch_off",
    RF_SOURCE: "switch_off",
    RELAYS: "open",
    AUDIO_ANALYSER: "switch_off",
}
"""The kinds of role that must be made safe, and what the record calls it: a bench that forgets one is refused."""

SAFE_V = 1.0
SAFE_A = 0.05
"""Above what a load reads at nothing (DL3000: 20 mA in its larger range), far below what one is there to draw."""

POLL_S = 0.01
SINE_HZ = 1000.0
"""Of a sine without level; no generator is told it."""


class SafeOutput(Protocol):
    """What is made safe: given its command first, proved when the others have theirs too."""

    def command(self) -> None:
        """Switch it off, or open it; raises StationError where it does not."""
        ...

    def prove(self, clock: Clock, deadline: float) -> tuple[bool, str]:
        """Whether it is proved by ``deadline``, and what was read."""
        ...


class SupplyOutput:
    """An output of a supply, which is off below 1 V."""

    def __init__(self, output: Supply) -> None:
        self._output = output

    def command(self) -> None:
        """Off."""
        self._output.switch_off()

    def prove(self, clock: Clock, deadline: float) -> tuple[bool, str]:
        """By its terminals, which need their time."""
        volts: list[float] = []

        def is_safe() -> bool:
            reading = self._output.read_v()
            volts.append(reading.value)
            return not reading.is_overload and abs(reading.value) < SAFE_V

        return wait_until(clock, is_safe, deadline, POLL_S), f"{volts[-1]:.3f} V"


class LoadInput:
    """A load, which is off below 0.05 A."""

    def __init__(self, load: Load) -> None:
        self._load = load

    def command(self) -> None:
        """Off, which the driver reads back."""
        self._load.switch_off()

    def prove(self, clock: Clock, deadline: float) -> tuple[bool, str]:
        """By what it draws."""
        amperes: list[float] = []

        def is_safe() -> bool:
            reading = self._load.read_a()
            amperes.append(reading.value)
            return not reading.is_overload and abs(reading.value) < SAFE_A

        return wait_until(clock, is_safe, deadline, POLL_S), f"{amperes[-1]:.3f} A"


class Carrier:
    """An RF generator, whose state is read back where it is switched off."""

    def __init__(self, generator: RfSource) -> None:
        self._generator = generator

    def command(self) -> None:
        """Carrier off, which the driver reads back."""
        self._generator.switch_off()

    def prove(self, clock: Clock, deadline: float) -> tuple[bool, str]:
        """The command has proved it."""
        return True, "carrier off"


class Sine:
    """The generator of an audio analyser, whose output is read back where it is switched off."""

    def __init__(self, generator: SineGenerator) -> None:
        self._generator = generator

    def command(self) -> None:
        """No level, which is an output that is off; the driver reads it back."""
        self._generator.generate(SINE_HZ, 0.0)

    def prove(self, clock: Clock, deadline: float) -> tuple[bool, str]:
        """The command has proved it."""
        return True, "sine off"


class RelayOutput:
    """The relays of a role, which are read back where they are opened."""

    def __init__(self, relays: Relays) -> None:
        self._relays = relays

    def command(self) -> None:
        """Open, which the driver reads back."""
        self._relays.open()

    def prove(self, clock: Clock, deadline: float) -> tuple[bool, str]:
        """The command has proved it."""
        return True, "all open"
