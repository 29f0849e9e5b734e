"""Every fault of the catalogue is caught by the measurement that its row names, and by no other than those it allows.

Only the steps that take those measurements are played, after power and boot; `make soak AREA=units` plays whole plans.
"""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from fixtures.sim.unit_traits import unit_faults
from tests.conftest import WORLDS, Bench, start_bench
from tests.product_play import FIRST_STEPS, load, steps_for
from tests.unit_trials import wrong_about_fault

BENCHES = {"FJ-R5": ("radio", "FJR526110001"), "FJ-N7": ("navigation", "FJN726110001")}
CASES = [(product, fault.name) for product in BENCHES for fault in unit_faults().values() if product in fault.products]


@pytest.fixture(scope="module")
def boxes(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Bench]]:
    started = {
        product: start_bench(WORLDS / f"{world}.world.toml", tmp_path_factory.mktemp(world) / "bench.toml", None)
        for product, (world, _) in BENCHES.items()
    }
    yield started
    for box in started.values():
        box.stop()


@pytest.mark.parametrize(("product", "name"), CASES)
def test_every_fault_of_the_catalogue_is_caught_by_the_measurement_its_row_names(
    boxes: dict[str, Bench], product: str, name: str
) -> None:
    box, serial = boxes[product], BENCHES[product][1]
    plan = load(product)
    planned = {measurement.name for measurement in plan.planned_measurements()}
    must_fail = set(unit_faults()[name].must_fail) & planned
    assert must_fail, f"no measurement of {product} can catch {name}"
    assert wrong_about_fault(box, steps_for(plan, must_fail), serial, name) == ""


def test_the_catalogue_has_faults_of_every_part_of_a_unit() -> None:
    assert len(CASES) >= 2 * 20
    caught = {name for fault in unit_faults().values() for name in fault.must_fail}
    for product in BENCHES:
        for step in load(product).steps:
            if step.name not in (*FIRST_STEPS, *WITHOUT_A_FAULT) and step.declaration.measures:
                assert caught & step.declaration.measures.keys(), (
                    f"no fault of the catalogue fails {product} {step.name}"
                )


WITHOUT_A_FAULT = (
    "is_display_right",
    "is_sound_clean",
    "is_remote_heard",
    "looks",
    "label_serial",
    "kit_weight",
    "seek",
    "volume_control",
    "colours",
    "antenna_diagnosis",
    "codes_on_arrival",
    "network_wake",
    "vehicle",
)
"""Steps judged by the operator, of packing, and those whose faults are not in the catalogue."""
