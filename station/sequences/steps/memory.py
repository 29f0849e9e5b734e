"""What a unit keeps when the battery is taken off."""

from __future__ import annotations

from station.model.clock import Clock, wait_until
from station.model.errors import DutError
from station.model.reading import Statement
from station.model.roles import HeadUnit, Supply
from station.runner.conditions import Conditions
from station.runner.measure import Measure
from station.runner.step import step

POLL_S = 0.4
"""Estimate: a silent unit takes 0.15 s to be silent; nothing is timed here."""
KEPT_KHZ = "101100"
"""A preset that no unit ships with."""


@step(
    zh="断电记忆",
    en="Memory without battery",
    deadline_s=60,
    energises=True,
    uses={"nominal_supply": "V", "supply_limit": "A", "acc_limit": "A", "without_battery": "s", "longest_boot": "s"},
    measures={"is_preset_kept": ""},
)
def memory(supply: Supply, acc: Supply, dut: HeadUnit, clock: Clock, conditions: Conditions, measure: Measure) -> None:
    """A preset set before B+ and ACC were off for some time is there when the unit has booted again."""
    dut.write("preset1", KEPT_KHZ)
    acc.switch_off()
    supply.switch_off()
    clock.wait(conditions["without_battery"])
    supply.set(conditions["nominal_supply"], conditions["supply_limit"])
    supply.switch_on()
    acc.set(conditions["nominal_supply"], conditions["acc_limit"])
    acc.switch_on()
    if not wait_until(clock, dut.is_ready, clock.now() + conditions["longest_boot"], POLL_S):
        raise DutError(f"the unit does not answer {conditions['longest_boot']:g} s after B+ was off")
    found = dut.read("preset1")
    measure("is_preset_kept", Statement(found.value == KEPT_KHZ, found.instrument, clock.utc()))
