"""The catalogue of faults has one for every part of a unit that a step looks at."""

from __future__ import annotations

from fixtures.sim.unit_traits import unit_faults
from tests.product_faults import WORLD_AND_SERIAL, faults_of
from tests.product_play import FIRST_STEPS, load


def test_the_catalogue_has_faults_of_every_part_of_a_unit() -> None:
    assert all(len(faults_of(product)) >= 20 for product in WORLD_AND_SERIAL)
    caught = {name for fault in unit_faults().values() for name in fault.must_fail}
    for product in WORLD_AND_SERIAL:
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
    "feed_voltage",
    "feed_current",
)
"""Steps judged by the operator, of packing, what watches the bench's supply (tests/station/sequences/test_feed.py), and
those whose faults are not in the catalogue."""
