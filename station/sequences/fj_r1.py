"""Outgoing test of FJ-R1: does a repaired unit behave as one that ships new?

The unit's figures are in docs/fj-head-units.md, the limits and conditions in fj_r1.toml. Its bench has supply,
multimeter and service port: power, identity and memory are tested, and the accessories ticked.
"""

from __future__ import annotations

from station.model.roles import Multimeter
from station.runner.measure import Measure
from station.runner.step import step
from station.sequences.steps import identity as identity_steps
from station.sequences.steps import power, shipping, supply_ends


@step(
    zh="输出",
    en="Outputs",
    deadline_s=10,
    measures={"amp_remote_drop": "V", "speaker_offset": "V"},
)
def outputs(meter: Multimeter, measure: Measure) -> None:
    """The amplifier's remote line against B+, and the direct voltage across the front left speaker."""
    measure("amp_remote_drop", power.read_remote_drop(meter))
    measure("speaker_offset", meter.read_v("speaker_offset", power.RANGE_V))


power_up = power.power_up
boot = power.boot.following(power_up)
rails = power.rails.following(boot)
idle_current = power.idle_current.following(boot)
outputs = outputs.following(boot)
identity = identity_steps.identity.following(boot)
factory_state = shipping.factory_state.following(boot)
undervoltage = supply_ends.undervoltage.following(boot, idle_current, outputs)
overvoltage = supply_ends.overvoltage.following(undervoltage)
dark_current = power.dark_current.following(rails, idle_current, outputs, identity, factory_state, overvoltage)
accessories = shipping.accessories.following(dark_current)

STEPS = (
    power_up,
    boot,
    rails,
    idle_current,
    outputs,
    identity,
    factory_state,
    undervoltage,
    overvoltage,
    dark_current,
    accessories,
)
