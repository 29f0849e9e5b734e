"""The emergency stop of a bench file: over which line its contact is read, and where on it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

import msgspec

from station.config.address import Address, Rfc2217Address, SerialAddress, TcpAddress, parse_address
from station.config.toml_file import TomlFile

ModemLine = Literal["cts", "dsr", "cd"]
MOST_INPUTS = 2000
"""MODBUS Application Protocol V1.1b3, 6.2: what one request may ask for."""


class EstopTable(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """An emergency stop as people write it."""

    address: str
    input: int | None = None
    line: ModemLine | None = None


class EstopRow(msgspec.Struct, frozen=True):
    """Either ``input``, a discrete input of a Modbus board that counts from 1, or ``line``, that of a serial port.

    Its contact is closed, and so the input or line on, until the button is pressed.
    """

    address: TcpAddress | SerialAddress | Rfc2217Address
    input: int | None
    line: ModemLine | None

    def __str__(self) -> str:
        return f"{self.line.upper() if self.line else f'input {self.input}'} at {self.address}"


def estop_row(
    toml: TomlFile, table: EstopTable | None, users: Mapping[str, Address], slot_count: int
) -> EstopRow | None:
    """The row of ``table``; raises ConfigError. ``users`` are the addresses of instruments and programmers by name.

    The stop needs a line of its own: whoever plays holds the others, and may hang. Each slot's run watches it, so that
    its line must bear as many readers.
    """
    if table is None:
        return None
    try:
        address = parse_address(table.address)
    except ValueError as error:
        raise toml.error(("estop", "address"), str(error)) from None
    other = next((name for name, used in users.items() if _is_same_port(used, address)), "")
    if other:
        raise toml.error(("estop", "address"), f"{other} has the same address: the e-stop needs a line of its own")
    if not isinstance(address, TcpAddress | SerialAddress | Rfc2217Address):
        raise toml.error(("estop", "address"), "an e-stop is read over tcp://, serial:// or rfc2217://")
    if (table.input is None) is (table.line is None):
        raise toml.error(("estop",), "either input or line says where its contact is wired to")
    if table.input is not None and not 1 <= table.input <= MOST_INPUTS:
        raise toml.error(("estop", "input"), f"inputs count from 1 to {MOST_INPUTS}")
    if table.line is not None and isinstance(address, TcpAddress):
        raise toml.error(("estop", "line"), "a TCP port has no modem lines: write serial:// or rfc2217://")
    if table.input is not None and isinstance(address, SerialAddress) and slot_count > 1:
        problem = f"{slot_count} slots cannot open one serial port: write tcp:// to a gateway, or a modem line of it"
        raise toml.error(("estop", "address"), problem)
    return EstopRow(address, table.input, table.line)


def _is_same_port(one: Address, other: Address) -> bool:
    """Whether two addresses lead to one port, whatever its settings."""
    match one, other:
        case SerialAddress(), SerialAddress():
            return one.port == other.port
        case Rfc2217Address(), Rfc2217Address():
            return (one.host, one.port) == (other.host, other.port)
        case _:
            return one == other
