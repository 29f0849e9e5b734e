"""CAN channels of this machine for tests: a pair of addresses that face each other, and python-can on the same bus."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import can

from fixtures.sim.can_carriers import Carrier, Daemon, Multicast
from station.config.can_address import CanAddress, parse_can_address

REQUEST, RESPONSE = 0x7A0, 0x7A8


@dataclass(frozen=True, slots=True)
class Channel:
    """A bus that nobody else of this machine is on; ``url`` is its address without identifiers."""

    url: str

    def address(self, send: int = REQUEST, receive: int = RESPONSE) -> CanAddress:
        return parse_can_address(f"{self.url}&send=0x{send:X}&receive=0x{receive:X}")

    @contextmanager
    def bus(self) -> Iterator[can.BusABC]:
        """Another participant."""
        with bus_of(self.url) as bus:
            yield bus


@contextmanager
def bus_of(url: str) -> Iterator[can.BusABC]:
    """python-can on a bus by its address without identifiers."""
    address = parse_can_address(f"{url}&send=0x1&receive=0x2")
    settings = dict(address.settings) | ({"hop_limit": 0} if address.interface == "udp_multicast" else {})
    bus = can.Bus(address.channel, address.interface, ignore_config=True, **settings)
    try:
        yield bus
    finally:
        bus.shutdown()


@contextmanager
def free_channel() -> Iterator[Channel]:
    """Multicast, or TCP where this machine has no multicast."""
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()
    carrier = asyncio.run_coroutine_threadsafe(_opened(), loop).result(timeout=10)
    try:
        yield Channel(carrier.address)
    finally:
        asyncio.run_coroutine_threadsafe(_closed(carrier), loop).result(timeout=10)
        loop.call_soon_threadsafe(loop.stop)
        thread.join(timeout=5)
        loop.close()


async def _opened() -> Carrier:
    for kind in (Multicast, Daemon):
        carrier: Carrier = kind(lambda identifier, data: None)
        try:
            await carrier.open()
        except OSError:
            continue
        return carrier
    raise OSError("this machine carries neither multicast nor TCP")


async def _closed(carrier: Carrier) -> None:
    carrier.close()
    await asyncio.sleep(0.05)
