"""A programmer and a chip on a wire in modelled time, for our client in this process and for flashrom at a socket."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace

from fixtures.sim.chip_kind import ChipKind, chip_kinds
from fixtures.sim.chip_socket import ChipSocket
from fixtures.sim.device import SimClock
from fixtures.sim.faults import LineFaults
from fixtures.sim.modelled_wire import ModelledWire, WaitingClient, WireClock
from fixtures.sim.nor import Nor
from fixtures.sim.serprog import Serprog as SimulatedSerprog
from fixtures.sim.serprog import SerprogTraits
from fixtures.sim.transport import TcpPort
from station.ic_programmer.programmers.serprog import Serprog
from station.link.link import Link
from tests.sim.bench_wiring import dice

MEBIBYTE = 1 << 20
KINDS = {1: "W25Q80DV", 4: "W25Q32JV"}
"""The kind of chip by its MiB; one of both sides knows each by its identity."""


def kind_of(mebibytes: int) -> ChipKind:
    """A chip of that size; page 0.67 ms, sector 45 ms, 64 KiB block 150 ms, chip 2.5 s/MiB: as measured elsewhere."""
    times = {"page_program_ms": 0.67, "sector_erase_ms": 45.0, "block64_erase_ms": 150.0}
    return replace(chip_kinds()[KINDS[mebibytes]], chip_erase_ms=2500.0 * mebibytes, **times)


@dataclass
class Site:
    """One chip at one programmer; ``clock`` is the modelled time of all of it."""

    clock: WireClock
    chip: Nor
    programmer: SimulatedSerprog

    @contextmanager
    def opened(self) -> Iterator[Serprog]:
        """Our client at the other end of the wire, from its synchronisation until it lets go of the pins."""
        wire = ModelledWire(self.programmer.connect(), self.clock)
        link = Link("prog", lambda _: wire, self.clock)
        link.open(1.0)
        serprog = Serprog(link, self.clock)
        serprog.begin()
        yield serprog
        serprog.end()
        link.close()


def site(kind: ChipKind, traits: SerprogTraits) -> Site:
    """A blank chip at a programmer that has not been asked yet."""
    clock = WireClock()
    chip = Nor(kind, bytes(range(8)), clock.of_the_world)
    socket = ChipSocket()
    socket.hold(chip, chip.kind.name)
    return Site(clock, chip, SimulatedSerprog(socket, traits, clock.of_the_world))


@contextmanager
def served(at: Site) -> Iterator[str]:
    """The same for a client that waits for each answer: gives host:port."""
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()
    port = TcpPort(WaitingClient(at.programmer, at.clock), LineFaults(dice()), SimClock(0.0))
    asyncio.run_coroutine_threadsafe(port.open(), loop).result(10)
    try:
        yield port.address.removeprefix("tcp://")
    finally:
        loop.call_soon_threadsafe(port.close)
        loop.call_soon_threadsafe(loop.stop)
        thread.join(10)
