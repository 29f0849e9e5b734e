"""``python -m tests.referee.scpipy_supply PORT``: four outputs of the HMP series on a server of others.

Parsing, short and long forms, the error queue and the status registers are those of the package scpipy; only the
routes are written here, by the HMP Series SCPI Programmers Manual 5800.5760.02. Nothing is connected to the outputs.
"""

from __future__ import annotations

import sys
from dataclasses import dataclass, field

from scpipy.server import Router, Server
from scpipy.server.context import Context
from scpipy.shared.errors import DefaultScpiErrors, ScpiException

HIGHEST_V, HIGHEST_A = 32.05, 10.0
router = Router()


@dataclass
class Output:
    volts_v: float = 0.0
    limit_a: float = 0.1
    is_selected: bool = False


@dataclass
class Supply:
    outputs: dict[int, Output] = field(default_factory=lambda: {number: Output() for number in range(1, 5)})
    selected: int = 1
    is_general_on: bool = False

    @property
    def output(self) -> Output:
        return self.outputs[self.selected]


supply = Supply()


def number(text: str, highest: float) -> float:
    try:
        value = float(text)
    except ValueError:
        raise ScpiException(DefaultScpiErrors.DATA_TYPE_ERROR.value) from None
    if not 0 <= value <= highest:
        raise ScpiException(DefaultScpiErrors.DATA_OUT_OF_RANGE.value)
    return value


@router.register("*IDN?")
def identity(context: Context) -> str:
    return "ROHDE&SCHWARZ,HMP4040,000001,HW50020001/SW2.51"


@router.register("INSTrument:NSELect <channel>")
def select(context: Context, channel: str) -> None:
    chosen = int(number(channel, 4))
    if chosen == 0:
        raise ScpiException(DefaultScpiErrors.DATA_OUT_OF_RANGE.value)
    supply.selected = chosen


@router.register("VOLTage <volts>")
def set_volts(context: Context, volts: str) -> None:
    supply.output.volts_v = number(volts, HIGHEST_V)


@router.register("VOLTage?")
def volts(context: Context) -> str:
    return f"{supply.output.volts_v:.3f}"


@router.register("CURRent <amperes>")
def set_amperes(context: Context, amperes: str) -> None:
    supply.output.limit_a = number(amperes, HIGHEST_A)


@router.register("CURRent?")
def amperes(context: Context) -> str:
    return f"{supply.output.limit_a:.4f}"


@router.register("OUTPut:SELect <state>")
def set_selected(context: Context, state: str) -> None:
    supply.output.is_selected = state in ("1", "ON")


@router.register("OUTPut:SELect?")
def is_selected(context: Context) -> str:
    return str(int(supply.output.is_selected))


@router.register("OUTPut:GENeral <state>")
def set_general(context: Context, state: str) -> None:
    supply.is_general_on = state in ("1", "ON")


@router.register("OUTPut:GENeral?")
def is_general_on(context: Context) -> str:
    return str(int(supply.is_general_on))


@router.register("MEASure[:SCALar]:VOLTage?")
def measured_volts(context: Context) -> str:
    is_on = supply.output.is_selected and supply.is_general_on
    return f"{supply.output.volts_v if is_on else 0.0:.3f}"


@router.register("MEASure[:SCALar]:CURRent?")
def measured_amperes(context: Context) -> str:
    return "0.0000"


if __name__ == "__main__":
    server = Server("127.0.0.1", int(sys.argv[1]))
    server.include_router(router)
    server.run()
