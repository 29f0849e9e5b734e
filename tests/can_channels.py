"""CAN channels of this machine for tests: a pair of addresses that face each other, and python-can on the same bus."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import can

from fixtures.sim.can_port import claim_group
from station.config.can_address import CanAddress

REQUEST, RESPONSE = 0x7A0, 0x7A8


@dataclass(frozen=True, slots=True)
class Channel:
    """A multicast bus that nobody else of this machine is on."""

    group: str
    port: int

    def address(self, send: int = REQUEST, receive: int = RESPONSE) -> CanAddress:
        return CanAddress("udp_multicast", self.group, send, receive, (("port", self.port),))

    @contextmanager
    def bus(self) -> Iterator[can.BusABC]:
        """Another participant."""
        bus = can.Bus(self.group, "udp_multicast", ignore_config=True, port=self.port, hop_limit=0)
        try:
            yield bus
        finally:
            bus.shutdown()


@contextmanager
def free_channel() -> Iterator[Channel]:
    token, group, port = claim_group()
    with token:
        yield Channel(group, port)
