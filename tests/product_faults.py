"""Every fault of the catalogue on a unit of one product, caught by the measurement that its row names and no other.

Only the steps that take those measurements are played, after power and boot; `make soak AREA=units` plays whole plans.
"""

from __future__ import annotations

from pathlib import Path

from fixtures.sim.unit_traits import unit_faults
from tests.conftest import WORLDS, Bench, start_bench
from tests.product_play import load, steps_for
from tests.unit_trials import wrong_about_fault

WORLD_AND_SERIAL = {"FJ-R5": ("radio", "FJR526110001"), "FJ-N7": ("navigation", "FJN726110001")}


def faults_of(product: str) -> list[str]:
    return [fault.name for fault in unit_faults().values() if product in fault.products]


def start_box(product: str, folder: Path) -> Bench:
    world, _ = WORLD_AND_SERIAL[product]
    return start_bench(WORLDS / f"{world}.world.toml", folder / "bench.toml", None)


def check_fault(box: Bench, product: str, name: str) -> None:
    _, serial = WORLD_AND_SERIAL[product]
    plan = load(product)
    planned = {measurement.name for measurement in plan.planned_measurements()}
    must_fail = set(unit_faults()[name].must_fail) & planned
    assert must_fail, f"no measurement of {product} can catch {name}"
    assert wrong_about_fault(box, steps_for(plan, must_fail), serial, name) == ""
