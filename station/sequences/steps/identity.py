"""Who a unit says it is, and what software it holds."""

from __future__ import annotations

from station.model.roles import HeadUnit
from station.runner.measure import Measure
from station.runner.step import step


@step(
    zh="身份与软件",
    en="Identity and firmware",
    deadline_s=10,
    measures={
        "serial_number": "",
        "model": "",
        "hardware": "",
        "firmware_version": "",
        "firmware_checksum": "",
    },
)
def identity(dut: HeadUnit, measure: Measure) -> None:
    """The unit is the one on the label and holds the released firmware."""
    measure("serial_number", dut.read("serial"))
    measure("model", dut.read("model"))
    measure("hardware", dut.read("hardware"))
    measure("firmware_version", dut.read("firmware"))
    measure("firmware_checksum", dut.read("checksum"))
