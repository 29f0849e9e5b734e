"""Both ends of the supply: whether a unit runs on there, for units with B+ on an output and a multimeter on it.

``Terminals`` and ``RunningUnit`` serve steps that do more at these ends.
"""

from __future__ import annotations

from dataclasses import dataclass

from station.model.clock import Clock, wait_until
from station.model.errors import DutError
from station.model.reading import Statement
from station.model.roles import HeadUnit, Multimeter, Supply
from station.runner.conditions import Conditions
from station.runner.measure import Measure
from station.runner.step import step
from station.sequences.steps.power import POLL_S, RANGE_V, SETTLE_S

RESTART_TOLERANCE_S = 1.0
"""Estimate: how far the unit's uptime may fall behind; half of the shortest boot (2.0 s), which a restart costs."""
ENDS = {"nominal_supply": "V", "supply_limit": "A", "supply_window": "V", "hold": "s"}


@step(
    zh="欠压",
    en="Undervoltage",
    deadline_s=40,
    uses={**ENDS, "lowest_supply": "V"},
    measures={"undervoltage_rail_5v": "V", "is_running_after_undervoltage": ""},
    takes_s=5,
)
def undervoltage(
    supply: Supply, meter: Multimeter, dut: HeadUnit, clock: Clock, conditions: Conditions, measure: Measure
) -> None:
    """The unit runs on at the lowest supply voltage."""
    terminals = Terminals(supply, meter, clock, conditions["supply_limit"], conditions["supply_window"])
    running = RunningUnit.watched(dut, clock)
    terminals.go_to(conditions["lowest_supply"])
    clock.wait(conditions["hold"])
    measure("undervoltage_rail_5v", meter.read_v("rail_5v", RANGE_V))
    measure("is_running_after_undervoltage", running.has_run_on())
    terminals.go_to(conditions["nominal_supply"])


@step(
    zh="过压",
    en="Overvoltage",
    deadline_s=40,
    uses={**ENDS, "highest_supply": "V"},
    measures={"overvoltage_rail_5v": "V", "is_running_after_overvoltage": ""},
    takes_s=5,
)
def overvoltage(
    supply: Supply, meter: Multimeter, dut: HeadUnit, clock: Clock, conditions: Conditions, measure: Measure
) -> None:
    """The unit runs on at the highest supply voltage."""
    terminals = Terminals(supply, meter, clock, conditions["supply_limit"], conditions["supply_window"])
    running = RunningUnit.watched(dut, clock)
    terminals.go_to(conditions["highest_supply"])
    clock.wait(conditions["hold"])
    measure("overvoltage_rail_5v", meter.read_v("rail_5v", RANGE_V))
    measure("is_running_after_overvoltage", running.has_run_on())
    terminals.go_to(conditions["nominal_supply"])


@dataclass(frozen=True, slots=True)
class Terminals:
    """B+ at the unit: set at the supply, read at the unit."""

    supply: Supply
    meter: Multimeter
    clock: Clock
    limit_a: float
    window_v: float

    def go_to(self, volts_v: float) -> None:
        """Set B+ and wait until the unit's terminals have it; raises DutError where the unit pulls it down."""
        self.supply.set(volts_v, self.limit_a)

        def is_there() -> bool:
            return abs(self.meter.read_v("b_plus", RANGE_V).value - volts_v) <= self.window_v

        if not wait_until(self.clock, is_there, self.clock.now() + SETTLE_S, POLL_S):
            raise DutError(f"B+ at the unit does not reach {volts_v:g} V within {self.window_v:g} V")


@dataclass(frozen=True, slots=True)
class RunningUnit:
    """A unit that had run for ``uptime_s`` at ``since`` on the clock."""

    dut: HeadUnit
    clock: Clock
    uptime_s: float
    since: float

    @classmethod
    def watched(cls, dut: HeadUnit, clock: Clock) -> RunningUnit:
        """From here on; raises DutError for a unit that does not answer."""
        uptime_s = dut.uptime_s()
        return cls(dut, clock, uptime_s, clock.now())

    def has_run_on(self) -> Statement:
        """Whether the unit answers and its uptime has grown by what has passed: a restart sets it back."""
        expected_s = self.uptime_s + self.clock.now() - self.since
        try:
            is_so = self.dut.uptime_s() >= expected_s - RESTART_TOLERANCE_S
        except DutError:
            is_so = False
        return Statement(is_so, "dut", self.clock.utc())
