"""How the golden unit of a product stands in a slot: what the gate asks for, and the console tells beforehand."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Literal

import msgspec

from station.config.bench_file import BenchFile
from station.config.gate_rules import GoldenRule
from station.gates.golden_rules import golden_rules
from station.outbox.gate_state import GoldenUnit
from station.outbox.judged_runs import GoldenRun
from station.outbox.spool import Spool

Standing = Literal["good", "never", "failed", "bench_changed", "plan_changed", "future", "overdue"]
"""All but ``good`` are reasons why no unit is judged here before the golden unit has passed."""

CLOCK_TOLERANCE = timedelta(minutes=5)
"""So far in the future a run may lie: clocks are set. Estimate."""


class GoldenStanding(msgspec.Struct, frozen=True):
    """``judged_at`` is None where it never was; ``due_at`` only where it has passed."""

    product: str
    slot: str
    serial: str
    standing: Standing
    judged_at: datetime | None = None
    due_at: datetime | None = None


def standing_of(rule: GoldenRule, run: GoldenRun | None, bench_sha256: str, plan_sha256: str, at: datetime) -> Standing:
    """How ``run``, the last that judged the golden unit, stands ``at`` a time, with the bench file and plan of then."""
    if run is None:
        return "never"
    if run.verdict != "PASS":
        return "failed"
    if run.bench_sha256 != bench_sha256:
        return "bench_changed"
    if run.plan_sha256 != plan_sha256:
        return "plan_changed"
    if run.finished_at > at + CLOCK_TOLERANCE:
        return "future"
    return "overdue" if at - run.finished_at > timedelta(hours=rule.every_h) else "good"


def golden_standings(
    bench: BenchFile,
    slots: Sequence[str],
    spool: Spool,
    plan_sha256: Callable[[str], str],
    at: datetime,
    told: Sequence[GoldenUnit] = (),
) -> tuple[GoldenStanding, ...]:
    """Of every product that ``bench`` has a golden unit for, by its file or by what the server ``told``, in each slot.

    Raises StorageError where the outbox cannot be read.
    """
    found = []
    for product, rule in golden_rules(bench, told).items():
        plan = plan_sha256(product)
        for slot in slots:
            run = spool.last_golden(bench.station_id, slot, product, rule.serial)
            standing = standing_of(rule, run, bench.sha256, plan, at)
            judged_at = run.finished_at if run is not None else None
            has_passed = run is not None and run.verdict == "PASS"
            due_at = judged_at + timedelta(hours=rule.every_h) if judged_at is not None and has_passed else None
            found.append(GoldenStanding(product, slot, rule.serial, standing, judged_at, due_at))
    return tuple(found)
