"""Any number of transactions over any bus: in one flow where it has that, in groups where it has not."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from itertools import islice

from station.model.roles import SpiBus, SpiFlow, SpiTransaction

GROUP = 128
"""Transactions sent at once over a bus without a flow; whoever wants to stop waits for one group."""


def flow(bus: SpiBus, transactions: Iterable[SpiTransaction], take: Callable[[bytes], None]) -> None:
    """Hand the answer of each transaction to ``take``, in order; each is drawn when it can be sent.

    Where ``take`` or the transactions raise, nothing more is sent, and the bus is ready for the next.
    """
    if isinstance(bus, SpiFlow):
        bus.flow(transactions, take)
        return
    source = iter(transactions)
    while group := list(islice(source, GROUP)):
        for answer in bus.stream(group):
            take(answer)


def flow_bytes(bus: SpiBus, otherwise: int) -> int:
    """How many bytes may be on their way in a flow; ``otherwise`` for a bus that has none."""
    return bus.flow_bytes() if isinstance(bus, SpiFlow) else otherwise
