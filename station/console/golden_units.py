"""How the golden units of this bench stand, for the page: what the gate will say before it has to refuse a unit."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from station.config.bench_file import BenchFile
from station.gates.golden_rules import golden_rules
from station.gates.golden_standing import GoldenStanding, golden_standings
from station.model.clock import Clock
from station.model.errors import StationError
from station.outbox.gate_state import GoldenUnit, read_gate_state
from station.outbox.spool import Spool
from station.sequences.catalogue import load_plan

PLANS_AGAIN_AFTER_S = 30.0
"""Estimate: a plan is changed by hand, and loading one takes some 50 ms of a thread that nobody waits for."""


class GoldenUnits:
    """Reads the disk alone; used by one thread at a time."""

    def __init__(
        self,
        bench: BenchFile,
        slots: Sequence[str],
        spool: Spool,
        clock: Clock,
        told: Callable[[], Sequence[GoldenUnit]] = tuple,
    ) -> None:
        """``told`` is what the server last set, for every station."""
        self._bench = bench
        self._slots = tuple(slots)
        self._spool = spool
        self._clock = clock
        self._told = told
        self._digests: dict[str, str] = {}
        self._loaded_at = 0.0

    def stand(self) -> tuple[GoldenStanding, ...]:
        """One for each product and slot; raises StorageError where the outbox cannot be read."""
        told = self._told()
        if not golden_rules(self._bench, told):
            return ()
        if self._clock.now() - self._loaded_at > PLANS_AGAIN_AFTER_S:
            self._digests.clear()
            self._loaded_at = self._clock.now()
        return golden_standings(self._bench, self._slots, self._spool, self._digest, self._clock.utc(), told)

    def _digest(self, product: str) -> str:
        """Empty for a plan that cannot be loaded, with which nothing is played either."""
        if product not in self._digests:
            try:
                self._digests[product] = load_plan(product, self._bench.sequences_path).ref.sha256
            except StationError:
                self._digests[product] = ""
        return self._digests[product]


def golden_told(cached_state: Path, clock: Clock) -> Sequence[GoldenUnit]:
    """The golden units that the server last set; none where its snapshot cannot be read, of which the gate speaks."""
    return read_gate_state(cached_state, clock.utc()).golden_units.rows or ()
