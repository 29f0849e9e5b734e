"""A bench for FJ-N7 with a supply, the service port and its CAN, as world and bench files."""

from __future__ import annotations

from pathlib import Path

UNIT, RESTLESS, TROUBLED = "FJN726110001", "FJN726110002", "FJN726110003"
NETWORK, DIAGNOSTICS = "network", "diagnostics"
WORLD = f"""[world]
seed = 7
bench = "can.bench.toml"
[wiring]
b_plus = 1
acc = 2
[devices.psu]
kind = "hmp4040"
serial = "103781"
[devices.can]
kind = "can_bus"
[devices.dut]
kind = "service_port"
port = "pty"
[units.{UNIT}]
product = "FJ-N7"
[units.{RESTLESS}]
product = "FJ-N7"
faults = ["restless_network"]
[units.{TROUBLED}]
product = "FJ-N7"
faults = ["code_stored"]
"""
BENCH = """[bench]
name = "CAN"
station_id = "bench-1"
slot = "slot-1"
[instruments.psu]
driver = "hmp4040"
address = "${psu}"
identity = { maker = "ROHDE&SCHWARZ", model = "HMP4040", serial = "103781" }
calibration_due = ${next_year}
[instruments.dut]
driver = "fj_service_port"
address = "${dut}"
[instruments.network]
driver = "can_network"
address = "${can}&send=0x401&receive=0x420"
[instruments.diagnostics]
driver = "uds"
address = "${can}&send=0x7A0&receive=0x7A8"
[roles.supply]
instrument = "psu"
channel = 1
[roles.acc]
instrument = "psu"
channel = 2
[roles.dut]
instrument = "dut"
[roles.network]
instrument = "network"
[roles.diagnostics]
instrument = "diagnostics"
[make_safe]
order = ["acc", "supply"]
"""


def can_world(folder: Path, port: str = "can") -> Path:
    """The world file, with the bench file's template beside it; ``port`` is what carries the frames."""
    (folder / "can.bench.toml").write_text(BENCH, encoding="utf-8")
    world = folder / "can.world.toml"
    world.write_text(WORLD.replace('kind = "can_bus"', f'kind = "can_bus"\nport = "{port}"'), encoding="utf-8")
    return world
