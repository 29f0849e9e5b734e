"""Benches whose multimeter has one input: relays connect the jig's points to it, and the jig's own lines."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

UNIT = "FJR126110003"
SERIAL = "SN4711"
METERS: Mapping[str, tuple[str, str]] = {
    "34401a": ("HEWLETT-PACKARD", "34401A"),
    "34461a": ("Keysight Technologies", "34461A"),
    "sdm3055": ("Siglent Technologies", "SDM3055"),
    "dm3058": ("Rigol Technologies", "DM3058"),
    "dm3058e": ("Rigol Technologies", "DM3058E"),
}
"""What each says to *IDN?."""


def relay_world(folder: Path, meter: str = "34461a", board: str = "") -> Path:
    """Write the world and its bench template into ``folder``; ``board`` holds further lines of the relay board."""
    maker, model = METERS[meter]
    world = folder / "relays.world.toml"
    world.write_text(
        f"""[world]
seed = 20261
bench = "relays.template.toml"
[devices.psu]
kind = "hmp4040"
serial = "103781"
[devices.dmm]
kind = "{meter}"
serial = "{SERIAL}"
[devices.matrix]
kind = "modbus_relays"
port = "pty"
{board}
[devices.dut]
kind = "service_port"
port = "pty"
[units.{UNIT}]
product = "FJ-R1"
firmware = "1.4.2"
""",
        encoding="utf-8",
    )
    (folder / "relays.template.toml").write_text(
        f"""[bench]
name = "Bench with relays"
station_id = "bench-1"
slot = "slot-1"
[instruments.psu]
driver = "hmp4040"
address = "${{psu}}"
identity = {{ maker = "ROHDE&SCHWARZ", model = "HMP4040", serial = "103781" }}
[instruments.dmm]
driver = "{meter}"
address = "${{dmm}}"
identity = {{ maker = "{maker}", model = "{model}", serial = "{SERIAL}" }}
[instruments.matrix]
driver = "modbus_relays_48"
address = "${{matrix}}"
[instruments.dut]
driver = "fj_service_port"
address = "${{dut}}"
[roles.supply]
instrument = "psu"
channel = 1
[roles.acc]
instrument = "psu"
channel = 2
[roles.meter]
instrument = "dmm"
points = {{ b_plus = 33, acc = 34, rail_5v = 35, rail_3v3 = 36 }}
relays = "matrix"
[roles.current]
instrument = "dmm"
shunt = {{ channel = 39, resistance_ohm = 0.1, highest_a = 10.0 }}
relays = "matrix"
[roles.lines]
instrument = "matrix"
points = {{ illumination = 1, reverse = 2, b_plus_interrupted = 15 }}
[roles.dut]
instrument = "dut"
[make_safe]
order = ["lines", "acc", "supply"]
""",
        encoding="utf-8",
    )
    return world
