"""All programmers, and how far each has been proven."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager

import msgspec

from station.link.link import Link
from station.model.clock import Clock
from station.model.roles import SpiBus


class ProgrammerEntry(msgspec.Struct, frozen=True):
    """A programmer; ``opened`` gives its bus for as long as the context lasts. ``evidence`` as for drivers."""

    name: str
    evidence: str
    opened: Callable[[Link, Clock], AbstractContextManager[SpiBus]]


@contextmanager
def _serprog(link: Link, clock: Clock) -> Iterator[SpiBus]:
    from station.ic_programmer.programmers.serprog import Serprog

    programmer = Serprog(link, clock)
    programmer.begin()
    try:
        yield programmer
    finally:
        programmer.end()


@contextmanager
def _ch341a(link: Link, clock: Clock) -> Iterator[SpiBus]:
    from station.ic_programmer.programmers.ch341a import Ch341a

    programmer = Ch341a(link, clock)
    programmer.begin()
    try:
        yield programmer
    finally:
        programmer.end()


PROGRAMMERS: Mapping[str, ProgrammerEntry] = {
    entry.name: entry
    for entry in (
        ProgrammerEntry("serprog", "simulated", _serprog),
        ProgrammerEntry("ch341a", "simulated", _ch341a),
    )
}
