"""ASK-1: a product that is powered, and of which all else is asked of the operator."""

from __future__ import annotations

from station.model.roles import Supply
from station.runner.conditions import Conditions
from station.runner.step import step
from station.sequences.steps.by_operator import asked, confirmed, entered

SCREWS_S, BACKLIGHT_S, RAIL_S = 600, 600, 600


@step(zh="接通电源", en="Power", deadline_s=10, energises=True, uses={"volts": "V", "amperes": "A"})
def power(supply: Supply, conditions: Conditions) -> None:
    """Switches on, so that there is something to be made safe."""
    supply.set(conditions["volts"], conditions["amperes"])
    supply.switch_on()


screws = confirmed("screws", "螺丝", "Screws", SCREWS_S).following(power)
backlight = asked("backlight", "背光", "Backlight", {"backlight": ""}, BACKLIGHT_S).following(power)
rail = entered("rail_5v", "电源轨", "Rail", "V", RAIL_S).following(power)

STEPS = (power, screws, backlight, rail)
