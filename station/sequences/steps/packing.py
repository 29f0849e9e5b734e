"""Packing: the label on the unit is its own, and the kit that goes with it has its weight."""

from __future__ import annotations

from station.model.roles import Scale, Scanner
from station.runner.conditions import Conditions
from station.runner.measure import Measure
from station.runner.step import step


@step(
    zh="扫描包装标签", en="Scan the label", deadline_s=1800, uses={"longest_scan": "s"}, measures={"label_serial": ""}
)
def label_serial(scanner: Scanner, conditions: Conditions, measure: Measure) -> None:
    """The serial number on the label, scanned after this step has begun."""
    measure("label_serial", scanner.wait_scan(conditions["longest_scan"]))


@step(zh="配件称重", en="Weigh the kit", deadline_s=600, uses={"longest_weighing": "s"}, measures={"kit_weight": "g"})
def kit_weight(scale: Scale, conditions: Conditions, measure: Measure) -> None:
    """What the accessories weigh together in their bag, at rest."""
    measure("kit_weight", scale.read_g(conditions["longest_weighing"]))
