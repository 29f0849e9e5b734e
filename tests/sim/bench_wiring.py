"""A supply's load and a multimeter's probes that tests set by hand, and a client that counts answers."""

from __future__ import annotations

import random
from dataclasses import dataclass, field

from fixtures.sim.device import Device, Session


def dice(seed: int = 7) -> random.Random:
    """What draws an instrument's own errors and its noise."""
    return random.Random(seed)  # noqa: S311 noise needs no secrecy, only the same values again


@dataclass
class ResistorOn:
    """Every output has the same resistor; a channel's state is (volts, limit, on)."""

    ohm: float = 1e9
    states: dict[int, tuple[float, float, bool]] = field(default_factory=dict)

    def drive(self, channel: int, volts_v: float, limit_a: float, is_on: bool) -> None:
        self.states[channel] = (volts_v, limit_a, is_on)

    def current_a(self, channel: int) -> float:
        volts_v, limit_a, is_on = self.states[channel]
        return min(volts_v / self.ohm, limit_a) if is_on else 0.0

    def volts_v(self, channel: int) -> float:
        return self.current_a(channel) * self.ohm


@dataclass
class ProbesOn:
    """Volts at each scanner channel; ``open_v`` where nothing is wired."""

    volts: dict[int | None, float] = field(default_factory=dict)
    open_v: float = 0.0

    def volts_v(self, scanner_channel: int | None) -> float:
        return self.volts.get(scanner_channel, self.open_v)


class Client:
    """Sends whole messages and takes what comes back, as text lines."""

    def __init__(self, device: Device) -> None:
        self.session: Session = device.connect()

    def say(self, *messages: str) -> None:
        """Commands that must not answer."""
        for message in messages:
            assert self.lines(message) == []

    def ask(self, message: str) -> str:
        """A query that must answer exactly once."""
        (line,) = self.lines(message)
        return line

    def number(self, message: str) -> float:
        return float(self.ask(message))

    def lines(self, message: str) -> list[str]:
        replies = self.session.receive(message.encode("latin-1") + b"\n")
        return b"".join(reply.data for reply in replies).decode("latin-1").splitlines()

    def error(self) -> int:
        """The oldest error's number."""
        return int(self.ask("SYST:ERR?").split(",")[0])
