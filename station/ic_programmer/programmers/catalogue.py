"""All programmers, and how far each has been proven."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Protocol

import msgspec

from station.link.link import Link
from station.model.clock import Clock
from station.model.roles import SpiBus


class Programmer(SpiBus, Protocol):
    """A bus with a beginning and an end."""

    def begin(self) -> None:
        """Prove that it answers, and drive the pins."""
        ...

    def end(self) -> None:
        """Let go of the pins."""
        ...


class ProgrammerEntry(msgspec.Struct, frozen=True):
    """A programmer; ``make`` imports and makes it. ``evidence`` as for drivers."""

    name: str
    evidence: str
    make: Callable[[Link, Clock], Programmer]

    @contextmanager
    def opened(self, link: Link, clock: Clock) -> Iterator[SpiBus]:
        """Its bus for as long as the context lasts."""
        programmer = self.make(link, clock)
        programmer.begin()
        try:
            yield programmer
        finally:
            programmer.end()


def _serprog(link: Link, clock: Clock) -> Programmer:
    from station.ic_programmer.programmers.serprog import Serprog

    return Serprog(link, clock)


def _ch341a(link: Link, clock: Clock) -> Programmer:
    from station.ic_programmer.programmers.ch341a import Ch341a

    return Ch341a(link, clock)


PROGRAMMERS: Mapping[str, ProgrammerEntry] = {
    entry.name: entry
    for entry in (
        ProgrammerEntry("serprog", "simulated", _serprog),
        ProgrammerEntry("ch341a", "simulated", _ch341a),
    )
}
