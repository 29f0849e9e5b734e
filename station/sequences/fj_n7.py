"""Outgoing test of FJ-N7, the navigation unit: as the radio, and screen, touch, satellites, network and diagnostics.

Figures: fj_n7.toml and fj_family.toml; the unit: docs/fj-head-units.md. Trouble codes are cleared after the last
electrical test, and the factory reset is the last thing that is done to the unit.
"""

from __future__ import annotations

from station.sequences.steps import (
    audio,
    bus,
    controls,
    feed,
    identity,
    links,
    memory,
    packing,
    power,
    screen,
    shipping,
    sounding_supply,
    switching_off,
    tuner,
    tuning,
)
from station.sequences.steps.by_operator import asked, confirmed

power_up = power.power_up
boot = power.boot.following(power_up)
own_identity = identity.identity.following(boot)
bus_identity = bus.diagnostic_identity.following(own_identity)
arrival = bus.codes_on_arrival.following(boot)
awake = (
    arrival,
    own_identity,
    bus_identity,
    *(
        each.following(boot)
        for each in (
            power.rails,
            power.idle_current,
            power.amp_remote,
            power.speaker_offsets,
            links.bluetooth,
            *tuner.STEPS,
            *tuning.STEPS,
            *audio.STEPS,
            sounding_supply.playing_current,
            screen.pixels,
            screen.evenness,
            screen.colours,
            screen.dimming,
            screen.reversing_camera,
            controls.keys,
            controls.wheel,
            controls.illumination,
            controls.touch,
            links.usb_storage,
            links.usb_charging,
            links.sd_card,
            links.gnss_reception,
            links.gnss_first_fix,
            confirmed("is_sound_clean", "试听", "Listen", 300),
            confirmed("is_remote_heard", "遥控器", "Remote control", 300),
        )
    ),
    links.antenna_diagnosis.following(arrival),
)
feed_voltage = feed.feed_voltage.following(*awake)
feed_current = feed.feed_current.following(*awake)
undervoltage = sounding_supply.undervoltage.following(*awake)
overvoltage = sounding_supply.overvoltage.following(undervoltage)
acc_off = switching_off.acc_off.following(overvoltage)
memory_kept = memory.memory.following(acc_off)
dark_current = power.dark_current.following(memory_kept)
network_wake = bus.network_wake.following(dark_current)
network_sleep = bus.network_sleep.following(network_wake)
factory_reset = shipping.navigation_reset.following(network_sleep)
vehicle = bus.vehicle.following(factory_reset)
trouble_codes = bus.trouble_codes.following(vehicle)
looks = asked("looks", "外观", "Looks", {"is_housing_clean": "", "is_slot_empty": ""}, 600, "any").following(boot)
accessories = shipping.accessories.following(looks)
label = packing.label_serial.following(accessories)
weight = packing.kit_weight.following(accessories)

STEPS = (
    power_up,
    boot,
    *awake,
    feed_voltage,
    feed_current,
    undervoltage,
    overvoltage,
    acc_off,
    memory_kept,
    dark_current,
    network_wake,
    network_sleep,
    factory_reset,
    vehicle,
    trouble_codes,
    looks,
    accessories,
    label,
    weight,
)
