"""What of a chip's protection is set at the end of a burn, named as its data sheet names it, and where that is written.

For a SPI NOR the names are bits of its status registers, for an STM32 its option bytes and RDP. What cannot be undone
is in no table and therefore refused: bits that can be programmed once, and readout protection level 2.
"""

from __future__ import annotations

from collections.abc import Iterable

from station.ic_programmer.chip_types import ChipType
from station.ic_programmer.nor_protection import protection_of
from station.ic_programmer.setting import Setting
from station.ic_programmer.stm32_target import READOUT, Stm32Target
from station.ic_programmer.target import Target
from station.model.errors import OperatorError


def require_settable(target: ChipType, settings: Iterable[Setting]) -> None:
    """Raise OperatorError for a setting that a ``target`` has not, or whose value does not fit."""
    widths = _widths(target)
    for name, value in settings:
        if name == READOUT and isinstance(target, Stm32Target):
            if value != 1:
                raise OperatorError(f"RDP={value} is not set here: 0 is no protection, and 2 can never be undone")
        elif name not in widths:
            names = ", ".join(widths) or "nothing"
            raise OperatorError(f"{name} of a {target.name} cannot be set here: there is {names}")
        elif value >> widths[name]:
            raise OperatorError(f"{name}={value}: it has {widths[name]} bits")


def _widths(target: ChipType) -> dict[str, int]:
    """How many bits each setting has."""
    match target:
        case Target() if (scheme := protection_of(target)) is not None:
            return {name: field.width for name, field in scheme.bits.items()}
        case Stm32Target():
            options = target.family.options
            return {READOUT: 1} | (dict.fromkeys(options.fields, 8) if options is not None else {})
    return {}
