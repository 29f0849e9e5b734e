"""A bench for the links and the packing of FJ-N7: supply, relays, generator, loads, scanner, scale, label printers."""

from __future__ import annotations

from pathlib import Path

UNIT = "FJN726110001"
SCALE_IDENTITY = ("METTLER TOLEDO", "ML6002T 6200.00 g", "B847012345")
SAFE_ORDER = '["rf", "load", "spare_load", "relays", "acc", "supply"]'


def desk_world(folder: Path, order: str = SAFE_ORDER) -> Path:
    """Write the world and its bench template into ``folder``; the world's path. Both loads are on the USB port."""
    world = folder / "desk.world.toml"
    world.write_text(
        f"""[world]
seed = 20261
bench = "desk.template.toml"
[devices.psu]
kind = "hmp4040"
serial = "103781"
[devices.relays]
kind = "modbus_relays"
port = "pty"
coils = 48
[devices.load]
kind = "dl3021"
serial = "L1"
[devices.spare_load]
kind = "it8512a"
serial = "L2"
[devices.rf]
kind = "smb100a"
serial = "102030"
[devices.scanner]
kind = "line_scanner"
ending = "crlf"
[devices.scale]
kind = "mt_sics"
serial = "{SCALE_IDENTITY[2]}"
[devices.zpl]
kind = "zpl_printer"
[devices.tspl]
kind = "tspl_printer"
port = "tcp"
[devices.gnss]
kind = "nmea_port"
port = "pty"
[devices.dut]
kind = "service_port"
port = "pty"
[units.{UNIT}]
product = "FJ-N7"
""",
        encoding="utf-8",
    )
    (folder / "desk.template.toml").write_text(
        f"""[bench]
name = "Desk"
station_id = "bench-1"
slot = "slot-1"
[instruments.psu]
driver = "hmp4040"
address = "${{psu}}"
identity = {{ maker = "ROHDE&SCHWARZ", model = "HMP4040", serial = "103781" }}
[instruments.relays]
driver = "modbus_relays_48"
address = "${{relays}}"
[instruments.load]
driver = "dl3021"
address = "${{load}}"
identity = {{ maker = "RIGOL TECHNOLOGIES", model = "DL3021", serial = "L1" }}
[instruments.spare_load]
driver = "it8512a"
address = "${{spare_load}}"
identity = {{ maker = "ITECH Ltd.", model = "IT8512A+", serial = "L2" }}
[instruments.rf]
driver = "smb100a"
address = "${{rf}}"
identity = {{ maker = "Rohde&Schwarz", model = "SMB100A", serial = "102030" }}
[instruments.scanner]
driver = "line_scanner"
address = "${{scanner}}"
[instruments.scale]
driver = "mt_sics"
address = "${{scale}}"
identity = {{ maker = "{SCALE_IDENTITY[0]}", model = "{SCALE_IDENTITY[1]}", serial = "{SCALE_IDENTITY[2]}" }}
[instruments.zpl]
driver = "zpl_printer"
address = "${{zpl}}"
[instruments.tspl]
driver = "tspl_printer"
address = "${{tspl}}"
[instruments.gnss]
driver = "nmea0183"
address = "${{gnss}}"
[instruments.dut]
driver = "fj_service_port"
address = "${{dut}}"
[roles.supply]
instrument = "psu"
channel = 1
[roles.acc]
instrument = "psu"
channel = 2
[roles.relays]
instrument = "relays"
points = {{ usb_stick = 3, usb_load = 4, sd_card = 5, antenna_open = 6, antenna_short = 7 }}
[roles.load]
instrument = "load"
[roles.spare_load]
instrument = "spare_load"
[roles.rf]
instrument = "rf"
path_loss_db = 10.0
[roles.scanner]
instrument = "scanner"
[roles.scale]
instrument = "scale"
[roles.printer]
instrument = "zpl"
[roles.spare_printer]
instrument = "tspl"
[roles.gnss]
instrument = "gnss"
[roles.dut]
instrument = "dut"
[make_safe]
order = {order}
""",
        encoding="utf-8",
    )
    return world
