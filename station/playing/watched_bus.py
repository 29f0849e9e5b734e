"""A programmer's bus at a bench with an e-stop: looked at between the pieces of every transfer, then carrying none."""

from __future__ import annotations

from collections.abc import Sequence

from station.model.clock import Clock
from station.model.errors import EstopError, StationError
from station.model.roles import SpiBus, SpiClock, SpiTransaction
from station.playing.estop_watch import EstopWatch
from station.runner.entries import RunStopped

PIECE_S = 0.1
"""How long a piece of a stream should take; one that took more makes the next smaller."""
READ_BYTES = 4096
"""The longest read: 0.4 s on a wire of 115,200 baud."""
FIRST_PIECE = 8
LARGEST_PIECE = 1024


class BurnStop:
    """What the e-stop says while an IC is burned.

    ``stop`` is what it said first. ``is_broken`` tells that the programmer failed at its last use, so that nobody can
    say whether it heard that it should let go of its pins.
    """

    def __init__(self, estop: EstopWatch) -> None:
        self._estop = estop
        self.stop: RunStopped | None = None
        self.is_broken = False

    def look(self) -> RunStopped | None:
        """What the e-stop says by now: None where the burn may go on."""
        self.stop = self.stop or self._estop.take()
        return self.stop


class WatchedBus:
    """A station.model.roles.SpiBus on top of ``bus``; once the e-stop has spoken, every use raises EstopError."""

    def __init__(self, bus: SpiBus, estop: BurnStop, clock: Clock) -> None:
        self._bus = bus
        self._estop = estop
        self._clock = clock
        self._piece = FIRST_PIECE

    def transfer(self, write: bytes, read_length: int) -> bytes:
        """One transaction."""
        return self.stream([SpiTransaction(write, read_length)])[0]

    def stream(self, transactions: Sequence[SpiTransaction]) -> list[bytes]:
        """Transactions in order, sent ahead in pieces of some 0.1 s."""
        answers: list[bytes] = []
        while len(answers) < len(transactions):
            self._require_released()
            answers += self._carry(transactions[len(answers) : len(answers) + self._piece])
        self._require_released()
        return answers

    def max_write_bytes(self) -> int:
        """As of the programmer."""
        return self._bus.max_write_bytes()

    def max_read_bytes(self) -> int:
        """As of the programmer, but no more than what is read in a moment."""
        return min(self._bus.max_read_bytes(), READ_BYTES)

    def slow_down(self) -> bool:
        """As the programmer, where it can."""
        return isinstance(self._bus, SpiClock) and self._bus.slow_down()

    def describe(self) -> str:
        """As of the programmer."""
        return self._bus.describe()

    def _carry(self, piece: Sequence[SpiTransaction]) -> list[bytes]:
        """One piece; where the programmer fails while the e-stop speaks, it is the e-stop that counts."""
        began = self._clock.now()
        try:
            answers = self._bus.stream(piece)
        except StationError:
            self._estop.is_broken = True
            self._require_released()
            raise
        took_s = self._clock.now() - began
        if took_s > PIECE_S:
            self._piece = max(1, self._piece // 2)
        elif took_s < PIECE_S / 4:
            self._piece = min(LARGEST_PIECE, self._piece * 2)
        return answers

    def _require_released(self) -> None:
        stop = self._estop.look()
        if stop is not None:
            raise EstopError(stop.failure.message)
