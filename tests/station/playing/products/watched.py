"""WATCH-1: a product that is powered and asked about, while its supply is watched."""

from __future__ import annotations

from station.model.reading import Reading
from station.model.roles import Multimeter, Supply
from station.runner.conditions import Conditions
from station.runner.monitor import monitor
from station.runner.step import step
from station.sequences.steps.by_operator import confirmed


@step(zh="接通电源", en="Power", deadline_s=10, energises=True, uses={"volts": "V", "amperes": "A"})
def power(supply: Supply, conditions: Conditions) -> None:
    """Switches on."""
    supply.set(conditions["volts"], conditions["amperes"])
    supply.switch_on()


screws = confirmed("screws", "螺丝", "Screws", 600).following(power)


@monitor(
    zh="供电电压",
    en="Supply",
    unit="V",
    every_s=0.05,
    at_least=5,
    measures={"lowest_supply": "minimum", "highest_supply": "maximum"},
    trips=True,
    after=[screws],
)
def supply_watched(meter: Multimeter) -> Reading:
    """B+ at the unit while the operator looks at it."""
    return meter.read_v("b_plus", 20.0)


STEPS = (power, screws, supply_watched)
