"""Outgoing test of FJ-R5, the plain radio: power, tuner, sound, keys, links, memory, shipping state, packing.

Figures: fj_r5.toml and fj_family.toml; the unit: docs/fj-head-units.md. Waiting comes late: the unit sleeps when
everything that needs it awake is done.
"""

from __future__ import annotations

from station.sequences.steps import (
    audio,
    controls,
    identity,
    links,
    memory,
    packing,
    power,
    shipping,
    sounding_supply,
    switching_off,
    tuner,
    tuning,
)
from station.sequences.steps.by_operator import asked, confirmed

power_up = power.power_up
boot = power.boot.following(power_up)
awake = tuple(
    each.following(boot)
    for each in (
        power.rails,
        power.idle_current,
        power.amp_remote,
        power.speaker_offsets,
        identity.identity,
        links.bluetooth,
        *tuner.STEPS,
        *tuning.STEPS,
        *audio.STEPS,
        sounding_supply.playing_current,
        controls.keys,
        controls.wheel,
        controls.illumination,
        links.usb_storage,
        links.usb_charging,
        confirmed("is_display_right", "显示屏", "Display", 300),
        confirmed("is_sound_clean", "试听", "Listen", 300),
        confirmed("is_remote_heard", "遥控器", "Remote control", 300),
    )
)
undervoltage = sounding_supply.undervoltage.following(*awake)
overvoltage = sounding_supply.overvoltage.following(undervoltage)
acc_off = switching_off.acc_off.following(overvoltage)
memory_kept = memory.memory.following(acc_off)
factory_reset = shipping.factory_reset.following(memory_kept)
dark_current = power.dark_current.following(factory_reset)
looks = asked("looks", "外观", "Looks", {"is_housing_clean": "", "is_slot_empty": ""}, 600, "any").following(boot)
accessories = shipping.accessories.following(looks)
label = packing.label_serial.following(accessories)
weight = packing.kit_weight.following(accessories)

STEPS = (
    power_up,
    boot,
    *awake,
    undervoltage,
    overvoltage,
    acc_off,
    memory_kept,
    factory_reset,
    dark_current,
    looks,
    accessories,
    label,
    weight,
)
