"""As in normal shipping state: nothing of the last owner is left, and everything that ships lies beside the unit."""

from __future__ import annotations

from collections.abc import Mapping

from station.model.clock import Clock
from station.model.errors import DutError
from station.model.roles import HeadUnit, Operator
from station.runner.conditions import Conditions
from station.runner.measure import Measure
from station.runner.shipping_list import ShippingList
from station.runner.step import step

POLL_S = 0.05


@step(zh="恢复出厂", en="Factory state", deadline_s=10, measures={"paired_phones": ""})
def factory_state(dut: HeadUnit, measure: Measure) -> None:
    """Nothing of the last owner is left."""
    measure("paired_phones", dut.read("phones"))


SHIPPED_ITEMS: Mapping[str, str] = {
    "paired_phones": "phones",
    "contacts": "contacts",
    "shipped_language": "language",
    "shipped_volume": "volume",
    "shipped_source": "source",
    "shipped_preset": "preset1",
    "shipped_band": "band",
    "shipped_frequency": "frequency",
    "shipped_fader": "fader",
    "shipped_balance": "balance",
    "shipped_mute": "mute",
}
"""What a factory reset must leave, by measurement, and the unit's item."""

NAVIGATION_ITEMS: Mapping[str, str] = {**SHIPPED_ITEMS, "destinations": "history", "networks": "wifi"}


@step(
    zh="恢复出厂并核实",
    en="Factory reset, proved",
    deadline_s=20,
    uses={"longest_reset": "s"},
    measures=dict.fromkeys(SHIPPED_ITEMS, ""),
)
def factory_reset(dut: HeadUnit, clock: Clock, conditions: Conditions, measure: Measure) -> None:
    """The last thing done to a unit: reset it, wait until it has taken effect, read what it ships with."""
    _reset(dut, clock, conditions)
    for name, item in SHIPPED_ITEMS.items():
        measure(name, dut.read(item))


@step(
    zh="恢复出厂并核实（导航）",
    en="Factory reset of a navigation unit, proved",
    deadline_s=20,
    uses={"longest_reset": "s"},
    measures=dict.fromkeys(NAVIGATION_ITEMS, ""),
)
def navigation_reset(dut: HeadUnit, clock: Clock, conditions: Conditions, measure: Measure) -> None:
    """As ``factory_reset``, and nothing is left of the last owner's journeys and networks."""
    _reset(dut, clock, conditions)
    for name, item in NAVIGATION_ITEMS.items():
        measure(name, dut.read(item))


def _reset(dut: HeadUnit, clock: Clock, conditions: Conditions) -> None:
    _leave_a_trace(dut)
    dut.act("factory_reset")
    deadline = clock.now() + conditions["longest_reset"]
    while dut.read("preset1").value == TRACE_KHZ:
        if clock.now() >= deadline:
            raise DutError(f"the factory reset has not taken effect after {conditions['longest_reset']:g} s")
        clock.wait(POLL_S)


TRACE_KHZ = "98000"
"""A preset that no unit ships with: its going away shows that the reset was done, not only accepted."""


def _leave_a_trace(dut: HeadUnit) -> None:
    dut.write("preset1", TRACE_KHZ)


@step(zh="配件检查", en="Accessories", deadline_s=1800, mode="any", takes_s=20)
def accessories(operator: Operator, shipping_list: ShippingList) -> None:
    """Everything that ships with the unit lies beside it."""
    operator.tick("请勾选随机配件", "Tick what ships with the unit", shipping_list.items)
