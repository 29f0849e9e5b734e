"""Every type of IC that can be named, of whatever kind, and what all of them have."""

from __future__ import annotations

from collections.abc import Mapping

from station.ic_programmer.dfu_target import DfuTarget, read_dfu_devices
from station.ic_programmer.eeprom_target import I2cTarget, MicrowireTarget, read_eeproms
from station.ic_programmer.stm32_target import Stm32Target, read_stm32
from station.ic_programmer.target import Target, read_targets

ChipType = Target | Stm32Target | I2cTarget | MicrowireTarget | DfuTarget


def read_chip_types() -> Mapping[str, ChipType]:
    """All built-in rows by name; raises ConfigError where a table is wrong."""
    return {**read_targets(), **read_stm32(), **read_eeproms(), **read_dfu_devices()}
