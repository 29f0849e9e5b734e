"""PIC-1: a product of which a photo is asked."""

from __future__ import annotations

from station.model.roles import Supply
from station.runner.conditions import Conditions
from station.runner.step import step
from station.sequences.steps.by_operator import asked


@step(zh="接通电源", en="Power", deadline_s=10, energises=True, uses={"volts": "V", "amperes": "A"})
def power(supply: Supply, conditions: Conditions) -> None:
    """Switches on, so that there is something to be made safe."""
    supply.set(conditions["volts"], conditions["amperes"])
    supply.switch_on()


packed = asked("packed", "装箱", "Packing", {"packing_photo": ""}, 600, "any").following(power)

STEPS = (power, packed)
