"""How the golden units of this bench stand, for the page: what the gate will say before it has to refuse a unit."""

from __future__ import annotations

from collections.abc import Sequence

from station.config.bench_file import BenchFile
from station.gates.golden_standing import GoldenStanding, golden_standings
from station.model.clock import Clock
from station.model.errors import StationError
from station.outbox.spool import Spool
from station.sequences.catalogue import load_plan

PLANS_AGAIN_AFTER_S = 30.0
"""Estimate: a plan is changed by hand, and loading one takes some 50 ms of a thread that nobody waits for."""


class GoldenUnits:
    """Reads the disk alone; used by one thread at a time."""

    def __init__(self, bench: BenchFile, slots: Sequence[str], spool: Spool, clock: Clock) -> None:
        self._bench = bench
        self._slots = tuple(slots)
        self._spool = spool
        self._clock = clock
        self._digests: dict[str, str] = {}
        self._loaded_at = 0.0

    def stand(self) -> tuple[GoldenStanding, ...]:
        """One for each product and slot; raises StorageError where the outbox cannot be read."""
        if not self._bench.gates.golden:
            return ()
        if self._clock.now() - self._loaded_at > PLANS_AGAIN_AFTER_S:
            self._digests.clear()
            self._loaded_at = self._clock.now()
        return golden_standings(self._bench, self._slots, self._spool, self._digest, self._clock.utc())

    def _digest(self, product: str) -> str:
        """Empty for a plan that cannot be loaded, with which nothing is played either."""
        if product not in self._digests:
            try:
                self._digests[product] = load_plan(product, self._bench.sequences_path).ref.sha256
            except StationError:
                self._digests[product] = ""
        return self._digests[product]
