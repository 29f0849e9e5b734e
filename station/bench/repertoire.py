"""Which products can be tested at a bench: their plans fit its roles, and its instruments give what they need."""

from __future__ import annotations

import msgspec

from station.bench.checking import check_bench
from station.bench.demands import check_demands
from station.bench.watched import check_watched
from station.config.bench_file import BenchFile
from station.model.errors import StationError
from station.runner.plan import Plan, check_roles
from station.sequences.catalogue import load_plan, products


class Candidate(msgspec.Struct, frozen=True):
    """A product of the catalogue; ``problem`` says why it cannot be tested here, empty where it can.

    ``plan`` is None where the plan itself is wrong, whatever the bench.
    """

    product: str
    plan: Plan | None
    problem: str


def repertoire(bench: BenchFile) -> tuple[Candidate, ...]:
    """Every product of the catalogue and of the bench's own folders; touches no hardware."""
    return tuple(_candidate(bench, product.name) for product in products(bench.sequences_path))


def _candidate(bench: BenchFile, product: str) -> Candidate:
    plan: Plan | None = None
    try:
        plan = load_plan(product, bench.sequences_path)
        check_roles(plan, check_bench(bench), bench.file)
        check_demands(bench, plan.limits_file)
        check_watched(bench, plan)
    except StationError as error:
        return Candidate(product, plan, str(error))
    return Candidate(product, plan, "")
