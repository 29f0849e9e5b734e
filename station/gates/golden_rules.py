"""Which golden units a bench asks for: what the server set for this station, else what the bench file says."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from station.config.bench_file import BenchFile
from station.config.gate_rules import GoldenRule
from station.outbox.gate_state import GoldenUnit


def golden_rules(bench: BenchFile, told: Sequence[GoldenUnit]) -> Mapping[str, GoldenRule]:
    """By product. ``told`` are the server's rows of every station; one of this station comes instead of the file's."""
    return {**bench.gates.golden, **rules_told(bench.station_id, told)}


def rules_told(station_id: str, told: Sequence[GoldenUnit]) -> Mapping[str, GoldenRule]:
    """By product, what the server set for this station."""
    return {row.product: GoldenRule(row.serial, row.every_h) for row in told if row.station_id == station_id}
