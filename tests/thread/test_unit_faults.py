"""Every fault of the catalogue is caught by the measurement that its row names, and by no other than those it allows.

Only the steps that take those measurements are played, after power and boot; `make soak AREA=units` plays whole plans.
"""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from fixtures.sim.unit_traits import unit_faults
from tests.conftest import WORLDS, Bench, start_bench
from tests.product_play import FIRST_STEPS, load, play_unit, steps_for

BENCHES = {"FJ-R5": ("radio", "FJR526110001"), "FJ-N7": ("navigation", "FJN726110001")}
CAUGHT_BY_BOOT = {"dead_service_port", "corrupt_image", "blank_nor"}
"""The unit never answers: its boot step fails, and the measurement it owed is missing."""

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
    box, serial, fault = boxes[product], BENCHES[product][1], unit_faults()[name]
    plan = load(product)
    planned = {measurement.name for measurement in plan.planned_measurements()}
    must_fail = set(fault.must_fail) & planned
    assert must_fail, f"no measurement of {product} can catch {name}"
    box.control("unit_fault", unit=serial, fault=name, on=True)
    try:
        played = play_unit(box, steps_for(plan, must_fail), serial)
    finally:
        box.control("unit_fault", unit=serial, fault=name, on=False)
    assert played.verdict == "FAIL", played.explain()
    if name in CAUGHT_BY_BOOT:
        assert played.missing >= must_fail
        return
    assert played.failed >= must_fail, played.explain()
    assert played.failed <= must_fail | set(fault.may_fail), played.explain()


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
    "gnss_first_fix",
    "network_wake",
    "vehicle",
)
"""Steps judged by the operator, of packing, and those whose faults are not in the catalogue."""
