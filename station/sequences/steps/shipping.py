"""As in normal shipping state: nothing of the last owner is left, and everything that ships lies beside the unit."""

from __future__ import annotations

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


@step(
    zh="恢复出厂并核实",
    en="Factory reset, proved",
    deadline_s=20,
    uses={"longest_reset": "s"},
    measures={
        "paired_phones": "",
        "shipped_language": "",
        "shipped_volume": "",
        "shipped_source": "",
        "shipped_preset": "",
    },
)
def factory_reset(dut: HeadUnit, clock: Clock, conditions: Conditions, measure: Measure) -> None:
    """The last thing done to a unit: reset it, wait until it has taken effect, read what it ships with."""
    _leave_a_trace(dut)
    dut.act("factory_reset")
    deadline = clock.now() + conditions["longest_reset"]
    while dut.read("preset1").value == TRACE_KHZ:
        if clock.now() >= deadline:
            raise DutError(f"the factory reset has not taken effect after {conditions['longest_reset']:g} s")
        clock.wait(POLL_S)
    measure("paired_phones", dut.read("phones"))
    measure("shipped_language", dut.read("language"))
    measure("shipped_volume", dut.read("volume"))
    measure("shipped_source", dut.read("source"))
    measure("shipped_preset", dut.read("preset1"))


TRACE_KHZ = "98000"
"""A preset that no unit ships with: its going away shows that the reset was done, not only accepted."""


def _leave_a_trace(dut: HeadUnit) -> None:
    dut.write("preset1", TRACE_KHZ)


@step(zh="配件检查", en="Accessories", deadline_s=1800)
def accessories(operator: Operator, shipping_list: ShippingList) -> None:
    """Everything that ships with the unit lies beside it."""
    operator.tick("请勾选随机配件", "Tick what ships with the unit", shipping_list.items)
